"""The edge test: planted faults are found by the row that shows them, and sound models pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import production
from core.workspace import Workspace
from tests.core.checks import faulty
from tests.core.checks.making import checked, ran

#: A model's name gives the workspace in which it is.
Having = Callable[[str], Workspace]


@pytest.fixture(scope="module")
def with_model(tmp_path_factory: pytest.TempPathFactory) -> Having:
    """A workspace with a model of a native pipeline: one version, none in production; made when asked for."""
    made = faulty.workspace(tmp_path_factory.mktemp("edge"))
    there: set[str] = set()

    def having(name: str) -> Workspace:
        if name not in there:
            faulty.add(made, name)
            there.add(name)
        return made

    return having


def spots(document: dict[str, Any]) -> set[tuple[str, str | None, str]]:
    return {
        (failed["severity"], failed["column"], kind)
        for failed in document["failed"]
        for kind in (failed["kind"], *failed["also"])
    }


@pytest.mark.parametrize("name", ["sound", pytest.param("boosted", marks=pytest.mark.slow)])
def test_sound_models_pass(with_model: Having, name: str) -> None:
    document = checked(with_model(name), name, "edge")
    assert document["verdict"] == "pass" and document["failed"] == []
    (version,) = document["versions"]
    assert version["passed"] == version["rows"] == sum(version["became"].values()) > 50
    assert {c["column"] for c in version["columns"]} == {"distance", "wind", "carrier"}
    assert all(column["moved"] > 0 for column in version["columns"])


def test_an_unanswered_null_fails_with_the_row_that_shows_it(with_model: Having) -> None:
    document = checked(with_model("nulls"), "nulls", "edge")
    assert document["verdict"] == "fail"
    assert {("fail", "distance", "null"), ("fail", "distance", "NaN"), ("fail", None, "all null")} <= spots(
        document
    )
    null = next(f for f in document["failed"] if f["column"] == "distance")
    assert null["row"]["distance"] is None and "carrier" in null["row"]
    assert null["got"]["route"] != "champion" and "impute" in null["suggestion"]


def test_a_column_that_is_ignored_is_told(with_model: Having) -> None:
    document = checked(with_model("ignoring"), "ignoring", "edge")
    assert document["verdict"] == "warn"
    assert spots(document) == {("warn", "wind", "no influence")}


@pytest.mark.slow
def test_a_wrong_category_table_is_told_by_the_category(with_model: Having) -> None:
    document = checked(with_model("table"), "table", "edge")
    assert document["verdict"] == "fail"
    assert spots(document) == {
        ("fail", "carrier", "category table"), ("warn", "carrier", "category like unseen"),
    }  # fmt: skip
    assert [failed["row"]["carrier"] for failed in document["failed"]] == ["rail", "rail"]


@pytest.mark.slow
def test_answers_that_jump_at_small_steps_are_told(with_model: Having) -> None:
    document = checked(with_model("jumpy"), "jumpy", "edge")
    assert ("warn", "distance", "jump at one training quantile") in spots(document)
    (column,) = document["versions"][0]["columns"]
    assert column["jumped"] > 0.25


@pytest.mark.slow
def test_a_pipeline_that_refuses_unseen_categories_is_weak_there(tmp_path: Path) -> None:
    made = faulty.workspace(tmp_path)
    faulty.add(made, "strict")
    found = spots(checked(made, "strict", "edge"))
    assert ("warn", "carrier", "unseen category") in found and ("warn", "carrier", "emoji") in found


@pytest.mark.slow
def test_a_forest_of_numbers_passes(tmp_path: Path) -> None:
    made = faulty.workspace(tmp_path)
    faulty.add(made, "forest")
    assert checked(made, "forest", "edge")["verdict"] == "pass"


@pytest.mark.slow
def test_a_line_drawn_too_far_is_weak_and_folded_into_one_entry_a_column(with_model: Having) -> None:
    document = checked(with_model("line"), "line", "edge")
    assert document["verdict"] == "warn"
    assert [f["column"] for f in document["failed"]] == ["distance", "wind"]
    assert ("warn", "distance", "×1000") in spots(document)
    assert not any("range" in kind for _, _, kind in spots(document)), "just outside is still plausible"


def test_rows_that_the_policy_keeps_from_the_model_are_no_weak_spot(with_model: Having) -> None:
    models = with_model("nulls")
    production.swap(models, "nulls", 1, reason="serve", force=True)
    with models.store() as store:
        live = store.production.live("nulls")
        assert live is not None
        limits = {"columns": {"*": {"null": "fallback"}}}
        store.production.add("nulls", "local", champion=live.champion, limits=limits, who="me", why="nulls")
    document = checked(models, "nulls", "edge")
    assert document["verdict"] == "pass", document["failed"]
    assert document["versions"][0]["became"]["stood_in"] > 0


def test_a_damaged_bundle_fails_in_words(with_model: Having) -> None:
    models = with_model("ignoring")
    with models.store() as store:
        bundle = models.bundle_path(store.versions.get("ignoring", 1).hash)
    (bundle / "profile.json").write_text("{}")
    document = checked(models, "ignoring", "edge")
    assert document["verdict"] == "fail" and "altered" in document["failed"][0]["reason"]


def test_a_model_without_versions_is_refused(with_model: Having) -> None:
    run = ran(with_model("sound"), "sound", "edge", versions=[7])
    assert run.state == "failed" and "7" in str(run.error)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shares", ("fail", "distance", "×1000")),
        ("company", ("fail", "distance", "batch")),
        ("deadly", ("fail", "distance", "×1000")),
        ("far", ("fail", "distance", "just above the range")),
    ],
)
def test_faults_in_code_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: tuple[str, str, str]
) -> None:
    made = faulty.workspace(tmp_path)
    faulty.add(made, name)
    monkeypatch.setenv("FAULT", "1")
    document = checked(made, name, "edge")
    assert document["verdict"] == "fail" and expected in spots(document)
    if name == "deadly":
        assert "kills the process" in document["failed"][0]["reason"]
        assert spots(document) <= {("fail", "distance", k) for k in ("×10", "×1000", "1e308", "batch")}
