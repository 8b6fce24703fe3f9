"""How much traffic there is: counts, routes, versions, fallbacks and latency. Neither pandas nor pyarrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from core.reaching import away
from core.traffic.counting import Counted, counted
from core.traffic.places import Place, places
from core.traffic.snapshot import Snapshot, snapshot
from incumbent.log.tally import CONTROL, HOUR, SECOND, SHADOW, quantile

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

_HOUR_SECONDS = HOUR // SECOND
#: Rows of the table of hours: hour, version (-1: none), route, bucket of the time taken, count.
Counts = tuple[int, int, str, int, int]


class Rate(NamedTuple):
    """Predictions a second: on average from the first to the last one, and in the busiest second."""

    mean: float
    peak: float


@dataclass(frozen=True)
class HourTraffic:
    """One hour: its beginning (UTC), predictions, how many the champion or challenger did not answer."""

    at: datetime
    predictions: int
    fallbacks: int
    p50: float | None  # seconds
    p99: float | None


@dataclass(frozen=True)
class VersionTraffic:
    """What one version answered on one route; ``version`` is None for the baseline and for rules."""

    version: int | None
    route: str
    predictions: int
    p50: float | None
    p99: float | None


@dataclass(frozen=True)
class Summary:
    """The traffic of some days, today included.

    ``fallbacks`` are predictions that were answered along the chain (not by champion or challenger, nor by
    a version that the caller named), ``reasons`` says why, commonest first. Shadows are in ``versions``
    alone. ``lost`` are predictions that could not be logged.
    """

    since: datetime
    until: datetime
    predictions: int
    fallbacks: int
    lost: int
    p50: float | None
    p99: float | None
    rate: Rate | None
    hours: tuple[HourTraffic, ...]
    versions: tuple[VersionTraffic, ...]
    reasons: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]


def summary(
    workspace: Workspace,
    store: Store,
    model: str,
    site: str | None = "local",
    days: int = 1,
    now: datetime | None = None,
) -> Summary:
    """The traffic of a model at a site, or at all of them, over the last days.

    Parameters
    ----------
    site : str or None
        None: all sites.
    days : int
        Back from now, rounded to whole hours.

    Raises
    ------
    UsageError
        For a site that there is not.
    """
    moment = now or datetime.now(UTC)
    since = (moment - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    found = places(workspace, store, model, site)
    with snapshot(found) as open_now:
        told = _summary(open_now, since, moment)
    return replace(told, problems=(*told.problems, *unseen(workspace, store, model, found)))


def unseen(workspace: Workspace, store: Store, model: str, found: Sequence[Place]) -> tuple[str, ...]:
    """Sites that serve a model and cannot be reached now: what they have logged since is not known."""
    serving = [place.site for place in found if store.production.live(model, place.site) is not None]
    reasons = [away(workspace, store, site) for site in serving]
    return tuple(
        f"{why}; what it has logged since its log last came home is missing" for why in reasons if why
    )


def rate_of(all_places: Sequence[Place], days: int = 7, now: datetime | None = None) -> Rate | None:
    """Predictions a second over the last days; None without any."""
    since = (now or datetime.now(UTC)) - timedelta(days=days)
    with snapshot(all_places) as open_now:
        return _rate(open_now, _open_files(open_now), int(since.timestamp()))


def _summary(found: Snapshot, since: datetime, until: datetime) -> Summary:
    first = int(since.timestamp()) // _HOUR_SECONDS
    own = _open_files(found)
    counts, reasons, lost = _counts(found, own, first)
    answered = [row for row in counts if row[2] != SHADOW]
    return Summary(
        since=since,
        until=until,
        predictions=sum(row[4] for row in answered),
        fallbacks=_fallbacks(answered),
        lost=lost,
        p50=_quantile(answered, 0.5),
        p99=_quantile(answered, 0.99),
        rate=_rate(found, own, first * _HOUR_SECONDS),
        hours=_hours(answered),
        versions=_versions(counts),
        reasons=tuple(reasons.most_common(20)),
        problems=found.problems,
    )


def _open_files(found: Snapshot) -> list[Counted]:
    """What each file that is not home, or not all of it, has counted beyond what is."""
    return [counted(reader, found.parts) for reader, _, _ in found.files]


def _counts(
    found: Snapshot, own: Sequence[Counted], first_hour: int
) -> tuple[list[Counts], Counter[str], int]:
    """Counts from an hour on, reasons with theirs, and what was lost."""
    counts: list[Counts] = []
    reasons: Counter[str] = Counter()
    lost = 0
    for part in found.parts:
        counts += [row for row in part.hours if row[0] >= first_hour]
        for hour, _, reason, count in part.reasons:
            if hour >= first_hour:
                reasons[reason] += count
        if part.hours and part.hours[-1][0] >= first_hour:
            lost += part.lost
    for each in own:
        counts += [(*key, count) for key, count in each.hours.items() if key[0] >= first_hour]
        for (hour, _, reason), count in each.reasons.items():
            if hour >= first_hour:
                reasons[reason] += count
        lost += sum(count for at, count in each.lost if at // HOUR >= first_hour)
    return counts, reasons, lost


def _rate(found: Snapshot, own: Sequence[Counted], since: int) -> Rate | None:
    """From what was counted by second; of days that are home, their busiest second and their ends."""
    total = peak = 0
    first, last = None, None
    seconds: Counter[int] = Counter()
    for part in found.parts:
        if part.seconds is None or part.seconds[0] < since:
            continue
        total += sum(row[4] for row in part.hours if row[2] != SHADOW)
        peak = max(peak, part.peak)
        first, last = _span(first, last, *part.seconds)
    for each in own:
        seconds.update({at: count for at, count in each.seconds.items() if at >= since})
    if seconds:
        total += seconds.total()
        peak = max(peak, *seconds.values())
        first, last = _span(first, last, min(seconds), max(seconds))
    if not total or first is None or last is None:
        return None
    return Rate(total / (last - first + 1), float(peak))


def _span(first: int | None, last: int | None, begin: int, end: int) -> tuple[int, int]:
    return (begin if first is None else min(first, begin), end if last is None else max(last, end))


def _fallbacks(counts: Sequence[Counts]) -> int:
    return sum(row[4] for row in counts if row[2] not in ("champion", "challenger", "named", CONTROL))


def _quantile(counts: Sequence[Counts], share: float) -> float | None:
    return quantile([(row[3], row[4]) for row in counts], share)


def _hours(answered: Sequence[Counts]) -> tuple[HourTraffic, ...]:
    by_hour: dict[int, list[Counts]] = {}
    for row in answered:
        by_hour.setdefault(row[0], []).append(row)
    return tuple(
        HourTraffic(
            datetime.fromtimestamp(hour * _HOUR_SECONDS, UTC),
            sum(row[4] for row in rows),
            _fallbacks(rows),
            _quantile(rows, 0.5),
            _quantile(rows, 0.99),
        )
        for hour, rows in sorted(by_hour.items())
    )


def _versions(counts: Sequence[Counts]) -> tuple[VersionTraffic, ...]:
    by_version: dict[tuple[int, str], list[Counts]] = {}
    for row in counts:
        by_version.setdefault((row[1], row[2]), []).append(row)
    found = [
        VersionTraffic(
            None if version < 0 else version,
            route,
            sum(row[4] for row in rows),
            _quantile(rows, 0.5),
            _quantile(rows, 0.99),
        )
        for (version, route), rows in by_version.items()
    ]
    return tuple(sorted(found, key=lambda v: -v.predictions))
