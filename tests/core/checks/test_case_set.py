"""The labelled cases, all together, against what the model must keep: strictly, on the value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from core import requirements
from core.checks.case_set import judge_case_set
from core.spec import ModelSpec
from core.workspace import Workspace
from incumbent.schema import OutputSchema
from store.records import Case, NewCase, Requirement
from tests.core.checks.making import checked

BINARY = OutputSchema("classification", "probabilities", classes=("no", "yes"), positive="yes")
NUMBERS = OutputSchema("regression", "values")
SPEC = ModelSpec("late", "classification", "late", "roc_auc", positive="yes")


def case(number: int, expect: dict[str, Any], kind: Any = "behavioural", **row: Any) -> Case:
    return Case(number, "late", None, kind, row, expect, "contrived", "", True, "", "", None)


def answer(share: float) -> dict[str, Any]:
    return {"value": "yes" if share >= 0.5 else "no", "probabilities": {"no": 1 - share, "yes": share}}


def asked(metric: str, segment: str | None = None, **limits: Any) -> Requirement:
    given = {"min": None, "max": None, "mean": None, "range": None, **limits}
    return Requirement(1, "late", metric, segment, **given, since="", until=None, who="", why="")


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0.01, 0.99)), min_size=1, max_size=30),
    st.floats(0.0, 1.0),
)
def test_the_value_alone_decides(cases: list[tuple[bool, float]], limit: float) -> None:
    labelled = [case(i, {"label": "yes" if late else "no"}) for i, (late, _) in enumerate(cases)]
    (found,) = judge_case_set(
        labelled, [answer(p) for _, p in cases], [asked("accuracy", min=limit)], SPEC, BINARY
    )
    value = np.mean([late == (p >= 0.5) for late, p in cases])
    assert found.value == pytest.approx(value) and found.n == len(cases)
    assert found.verdict == ("fail" if found.value < limit else "pass")


def test_probabilities_count_as_scikit_learn_counts_them() -> None:
    truth, shares = [1, 0, 1, 1, 0], [0.9, 0.2, 0.4, 0.7, 0.6]
    labelled = [case(i, {"label": "yes" if t else "no"}) for i, t in enumerate(truth)]
    answers = [answer(p) for p in shares]
    found = judge_case_set(
        labelled, answers, [asked("log_loss", max=0.6), asked("roc_auc", range=(0.5, 0.8))], SPEC, BINARY
    )
    assert [j.value for j in found] == pytest.approx(
        [sk.log_loss(truth, shares), sk.roc_auc_score(truth, shares)]
    )
    assert [j.verdict for j in found] == ["pass", "fail"]
    assert "above range 0.8" in found[1].reason and "5 labelled cases" in found[1].reason


def test_what_carries_no_label_or_has_no_answer_is_left_out() -> None:
    cases = [
        case(1, {"min": 0.2}),
        case(2, {"value": "yes", "scores": [0.1, 0.9]}, "golden"),
        case(3, {"label": "yes"}),
        case(4, {"label": "no"}),
    ]
    answers = [answer(0.9), answer(0.9), {"value": None}, answer(0.9)]
    (found,) = judge_case_set(cases, answers, [asked("accuracy", min=0.5)], SPEC, BINARY)
    assert (found.n, found.value, found.verdict) == (1, 0.0, "fail")
    assert judge_case_set(cases[:2], answers[:2], [asked("accuracy", min=0.5)], SPEC, BINARY) == ()


def test_segments_are_judged_apart_and_a_metric_without_a_value_is_not_judged() -> None:
    cases = [
        case(i, {"label": label}, carrier=c)
        for i, (label, c) in enumerate([("yes", "UA"), ("no", "UA"), ("yes", "B6")])
    ]
    answers = [answer(0.9), answer(0.1), answer(0.2)]
    each = judge_case_set(cases, answers, [asked("accuracy", "carrier", min=0.9)], SPEC, BINARY)
    assert {j.segment: j.verdict for j in each} == {"carrier=UA": "pass", "carrier=B6": "fail"}
    (one,) = judge_case_set(cases, answers, [asked("roc_auc", "carrier=B6", min=0.9)], SPEC, BINARY)
    assert one.verdict is None and "no value" in one.reason


def test_means_and_what_is_measured_in_production_do_not_bind_cases() -> None:
    limits = [asked("accuracy", mean=0.9), asked("latency_p99_ms", max=1.0)]
    assert judge_case_set([case(1, {"label": "yes"})], [answer(0.9)], limits, SPEC, BINARY) == ()


def test_values_of_a_regression_are_its_labels() -> None:
    spec = ModelSpec("late", "regression", "minutes", "mae")
    cases = [case(1, {"value": 10.0, "tolerance": 5.0}), case(2, {"value": 20.0, "tolerance": 5.0})]
    (found,) = judge_case_set(
        cases, [{"value": 12.0}, {"value": 16.0}], [asked("mae", max=2.5)], spec, NUMBERS
    )
    assert (found.value, found.verdict) == (3.0, "fail")


def test_the_regression_check_fails_where_the_cases_together_break_a_requirement(house: Workspace) -> None:
    row = {"distance": 20.0, "wind": 10.0, "carrier": "bus"}
    with house.store() as store:
        answered = house.bundle(store.versions.get("late", 1).hash).predict_row(row)[1]
        label = "yes" if answered >= 0.5 else "no"
        store.cases.add_many("late", [NewCase("behavioural", row, {"label": label}, origin="incident")])
    requirements.set_requirement(house, "late", "accuracy", min=0.5)
    assert checked(house, "late", "regression")["verdict"] == "pass"
    requirements.set_requirement(house, "late", "log_loss", max=1e-3)
    document = checked(house, "late", "regression", versions=[1])
    assert document["verdict"] == "fail"
    (failed,) = document["failed"]
    assert failed["case"] is None and failed["metric"] == "log_loss" and "above max 0.001" in failed["reason"]
    assert {j["metric"]: j["verdict"] for j in document["versions"][0]["case_set"]} == {
        "accuracy": "pass", "log_loss": "fail",
    }  # fmt: skip
