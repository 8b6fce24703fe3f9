"""Rows of production's log as a window's rows: what was really asked, labels where they came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from core.data.canonical import Caster
from core.data.convert import to_columns
from core.spec import ColumnKind
from core.timeline import Duration, Window, trailing
from core.traffic.traffic import AT, Traffic
from incumbent.columns import Array
from incumbent.errors import NothingLoggedError

if TYPE_CHECKING:
    import pandas as pd


class LoggedRows:
    """Rows of a site's log. Windows are by the moment of the prediction, in UTC.

    Parameters
    ----------
    traffic : Traffic
    kinds : mapping of str to kind
        Of the columns that the data source has: the log holds the values as they were asked.
    as_of : datetime, optional
        Later predictions do not exist.
    """

    inputs_only = True

    def __init__(self, traffic: Traffic, kinds: dict[str, ColumnKind], as_of: datetime | None) -> None:
        self._traffic = traffic
        self._kinds = kinds
        self._as_of = as_of
        moments = self._moments()
        self._all = moments.sort_values()
        if not len(moments):
            raise NothingLoggedError(
                f"no prediction of {traffic.model} is in the log",
                hint="production logs where `[log]` keeps rows; `--from data` looks at the data source",
            )
        self.first: datetime | None = self._all.iloc[0].floor("us").to_pydatetime()
        self._newest: datetime = self._all.iloc[-1].floor("us").to_pydatetime()
        frame = self._frame(trailing(self._newest, Duration(0, 1)))
        self.names: Sequence[str] = tuple(str(name) for name in frame.columns if name != AT)

    def window(self, length: Duration) -> Window:
        """The newest predictions."""
        return trailing(self._newest, length)

    def oldest(self, window: Window) -> datetime | None:
        """The moment of a window's first prediction."""
        place = int(self._all.searchsorted(window.since))
        found = None if place == len(self._all) else self._all.iloc[place].floor("us").to_pydatetime()
        return found if found is not None and found < window.until else None

    def read(self, window: Window, names: Sequence[str]) -> dict[str, Array]:
        """The rows of a window, with those of these columns that were logged."""
        import pyarrow as pa

        frame = self._frame(window)
        kinds = {n: self._kinds[n] for n in names if n in frame.columns and n in self._kinds}
        table = pa.Table.from_pandas(frame[list(kinds)], preserve_index=False)
        return to_columns(Caster("the prediction log", kinds).cast(table))

    def fingerprint(self, window: Window) -> str:
        """A window that is over stays as it was logged, but for labels that come late."""
        sites = ",".join(place.site for place in self._traffic.places)
        return f"log {sites} {window.since.isoformat()} {window.until.isoformat()}"

    def _frame(self, window: Window) -> pd.DataFrame:
        until = window.until if self._as_of is None else min(window.until, self._as_of)
        return self._traffic.frame(window.since, until, labelled=False)

    def _moments(self) -> pd.Series:
        import pandas as pd

        found = [batch.meta["at"] for batch in self._traffic.read(None, self._as_of, columns=())]
        return pd.concat(found) if found else pd.Series(dtype="datetime64[ns]")
