"""Limits as revisions: checked against the champion, live at once, taken back; a failed now-test."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import incumbent
from core import production, production_limits, rules, status
from core.production_limits import edit, read_rules, restore
from core.runs import Outcome
from core.status import ModelStatus
from core.trial import course
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.checks.making import served
from tests.house import done, swap

ROW = {"distance": 30.0, "wind": 12.0, "carrier": "bus"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return served(tmp_path_factory.mktemp("served"))


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


def predicted(house: Workspace, **row: Any) -> Any:
    with incumbent.open(house.root / "production" / "local" / "late", log=False) as opened:
        return opened.predict({**ROW, **row})


def test_an_edit_is_a_revision_that_is_live_at_once(house: Workspace) -> None:
    assert predicted(house, distance=9000.0).route == "champion"
    found = edit(
        house, "late", {"columns.distance.out_of_range": "fallback", "timeout_ms": 500}, reason="far is odd"
    )
    assert found["limits"] == {"columns": {"distance": {"out_of_range": "fallback"}}, "timeout_ms": 500}
    assert (found["revision"], found["champion"], found["why"]) == (2, 1, "far is odd")
    assert predicted(house, distance=9000.0).route == "baseline"
    assert edit(house, "late", {"timeout_ms": 500}, reason="again")["revision"] == 2
    edit(house, "late", unset=["columns.distance"], reason="no")
    assert predicted(house, distance=9000.0).route == "champion"
    with house.store() as store:
        lines = [entry.action for entry in store.journal.page(model="late").rows]
    assert lines.count("production.limits") == 2


def test_limits_stay_with_a_swap_and_go_back_with_a_rollback(house: Workspace) -> None:
    edit(house, "late", {"columns.*.null": "fallback"}, reason="nulls are odd")
    assert production.swap(house, "late", 3, reason="x", force=True)["limits"] == {
        "columns": {"*": {"null": "fallback"}}
    }
    assert production.rollback(house, "late", to=1, reason="back")["limits"] == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns.speed.null": "fallback"}, "the champion reads no such column"),
        ({"columns.distance.null": "ignore"}, "must be one of pass, fill, fallback, rules"),
        ({"columns.carrier.out_of_range": "clip"}, "has no range"),
        ({"timeout": 5}, "'timeout' is no limit"),
        ({"timeout_ms": "soon"}, "must be a number"),
        ({"on_failed_nowtest": "hope"}, "must be one of alert, fallback"),
        ({"timeout_ms.fast": 1}, "'fast'|timeout_ms"),
    ],
)
def test_what_makes_no_sense_changes_nothing(house: Workspace, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        edit(house, "late", changes, reason="x")
    told = caught.value.hint == "columns: distance, wind, carrier"
    assert told is ("reads no such column" in message)
    assert production.show(house, "late")["revision"] == 1


def test_a_reason_is_needed_and_something_to_forget(house: Workspace) -> None:
    with pytest.raises(UsageError, match="a reason"):
        edit(house, "late", {"timeout_ms": 5}, reason=" ")
    with pytest.raises(UsageError, match="is not set"):
        edit(house, "late", unset=["breaker.failures"], reason="x")


def test_rules_come_from_a_file(house: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rules]]\nwhen = "distance > 1000"\nanswer = "yes"\nwhy = "far"\nfirst = true\n')
    found = edit(house, "late", rules=read_rules(path), reason="nobody rides that far")
    assert found["fallback"] == ["rules", "baseline"]
    answer = predicted(house, distance=5000.0)
    assert (answer.route, answer.value, answer.reason) == ("rules", "yes", "rule: far")
    assert edit(house, "late", rules=[], reason="gone")["fallback"] == ["baseline"]
    standing = rules.add(house, "late", "distance > 1000", "yes", first=True, reason="far")
    assert predicted(house, distance=2000.0).route == "rules"
    with pytest.raises(RefusedError, match="stands already"):
        rules.add(house, "late", "distance > 1000", "yes", first=True, reason="far")
    assert len(rules.add(house, "late", "wind is None", "no", reason="calm")["limits"]["rules"]) == 2
    assert len(standing["limits"]["rules"]) == 1
    with pytest.raises(UsageError, match=r"rules\[2\]\.when: carrier > 5 means nothing: carrier is text"):
        rules.add(house, "late", "carrier > 5", "no", reason="x")
    (tmp_path / "rules.json").write_text('[{"when": "distanse > 1", "answer": "yes"}]')
    with pytest.raises(UsageError, match="no column 'distanse'"):
        edit(house, "late", rules=read_rules(tmp_path / "rules.json"), reason="x")
    for wrong in ('{"when": "x"}', "[1]", "{"):
        (tmp_path / "rules.json").write_text(wrong)
        with pytest.raises(UsageError, match="rules"):
            read_rules(tmp_path / "rules.json")


def test_a_champion_that_was_set_aside_and_comes_back_by_a_swap_answers(house: Workspace) -> None:
    edit(house, "late", {"on_failed_nowtest": "fallback"}, reason="I sleep at night")
    after(house, "fail")
    swap(house, "late", 2, reason="another one")
    assert swap(house, "late", 1, reason="the data was wrong")["limits"] == {"on_failed_nowtest": "fallback"}
    assert predicted(house).route == "champion"


def read_status(house: Workspace, model: str) -> ModelStatus:
    with house.store() as store:
        return status.read(house, store, model).models[0]


def after(house: Workspace, verdict: Any, as_of: str | None = None) -> Outcome:
    outcome = Outcome(verdict, "roc_auc 0.5 < 0.7", {"check": "nowtest"})
    with house.store() as store:
        run = SimpleNamespace(model="late", as_of=as_of)
        context: Any = SimpleNamespace(workspace=house, store=store, run=run)
        return production_limits.after_nowtest(context, outcome, 1)


def test_a_failed_nowtest_sets_the_champion_aside_only_where_that_was_authorised(house: Workspace) -> None:
    assert after(house, "fail").note == "roc_auc 0.5 < 0.7"
    assert production.show(house, "late")["revision"] == 1
    production.set_fallback(house, "late", (3,), reason="a net")
    edit(house, "late", {"on_failed_nowtest": "fallback"}, reason="I sleep at night")
    for verdict, as_of in (("warn", None), ("pass", None), ("fail", "2024-02-01")):
        after(house, verdict, as_of)
        assert predicted(house).route == "champion"
    outcome = after(house, "fail")
    assert "the fallback chain answers at local" in outcome.note
    assert outcome.result["production"] == ["the fallback chain answers at local"]
    answer = predicted(house)
    assert (answer.version, answer.route) == (3, "fallback")
    assert answer.reason == "version 1 is set aside: roc_auc 0.5 < 0.7"
    shown = production.show(house, "late")
    assert shown["who"] == "night shift" and "set aside" in shown["why"]
    assert after(house, "fail").note == "roc_auc 0.5 < 0.7"  # already
    production.set_fallback(house, "late", (2,), reason="another net")
    assert production.show(house, "late")["set_aside"] == "roc_auc 0.5 < 0.7"  # whatever is edited since
    assert read_status(house, "late").serves == "v1 aside"
    assert read_status(house, "late").sentences[0][1].startswith("v1 is set aside, the chain behind answers")
    restore(house, "late", reason="the data was wrong")
    assert predicted(house).route == "champion"
    with pytest.raises(RefusedError, match="answers already"):
        restore(house, "late", reason="x")


OWN_CODE = """
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

PARAMS = {"C": 1.0, "kind": "classes", "careful": True}

def bent(frame):
    return np.nan_to_num(np.sqrt(frame[["distance"]].to_numpy()))

def build(C, kind, careful):
    return make_pipeline(FunctionTransformer(bent), LogisticRegression())
"""


def own_code(house: Workspace) -> None:
    """Version 4 of late runs its own code, which production gives too little memory to load."""
    edit(house, "late", {"memory_mb": 1}, reason="it runs nobody's code: nothing is bound")
    (house.root / "user" / "pipeline.py").write_text(OWN_CODE)
    run = done(house, "late", "train", {})
    assert run.result is not None and run.result["algorithm"] == "sklearn"


def test_a_version_that_does_not_load_within_the_bounds_is_refused(house: Workspace) -> None:
    own_code(house)
    with pytest.raises(
        RefusedError, match="version 4 of late does not load within memory_mb 1 and "
    ) as refused:
        production.swap(house, "late", 4, reason="its own code", force=True)
    assert "--set memory_mb=N" in refused.value.hint


@pytest.mark.slow
def test_bounds_within_which_a_version_does_not_load_are_refused(house: Workspace) -> None:
    own_code(house)
    with pytest.raises(RefusedError, match="version 4 of late does not load within memory_mb 1 and "):
        production.set_fallback(house, "late", (4,), reason="to stand in")
    with pytest.raises(RefusedError, match="version 4 of late does not load within memory_mb 1 and "):
        course.start(house, "late", 4)
    edit(house, "late", unset=["memory_mb"], reason="as before")
    swap(house, "late", 4, reason="its own code")
    with pytest.raises(UsageError, match="version 4 does not load within memory_mb 1 and start_s 60: "):
        edit(house, "late", {"memory_mb": 1}, reason="thrift")
    found = edit(house, "late", {"memory_mb": 3000, "timeout_ms": 900}, reason="thrift")
    assert found["limits"] == {"memory_mb": 3000, "timeout_ms": 900}
