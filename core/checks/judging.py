"""What estimates say about requirements, version by version (rules 2, 3 and 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.checks.measure import Measures
from core.metrics import NO_CUSTOM, CustomMetrics, resolve
from core.runs.context import Finding
from core.statistics.estimate import Estimate
from core.statistics.limits import Judgement, judge, judge_mean, worst
from store.records import InSample, Requirement, Verdict

if TYPE_CHECKING:
    from core.statistics.packing import BlockSeries


#: How a slice may lie to what shaped a version, and still say something about it.
COUNTING: tuple[InSample, ...] = ("no", "part", "unknown")


@dataclass(frozen=True)
class Judged:
    """One slice of one version, measured and judged.

    ``judgements`` are of what is required, by metric (``metric`` and ``metric\\tcolumn=value``).
    """

    label: str
    in_sample: InSample
    estimates: Mapping[str, Estimate]
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    kept: "Mapping[str, BlockSeries]" = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether the slice says anything about the version."""
        return self.in_sample in COUNTING

    @property
    def verdict(self) -> Verdict | None:
        """The worst of its judgements; None where nothing was judged."""
        return worst(j.verdict for j in self.judgements.values())

    @cached_property
    def n(self) -> int:
        """Labelled rows that were measured."""
        return rows_measured(self.estimates)


def rows_measured(estimates: Mapping[str, Estimate]) -> int:
    """Labelled rows behind the estimates of a slice."""
    return max((e.n for key, e in estimates.items() if "\t" not in key), default=0)


Piece = tuple[str, InSample, Measures]  # label, in-sample, what was measured


def judge_slices(
    slices: Sequence[Piece],
    requirements: Sequence[Requirement],
    rising: Mapping[str, str] = MappingProxyType({}),
) -> list[Judged]:
    """Judge the slices of one version, oldest first; they do not overlap.

    Parameters
    ----------
    slices : sequence of (label, in-sample, measures)
    requirements : sequence of Requirement
        Their ``min``, ``max`` and ``range`` bind every slice that counts.
    rising : mapping of str to str
        Labels of the slices in which a sequential test says that the loss has risen, with what it says.
    """
    breaches: dict[str, list[bool]] = {}
    judged = []
    for label, in_sample, (estimates, kept) in slices:
        found: dict[str, Judgement] = {}
        for requirement in requirements:
            for key in keys_of(requirement, estimates):
                name = key.replace("\t", " of ")
                judgement = judge(
                    name,
                    estimates[key],
                    requirement,
                    previous=breaches.get(key, ()),
                    rising=label in rising and "\t" not in key,
                    in_sample=in_sample,
                )
                if judgement.cause == "not judged" and requirement_has_no_window(requirement):
                    continue
                found[key] = judgement
                if in_sample in COUNTING and judgement.cause not in ("not judged", "thin"):
                    breaches.setdefault(key, []).append(judgement.breach)
        judged.append(Judged(label, in_sample, estimates, found, kept))
    return judged


def requirement_has_no_window(requirement: Requirement) -> bool:
    """Whether a requirement binds the mean alone."""
    return requirement.min is None and requirement.max is None and requirement.range is None


def keys_of(requirement: Requirement, measured: Iterable[str]) -> list[str]:
    """Which of what was measured a requirement binds: all rows, one segment, or each value of a column.

    Examples
    --------
    >>> asked = Requirement(1, "m", "f1", "carrier=UA", 0.5, None, None, None, "", None, "", "")
    >>> keys_of(asked, ["f1", "f1\\tcarrier=UA", "f1\\tcarrier=B6"])
    ['f1\\tcarrier=UA']
    """
    if requirement.segment is None:
        return [key for key in measured if key == requirement.metric]
    start = f"{requirement.metric}\t{requirement.segment}"
    if "=" in requirement.segment:
        return [key for key in measured if key == start]
    return [key for key in measured if key.startswith(f"{start}=")]


def judge_overall(
    overall: Mapping[str, Estimate],
    requirements: Sequence[Requirement],
    in_sample: InSample,
    custom: CustomMetrics = NO_CUSTOM,
) -> dict[str, Judgement]:
    """Judge the row-weighted means against ``mean``."""
    found = {}
    for requirement in requirements:
        if requirement.mean is None:
            continue
        for key in keys_of(requirement, overall):
            direction = resolve(requirement.metric, custom).direction
            found[key] = judge_mean(
                key.replace("\t", " of "), overall[key], requirement, better=direction, in_sample=in_sample
            )
    return found


def reasons(judgements: Mapping[str, Judgement], verdict: Verdict | None) -> list[str]:
    """The sentences behind a verdict."""
    return [j.reason for j in judgements.values() if j.verdict == verdict and j.verdict != "pass"]


def findings(judgements: Iterable[Judgement], verdict: Verdict | None, message: str) -> tuple[Finding, ...]:
    """What a verdict means for the alert: a warning that only says "the interval reaches across" opens none.

    At limits that an unchanged model keeps, the intervals of its weekly windows reach across about thirty
    times a year (see :attr:`core.statistics.limits.Judgement.alarm`). An alert that is open already it
    makes milder, and says how things stand.
    """
    if verdict is None:
        return ()
    return (Finding("", verdict, message, opens=verdict != "warn" or any(j.alarm for j in judgements)),)


UNKNOWN = "nobody knows which rows shaped this version, so it is never a pass"


def unjudged(estimate: Estimate | None, known: bool) -> Verdict:
    """The verdict where no requirement says anything: a primary metric without a value is ``thin``."""
    if estimate is None or estimate.value is None:
        return "thin"
    return "pass" if known else "warn"
