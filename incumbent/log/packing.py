"""Predictions and outcomes as bytes: packed by whoever predicts, for the scribe.

Pickles that stand one behind the other, of nothing but values that the standard library has. It is a channel
between processes of one service, which are of the same user and run the same code.
"""

from __future__ import annotations

import io
from pickle import dumps, load
from typing import Any, Iterable, Sequence

from incumbent.log.cells import PLAIN, cell
from incumbent.log.entries import Batch, Entry, Item, OutcomeEntry, listed
from incumbent.plain import plain

#: What a pickle holds where it names a class: none of these is needed for plain values.
_CLASS = b"\x94\x93"
_PROTOCOL = 5
_KINDS: "dict[int, type[Item]]" = {len(kind._fields): kind for kind in (Entry, Batch, OutcomeEntry)}


class PackedBatch(bytes):
    """A packed :class:`Batch`, which says how many rows it has."""

    rows: int


def pack(told: "tuple[Any, ...]") -> bytes:
    """The fields of an :class:`Entry` or an :class:`OutcomeEntry`.

    An entry's ``names`` may be a number: their place in the list that :func:`unpack` is given.
    """
    try:
        packed = dumps(told, _PROTOCOL)
        if _CLASS not in packed:
            return packed
    except Exception:  # what cannot be pickled is logged as text, like everything that SQLite cannot hold
        pass
    if len(told) == len(OutcomeEntry._fields):
        id, key, actual, at = told
        return dumps((id, _key(key), _plain(actual), at), _PROTOCOL)
    id, at, key, names, values, value, scores, *others = told
    return dumps(
        (
            _plain(id), at, _key(key), names, tuple(map(_plain, values)), _plain(value), _numbers(scores),
            *map(_plain, others),
        ),
        _PROTOCOL,
    )  # fmt: skip


def pack_batch(batch: Batch) -> PackedBatch:
    """A batch; its columns may be whatever a table has."""
    packed = PackedBatch(
        dumps(
            (
                _values(batch.ids),
                batch.at,
                None if batch.keys is None else [_key(key) for key in batch.keys],
                {name: _values(listed(column)) for name, column in batch.columns.items()},
                _values(batch.values),
                None if batch.scores is None else [_numbers(scores) for scores in listed(batch.scores)],
                _values(batch.versions),
                _values(batch.routes),
                None if batch.reasons is None else _values(batch.reasons),
                _plain(batch.seconds),
                None if batch.chances is None else _values(batch.chances),
            ),
            _PROTOCOL,
        )
    )
    packed.rows = len(batch.ids)
    return packed


def unpack(packed: "bytes | bytearray", names: "Sequence[tuple[str, ...]]") -> "list[Item]":
    """What stands in these bytes, in order.

    Parameters
    ----------
    packed : bytes-like
    names : sequence of tuple of str
        What entries have instead of their ``names`` is a place in it.
    """
    stream = io.BytesIO(packed)
    found: "list[Item]" = []
    while True:
        try:
            told = load(stream)
        except EOFError:
            return found
        kind = _KINDS[len(told)]
        if kind is Entry and type(told[3]) is int:
            told = (*told[:3], names[told[3]], *told[4:])
        found.append(tuple.__new__(kind, told))


def _values(column: "Sequence[Any]") -> "Sequence[Any]":
    return column if PLAIN.issuperset(map(type, column)) else [_plain(value) for value in column]


def _plain(value: Any) -> Any:
    """A value of a type that anybody can unpack, of which :func:`cell` makes the same."""
    if type(value) in PLAIN:
        return value
    found, kind = cell(value)
    return found if kind is None else plain(value)


def _key(key: Any) -> Any:
    return key if type(key) in PLAIN else str(key)


def _numbers(scores: "Iterable[Any] | None") -> "list[float] | None":
    return None if scores is None else [float(score) for score in scores]
