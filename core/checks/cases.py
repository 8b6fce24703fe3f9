"""Cases: sampling golden ones, and running cases through an algorithm (rule 13).

A golden case says which numbers this bundle gave when it was registered: any difference means that software,
a library or a file has changed. A behavioural case says what every version must respect: a label, or bounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incumbent.errors import InputError
from incumbent.schema import OutputSchema
from store.records import Case, NewCase

if TYPE_CHECKING:
    from core.scoring import Scorer
    from incumbent.columns import Columns

#: Relative difference that a golden case forgives.
GOLDEN_TOLERANCE = 1e-9
GOLDEN_ROWS = 32


@dataclass(frozen=True)
class CaseResult:
    """How one case went.

    ``reason`` says what was expected and what came, empty where it passed; ``got`` is the answer.
    """

    case: Case
    passed: bool
    reason: str
    got: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """As ``check regression --json`` lists failures."""
        return {
            "case": self.case.id,
            "kind": self.case.kind,
            "reason": self.reason,
            "got": dict(self.got),
            "expected": dict(self.case.expect),
            "origin": self.case.origin,
            "note": self.case.note,
            "blocking": self.case.blocking,
        }


def golden_cases(scorer: Scorer, columns: Columns, version: int, count: int = GOLDEN_ROWS) -> list[NewCase]:
    """Golden cases of a version, from rows spread over its predictions: smallest, largest and evenly between.

    Parameters
    ----------
    columns : mapping of str to array
        Reference rows, a few hundred at least for a good spread.
    count : int
        How many; rows without an answer are left out.
    """
    import numpy as np

    from incumbent.columns import take

    checked = scorer.bundle.input.check_columns(columns)
    scores = scorer.scores(checked)
    matrix = scores.reshape(len(scores), -1)
    order = np.argsort(matrix[:, -1], kind="stable")
    order = order[np.isfinite(matrix[order]).all(axis=1)]
    if not len(order):
        return []
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).astype(int))]
    rows = rows_of(take(checked, chosen))
    answers = scorer.row_scores(rows)
    return [
        NewCase("golden", row, _expectation(scorer.bundle.output, found), version=version, origin="sampled")
        for row, found in zip(rows, answers, strict=True)
    ]


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
    sound, malformed = [], {}
    for case in listed:
        try:
            scorer.bundle.input.check_row(case.row)
            sound.append(case)
        except InputError as error:
            malformed[case.id] = CaseResult(case, False, f"the row does not fit: {error.message}", {})
    found = dict(malformed)
    singles = scorer.row_scores([case.row for case in sound])
    together = _together(scorer, sound)
    for case, single, batch in zip(sound, singles, together, strict=True):
        found[case.id] = _judge(case, single, batch, scorer.bundle.output)
    return [found[case.id] for case in listed]


def _together(scorer: Scorer, cases: Sequence[Case]) -> list[list[float]]:
    from incumbent.columns import column

    if not cases:
        return []
    names = scorer.bundle.input.names
    scores = scorer.scores({name: column([case.row[name] for case in cases]) for name in names})
    return [[float(v) for v in line] for line in scores.reshape(len(cases), -1)]


def _judge(case: Case, single: Sequence[float], batch: Sequence[float], output: OutputSchema) -> CaseResult:
    got = _answer(single, output)
    if not all(map(math.isfinite, single)):
        return CaseResult(case, False, "no answer: the model refuses this row", got)
    apart = _difference(single, batch)
    if apart > GOLDEN_TOLERANCE:
        return CaseResult(case, False, f"alone and in a batch it differs by {apart:.1e}", got)
    reason = _golden(case, single, output) if case.kind == "golden" else _behavioural(case, got, output)
    return CaseResult(case, not reason, reason, got)


def _answer(scores: Sequence[float], output: OutputSchema) -> dict[str, Any]:
    if not all(map(math.isfinite, scores)):
        return {"value": None}
    got: dict[str, Any] = {"value": output.decide_row(scores)}
    if output.scores == "probabilities":
        got["probabilities"] = dict(zip(output.labels, scores, strict=True))
    return got


def _golden(case: Case, scores: Sequence[float], output: OutputSchema) -> str:
    expected = case.expect.get("scores")
    if not isinstance(expected, list) or len(expected) != len(scores):
        return f"it has {len(scores)} scores, {len(expected or [])} were recorded"
    difference = _difference(scores, expected)
    tolerance = case.expect.get("tolerance", GOLDEN_TOLERANCE)
    if difference > tolerance:
        return f"its numbers differ by {difference:.1e} from those recorded at registration"
    value = output.decide_row(scores)
    if output.task == "classification" and str(value) != str(case.expect.get("value")):
        return f"it says {value}, {case.expect.get('value')} was recorded"
    return ""


def _difference(one: Sequence[float], other: Sequence[float]) -> float:
    """Largest difference relative to the largest number involved."""
    scale = max([abs(v) for v in (*one, *other) if v is not None and math.isfinite(v)], default=0.0) or 1.0
    apart = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return max((d if math.isfinite(d) else math.inf for d in apart), default=0.0) / scale


def _behavioural(case: Case, got: Mapping[str, Any], output: OutputSchema) -> str:
    expect = case.expect
    if "label" in expect and str(got["value"]) != str(expect["label"]):
        return f"it says {got['value']}, expected {expect['label']}"
    number = _number(case, got, output)
    if isinstance(number, str):
        return number
    if number is None:
        return ""
    if "value" in expect:
        tolerance = expect.get("tolerance", GOLDEN_TOLERANCE * max(1.0, abs(expect["value"])))
        if abs(number - expect["value"]) > tolerance:
            return f"it says {number:.6g}, expected {expect['value']:.6g} ± {tolerance:g}"
    if "min" in expect and number < expect["min"]:
        return f"it says {number:.6g}, expected at least {expect['min']:.6g}"
    if "max" in expect and number > expect["max"]:
        return f"it says {number:.6g}, expected at most {expect['max']:.6g}"
    return ""


def _number(case: Case, got: Mapping[str, Any], output: OutputSchema) -> "float | str | None":
    """What bounds are about: the value, or the probability of the class named (else of the positive one)."""
    if not {"value", "min", "max"} & set(case.expect):
        return None
    if output.task == "regression":
        return float(got["value"])
    probabilities = got.get("probabilities")
    if probabilities is None:
        return "it gives no probabilities to hold against the bounds"
    name = case.expect.get("class", output.positive)
    if str(name) not in probabilities:
        return f"it knows no class {name}; it knows {', '.join(probabilities)}"
    return float(probabilities[str(name)])
