"""A workspace whose champion serves, and days of production written as its processes would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from core.traffic.places import places
from core.workspace import Workspace
from incumbent.answering.routing import Split
from incumbent.log.appender import Appender
from incumbent.log.entries import Entry, OutcomeEntry
from incumbent.log.file import new_name
from incumbent.log.tally import Tally
from store.records import Trial
from tests.core.traffic.filling import portions

#: When trials of these tests begin.
BEGIN = datetime(2024, 8, 1, tzinfo=UTC)

#: What a version says of a row with some truth: probability of "yes", or None for no answer.
Says = Callable[[np.random.Generator, int], float | None]


def knows(sharpness: float) -> Says:
    """A version that leans to the truth: 0 not at all, 1 fully."""

    def says(random: np.random.Generator, truth: int) -> float:
        lean = 0.5 + (truth - 0.5) * sharpness
        return float(np.clip(lean + random.normal(0, 0.15), 0.02, 0.98))

    return says


def live(
    workspace: Workspace,
    trial: Trial,
    days: int,
    *,
    champion: Says,
    challenger: Says,
    a_day: int = 40,
    first_day: int = 0,
    site: str = "local",
    seed: int = 0,
    keys: int | None = None,
    labelled: bool = True,
    seconds: tuple[float, float] = (2e-5, 2e-5),
) -> None:
    """Write days of traffic of a trial, with outcomes a day later.

    Parameters
    ----------
    keys : int, optional
        So many keys come again and again; by default each row has one of its own.
    seconds : pair of float
        What an answer of either version takes.
    """
    random = np.random.default_rng(seed)
    with workspace.store() as store:
        (place,) = places(workspace, store, trial.model, site)
        split = Split(trial.model, store.versions.get(trial.model, trial.version).hash, trial.share)
    for day in range(first_day, first_day + days):
        entries: list[Entry] = []
        outcomes: list[OutcomeEntry] = []
        for row in range(a_day):
            at = BEGIN + timedelta(days=day, minutes=5 + row * 1400 / a_day)
            name = f"{site}-{seed}-{day}-{row}"
            key = f"K{name}" if keys is None else f"K{random.integers(keys)}"
            truth = int(random.random() < 0.5)
            answers = [says(random, truth) for says in (champion, challenger)]
            entries += _entries(trial, split, name, key, at, answers, seconds)
            if labelled:
                known = at + timedelta(days=1)
                outcomes.append(OutcomeEntry(name, None, "yes" if truth else "no", _ns(known)))
        _write(place.away, BEGIN + timedelta(days=day), entries, outcomes)


def _entries(
    trial: Trial, split: Split, name: str, key: str, at: datetime, answers: Sequence[Any], seconds: Any
) -> list[Entry]:
    one, other = (
        _entry(name, key, at, said, version, took)
        for said, version, took in zip(answers, (trial.champion, trial.version), seconds, strict=True)
    )
    if trial.mode == "shadow":
        return [one._replace(route="champion"), other._replace(route="shadow")]
    if trial.mode == "site":
        return [other._replace(route="challenger"), one._replace(route="shadow")]
    if not split.to_challenger(key):
        return [one._replace(route="champion")]
    if answers[1] is None:
        return [one._replace(route="fallback", reason=f"version {trial.version}: ValueError")]
    return [other._replace(route="challenger")]


def _entry(name: str, key: str, at: datetime, said: float | None, version: int, seconds: float) -> Entry:
    scores = None if said is None else [1 - said, said]
    value = None if said is None else "yes" if said >= 0.5 else "no"
    reason = f"version {version}: ValueError" if said is None else None
    return Entry(
        name, _ns(at), key, version, "champion", reason, value, scores, seconds, None, (1.0,), ("distance",)
    )


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000


def _write(folder: Any, day: datetime, entries: list[Entry], outcomes: list[OutcomeEntry]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    appender = Appender(folder / new_name(day.strftime("%Y-%m-%d")))
    appender.append(portions(entries, tally), outcomes, tally)
    appender.close()


def after(days: float) -> datetime:
    """A moment so many days after the beginning."""
    return BEGIN + timedelta(days=days)
