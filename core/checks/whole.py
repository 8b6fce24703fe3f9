"""What checks share that judge versions as a whole, by no slice of history: who speaks, and figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from core.checks.subjects import champion_of
from core.statistics.limits import worst
from store import clock
from store.records import Measurement, Verdict, Version

if TYPE_CHECKING:
    from core.runs import RunContext


class Judged(Protocol):
    """A version and what a check says of it."""

    @property
    def version(self) -> Version: ...

    @property
    def verdict(self) -> Verdict: ...


J = TypeVar("J", bound=Judged)


def speaker(context: RunContext, judged: Sequence[J]) -> tuple[Verdict | None, J]:
    """The verdict of a run over several versions, and the version whose verdict it is.

    The champion's, unless versions were named; else the worst.
    """
    champion = champion_of(context.store, str(context.run.model))
    named = bool(context.run.arguments.get("versions"))
    chief = next((j for j in judged if j.version.number == champion), None)
    verdict = chief.verdict if chief is not None and not named else worst(j.verdict for j in judged)
    return verdict, next((j for j in (chief, *judged) if j and j.verdict == verdict), judged[-1])


def figure(
    context: RunContext,
    version: Version,
    metric: str,
    value: float | None,
    n: int,
    *,
    low: float | None = None,
    high: float | None = None,
    verdict: Verdict | None = None,
    reason: str | None = None,
) -> Measurement:
    """One figure of a version, as the store keeps it: of no partition, segment or moment of the data."""
    return Measurement(
        run=context.run.id,
        model=version.model,
        version=version.number,
        check=context.run.kind,
        partition=None,
        segment=None,
        since=None,
        until=None,
        metric=metric,
        value=value,
        low=low,
        high=high,
        n=n,
        in_sample="no",
        verdict=verdict,
        reason=reason,
        as_of=None,
        when=clock.now(),
    )
