"""The prediction log of a model as core reads it: days at home and files at sites as one, outcomes joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from core.traffic.places import Place, places
from core.traffic.snapshot import Snapshot, snapshot
from core.traffic.summary import Rate, Summary, rate_of, summary
from incumbent.log.tally import SHADOW

if TYPE_CHECKING:
    import pandas as pd

    from core.spec import ModelSpec
    from core.workspace import Workspace
    from store import Store


class Batch(NamedTuple):
    """Some logged predictions, row by row the same in both frames.

    Parameters
    ----------
    meta : DataFrame
        ``id``, ``at`` (UTC, without a zone), ``key``, ``version`` (<NA>: none), ``route``, ``reason``,
        ``value``, ``probabilities`` (a list in the order of the version's classes, or null; an Arrow column,
        which :func:`core.traffic.reading.matrix` makes numbers of), ``seconds``,
        ``chance`` (with which this arm was drawn; NaN: nothing was drawn),
        ``actual`` (null: not known yet), ``known`` (since when it is).
    inputs : DataFrame
        The input columns that were kept.
    """

    meta: pd.DataFrame
    inputs: pd.DataFrame


@dataclass(frozen=True)
class Traffic:
    """The logged predictions of a model at a site, or at all of them. Made by :meth:`open`.

    Moments are UTC where they have no zone, since sites log the clock; ``until`` is exclusive.
    """

    workspace: Workspace
    store: Store
    model: str
    spec: ModelSpec
    places: tuple[Place, ...]
    everywhere: tuple[Place, ...]  # outcomes may be told at another place

    @classmethod
    def open(cls, workspace: Workspace, store: Store, model: str, site: str | None = "local") -> Traffic:
        """The traffic of a model.

        Parameters
        ----------
        site : str or None
            None: all sites.

        Raises
        ------
        UsageError
            For a model or a site that there is not.
        """
        from core.spec import ModelSpec

        spec = ModelSpec.from_document(store.models.revision(model).document)
        all_places = places(workspace, store, model)
        return cls(workspace, store, model, spec, places(workspace, store, model, site), all_places)

    def rate(self, days: int = 7) -> Rate | None:
        """Predictions a second over the last days, rows kept or not; None where nothing was logged."""
        return rate_of(self.places, days)

    def summary(self, days: int = 1) -> Summary:
        """Counts, routes, versions, fallbacks and latency: see :func:`core.traffic.summary`."""
        site = self.places[0].site if len(self.places) == 1 else None
        return summary(self.workspace, self.store, self.model, site, days)

    def count(self, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many logged rows there are in a stretch, shadows' included."""
        return sum(len(batch.meta) for batch in self.read(since, until, columns=()))

    def read(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[Batch]:
        """The logged predictions, batch by batch: days at home first, then what sites have not sent.

        Parameters
        ----------
        columns : sequence of str, optional
            Of the inputs; all by default. One that was not logged is left out.
        """
        from core.traffic.reading import batches, outcomes_of

        bounds = nanoseconds(since), nanoseconds(until)
        with snapshot(self.everywhere) as all_open:
            outcomes = outcomes_of(all_open)
        with snapshot(self.places) as found:
            yield from batches(found, outcomes, bounds, columns)

    def frame(
        self, since: datetime | None = None, until: datetime | None = None, labelled: bool = True
    ) -> pd.DataFrame:
        """Logged rows as the model's data source would have them: a source for checks.

        Inputs, key, time and target (what turned out to be true) under their names in the spec, in order of
        time. Where the time column was not logged it is the moment of the prediction. A prediction that
        several versions made (shadows) is one row.

        Parameters
        ----------
        labelled : bool
            Only rows whose outcome is known.
        """
        import pandas as pd

        from core.traffic.reading import source_frame

        found = [
            source_frame(batch, self.spec, labelled)
            for batch in self.read(since, until)
            if not (batch.meta["route"] == SHADOW).all()
        ]
        frames = [frame for frame in found if len(frame)]
        if not frames:
            return found[0] if found else pd.DataFrame()
        whole = pd.concat(frames, ignore_index=True)
        return whole.sort_values(self.spec.time or AT, kind="stable", ignore_index=True)

    def problems(self) -> tuple[str, ...]:
        """Files that cannot be read, in words."""
        with snapshot(self.places) as found:
            return found.problems

    def opened(self) -> Any:
        """What there is at this moment, open while inside: a context manager of :class:`Snapshot`."""
        return snapshot(self.places)


#: What the time of a prediction is called in a frame of a model without a time column.
AT = "predicted_at"


def nanoseconds(moment: datetime | None) -> int | None:
    """A moment as nanoseconds since 1970; without a zone it is UTC.

    Examples
    --------
    >>> nanoseconds(datetime(1970, 1, 1, 0, 0, 1))
    1000000000
    """
    if moment is None:
        return None
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = zoned - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


__all__ = ["AT", "Batch", "Snapshot", "Traffic", "nanoseconds"]
