"""Which versions a check judges, and which rows of history count for each (rule 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from core.checks.cut import Cut
from core.data.hold_out import HoldOut
from incumbent.errors import RefusedError
from store.records import InSample, Version

if TYPE_CHECKING:
    from store import Store

BASELINE = 0


class Stretch(Protocol):
    """A slice of history."""

    @property
    def label(self) -> str: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def until(self) -> datetime | None: ...


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
        Whether it is known which rows shaped it.
    role : str
        ``champion``, ``challenger``, ``candidate`` or ``baseline``.
    rule : str
        What the baseline answers: ``prior``, ``median`` or ``last value``; empty for all others.
    held_out : HoldOut or None
        Which rows did not shape it, where that does not follow from time.
    """

    number: int
    hash: str
    since: datetime | None
    until: datetime | None
    known: bool
    role: str
    rule: str = ""
    held_out: HoldOut | None = None

    def coverage(self, piece: Stretch) -> tuple[InSample, Cut | None]:
        """How a slice lies to what shaped the version.

        Returns
        -------
        pair of str and Cut or None
            ``no``: all its rows count. ``part``: those that the returned rule chooses. ``in-sample`` and
            ``hindsight`` (before training): none count. ``unknown``: nobody knows.
        """
        if self.held_out is not None:
            return _held_out(self.held_out, piece.label)
        since, until = piece.since, piece.until
        if not self.known or self.until is None or since is None or until is None:
            return "unknown", None
        if since >= self.until:
            return "no", None
        if self.since is not None and until <= self.since:
            return "hindsight", None
        if until <= self.until:
            return "in-sample", None
        return "part", Cut(self.until)


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


def _held_out(rule: HoldOut, partition: str) -> tuple[InSample, Cut | None]:
    if rule.share >= 1.0 or (rule.seen and partition not in rule.seen):
        return "no", None
    if rule.share <= 0.0:
        return "in-sample", None
    return "part", Cut(held_out=(replace(rule, seen=()),))


def champion_of(store: Store, model: str) -> int | None:
    """The version in production at ``local``."""
    live = store.production.live(model)
    return live.champion if live else None


def _subject(version: Version, role: str, moment: Callable[[str], datetime]) -> Subject:
    ends = [moment(t) for t in (version.trained_until, version.touched_until) if t is not None]
    since = None if version.trained_since is None else moment(version.trained_since)
    rule = str(version.parameters.get("rule", "")) if role == "baseline" else ""
    held_out = HoldOut.from_document(version.held_out)
    known = bool(ends) or held_out is not None
    return Subject(version.number, version.hash, since, max(ends, default=None), known, role, rule, held_out)
