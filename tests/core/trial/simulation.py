"""Whole trials as production and the night would live them: a log by day, outcomes in time, a nightly look.

The clock is a number of days. Logs are written as the processes of sites write them, days that are over come
home as Parquet, and :func:`core.trial.night.look_at_all` does what follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from core import trial
from core.traffic.places import places
from core.traffic.rolling import roll
from core.trial import night
from core.workspace import Workspace
from incumbent.answering.routing import Split
from incumbent.log.entries import Entry, OutcomeEntry
from store.records import Trial
from tests.core.trial import living
from tests.core.trial.living import BEGIN, Says, after

#: Days until an outcome is known, by the row's truth and whether the challenger had answered it.
Delay = Callable[[np.random.Generator, int, bool], float]


@dataclass
class Course:
    """What a simulated trial is like.

    Parameters
    ----------
    keys : int, optional
        So many customers come again and again.
    shared : float
        How much the days differ: the standard deviation of what is added to both versions' answers.
    lost : float
        The share of the challenger's rows that never reach the log.
    """

    champion: Says
    challenger: Says
    a_day: int = 40
    keys: int | None = None
    shared: float = 0.0
    delay: Delay = lambda random, truth, challenged: 1.0
    lost: float = 0.0
    seconds: tuple[float, float] = (2e-5, 2e-5)
    waiting: dict[int, list[OutcomeEntry]] = field(default_factory=lambda: defaultdict(list))


def lived_through(
    house: Workspace, course: Course, days: int, seed: int, **options: Any
) -> tuple[list[dict[str, Any]], Trial]:
    """Begin a trial and live it, a look a night; what each night found, and how it ended."""
    random = np.random.default_rng(seed)
    begun = trial.start(house, "late", 2, now=BEGIN, days=days, force=True, **options)
    found: list[dict[str, Any]] = []
    with house.store() as store:
        this = store.trials.get(begun["id"])
        there = [place for place in places(house, store, "late") if place.site in this.sites]
        split = Split("late", store.versions.get("late", 2).hash, this.share)
        for day in range(days):
            for place in there:
                entries, outcomes = _day(this, split, course, random, day, f"{place.site}-{seed}-{day}")
                living._write(place.away, BEGIN + timedelta(days=day), entries, outcomes)
                roll(place, now=after(day + 1.5).timestamp(), everything=True)
            night.look_at_all(house, store, after(day + 1))
            this = store.trials.get(this.id)
            found.append(dict(this.standing or {}))
            if this.ended is not None:
                break
    return found, this


def _day(
    this: Trial, split: Split, course: Course, random: np.random.Generator, day: int, prefix: str
) -> tuple[list[Entry], list[OutcomeEntry]]:
    entries: list[Entry] = []
    luck = random.normal(0, course.shared) if course.shared else 0.0
    for row in range(course.a_day):
        at = BEGIN + timedelta(days=day, minutes=5 + row * 1400 / course.a_day)
        name = f"{prefix}-{row}"
        key = f"K{name}" if course.keys is None else f"K{random.integers(course.keys)}"
        truth = int(random.random() < 0.5)
        answers: list[Any] = [says(random, truth) for says in (course.champion, course.challenger)]
        answers = [None if a is None else float(np.clip(a + luck, 0.01, 0.99)) for a in answers]
        made = living._entries(this, split, name, key, at, answers, course.seconds)
        challenged = made[0].route != "champion"
        if challenged and random.random() < course.lost:
            continue
        entries += made
        known = day + (at - BEGIN).total_seconds() % 86_400 / 86_400 + course.delay(random, truth, challenged)
        told = OutcomeEntry(name, None, "yes" if truth else "no", living._ns(after(known)))
        course.waiting[int(known)].append(told)
    return entries, course.waiting.pop(day, [])
