"""Where a window's rows come from: the model's data source, or production's log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from core.timeline import Duration, Window, trailing
from incumbent.columns import Array
from incumbent.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from core.data import Source


class Rows(Protocol):
    """Rows by time. ``inputs_only``: nothing but what a version reads can be expected in them."""

    inputs_only: bool

    @property
    def names(self) -> Sequence[str]:
        """Their columns."""
        ...

    @property
    def first(self) -> datetime | None:
        """The oldest row's time."""
        ...

    def window(self, length: Duration) -> Window:
        """The newest rows."""
        ...

    def oldest(self, window: Window) -> datetime | None:
        """The time of a window's oldest row; None where it has none."""
        ...

    def read(self, window: Window, names: Sequence[str]) -> dict[str, Array]:
        """The rows of a window, with these columns."""
        ...

    def fingerprint(self, window: Window) -> str:
        """What identifies the rows of a window."""
        ...


class SourceRows:
    """Rows of the data source, as of a moment. The window ends at the newest row: drift needs no labels."""

    inputs_only = False

    def __init__(self, source: Source, as_of: datetime | None) -> None:
        self._source = source
        self._as_of = as_of
        described = source.describe()
        self.names: Sequence[str] = tuple(c.name for c in described.columns if c.kind != "ignore")
        self.first: datetime | None = described.first

    def window(self, length: Duration) -> Window:
        """The newest rows before as-of.

        Raises
        ------
        DataError
            Where there is none.
        """
        time = str(self._source.spec.time)
        newest = self._source.newest(1, self._as_of, [time])
        if not newest.num_rows:
            raise DataError(
                f"no row of {self._source.spec.name} lies before the moment that was asked for",
                hint="choose a later --as-of",
            )
        return trailing(_moment(newest, time, -1), length)

    def oldest(self, window: Window) -> datetime | None:
        """The time of a window's oldest row."""
        time = str(self._source.spec.time)
        found = self._source.read_table(window.since, window.until, self._as_of, [time])
        return _moment(found, time, 0) if found.num_rows else None

    def read(self, window: Window, names: Sequence[str]) -> dict[str, Array]:
        """The rows of a window, with these columns."""
        return self._source.read_columns(window.since, window.until, self._as_of, names)

    def fingerprint(self, window: Window) -> str:
        """What identifies the rows of a window, without reading them."""
        return self._source.range_fingerprint(window.since, window.until, self._as_of)


def _moment(rows: pa.Table, time: str, place: int) -> datetime:
    import numpy as np

    found: datetime = np.datetime64(rows.column(time).to_numpy()[place], "us").astype(datetime)
    return found
