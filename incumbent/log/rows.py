"""Predictions as the log holds them: a JSON array each.

    [id, at, key, version, route, reason, value, scores, seconds, chance, [inputs]]

A time is ``{"time": "2026-11-23T00:00:00"}``; infinity is written as Python's ``json`` writes it. Where
orjson is installed, a row is made by whoever predicts, in a few microseconds; else by the log's thread, as
long as it keeps up.
"""

from __future__ import annotations

import json
from enum import Enum
from functools import partial
from typing import Any, Callable

from incumbent.log.cells import cell
from incumbent.log.entries import Entry, Row
from incumbent.plain import key_of

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]

#: What stands in a row before its inputs.
FIELDS = ("id", "at", "key", "version", "route", "reason", "value", "scores", "seconds", "chance")
#: What stands between two rows: no row has a line's end in it.
BETWEEN = ",\n"
#: What the text of a time is wrapped in.
TIME = "time"
#: Whether rows are made by whoever predicts.
QUICK = orjson is not None


def row_of(entry: Entry) -> Row:
    """A prediction, made ready.

    Raises
    ------
    Exception
        Whatever a value raises when it is made text.

    Examples
    --------
    >>> row_of(Entry("a", 0, None, 3, "champion", None, 1, [0.1, 0.9], 0.5, None, (2.0,), ("x",))).text
    b'["a",0,null,3,"champion",null,1,[0.1,0.9],0.5,null,[2.0]]'
    """
    id, at, key, version, route, reason, value, scores, seconds, chance, values, names = entry
    if key.__class__ is not str:
        key = key_of(key)
    of, nulls = (id, 1) if key is None else (key, 0)
    if reason is None:
        nulls += 1
    if chance is None:
        nulls += 1
    if scores is None:
        nulls += 1
    elif type(scores) is not list:
        scores = [float(score) for score in scores]
    told = id, at, key, version, route, reason, value, scores, seconds, chance, values
    return _row((names, _text_of(told, nulls), of, at, version, route, reason, seconds))


def loaded(text: "str | bytes") -> Any:
    """What a portion holds. NaN is null.

    Raises
    ------
    ValueError
        For what is no JSON.
    """
    if QUICK:
        try:
            return orjson.loads(text)
        except ValueError:  # infinity
            pass
    return json.loads(text, parse_constant=lambda name: None if name == "NaN" else float(name))


def _exact(told: "tuple[Any, ...]", nulls: int = 0) -> bytes:
    text = json.dumps(told, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")  # half a character is none


def _quick(told: "tuple[Any, ...]", nulls: int) -> bytes:
    """The same by orjson, but for infinity, of which it makes null: it shows in the number of nulls.

    ``nulls`` is how many there are if there are none among the inputs.
    """
    try:
        text: bytes = orjson.dumps(told, _plain, _AS_THEY_ARE)
    except TypeError:  # a number beyond 64 bits, half a character
        return _exact(told)
    found = text.count(b"null")
    return text if found == nulls or found == _nulls(told) else _exact(told)


def _nulls(told: "tuple[Any, ...]") -> int:
    return sum([value is None for value in (*told, *told[-1])])


def _plain(value: Any) -> Any:
    """What JSON has no form of. Of a member of an enumeration it is the value, as orjson has it, too."""
    if isinstance(value, Enum):
        return value.value
    found, kind = cell(value)
    if kind == "time":
        return {TIME: found}
    return bool(found) if kind == "boolean" else found


_row: "Callable[[tuple[Any, ...]], Row]" = partial(tuple.__new__, Row)  # faster than to name its fields
_text_of = _quick if QUICK else _exact
_AS_THEY_ARE = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS
    if QUICK
    else 0
)
