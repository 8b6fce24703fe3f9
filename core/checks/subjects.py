"""Which versions a check judges, and which rows of history count for each (rule 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from incumbent.errors import RefusedError
from store.records import InSample, Version

if TYPE_CHECKING:
    from store import Store

BASELINE = 0


@dataclass(frozen=True)
class Subject:
    """A version as checks see it.

    Parameters
    ----------
    number : int
    hash : str
    since : datetime or None
        Time of its first training row.
    until : datetime or None
        The first moment after everything that shaped it (training, search, calibration, threshold).
    known : bool
        Whether these two are known at all.
    role : str
        ``champion``, ``challenger``, ``candidate`` or ``baseline``.
    rule : str
        What the baseline answers: ``prior``, ``median`` or ``last value``; empty for all others.
    """

    number: int
    hash: str
    since: datetime | None
    until: datetime | None
    known: bool
    role: str
    rule: str = ""

    def coverage(self, since: datetime | None, until: datetime | None) -> tuple[InSample, datetime | None]:
        """How a slice [since, until) lies to what shaped the version.

        Returns
        -------
        pair of str and datetime or None
            ``no``: all its rows count. ``part``: those from the returned moment on count. ``in-sample`` and
            ``hindsight`` (before training): none count. ``unknown``: nobody knows.
        """
        if not self.known or self.until is None or since is None or until is None:
            return "unknown", None
        if since >= self.until:
            return "no", None
        if self.since is not None and until <= self.since:
            return "hindsight", None
        if until <= self.until:
            return "in-sample", None
        return "part", self.until


def subjects(
    store: Store,
    model: str,
    numbers: Sequence[int] | None = None,
    moment: Callable[[str], datetime] = datetime.fromisoformat,
) -> tuple[Subject, ...]:
    """The versions to judge: those named, or champion, challenger and every candidate; the baseline too.

    Parameters
    ----------
    numbers : sequence of int, optional
    moment : callable
        Turns the store's data times into datetimes.

    Raises
    ------
    UsageError
        For a version that there is not.
    RefusedError
        Where there is no version at all.
    """
    live = store.production.live(model)
    champion = live.champion if live else None
    challenger = live.challenger if live else None
    if numbers is None:
        chosen = list(store.versions.list(model))
        named = {v.number for v in chosen}
        chosen += [store.versions.get(model, n) for n in (champion, challenger) if n and n not in named]
    else:
        chosen = [store.versions.get(model, n) for n in dict.fromkeys(numbers) if n != BASELINE]
    if not chosen and not (numbers and BASELINE in numbers):
        raise RefusedError(
            f"{model} has no version to judge",
            hint=f"make one: `incumbent version train {model}`, or `incumbent version register {model} FILE`",
        )
    roles = {champion: "champion", challenger: "challenger"}
    found = [_subject(v, roles.get(v.number, "candidate"), moment) for v in chosen]
    baseline = store.versions.find(model, BASELINE)
    if baseline is not None:
        found.append(_subject(baseline, "baseline", moment))
    return tuple(sorted(found, key=lambda s: s.number))


def champion_of(store: Store, model: str) -> int | None:
    """The version in production at ``local``."""
    live = store.production.live(model)
    return live.champion if live else None


def _subject(version: Version, role: str, moment: Callable[[str], datetime]) -> Subject:
    ends = [moment(t) for t in (version.trained_until, version.touched_until) if t is not None]
    since = None if version.trained_since is None else moment(version.trained_since)
    rule = str(version.parameters.get("rule", "")) if role == "baseline" else ""
    return Subject(version.number, version.hash, since, max(ends, default=None), bool(ends), role, rule)
