"""The case set as a whole: what a model must keep, strictly, on the cases that carry labels (rules 3 and 13).

A case set is no sample: nobody drew it, so no interval is drawn around what it gives. The value decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.metrics import NO_CUSTOM, CustomMetrics, resolve
from core.statistics.limits import window_bounds
from store.records import Case, Requirement, Verdict

if TYPE_CHECKING:
    import numpy as np

    from core.metrics.sample import Sample
    from core.spec import ModelSpec
    from incumbent.schema import OutputSchema


@dataclass(frozen=True)
class SetJudgement:
    """What the labelled cases say about one requirement.

    Parameters
    ----------
    metric : str
    segment : str or None
    value : float or None
    n : int
        Labelled cases.
    verdict : "pass", "fail" or None
        None where nothing could be judged.
    reason : str
        One sentence for people.
    """

    metric: str
    segment: str | None
    value: float | None
    n: int
    verdict: Verdict | None
    reason: str

    def document(self) -> dict[str, Any]:
        """As ``check regression --json`` lists it."""
        return {
            "case": None,
            "kind": "requirement",
            "metric": self.metric,
            "segment": self.segment,
            "value": self.value,
            "n": self.n,
            "verdict": self.verdict,
            "reason": self.reason,
            "blocking": True,
        }


def judge_case_set(
    cases: Sequence[Case],
    answers: Sequence[Mapping[str, Any]],
    requirements: Sequence[Requirement],
    spec: ModelSpec,
    output: OutputSchema,
    custom: CustomMetrics = NO_CUSTOM,
) -> tuple[SetJudgement, ...]:
    """Hold the labelled cases, all together, against the requirements on single windows.

    Parameters
    ----------
    cases : sequence of Case
        Those without a label (of a regression: without a value) are left out, golden ones too: they say what
        a version answered, not what was right.
    answers : sequence of mapping
        Of each case: ``value`` and, for a classification with probabilities, ``probabilities`` by class name;
        as :func:`core.checks.cases.run_cases` gives them.
    requirements : sequence of Requirement
        ``min``, ``max`` and ``range`` bind; a mean of partitions has no meaning here.
    spec : ModelSpec
    output : OutputSchema
        What the version's predictions are.
    custom : CustomMetrics
        The model's own metrics: they need columns that a case does not have, and are not judged here.

    Returns
    -------
    tuple of SetJudgement
        One for each requirement (of a column: for each of its values); empty without labelled cases.
    """
    labelled = [
        (case, answer)
        for case, answer in zip(cases, answers, strict=True)
        if case.kind == "behavioural" and _label(case, output) is not None and answer.get("value") is not None
    ]
    if not labelled:
        return ()
    found = []
    for requirement in requirements:
        if window_bounds(requirement) == (None, None) or not _judged_here(requirement, custom):
            continue
        for segment, part in _parts(requirement.segment, labelled):
            found.append(_judged(replace(requirement, segment=segment), part, spec, output))
    return tuple(found)


_Labelled = Sequence[tuple[Case, Mapping[str, Any]]]


def _judged_here(requirement: Requirement, custom: CustomMetrics) -> bool:
    return resolve(requirement.metric, custom).kind not in ("operational", "custom")


def _parts(segment: str | None, labelled: _Labelled) -> list[tuple[str | None, _Labelled]]:
    """All cases; of a segment those that lie in it; of a column those of each of its values."""
    if segment is None:
        return [(None, labelled)]
    column, _, only = segment.partition("=")
    by_value: dict[str, list[tuple[Case, Mapping[str, Any]]]] = {}
    for case, answer in labelled:
        if column in case.row:
            by_value.setdefault(str(case.row[column]), []).append((case, answer))
    return [(f"{column}={value}", part) for value, part in by_value.items() if only in ("", value)]


def _label(case: Case, output: OutputSchema) -> Any:
    return case.expect.get("value" if output.task == "regression" else "label")


def _judged(
    requirement: Requirement, labelled: _Labelled, spec: ModelSpec, output: OutputSchema
) -> SetJudgement:
    from core.metrics.measure import measure

    name, n = requirement.metric, len(labelled)
    estimate = measure(_sample(labelled, spec, output), [name])[name]
    cases = f"{n} labelled case{'' if n == 1 else 's'}"
    where = f"of {requirement.segment}, {cases}" if requirement.segment else f"of {cases}"
    if estimate.value is None:
        reason = f"{name} {where} has no value: {estimate.reason}"
        return SetJudgement(name, requirement.segment, None, n, None, reason)
    lowest, highest = window_bounds(requirement)
    side = ""
    if lowest is not None and estimate.value < lowest[1]:
        side = f"below {lowest[0]} {lowest[1]:g}"
    elif highest is not None and estimate.value > highest[1]:
        side = f"above {highest[0]} {highest[1]:g}"
    reason = f"{name} {where} is {estimate.value:.4g}, " + (side or "and keeps its limit")
    return SetJudgement(name, requirement.segment, estimate.value, n, "fail" if side else "pass", reason)


def _sample(labelled: _Labelled, spec: ModelSpec, output: OutputSchema) -> Sample:
    import numpy as np

    from core.metrics.sample import Sample
    from core.statistics.blocks import choose_blocks

    blocks = choose_blocks(None, None, len(labelled))
    labels = [_label(case, output) for case, _ in labelled]
    given = [answer["value"] for _, answer in labelled]
    if output.task == "regression":
        return Sample(np.array(labels, dtype=np.float64), blocks, np.array(given, dtype=np.float64))
    names = [str(name) for name in output.labels]
    names += sorted({str(label) for label in labels} - set(names))
    return Sample(
        np.array([names.index(str(label)) for label in labels]),
        blocks,
        np.array([names.index(str(value)) for value in given]),
        _probabilities(labelled, names),
        classes=tuple(names),
        positive=1 if output.positive_index is None else output.positive_index,
        cost=None if spec.cost is None else (spec.cost.fp, spec.cost.fn),
    )


def _probabilities(labelled: _Labelled, names: Sequence[str]) -> np.ndarray | None:
    import numpy as np

    rows = [answer.get("probabilities") for _, answer in labelled]
    if any(row is None for row in rows):
        return None
    return np.array([[float(row.get(name, 0.0)) for name in names] for row in rows if row is not None])
