"""What a report of a run is made from: the run, and what the store remembers around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from store.records import Measurement, Requirement, Run

if TYPE_CHECKING:
    from store import Store


def own_verdict(run: Run) -> str | None:
    """The verdict of a run; of a challenge its own word, which says more than that of its run."""
    said = (run.result or {}).get("verdict") if run.kind == "challenge" else None
    return str(said) if said else run.verdict


@dataclass(frozen=True)
class Subject:
    """A run, with its document where that is still kept."""

    store: Store
    run: Run

    @property
    def model(self) -> str:
        """The model's name; empty for a run about the workspace."""
        return self.run.model or ""

    @property
    def document(self) -> Mapping[str, Any]:
        """What the run found; empty where it found nothing or its document was pruned."""
        return self.run.result or {}

    @property
    def versions(self) -> Sequence[Mapping[str, Any]]:
        """The parts of the document about single versions."""
        return [v for v in self.document.get("versions") or () if isinstance(v, Mapping)]

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """What bound the model when the run began."""
        if self.run.model is None:
            return ()
        moment = self.run.started or self.run.queued
        return tuple(
            r
            for r in self.store.requirements.history(self.model)
            if not r.removed and r.since <= moment and (r.until is None or r.until > moment)
        )

    @cached_property
    def primary(self) -> str | None:
        """The model's primary metric when the run began: the first that a picture shows."""
        moment = self.run.started or self.run.queued
        revisions = [r for r in self.store.models.revisions(self.model) if r.when <= moment]
        newest = max(revisions, key=lambda r: r.number, default=None)
        return None if newest is None else newest.document.get("metric")

    def requirement(self, metric: str) -> Requirement | None:
        """What bound a metric over all rows, by whichever of its names."""
        from core.metrics import same_metric

        return next(
            (r for r in self.requirements if r.segment is None and same_metric(r.metric, metric)), None
        )

    def limits(self, metric: str) -> tuple[tuple[str, float], ...]:
        """The limits of one window on a metric, as lines of a picture."""
        found = self.requirement(metric)
        if found is None:
            return ()
        lines = [("min", found.min), ("max", found.max)]
        if found.range is not None:
            lines += [("min", found.range[0]), ("max", found.range[1])]
        return tuple((f"{name} {value:g}", value) for name, value in lines if value is not None)

    @cached_property
    def measurements(self) -> tuple[Measurement, ...]:
        """What the run measured; they stay when its document goes."""
        return self.store.measurements.of_run(self.run.id)

    @cached_property
    def before(self) -> Run | None:
        """The run of the same kind and model that was judged last before this one, as whole as this one."""
        if self.run.model is None or self.run.verdict is None:
            return None
        after: str | None = None
        for _ in range(20):
            page = self.store.runs.page(self.run.model, self.run.kind, "done", after=after)
            for run in page.rows:
                if run.id < self.run.id and run.verdict is not None and self._alike(run):
                    return self.store.runs.get(run.id)
            after = page.after
            if after is None:
                break
        return None

    def _alike(self, other: Run) -> bool:
        mine = {k: v for k, v in self.run.arguments.items() if v}
        return mine == {k: v for k, v in other.arguments.items() if v}
