"""Steps made of steps: pipelines, column transformers, unions, selections."""

from __future__ import annotations

from collections.abc import Sequence

from core.standalone.code import READABLE, Code, Value
from core.standalone.writers import write, writes
from incumbent.native.chain import Chain, Passthrough, PredictingChain
from incumbent.native.compose import Columns, Union
from incumbent.native.select import Select


@writes(Passthrough)
def passthrough(step: Passthrough, x: Value, code: Code) -> Value:
    return x


@writes(Chain)
def chain(step: Chain, x: Value, code: Code) -> Value:
    for label, part in zip(step.labels, step.steps, strict=True):
        code.comment(label)
        x = write(part, x, code)
    return x


@writes(PredictingChain)
def predicting_chain(step: PredictingChain, x: Value, code: Code) -> Value:
    x = chain(step.before, x, code)
    code.comment(step.label)
    return write(step.last, x, code)


@writes(Select)
def select(step: Select, x: Value, code: Code) -> Value:
    if step.missing == "refused":
        code.lines.append(code.call("check", f"{x.text}.values()" if x.sparse else x.text))
    return picked(x, step.positions, code)


@writes(Columns)
def columns(step: Columns, x: Value, code: Code) -> Value:
    parts = []
    for label, positions, part in step.parts:
        named = ", ".join(x.names[i] for i in positions) if x.names and len(positions) <= 12 else ""
        code.comment(f"{label}: {named}" if named else label)
        parts.append(write(part, picked(x, positions, code), code))
    return beside(parts, code)


@writes(Union)
def union(step: Union, x: Value, code: Code) -> Value:
    parts = []
    for (label, part), weight in zip(step.parts, step.weights, strict=True):
        code.comment(label)
        found = write(part, x, code)
        parts.append(found if weight is None else code.step("times", found, code.number(weight)))
    return beside(parts, code)


def picked(x: Value, positions: Sequence[int], code: Code) -> Value:
    """Some of a row's values."""
    names = tuple(x.names[i] for i in positions) if x.names is not None else None
    if list(positions) == list(range(x.width)):
        return x
    if x.sparse and len(set(positions)) == len(positions):
        table = code.constant("kept", code.listing((f"{p}: {i}" for i, p in enumerate(positions)), "{}"))
        return Value(
            code.assign("kept_row", code.call("sparse_pick", x.text, table)), len(positions), names, True
        )
    x = code.dense(x)
    if len(positions) <= 8 and x.text.isidentifier():
        text = f"[{', '.join(f'{x.text}[{i}]' for i in positions)}]"
    else:
        text = code.call("pick", x.text, code.positions(positions))
    return Value(code.assign("part", text), len(positions), names)


def beside(parts: Sequence[Value], code: Code) -> Value:
    """Rows side by side."""
    width = sum(p.width for p in parts)
    names: tuple[str, ...] | None = None
    if width <= READABLE and all(p.names is not None for p in parts):
        names = tuple(n for p in parts for n in p.names or ())
    if len(parts) == 1:
        return parts[0]
    if not any(p.sparse for p in parts):
        text = " + ".join(p.text for p in parts) or "[]"
        return Value(code.assign("features", text), width, names)
    pieces, start = [], 0
    for part in parts:
        pieces.append(f"**{code.call('shifted', part.text, start)}")
        start += part.width
    return Value(code.assign("features", f"{{{', '.join(pieces)}}}"), width, names, sparse=True)
