"""What the history says of each requirement, for a version on trial (rules 2 and 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.statistics.limits import Judgement, worst
from store.records import Requirement, Verdict

if TYPE_CHECKING:
    from core.checks.backtest import Result


@dataclass(frozen=True)
class Required:
    """One requirement (of one segment), and whether the version keeps it.

    Parameters
    ----------
    metric : str
    segment : str or None
        ``carrier=UA``.
    verdict : str
        ``fail``: a partition, or the mean, breaks it. ``thin``: nothing was precise enough to judge it by.
    reason : str
        One line for people.
    """

    metric: str
    segment: str | None
    verdict: Verdict
    reason: str

    def document(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "metric": self.metric, "segment": self.segment, "verdict": self.verdict, "reason": self.reason,
        }  # fmt: skip


def judged_by_history(result: Result, requirements: Sequence[Requirement]) -> list[Required]:
    """Each requirement over the partitions that count, and over their mean.

    A partition that is too thin to judge says nothing; a requirement is thin where none could be judged.

    Parameters
    ----------
    result : Result
        Of the version, from a back-test.
    requirements : sequence of Requirement
        Those that a back-test measures.
    """
    found: dict[str, list[tuple[str, Judgement]]] = {}
    for judged in result.counted:
        for key, judgement in judged.judgements.items():
            found.setdefault(key, []).append((judged.label, judgement))
    for key, judgement in result.judgements.items():
        found.setdefault(key, []).append(("overall", judgement))
    listed = [_required(key, judgements) for key, judgements in found.items()]
    seen = {(r.metric, r.segment and r.segment.partition("=")[0]) for r in listed}
    return [*listed, *(_unseen(r) for r in requirements if (r.metric, r.segment) not in seen)]


def _required(key: str, judgements: Sequence[tuple[str, Judgement]]) -> Required:
    metric, _, segment = key.partition("\t")
    judged = [(label, j) for label, j in judgements if j.verdict not in (None, "thin")]
    if not judged:
        label, last = judgements[-1]
        return Required(metric, segment or None, "thin", f"{label}: {last.reason}")
    verdict = worst(j.verdict for _, j in judged)
    assert verdict is not None
    label, chosen = [(label, j) for label, j in judged if j.verdict == verdict][-1]
    return Required(metric, segment or None, verdict, f"{label}: {chosen.reason}")


def _unseen(requirement: Requirement) -> Required:
    reason = f"{requirement.metric} has no value on rows that count for this version"
    return Required(requirement.metric, requirement.segment, "thin", reason)


def gathered(listed: Iterable[Required]) -> tuple[Verdict, str]:
    """The verdict over all requirements, and the sentence behind it.

    Examples
    --------
    >>> gathered([Required("mae", None, "pass", "overall: mae 3 keeps its limit")])
    ('pass', '1 of 1 requirements are kept')
    >>> gathered([])
    ('thin', 'no requirements are set: nothing says what good is')
    """
    every = list(listed)
    if not every:
        return "thin", "no requirements are set: nothing says what good is"
    failed = [r for r in every if r.verdict == "fail"]
    if failed:
        more = f" (and {len(failed) - 1} more of {len(every)})" if len(failed) > 1 else ""
        return "fail", f"{failed[0].reason}{more}"
    thin = [r for r in every if r.verdict == "thin"]
    if thin:
        return "thin", thin[0].reason
    warned = [r for r in every if r.verdict == "warn"]
    if warned:
        return "warn", f"{len(every)} of {len(every)} are kept, but {warned[0].reason}"
    return "pass", f"{len(every)} of {len(every)} requirements are kept"
