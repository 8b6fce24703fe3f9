"""The overview in words: nearest requirement, verdict, news; and the history that pictures are made of."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import history, status
from core.wording import figure, interval
from core.workspace import Workspace
from incumbent.errors import UsageError
from store.records import Measurement, Requirement
from tests.tui.filling import MONTHS, fill


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return fill(tmp_path_factory.mktemp("status") / "space")


def test_the_worst_model_comes_first_with_its_reasons(workspace: Workspace) -> None:
    seen = status.overview(workspace)
    assert [model.model for model in seen.models] == ["alpha", "beta"]
    alpha = seen.models[0]
    assert alpha.verdict == "fail"
    assert alpha.sentences[0] == ("fail", "now-test: v1: roc_auc is below min 0.6")
    assert alpha.command == "incumbent check backtest alpha"
    assert seen.well == 1
    assert "1 alarm" in seen.news.sentence


def test_a_withdrawn_trial_sends_nobody_looking_for_another_version(tmp_path: Path) -> None:
    workspace = fill(tmp_path / "space")
    with workspace.store() as store:
        store.alerts.open_or_confirm("beta", "beta trial v2", "fail", "v2 was withdrawn from its trial")
        store.alerts.open_or_confirm("alpha", "alpha trial v2", "fail", "v2 was withdrawn from its trial")
    seen = {model.model: model for model in status.overview(workspace).models}
    assert (seen["beta"].verdict, seen["beta"].command) == ("fail", "incumbent trial status beta --all")
    assert seen["alpha"].command == "incumbent check backtest alpha"  # its now-test fails, too


def test_the_requirement_nearest_to_breaking_is_shown(workspace: Workspace) -> None:
    alpha = status.overview(workspace, "alpha").models[0]
    assert [need.slack for need in alpha.needs] == sorted(need.slack or 0 for need in alpha.needs)
    assert alpha.need == alpha.needs[0]
    assert alpha.need.slack is not None and alpha.need.slack < 0


def test_the_trend_is_that_of_the_metric_shown(workspace: Workspace) -> None:
    with workspace.store() as store:
        for model in status.overview(workspace).models:
            assert model.need is not None and model.shown is not None
            series = store.measurements.series(model.model, "nowtest", model.need.metric, model.shown)
            assert model.trend == tuple(m.value for m in series)


def test_the_document_is_plain_data(workspace: Workspace) -> None:
    document = json.loads(json.dumps(status.overview(workspace).document()))
    assert {"workspace", "site", "when", "news", "models"} <= set(document)
    assert document["models"][0]["needs"][0]["metric"] in ("roc_auc", "log_loss")


def test_an_unknown_model_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="gamma"):
        status.overview(workspace, "gamma")


def test_a_challenger_is_one_only_against_the_champion_of_today(tmp_path: Path) -> None:
    made = fill(tmp_path / "space", models=1, nights=3)
    with made.store() as store:
        assert [found.version for found in status.better_versions(store, "alpha")] == [2]
        store.production.add("alpha", champion=2, who="ada", why="it is better")
        assert status.better_versions(store, "alpha") == ()


def test_a_check_of_the_version_before_is_no_verdict_on_the_champion(tmp_path: Path) -> None:
    made = fill(tmp_path / "space", models=1, nights=3)
    with made.store() as store:
        before = {check.kind: check.verdict for check in status.read(made, store, "alpha").models[0].checks}
        store.production.add("alpha", champion=2, who="ada", why="it is better")
        shown = status.read(made, store, "alpha").models[0]
        after = {check.kind: check for check in shown.checks}
        last = store.runs.last("alpha", "backtest")
        assert last is not None and last.result is not None
        own = {each["version"]: each["verdict"] for each in last.result["versions"]}
        assert after["backtest"].verdict == own[2], "the run judged it as a candidate"
        assert before["nowtest"] is not None and after["nowtest"].verdict is None
        assert "v2 has not been judged since it serves (v1: " in after["nowtest"].note
        assert any("now-test: v2 has not been judged" in text for _, text in shown.sentences)
        store.production.add("alpha", champion=1, who="ada", why="back")
        again = {check.kind: check.verdict for check in status.read(made, store, "alpha").models[0].checks}
        assert again == before


def test_a_check_from_before_anything_served_is_no_verdict_on_the_champion(tmp_path: Path) -> None:
    made = fill(tmp_path / "space", models=1, nights=3)
    with made.store() as store:
        run = store.runs.enqueue("alpha", "backtest", {}, why="by hand", who="ada")
        listed = {"verdict": "pass", "versions": [{"version": 1, "role": "candidate", "verdict": "pass"}]}
        store.runs.conclude(run.id, "pass", "v1: fine", listed, ())
        store.production.add("alpha", champion=2, who="ada", why="better", now="2100-01-01T00:00:00.000Z")
        shown = {check.kind: check for check in status.read(made, store, "alpha").models[0].checks}
        assert shown["backtest"].verdict is None
        assert shown["backtest"].note == "v2 has not been judged since it serves"


def test_a_requirement_may_call_its_metric_by_another_name(tmp_path: Path) -> None:
    made = fill(tmp_path / "space", models=1, nights=3)
    with made.store() as store:
        store.requirements.unset("alpha", "roc_auc", who="ada", why="renamed")
        store.requirements.set("alpha", "auc", min=0.6, who="ada", why="promised")
        shown = status.read(made, store, "alpha").models[0]
        found = next(need for need in shown.needs if need.metric == "auc")
        latest = store.measurements.series("alpha", "nowtest", "roc_auc", 1)[-1]
        assert found.value == latest.value and found.n == latest.n
        picture = history.backtest_pictures(store, "alpha")["roc_auc"]
        assert picture.requirement is not None and picture.requirement.metric == "auc"


@pytest.mark.parametrize(
    "arguments",
    [{"since": "2013-05-01"}, {"until": "2013-05-01"}, {"by": "carrier"}, {"versions": [1]},
     {"walk_forward": "expanding"}],
)  # fmt: skip
def test_a_look_at_a_part_does_not_stand_for_the_whole(tmp_path: Path, arguments: dict[str, object]) -> None:
    made = fill(tmp_path / "space", models=1, nights=1)
    with made.store() as store:
        whole = store.runs.last("alpha", "backtest")
        assert whole is not None
        for asked in (arguments, {**dict.fromkeys(arguments), "jobs": 2}):
            run = store.runs.enqueue("alpha", "backtest", asked, why="test", who="ada")
            store.runs.claim(1, run.id)
            store.runs.conclude(run.id, "warn", "a part", {"versions": []})
            last, shown = store.runs.last("alpha", "backtest"), status.read(made, store, "alpha").models[0]
            check = next(c for c in shown.checks if c.kind == "backtest")
            wanted = whole.id if asked is arguments else run.id
            assert last is not None and last.id == check.run == wanted


_MEASURED = Measurement(
    1, "m", 1, "nowtest", "window", None, None, None, "mae", 1.0, 0.5, 1.5, 9, "no", None, None, None, ""
)


@given(st.floats(-100, 100), st.floats(0.1, 10), st.floats(-100, 100))
def test_slack_is_negative_exactly_where_a_limit_is_broken(value: float, half: float, limit: float) -> None:
    asked = Requirement(1, "m", "mae", None, None, limit, None, None, "", None, "", "")
    measured = replace(_MEASURED, value=value, low=value - half, high=value + half)
    slack = status._slack(asked, measured)
    assert slack is not None and (slack < 0) == (value > limit)


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e6))
def test_a_figure_lies_within_its_interval(value: float, half: float) -> None:
    shown = float(figure(value, value - half, value + half).replace(",", ""))
    assert abs(shown - value) <= max(half, abs(value) * 1e-3)
    assert interval(value, None, None) == figure(value)


def test_a_picture_has_a_point_for_each_partition_and_version(workspace: Workspace) -> None:
    with workspace.store() as store:
        pictures = history.backtest_pictures(store, "alpha")
        assert next(iter(pictures)) == "roc_auc"
        picture = pictures["roc_auc"]
        assert picture.labels == MONTHS
        assert [curve.version for curve in picture.curves] == [0, 1, 2]
        curve = picture.curve(2)
        assert curve is not None and curve.overall is not None
        assert [p.counts for p in curve.points if p is not None] == [False] * 6 + [True] * 6
        assert picture.requirement is not None and picture.requirement.min == 0.6
        nights = history.nowtest_picture(store, "alpha", "roc_auc", [1, 2])
        assert nights.labels == tuple(sorted(nights.labels)) and len(nights.labels) == 30
        assert history.backtest_pictures(store, "beta")["log_loss"].metric == "log_loss"


def test_the_listing_is_newest_first_and_can_be_narrowed(workspace: Workspace) -> None:
    rows = history.listing(workspace, "alpha", check="nowtest", metric="roc_auc", limit=5)
    assert len(rows) == 5
    assert [row["as_of"] for row in rows] == sorted((row["as_of"] for row in rows), reverse=True)
    assert {row["metric"] for row in rows} == {"roc_auc"}


def test_news_get_shorter_without_claiming_what_is_not_so() -> None:
    from core.status import News

    news = News("", 1, {"fail": 2, "warn": 3, "pass": 40}, 0)
    assert news.sentence == "1 alarm; checks: 2 failed, 3 warned, 40 passed"
    assert news.short == "1 alarm; checks: 2 failed, 3 warned" and news.shortest == "1 alarm"
    calm = News("", 0, {"pass": 40}, 0)
    assert (calm.sentence, calm.shortest) == ("checks: 40 passed", "checks ran")
    assert News("", 0, {}, 0).shortest == "nothing ran"
    assert News("", 1, {}, 0, 1).shortest == "1 alarm; 1 notification could not be sent"
