"""Rows put together: what is written of many predictions, and what is counted of them."""

from __future__ import annotations

from typing import Iterable, Iterator, NamedTuple, Sequence, Union

from incumbent.log.entries import Entry, OutcomeEntry, Row
from incumbent.log.rows import BETWEEN, row_of
from incumbent.log.sampling import sampled
from incumbent.log.tally import Tally

#: Rows of a portion that is put together by whoever predicts.
PORTION = 128
#: Rows of a portion of many predictions that were made in one call.
MANY = 1_024
#: Bytes of a portion, unless one row is larger.
MOST_BYTES = 1 << 20


class Portion(NamedTuple):
    """Rows with the same inputs that are written together: a JSON array of them."""

    names: "tuple[str, ...]"
    rows: int
    earliest: int
    latest: int
    text: bytes


class Gathered(NamedTuple):
    """Some predictions as they are written: all of them are counted, a share of the rows is kept."""

    portions: "Sequence[Portion]"
    tally: Tally
    rows: int


#: What waits to be written.
Item = Union[Entry, Gathered, OutcomeEntry]


def count_of(item: Item) -> int:
    """How many predictions or outcomes it is."""
    return item.rows if isinstance(item, Gathered) else 1


def gathered(rows: "Sequence[Row]", share: float = 1.0) -> Gathered:
    """Rows, put together.

    Examples
    --------
    >>> entry = Entry("a", 0, None, 3, "champion", None, 1, None, 0.5, None, (2.0,), ("x",))
    >>> gathered([row_of(entry)]).portions[0].text
    b'[["a",0,null,3,"champion",null,1,null,0.5,null,[2.0]]]'
    """
    tally = Tally()
    tally.add(rows)
    kept = rows if share >= 1 else [row for row in rows if sampled(row.of, share)]
    return Gathered(list(_portions(kept)), tally, len(rows))


def rows_of(entries: "Iterable[Entry]", failed: "list[Exception]") -> "Iterator[Row]":
    """Predictions, made ready; ``failed`` gets why of those of which no row is."""
    for entry in entries:
        try:
            row = row_of(entry)
        except Exception as error:  # it is made of what nobody foresaw: the others must not suffer
            failed.append(error)
        else:
            yield row


def _portions(rows: "Sequence[Row]") -> "Iterator[Portion]":
    while rows:
        names = rows[0].names
        others: "Sequence[Row]" = [row for row in rows if row.names is not names and row.names != names]
        own = [row for row in rows if row.names is names or row.names == names] if others else rows
        yield from _fitting(names, own)
        rows = others


def _fitting(names: "tuple[str, ...]", rows: "Sequence[Row]") -> "Iterator[Portion]":
    text = b"[" + BETWEEN.encode().join([row.text for row in rows]) + b"]"
    if len(text) > MOST_BYTES and len(rows) > 1:
        half = len(rows) // 2
        yield from _fitting(names, rows[:half])
        yield from _fitting(names, rows[half:])
        return
    ats = [row.at for row in rows]
    yield Portion(names, len(rows), min(ats), max(ats), text)
