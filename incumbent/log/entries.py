"""What is handed over to be logged: predictions, one by one or many at a time, and outcomes."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence


class Entry(NamedTuple):
    """One prediction as it was handed over. ``values`` are those of ``names``, in that order."""

    id: str
    at: int  # nanoseconds since 1970, UTC
    key: Any
    version: "int | None"
    route: str
    reason: "str | None"
    value: Any
    scores: "Sequence[float] | None"
    seconds: float
    chance: "float | None"  # with which it was drawn that this arm answers; None: nothing was drawn
    values: "Sequence[Any]"
    names: "tuple[str, ...]"


#: An entry of its fields in one tuple; faster than to name them.
entry: "Callable[[tuple[Any, ...]], Entry]" = partial(tuple.__new__, Entry)


class Batch(NamedTuple):
    """Many predictions of one moment. ``keys``, ``reasons``, ``scores``, ``chances`` may be None for all."""

    ids: "Sequence[str]"
    at: int
    keys: "Sequence[Any] | None"
    columns: "Mapping[str, Any]"
    values: "Sequence[Any]"
    scores: "Sequence[Any] | None"
    versions: "Sequence[int | None]"
    routes: "Sequence[str]"
    reasons: "Sequence[str | None] | None"
    seconds: float
    chances: "Sequence[float | None] | None" = None

    def entries(self) -> "Iterator[Entry]":
        """The predictions, one by one."""
        inputs = [listed(column) for column in self.columns.values()]
        rows: "Any" = zip(*inputs) if inputs else repeat((), len(self.ids))
        return map(
            entry,
            zip(
                self.ids, repeat(self.at), _each(self.keys), self.versions, self.routes, _each(self.reasons),
                self.values, _each(None if self.scores is None else listed(self.scores)),
                repeat(self.seconds), _each(self.chances), rows, repeat(tuple(self.columns)),
            ),
        )  # fmt: skip


def _each(told: "Sequence[Any] | None") -> "Any":
    """What is told of each row; None of each, where nothing is told."""
    return repeat(None) if told is None else told


class Row(NamedTuple):
    """A prediction that is ready to be written, with what is counted of it."""

    names: "tuple[str, ...]"  # of the inputs
    text: bytes
    of: Any  # whose it is, for the share that is kept: its key or, without one, its id
    at: int
    version: "int | None"
    route: str
    reason: "str | None"
    seconds: float


class OutcomeEntry(NamedTuple):
    """What turned out to be true of one prediction, or of every one of a key."""

    id: "str | None"
    key: Any
    actual: Any
    at: int


def listed(column: Any) -> "Sequence[Any]":
    """The values of a column, as Python has them; NaN of an array is None."""
    if hasattr(column, "decode") and hasattr(column, "codes"):
        column = column.decode()
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    if kind == "M":
        column = column.astype("datetime64[us]")
    if kind == "f" and column.ndim == 1 and (column != column).any():
        return [None if value != value else value for value in column.tolist()]
    found: "Sequence[Any]" = column.tolist() if hasattr(column, "tolist") else column
    return found
