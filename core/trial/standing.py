"""How a trial stands: effect, interval, verdict, and how long until it can tell (rule 11).

May be asked on any day, and acted upon at once: the interval is a confidence sequence. Only rows whose
outcome could have arrived for both arms count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from core.statistics.confidence_sequence import FEWEST_UNITS, Effect, Sequence, ratio_evidence
from core.statistics.precision import FEWEST_BLOCKS
from core.statistics.wording import number
from core.trial.guards import judge_guards
from core.trial.margins import OUTCOMES_ALPHA, RATIO_ALPHA
from core.trial.observing import Observations, moment, observe

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import Trial

StandingVerdict = Literal["better", "worse", "undecided", "invalid"]

DAY = pd.Timedelta(days=1)
#: A trial without an end is judged as if it lasted so many days; none as if it lasted longer than the second.
_USUAL_DAYS, _LONG_DAYS = 30, 60
#: Of outcomes, the share by whose delay the arms are compared where the spec does not say ``label_delay``.
_ARRIVED = 0.9
#: An error that counts as 1: so many times what 90 % of the champion's first errors are.
_REACH = 4.0
#: Points of the picture of an interval that closes.
_MOST_POINTS = 30


@dataclass(frozen=True)
class Rules:
    """What a trial is judged by, settled before it begins.

    Parameters
    ----------
    since : datetime
        The comparison's beginning (UTC).
    share : float or None
        Of the keys that fall to the challenger; None where rows are paired.
    days : int or None
        That the trial lasts; None: no end.
    margins : mapping
        Guard rail → margin.
    label_delay : timedelta or None
        As the spec has it.
    allowed : float or None
        Seconds that an answer may take.
    """

    since: datetime
    share: float | None
    days: int | None
    margins: Mapping[str, float]
    label_delay: timedelta | None = None
    allowed: float | None = None

    @property
    def sequence(self) -> Sequence:
        """The confidence sequence of the outcomes: narrowest halfway."""
        days = min(self.days or _USUAL_DAYS, _LONG_DAYS)
        return Sequence(OUTCOMES_ALPHA, max(FEWEST_BLOCKS, days / 2))


def standing(workspace: Workspace, store: Store, trial: Trial, now: datetime | None = None) -> dict[str, Any]:
    """How a trial stands at a moment, by the log.

    Parameters
    ----------
    now : datetime, optional
        With a zone; the present by default.

    Returns
    -------
    dict
        As :func:`judge` gives it.
    """
    from core.present import present

    moment_now = (now or present()).astimezone(UTC).replace(tzinfo=None)
    if trial.ended is not None:
        moment_now = min(moment_now, moment(trial.ended))
    found = observe(workspace, store, trial, moment_now)
    return judge(found, rules_of(store, trial), moment_now)


def rules_of(store: Store, trial: Trial) -> Rules:
    """What a trial is judged by."""
    from core.spec import ModelSpec
    from core.timeline import Duration

    spec = ModelSpec.from_document(store.models.revision(trial.model).document)
    delay = None
    if spec.label_delay is not None:
        epoch = datetime(2000, 1, 1)
        delay = Duration.parse(spec.label_delay).after(epoch) - epoch
    limits = [r.max for r in store.requirements.live(trial.model) if r.metric == "latency_p99_ms"]
    allowed = min((limit for limit in limits if limit is not None), default=None)
    return Rules(
        since=moment(trial.since),
        share=trial.share if trial.mode == "share" else None,
        days=None if trial.until is None else _days_between(trial.started, trial.until),
        margins=trial.guards,
        label_delay=delay,
        allowed=None if allowed is None else allowed / 1000,
    )


def _days_between(start: str, end: str) -> int:
    return max(1, round((moment(end) - moment(start)) / timedelta(days=1)))


def judge(found: Observations, rules: Rules, now: datetime) -> dict[str, Any]:
    """How observations stand.

    Returns
    -------
    dict
        ``verdict`` (``better``, ``worse``, ``undecided``: cannot tell yet, ``invalid``: the arms are not what
        they should be), ``reason``; ``effect``, ``low``, ``high`` (the champion's loss less the challenger's:
        above zero the challenger is better), ``champion_loss``, ``challenger_loss``, ``loss``, ``scale``;
        ``rows``, ``judged``, ``waiting``, ``units``, ``unit``, ``days``; ``days_to_tell`` (how many more, if
        the effect is what it seems), ``detectable`` (the smallest effect that the trial's length can tell),
        ``ratio``, ``guards``, ``control`` (``rows``, ``judged`` and ``loss`` of the untreated control; None
        without one), and ``path``: effect and interval day by day.
    """
    found = found.coded()
    delay = _delay(found, rules)
    counted = found.only(_could_be_known(found, now, delay))
    judged = counted.only(counted.frame["known"].notna().to_numpy(dtype=bool))
    scale = _scale(judged, rules)
    judged = _bounded(judged, scale)
    effect = judged.effect("loss", judged.blocks(rules.since, DAY))
    interval = rules.sequence.interval(effect)
    ratio = None if rules.share is None else _ratio(found, judged, rules.share)
    verdict, reason = _verdict(judged, effect, interval, ratio, found)
    low, high = interval or (None, None)
    return {
        "verdict": verdict,
        "reason": reason,
        "loss": found.loss,
        "scale": scale,
        "effect": effect.value if effect.units else None,
        "low": low,
        "high": high,
        "champion_loss": _mean(judged.values("loss", False)),
        "challenger_loss": _mean(judged.values("loss", True)),
        "paired": found.paired,
        "rows": found.rows,
        "judged": judged.rows,
        "waiting": found.rows - judged.rows,
        "missed": found.missed,
        "unit": "key" if found.by_key else "prediction",
        "units": effect.units,
        "days": effect.blocks,
        "delay_seconds": delay.total_seconds(),
        "days_to_tell": _days_to_tell(rules, effect, interval),
        "detectable": rules.sequence.detectable(effect, rules.days or _USUAL_DAYS) if effect.units else None,
        "ratio": ratio,
        "guards": [
            *judge_guards(found, rules.margins, rules.since, rules.allowed),
            *_outcomes(rules, low, high, verdict, reason),
        ],
        "silent": list(found.silent),
        "control": _control(found, now - delay, scale),
        "path": _path(judged, rules),
    }


def _delay(found: Observations, rules: Rules) -> timedelta:
    """After how long an outcome could have arrived, for both arms alike."""
    if rules.label_delay is not None:
        return rules.label_delay
    if found.paired:  # one outcome belongs to both answers
        return timedelta()
    took = (found.frame["known"] - found.frame["at"]).dt.total_seconds()
    latest = took.groupby(found.frame["challenged"]).quantile(_ARRIVED).max()  # of the arm that waits longer
    return max(timedelta(), timedelta(seconds=float(latest))) if latest == latest else timedelta()


def _could_be_known(found: Observations, now: datetime, delay: timedelta) -> np.ndarray:
    return (found.frame["at"] <= pd.Timestamp(now - delay)).to_numpy(dtype=bool)


def _scale(judged: Observations, rules: Rules) -> float:
    """The absolute error that counts as 1, from the champion's in the days before anything is said."""
    if judged.loss != "absolute error" or not judged.rows:
        return 1.0
    begun = judged.blocks(rules.since, DAY)
    first = judged.only(begun < np.unique(begun)[:FEWEST_BLOCKS][-1] + 1)
    errors = first.values("loss", False)
    scale = _REACH * float(np.nanquantile(errors, 0.9)) if len(errors) else 1.0
    return scale if np.isfinite(scale) and scale > 0 else 1.0


def _bounded(judged: Observations, scale: float) -> Observations:
    """The same rows with losses between 0 and 1; an answer that was none counts as 1."""
    frame = judged.frame.copy()
    for name in ("champion.loss", "challenger.loss") if judged.paired else ("loss",):
        frame[name] = np.clip(np.nan_to_num(frame[name].to_numpy(dtype=float) / scale, nan=1.0), 0.0, 1.0)
    return replace(judged, frame=frame)


def _ratio(found: Observations, judged: Observations, share: float) -> dict[str, Any]:
    """Whether keys fall to the challenger in the share that was set: all of them, and those that are judged.

    Outcomes of one arm that come later, or not at all, leave its rows out of the comparison, and which ones
    may depend on what happened: then the arms that are compared are not alike any more.
    """
    routed, known = (_divided(some, share) for some in (found, judged))
    broken = [one["evidence"] >= 2 / RATIO_ALPHA for one in (routed, known)]
    return {"expected": share, **routed, "judged": known, "broken": any(broken), "lost": broken[0]}


def _divided(found: Observations, share: float) -> dict[str, Any]:
    arms = found.frame.groupby("unit")["challenged"].first()
    challenged, units = int(arms.sum()), len(arms)
    return {
        "found": challenged / units if units else None,
        "units": units,
        "evidence": ratio_evidence(challenged, units, share),
    }


def _control(found: Observations, until: datetime, scale: float) -> dict[str, Any] | None:
    """How the baseline does where nobody else answers: what is lost without any version."""
    if found.control is None:
        return None
    judged = found.control[(found.control["at"] <= pd.Timestamp(until)) & found.control["known"].notna()]
    loss = np.clip(np.nan_to_num(judged["loss"].to_numpy(dtype=float) / scale, nan=1.0), 0.0, 1.0)
    return {"rows": len(found.control), "judged": len(judged), "loss": _mean(loss)}


def _outcomes(
    rules: Rules, low: float | None, high: float | None, told: StandingVerdict, why: str
) -> list[dict[str, Any]]:
    """The guard rail of the outcomes: the interval itself, of a comparison that is one."""
    if "outcomes" not in rules.margins:
        return []
    margin, valid = rules.margins["outcomes"], told != "invalid"
    verdict = "thin" if high is None or not valid else "fail" if high < -margin else "pass"
    words = {"thin": "too early to say", "fail": f"surely {why}", "pass": "not surely worse"}
    return [
        {
            "guard": "outcomes",
            "verdict": verdict,
            "reason": words[verdict] if valid else "the arms cannot be compared",
            "difference": None,
            "low": None if high is None else -high,
            "high": None if low is None else -low,
            "margin": margin,
        }
    ]


def _verdict(
    judged: Observations,
    effect: Effect,
    interval: tuple[float, float] | None,
    ratio: Mapping[str, Any] | None,
    found: Observations,
) -> tuple[StandingVerdict, str]:
    unit = "keys" if judged.by_key else "predictions"
    if ratio is not None and ratio["broken"]:
        return "invalid", _broken(ratio, unit)
    if not found.rows:
        return "undecided", "nothing of it is in the log yet"
    if interval is None:
        lacks = [f"{effect.blocks} of {FEWEST_BLOCKS} days"] if effect.blocks < FEWEST_BLOCKS else []
        if effect.units < FEWEST_UNITS:
            lacks.append(f"{effect.units} of {FEWEST_UNITS} {unit} with an outcome in each arm")
        return "undecided", f"too early: {', '.join(lacks)}"
    low, high = interval
    name = {"brier": "Brier score", "wrong": "share of wrong answers"}.get(judged.loss, judged.loss)
    shown = f"{name} {_amount(effect.value, low, high)}"
    if low > 0:
        return "better", f"better: {shown}"
    if high < 0:
        return "worse", f"worse: {shown}"
    return "undecided", f"cannot tell yet: {shown}"


def _broken(ratio: Mapping[str, Any], unit: str) -> str:
    if ratio["lost"]:
        return (
            f"{ratio['found']:.1%} of {ratio['units']:,} {unit} fell to the challenger, not "
            f"{ratio['expected']:.1%}: rows of one arm are lost, so nothing can be told"
        )
    judged = ratio["judged"]
    return (
        f"{judged['found']:.1%} of {judged['units']:,} {unit} whose outcome is known fell to the challenger, "
        f"not {ratio['expected']:.1%}: outcomes of one arm come later or not at all, so nothing can be told"
    )


def _amount(value: float, low: float, high: float) -> str:
    spread = (high - low) / 2
    turn = "lower" if value >= 0 else "higher"
    ends = (low, high) if value >= 0 else (-high, -low)
    return f"{turn} by {number(abs(value), spread)} [{number(ends[0], spread)}, {number(ends[1], spread)}]"


def _days_to_tell(rules: Rules, effect: Effect, interval: tuple[float, float] | None) -> int | None:
    """How many more days until it can tell, if the effect is what it seems; 0 where it can."""
    if interval is not None and (interval[0] > 0 or interval[1] < 0):
        return 0
    if not effect.blocks or not effect.units:
        return None
    needed = rules.sequence.blocks_to_tell(effect, abs(effect.value))
    return None if needed is None else max(1, needed - effect.blocks)


def _path(judged: Observations, rules: Rules) -> list[dict[str, Any]]:
    """Effect and interval as they were after each day, by what is known now."""
    days = judged.blocks(rules.since, DAY)
    found = []
    ends = np.unique(days)[FEWEST_BLOCKS - 1 :]
    for end in ends[:: -max(1, -(-len(ends) // _MOST_POINTS))][::-1]:  # the last day is always one
        then = judged.only(days <= end)
        effect = then.effect("loss", days[days <= end])
        interval = rules.sequence.interval(effect)
        if interval is not None:
            date = (rules.since + timedelta(days=int(end) + 1)).isoformat()
            found.append({"at": date, "effect": effect.value, "low": interval[0], "high": interval[1]})
    return found


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
