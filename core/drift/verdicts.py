"""What a column's figures say: held against past windows, or against what the spec allows (rule 10).

The chance of an alarm is shared out over all judged figures of all columns, from the model's budget of false
alarms (rule 4). Drift alone warns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.drift.compare import Statistics
from core.drift.gates import GATES, NULLS, Gate
from core.drift.limits import Limit, Past, comparable, limit_for
from core.statistics.budget import ALARMS_A_YEAR, look_alpha
from core.timeline import Window
from core.wording import age
from store.records import Verdict

#: A window with fewer rows says nothing about distributions.
FEWEST_ROWS = 30
#: Nor does one of which less than this share was left when rows began to come: an hour has its own weather,
#: and past windows, which are whole, do not know how much hours differ.
LEAST_COVERED = 0.5


@dataclass(frozen=True)
class PastColumn:
    """A column's figures in one past window; see :mod:`core.drift.past`."""

    figures: Statistics
    season: bool = False
    shrunk: float = 1.0


@dataclass(frozen=True)
class ColumnVerdict:
    """What is said about one column."""

    verdict: Verdict
    reason: str
    limits: Mapping[str, Limit] = field(default_factory=dict)


def shortage(rows: int, window: Window, oldest: datetime | None) -> str:
    """Why a window is too thin to be judged; empty where it is not.

    Parameters
    ----------
    oldest : datetime or None
        The time of the oldest row in it and in as long a time before: where there are rows before it, it is
        whole, though all of its own may have come in one batch.

    Examples
    --------
    >>> week = Window(datetime(2024, 1, 1), datetime(2024, 1, 8))
    >>> shortage(900, week, datetime(2024, 1, 7, 23, 48))
    "its rows cover 12 min of the window's 7 d: at least half is needed"
    >>> shortage(900, week, datetime(2024, 1, 3))
    ''
    """
    if rows < FEWEST_ROWS or oldest is None:
        return f"{rows} rows in the window: at least {FEWEST_ROWS} are needed"
    covered, whole = (window.until - since for since in (oldest, window.since))
    if covered < LEAST_COVERED * whole:
        spans = f"{age(covered.total_seconds())} of the window's {age(whole.total_seconds())}"
        return f"its rows cover {spans}: at least half is needed"
    return ""


def judged_gates(kind: str, given: Mapping[str, float], *, calendar: bool) -> tuple[Gate, ...]:
    """What is judged of a column. Calendar columns are judged by nulls alone, unless the spec says more.

    Examples
    --------
    >>> [gate.statistic for gate in judged_gates("category", {}, calendar=True)]
    ['null_change']
    """
    usual = GATES.get(kind, ())
    if not calendar:
        return usual
    return tuple(gate for gate in usual if gate is NULLS or gate.statistic in given)


def judge_column(
    kind: str,
    now: Statistics,
    past: Sequence[PastColumn],
    alpha: float,
    given: Mapping[str, float] | None = None,
    *,
    calendar: bool = False,
) -> ColumnVerdict:
    """Judge one column of a window.

    Parameters
    ----------
    now : Statistics
    past : sequence of PastColumn
    alpha : float
        Chance of an alarm that one figure has.
    given : mapping of str to float, optional
        Limits that the spec sets, by statistic; they may name any statistic of the column.
    """
    given = given or {}
    rows = int(now.get("rows") or 0)
    if rows < FEWEST_ROWS:
        return ColumnVerdict("thin", f"{rows} rows: at least {FEWEST_ROWS} are needed")
    limits: dict[str, Limit] = {}
    said = []
    for gate in judged_gates(kind, given, calendar=calendar):
        value = now.get(gate.statistic)
        if value is None:
            continue
        limit = limit_for(gate, _past(gate, now, past), alpha, rows, given.get(gate.statistic))
        limits[gate.statistic] = limit
        if limit.broken(float(value)):
            said.append(_sentence(gate, float(value), limit))
    said += _beyond_given(now, given, limits)
    if said:
        return ColumnVerdict("warn", "; ".join(said), limits)
    return ColumnVerdict("pass", "a calendar column: it moves by nature" if calendar else "", limits)


def _past(gate: Gate, now: Statistics, past: Sequence[PastColumn]) -> Past:
    values, season = [], []
    for one in past:
        value = comparable(gate, now, one.figures, one.shrunk)
        if value is not None:
            values.append(value)
            if one.season:
                season.append(value)
    chance = float(now.get("psi_bias") or 0.0) if gate.statistic == "psi" else 0.0
    before = float(now.get(gate.share) or 0.0) - float(now.get(gate.statistic) or 0.0) if gate.share else 0.0
    return Past(values, season, chance, before)


def _sentence(gate: Gate, value: float, limit: Limit) -> str:
    bound = limit.high if value > 0 or limit.low is None else limit.low
    basis = {
        "past windows": f"from {limit.windows} past windows",
        "default": "a default: too few past windows",
        "spec": "from the spec",
    }[limit.basis]
    return gate.words.format(value=value, limit=bound) + f", {basis}"


def _beyond_given(now: Statistics, given: Mapping[str, float], limits: dict[str, Limit]) -> list[str]:
    """Limits that the spec sets on statistics which are not judged otherwise."""
    said = []
    for name, allowed in given.items():
        value = now.get(name)
        if name in limits or value is None:
            continue
        limits[name] = Limit(allowed, -allowed, "spec", 0)
        if abs(value) > allowed:
            said.append(f"{name} {value:.3g} (limit {allowed:.3g}), from the spec")
    return said


def chance_of_alarm(gates: int, window_days: float) -> float:
    """The chance of an alarm that one look at one figure has, where somebody looks every night.

    Half of the model's budget of false alarms is the drift check's, the other half the now-test's.

    Examples
    --------
    >>> round(chance_of_alarm(30, 14.0), 6)
    0.00017
    """
    overlap = max(1.0, window_days)
    return look_alpha(max(1, gates), overlap=overlap, alarms_a_year=ALARMS_A_YEAR / 2)


def gate_count(kinds: Mapping[str, Any], calendar: frozenset[str]) -> int:
    """How many figures share the budget of false alarms."""
    return sum(len(judged_gates(kind, {}, calendar=name in calendar)) for name, kind in kinds.items())
