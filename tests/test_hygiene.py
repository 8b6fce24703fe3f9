"""Layers, seen from a clean interpreter: what each way in imports, and what it must not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.workspace import Workspace

ROOT = Path(__file__).parents[1]
HEAVY = {"textual", "numpy", "pandas", "sklearn", "scipy", "pyarrow", "sqlite_utils", "apscheduler", "joblib"}

MODULES = """
import json, sys
{code}
print("MODULES" + json.dumps(sorted(sys.modules)))
"""
COMMAND = """
import sys
from cli.__main__ import main
sys.argv = ["incumbent", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
"""


def modules(code: str, folder: Path = ROOT) -> set[str]:
    """Top-level names of what a clean interpreter has imported after some code."""
    process = subprocess.run(
        [sys.executable, "-c", MODULES.format(code=code)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    listed = process.stdout.rpartition("MODULES")[2]
    return {name.partition(".")[0] for name in json.loads(listed)}


def after(arguments: list[str], folder: Path = ROOT) -> set[str]:
    """What the command has imported when it ends."""
    return modules(COMMAND.format(arguments=arguments), folder)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """An empty workspace with one model."""
    made = Workspace.create(tmp_path_factory.mktemp("workspace"))
    with made.store() as store:
        document = {"name": "late", "task": "classification", "target": "late", "metric": "roc_auc"}
        store.models.apply("late", document, who="ann", why="test")
    return made


def test_the_runtime_imports_the_standard_library_alone() -> None:
    before = modules("")
    found = modules("import incumbent, incumbent.errors, incumbent.files, incumbent.columns") - before
    assert found - set(sys.stdlib_module_names) == {"incumbent"}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    assert not after(arguments) & HEAVY


def test_version_is_answered_before_typer_is_imported() -> None:
    assert not after(["--version"]) & {"typer", "click", "rich"}


def test_status_reads_a_store_without_anything_heavy(workspace: Workspace) -> None:
    found = after(["--workspace", str(workspace.root), "status", "--json"])
    assert not found & {*HEAVY, "rich"}
    assert "store" in found


def test_the_panel_knows_no_data_frames() -> None:
    """Every module of the panel, and of what it reads through."""
    code = """
import importlib, pkgutil, tui
for found in pkgutil.walk_packages(tui.__path__, "tui."):
    importlib.import_module(found.name)
import core.actions, core.status, core.history, core.runs, core.alerts, core.schedules, core.production
"""
    assert not modules(code) & {"pandas", "sklearn", "sqlite_utils", "pyarrow", "scipy"}


def test_import_contracts_are_kept() -> None:
    from importlinter.api import read_configuration

    contracts = read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    assert len(contracts) >= 3
    linter = Path(sys.executable).with_name("lint-imports")
    process = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert f"Contracts: {len(contracts)} kept, 0 broken" in process.stdout
