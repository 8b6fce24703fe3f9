"""Encoders of categories."""

from __future__ import annotations

from core.standalone.code import Code, Value
from core.standalone.writers import made, writes
from incumbent.native.encode import Encode, OneHotEncode
from incumbent.native.lookup import Lookup


@writes(OneHotEncode)
def one_hot(step: OneHotEncode, x: Value, code: Code) -> Value:
    lookups = _lookups(step.lookups, x, code)
    widths = code.listing(str(len(labels)) for labels in step.labels)
    text = code.call("one_hot", code.dense(x).text, lookups, widths)
    return made(step, x, code.assign("indicators_row", text))


@writes(Encode)
def encode(step: Encode, x: Value, code: Code) -> Value:
    lookups = _lookups(step.lookups, x, code)
    tables = []
    for values in step.values:
        rows = code.listing(code.listing(map(code.number, row)) for row in values.tolist())
        tables.append(code.constant("encoded_values", rows))
    listed = code.listing(tables)
    text = code.call("encoded", code.dense(x).text, lookups, listed)
    return made(step, x, code.assign("encoded_row", text))


def _lookups(lookups: "list[Lookup]", x: Value, code: Code) -> str:
    names = []
    for i, lookup in enumerate(lookups):
        pairs = (f"{code.literal(k)}: {p}" for k, p in lookup.table.items())
        about = "" if x.names is None else f"{x.names[i]}: categories, and the positions that they have"
        table = code.constant("categories", code.listing(pairs, "{}"), about)
        names.append(
            code.call("Lookup", table, null=lookup.null, unknown=lookup.unknown, finite=lookup.finite)
        )
    return code.constant("lookups", code.listing(names))
