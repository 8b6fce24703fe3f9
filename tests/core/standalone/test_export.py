"""`version export --standalone`, from the store to a file that a fresh interpreter runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.standalone import export_standalone
from core.standalone.golden import golden_of
from core.standalone.proof import prove, prove_sql
from core.workspace import Workspace
from incumbent.bundle import Bundle
from incumbent.errors import RefusedError, UsageError, WorkError
from tests import house


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return house.build(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def exported(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("exported") / "late"
    return export_standalone(workspace, "late", 1, folder), folder


def run(script: Path, *arguments: str, rows: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-B", str(script), *arguments]
    return subprocess.run(command, input=rows, capture_output=True, text=True, encoding="utf-8", check=False)


def bundle_of(workspace: Workspace, model: str, number: int) -> Bundle:
    with workspace.store() as store:
        return workspace.bundle(store.versions.get(model, number).hash)


def test_the_document_says_what_was_written_and_proved(exported: tuple[dict[str, Any], Path]) -> None:
    document, folder = exported
    assert document["files"] == ["model.py", "model.sql"] == sorted(p.name for p in folder.iterdir())
    assert document["golden"] >= 16 and document["edge"] > 20
    assert document["max_difference"] <= 1e-12 and document["sql"] is None


def test_the_file_runs_its_golden_cases(exported: tuple[dict[str, Any], Path]) -> None:
    document, folder = exported
    tested = run(folder / "model.py", "--test")
    count = document["golden"]
    assert tested.returncode == 0
    assert tested.stdout == f"late version 1: {count} of {count} golden cases give their numbers\n"


def test_a_changed_coefficient_fails_the_files_own_test(
    exported: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    text = (exported[1] / "model.py").read_text("utf-8")
    start = text.index("INTERCEPTS = [") + len("INTERCEPTS = [")
    (tmp_path / "model.py").write_text(f"{text[:start]}0.001 + {text[start:]}", "utf-8")
    tested = run(tmp_path / "model.py", "--test")
    assert tested.returncode == 1 and "expected" in tested.stdout


def test_rows_in_predictions_out(workspace: Workspace, exported: tuple[dict[str, Any], Path]) -> None:
    bundle = bundle_of(workspace, "late", 1)
    row = {"distance": 12.5, "wind": None, "carrier": "bus", "more": [1]}
    lines = [json.dumps(row), "", "[1]", '{"wind": 1}', '{"distance": "x", "wind": 1, "carrier": "bus"}', "?"]
    answered = run(exported[1] / "model.py", rows="\n".join(lines))
    assert answered.returncode == 1
    first, *malformed = map(json.loads, answered.stdout.splitlines())
    scores = bundle.predict_row(row)
    assert first["value"] == bundle.output.decide_row(scores)
    assert list(first["probabilities"].values()) == pytest.approx(scores, rel=1e-12)
    assert [list(m) for m in malformed] == [["error"]] * 4
    assert "distance, carrier" in malformed[1]["error"] and "'distance'" in malformed[2]["error"]


def test_it_can_be_imported_and_asked(exported: tuple[dict[str, Any], Path]) -> None:
    names: dict[str, Any] = {"__name__": "model"}
    exec((exported[1] / "model.py").read_text("utf-8"), names)
    assert names["PROVENANCE"]["model"] == "late" and names["PROVENANCE"]["trained"]["until"]
    assert set(names["predict"]({"distance": 1, "wind": 2, "carrier": "never seen"})) == {
        "value",
        "probabilities",
    }
    for row in (None, [], {"distance": 1}, {"distance": 1, "wind": 2, "carrier": 3}):
        with pytest.raises(ValueError):
            names["predict"](row)


def test_a_regression_and_the_baseline_are_written_too(workspace: Workspace, tmp_path: Path) -> None:
    assert export_standalone(workspace, "minutes", 1, tmp_path / "minutes")["max_difference"] <= 1e-12
    baseline = export_standalone(workspace, "late", 0, tmp_path / "baseline")
    assert baseline["golden"] == 1  # its answer needs no row
    assert run(tmp_path / "baseline" / "model.py", "--test").returncode == 0


def test_without_golden_cases_rows_are_made_from_the_schema(workspace: Workspace) -> None:
    bundle = bundle_of(workspace, "late", 1)
    made = golden_of([], bundle)
    assert len(made) >= 8
    assert len({tuple(scores) for _, scores, _ in made}) > 4
    assert all(bundle.predict_row(row) == scores for row, scores, _ in made)


def test_a_folder_with_something_in_it_is_left_alone(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(RefusedError, match="something at"):
        export_standalone(workspace, "late", 1, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]
    with pytest.raises(UsageError):
        export_standalone(workspace, "late", 99, tmp_path / "new")


def test_what_is_not_native_is_refused_by_name(workspace: Workspace) -> None:
    from core.standalone.export import predictor_of

    bundle = bundle_of(workspace, "late", 1)
    other = Bundle(bundle.path, replace(bundle.manifest, algorithm="sklearn"))
    with pytest.raises(RefusedError, match=r"'sklearn' has no standalone form \(.*version show"):
        predictor_of(other)


def test_a_file_that_differs_is_never_handed_over(
    workspace: Workspace, exported: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    bundle = bundle_of(workspace, "late", 2)  # another version than the file's
    rows = [
        {"distance": 10.0, "wind": 1.0, "carrier": "bus"},
        {"distance": 3.0, "wind": 9.0, "carrier": "rail"},
    ]
    script = Path(shutil.copy(exported[1] / "model.py", tmp_path))
    with pytest.raises(WorkError, match="differs from the bundle"):
        prove(script, bundle, rows)
    with pytest.raises(WorkError, match="the SQL differs"):
        prove_sql((exported[1] / "model.sql").read_text("utf-8"), bundle, rows)
    with pytest.raises(WorkError, match="SQLite does not take"):
        prove_sql("CASE WHEN", bundle, rows)
    script.write_text("raise SystemExit(3)")
    with pytest.raises(WorkError, match="own test"):
        prove(script, bundle, rows)


def test_the_command_line_writes_it(workspace: Workspace, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from cli.version import app

    target = tmp_path / "out"
    arguments = ["export", "late", "1", str(target), "--standalone", "--workspace", str(workspace.root)]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert "model.py, model.sql" in shown.output and "python" in shown.output
    assert (target / "model.py").exists()
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 3
