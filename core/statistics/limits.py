"""Limits: what an estimate says about a requirement (rules 2, 3 and 5).

Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from core.statistics.estimate import Estimate
from core.statistics.precision import shortage
from core.statistics.wording import with_interval
from store.records import VERDICTS, InSample, Verdict

Cause = Literal["inside", "reaches", "breach", "third breach", "beyond", "rising", "thin", "not judged"]

#: So many breaches in a row, of windows that do not overlap, are a failure.
BREACHES_IN_A_ROW = 3


class Limits(Protocol):
    """What a requirement asks of one window; :class:`store.records.Requirement` is one."""

    @property
    def min(self) -> float | None: ...
    @property
    def max(self) -> float | None: ...
    @property
    def mean(self) -> float | None: ...
    @property
    def range(self) -> tuple[float, float] | None: ...


@dataclass(frozen=True)
class Judgement:
    """What came of comparing an estimate with a requirement.

    Parameters
    ----------
    verdict : str or None
        "pass", "warn", "fail" or "thin"; None where there was nothing to judge.
    cause : str
        "inside"; "reaches": the value is right, its interval reaches across; "breach": the value is wrong,
        its interval is not; "third breach": of windows in a row; "beyond": the whole interval is wrong;
        "rising": the loss has risen though the limit holds; "thin"; "not judged".
    reason : str
        One sentence for people.
    breach : bool
        Whether the value is on the wrong side: what later windows are told.
    """

    verdict: Verdict | None
    cause: Cause
    reason: str
    breach: bool = False

    @property
    def alarm(self) -> bool:
        """Whether it should open an alert: a failure, a breach or a rise, but not "reaches".

        A value on the right side whose interval reaches across is a warning to whoever looks. As an alert it
        would cry wolf: at limits that an unchanged model breaches less than once a year, the intervals of its
        weekly windows reach across about thirty times (simulated; half an interval is nearly as wide as the
        distance from the mean to any limit that rows of a week can support).
        """
        return self.verdict == "fail" or self.cause in ("breach", "third breach", "beyond", "rising")


def judge(
    name: str,
    estimate: Estimate,
    requirement: Limits,
    *,
    previous: Sequence[bool] = (),
    rising: bool = False,
    margin: float | None = None,
    in_sample: InSample = "no",
) -> Judgement:
    """Judge one partition or window against ``min``, ``max`` and ``range``.

    Parameters
    ----------
    name : str
        The metric as the person wrote it.
    estimate : Estimate
    requirement : Limits
    previous : sequence of bool
        Whether the windows before this one, oldest first and not overlapping, were breaches.
    rising : bool
        Whether a sequential test (:mod:`core.statistics.sequential`) says that the loss has risen.
    margin : float or None
        The widest half-interval that can still be judged, in units of the metric; None asks nothing.
    in_sample : str
        "in-sample" and "hindsight" are not judged; "unknown" is a warning at best.

    Returns
    -------
    Judgement

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> limit = SimpleNamespace(min=0.65, max=None, mean=None, range=None)
    >>> seen = Estimate(0.641, 0.62, 0.662, n=900, blocks=30, unit="day", rarer=200)
    >>> judge("roc_auc", seen, limit, previous=[True, True]).reason
    'roc_auc 0.641 [0.620, 0.662] is below min 0.65: third breach in a row'
    """
    lowest, highest = window_bounds(requirement)
    if lowest is None and highest is None:
        reason = f"{name} {with_interval(estimate)}: no limit for a single window"
        return Judgement(None, "not judged", reason)
    return _judged(name, estimate, lowest, highest, previous, rising, margin, in_sample)


def judge_mean(
    name: str, estimate: Estimate, requirement: Limits, *, better: str, in_sample: InSample = "no"
) -> Judgement:
    """Judge the row-weighted mean of the partitions against ``mean``.

    Parameters
    ----------
    name : str
    estimate : Estimate
        The mean of the partitions' values (:func:`core.statistics.combine.combine`).
    requirement : Limits
    better : "higher", "lower", "zero" or "none"
        The metric's direction: ``mean`` is the least of a metric of which more is better, the most of one of
        which less is, and the largest distance from zero of a bias.
    in_sample : str
    """
    bound = requirement.mean
    if bound is None:
        return Judgement(None, "not judged", f"{name} {with_interval(estimate)}: no limit for the mean")
    if better == "higher":
        limits: tuple[_Limit, _Limit] = (("mean", bound), None)
    elif better == "lower":
        limits = (None, ("mean", bound))
    else:
        limits = (("mean", -abs(bound)), ("mean", abs(bound)))
    return _judged(name, estimate, *limits, (), False, None, in_sample)


def worst(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """The worst of several verdicts; None if nothing was judged.

    Examples
    --------
    >>> worst(["pass", "thin", None]), worst([None])
    ('thin', None)
    """
    judged = [v for v in verdicts if v is not None]
    return max(judged, key=VERDICTS.index) if judged else None


_Limit = tuple[str, float] | None


def window_bounds(requirement: Limits) -> tuple[_Limit, _Limit]:
    """The least and the most that a single window may show, each with the name of its limit; None where free.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> window_bounds(SimpleNamespace(min=None, max=3.0, mean=None, range=(1.0, 2.0)))
    (('range', 1.0), ('range', 2.0))
    """
    lowest: _Limit = None if requirement.min is None else ("min", requirement.min)
    highest: _Limit = None if requirement.max is None else ("max", requirement.max)
    if requirement.range is not None:
        low, high = requirement.range
        if lowest is None or low > lowest[1]:
            lowest = ("range", low)
        if highest is None or high < highest[1]:
            highest = ("range", high)
    return lowest, highest


def _judged(
    name: str,
    estimate: Estimate,
    lowest: _Limit,
    highest: _Limit,
    previous: Sequence[bool],
    rising: bool,
    margin: float | None,
    in_sample: InSample,
) -> Judgement:
    shown = f"{name} {with_interval(estimate)}"
    if estimate.value is None:
        return Judgement(None, "not judged", f"{name} has no value: {estimate.reason or 'undefined'}")
    if in_sample in ("in-sample", "hindsight"):
        return Judgement(None, "not judged", f"{shown}: {in_sample}, not judged")
    short = shortage(estimate, margin)
    if short:
        return Judgement("thin", "thin", f"{shown} cannot be judged: {short}")
    side = _wrong_side(estimate.value, lowest, highest)
    if side:
        found = _breach(shown, side, estimate, lowest, highest, previous)
    else:
        found = _kept(shown, estimate, lowest, highest, rising)
    if in_sample == "unknown":
        verdict: Verdict | None = "warn" if found.verdict == "pass" else found.verdict
        reason = f"{found.reason}; nobody knows which rows shaped this version, so it is never a pass"
        return Judgement(verdict, found.cause, reason, found.breach)
    return found


def _wrong_side(value: float, lowest: _Limit, highest: _Limit) -> str:
    if lowest is not None and value < lowest[1]:
        return f"below {lowest[0]} {lowest[1]:g}"
    if highest is not None and value > highest[1]:
        return f"above {highest[0]} {highest[1]:g}"
    return ""


def _breach(
    shown: str, side: str, estimate: Estimate, lowest: _Limit, highest: _Limit, previous: Sequence[bool]
) -> Judgement:
    if estimate.low is None or estimate.high is None:
        return Judgement("fail", "beyond", f"{shown} is {side}", True)
    if (lowest and estimate.high < lowest[1]) or (highest and estimate.low > highest[1]):
        return Judgement("fail", "beyond", f"{shown} is {side}, with its whole interval", True)
    before = list(previous)[-(BREACHES_IN_A_ROW - 1) :]
    if len(before) == BREACHES_IN_A_ROW - 1 and all(before):
        return Judgement("fail", "third breach", f"{shown} is {side}: third breach in a row", True)
    return Judgement("warn", "breach", f"{shown} is {side}, but its interval reaches across", True)


def _kept(shown: str, estimate: Estimate, lowest: _Limit, highest: _Limit, rising: bool) -> Judgement:
    if rising:
        reason = f"{shown} holds, but the loss has risen above what it was (early warning)"
        return Judgement("warn", "rising", reason)
    across = ""
    if lowest and estimate.low is not None and estimate.low < lowest[1]:
        across = f"below {lowest[0]} {lowest[1]:g}"
    elif highest and estimate.high is not None and estimate.high > highest[1]:
        across = f"above {highest[0]} {highest[1]:g}"
    if across:
        return Judgement("warn", "reaches", f"{shown} holds, but its interval reaches {across}")
    return Judgement("pass", "inside", f"{shown} keeps its limit")
