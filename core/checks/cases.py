"""Cases: sampling golden ones, and running cases through an algorithm (rule 13).

A golden case says which numbers this bundle gave when it was registered: any difference means that software,
a library or a file has changed. A behavioural case says what every version must respect: a label, bounds, a
direction, an invariance (:mod:`core.checks.behaviour`). Here both go through a version's algorithm; in
:mod:`core.checks.published_cases` behavioural ones go through a published folder.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checks.behaviour import unanswered, why_not
from core.expectations import changed_rows
from incumbent.algorithms.base import kind
from incumbent.errors import IncumbentError
from incumbent.schema import InputSchema, OutputSchema
from store.records import Case, NewCase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.scoring import Scorer
    from incumbent.bundle import Bundle
    from incumbent.columns import Columns

#: Relative difference that a golden case forgives.
GOLDEN_TOLERANCE = 1e-9
GOLDEN_ROWS = 32
#: Answers to further rows that the document of a failure shows.
MOST_OTHERS = 50


@dataclass(frozen=True)
class CaseResult:
    """How one case went.

    ``reason`` says what was expected and what came, empty where it passed; ``got`` is the answer, ``others``
    are those to the further rows of a direction or an invariance.
    """

    case: Case
    passed: bool
    reason: str
    got: Mapping[str, Any]
    others: tuple[Mapping[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        """As ``check regression --json`` lists failures."""
        return {
            "case": self.case.id,
            "kind": self.case.kind,
            "reason": self.reason,
            "got": dict(self.got),
            "others": [dict(other) for other in self.others[:MOST_OTHERS]],
            "expected": dict(self.case.expect),
            "origin": self.case.origin,
            "note": self.case.note,
            "blocking": self.case.blocking,
        }


def golden_cases(
    scorer: Scorer, columns: Columns, version: int, count: int = GOLDEN_ROWS, private: Iterable[str] = ()
) -> list[NewCase]:
    """Golden cases of a version, from rows spread over its predictions: smallest, largest and evenly between.

    Parameters
    ----------
    columns : mapping of str to array
        Reference rows, a few hundred at least for a good spread.
    count : int
        How many; rows without an answer are left out, and those with an infinite number, for which JSON and
        CSV have no form (the edge test asks for such).
    private : iterable of str
        Columns whose values are not kept: they are null in a case, and in what it expects.
    """
    import numpy as np

    from incumbent.columns import take

    checked = scorer.bundle.input.check_columns(_without(columns, set(private)))
    scores = scorer.scores(checked)
    matrix = scores.reshape(len(scores), -1)
    order = np.argsort(matrix[:, -1], kind="stable")
    order = order[(np.isfinite(matrix) & ~_infinite(checked)[:, None]).all(axis=1)[order]]
    if not len(order):
        return []
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).astype(int))]
    rows = rows_of(take(checked, chosen))
    answers = scorer.row_scores(rows)
    return [
        NewCase("golden", row, _expectation(scorer.bundle.output, found), version=version, origin="sampled")
        for row, found in zip(rows, answers, strict=True)
    ]


def _infinite(columns: Columns) -> NDArray[np.bool_]:
    """Which rows hold an infinite number."""
    import numpy as np

    from incumbent.columns import row_count

    found = np.zeros(row_count(columns), dtype=bool)
    for column in columns.values():
        if isinstance(column, np.ndarray) and column.dtype.kind == "f":
            found |= np.isinf(column)
    return found


def _without(columns: Columns, private: Collection[str]) -> Columns:
    """The columns, nulls in those that are private."""
    from incumbent.columns import column

    return {name: column([None] * len(c)) if name in private else c for name, c in columns.items()}


def _expectation(output: OutputSchema, scores: Sequence[float]) -> dict[str, Any]:
    value = output.decide_row(scores)
    return {"value": value, "scores": list(scores), "tolerance": GOLDEN_TOLERANCE}


def rows_of(columns: Columns) -> list[dict[str, Any]]:
    """Columns as rows of plain Python values, None for null; times as ISO text."""
    import numpy as np

    from incumbent.columns import Coded

    listed: dict[str, list[Any]] = {}
    for name, column in columns.items():
        if isinstance(column, Coded):
            listed[name] = column.decode().tolist()
        elif column.dtype.kind == "M":
            texts = np.datetime_as_string(column, unit="us")
            listed[name] = [None if t == "NaT" else t for t in texts.tolist()]
        else:
            listed[name] = [None if isinstance(v, float) and math.isnan(v) else v for v in column.tolist()]
    return [dict(zip(listed, values, strict=True)) for values in zip(*listed.values(), strict=True)]


def run_cases(scorer: Scorer, cases: Iterable[Case]) -> list[CaseResult]:
    """Run cases through a version's algorithm, single rows and all rows together; both must agree.

    Returns
    -------
    list of CaseResult
        In the order of the cases.
    """
    listed = list(cases)
    asked, malformed = rows_asked(scorer.bundle.input, listed)
    rows = [row for _, own in asked for row in own]
    answers = iter(zip(scorer.row_scores(rows), _together(scorer, rows), strict=True))
    found = {result.case.id: result for result in malformed}
    for case, own in asked:
        found[case.id] = _judge(case, [next(answers) for _ in own], scorer.bundle)
    return [found[case.id] for case in listed]


Rows = list[Mapping[str, Any]]


def rows_asked(
    schema: InputSchema, cases: Iterable[Case]
) -> tuple[list[tuple[Case, Rows]], list[CaseResult]]:
    """Each case with the rows that it asks, its own first; and the failures of those that cannot be asked."""
    asked, malformed = [], []
    for case in cases:
        try:
            rows = [case.row, *(changed_rows(case.row, case.expect) if case.kind == "behavioural" else ())]
            for row in rows:
                schema.check_row(row)
            asked.append((case, rows))
        except IncumbentError as error:
            malformed.append(CaseResult(case, False, f"the row does not fit: {error.message}", {}))
    return asked, malformed


def _together(scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> list[list[float]]:
    from incumbent.columns import column

    if not rows:
        return []
    names = scorer.bundle.input.names
    scores = scorer.scores({name: column([row[name] for row in rows]) for name in names})
    return [[float(v) for v in line] for line in scores.reshape(len(rows), -1)]


Scores = Sequence[float]


def _judge(case: Case, answers: Sequence[tuple[Scores, Scores]], bundle: Bundle) -> CaseResult:
    output = bundle.output
    got, *others = (answer_of(single, output) for single, _ in answers)
    (single, _), *_ = answers
    reason = unanswered(got)
    if not reason:
        apart = max(difference(alone, batch) for alone, batch in answers)
        if apart > kind(bundle.manifest.algorithm).rounding:
            reason = f"alone and in a batch it differs by {apart:.1e}"
        elif case.kind == "golden":
            reason = _golden(case, single, output)
        else:
            reason = why_not(case.expect, [got, *others], output)
    return CaseResult(case, not reason, reason, got, tuple(others))


def answer_of(scores: Scores, output: OutputSchema) -> dict[str, Any]:
    """Scores as an answer: ``value``, and ``probabilities`` where there are any."""
    if not all(map(math.isfinite, scores)):
        return {"value": None}
    got: dict[str, Any] = {"value": output.decide_row(scores)}
    if output.scores == "probabilities":
        got["probabilities"] = dict(zip(output.labels, scores, strict=True))
    return got


def _golden(case: Case, scores: Scores, output: OutputSchema) -> str:
    expected = case.expect.get("scores")
    if not isinstance(expected, list) or len(expected) != len(scores):
        return f"it has {len(scores)} scores, {len(expected or [])} were recorded"
    apart = difference(scores, expected)
    tolerance = case.expect.get("tolerance", GOLDEN_TOLERANCE)
    if apart > tolerance:
        return f"its numbers differ by {apart:.1e} from those recorded at registration"
    value = output.decide_row(scores)
    if output.task == "classification" and str(value) != str(case.expect.get("value")):
        return f"it says {value}, {case.expect.get('value')} was recorded"
    return ""


def difference(one: Scores, other: Scores) -> float:
    """Largest difference relative to the largest number involved."""
    scale = max([abs(v) for v in (*one, *other) if v is not None and math.isfinite(v)], default=0.0) or 1.0
    apart = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return max((d if math.isfinite(d) else math.inf for d in apart), default=0.0) / scale
