"""The software test: the maintainer's own command, against a site that serves the candidate."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core import models
from core.checks.bounded_log import MOST
from core.checks.command import run_command
from core.checks.environment import changed, environment_of, queue_software, software_due
from core.runs import execute
from core.spec import ModelSpec
from core.staging import staging_folder
from core.workspace import Workspace
from incumbent.errors import Interrupted, WorkError
from tests.core.checks.making import checked, ran

APP = """
import os
import pathlib

import incumbent

folder = pathlib.Path(os.environ["INCUMBENT_PRODUCTION"])
assert folder.parent == pathlib.Path(os.environ["INCUMBENT_SITE"])
assert folder.name == os.environ["INCUMBENT_MODEL"] == "late"
found = incumbent.open(folder).predict({"distance": 20.0, "wind": 10.0, "carrier": "bus"})
print("version", found.version, "of", os.environ["INCUMBENT_VERSION"], "says", found.value)
assert found.version == int(os.environ["INCUMBENT_VERSION"])
assert found.version != 3, "this app cannot live with version 3"
"""


def software(house: Workspace, command: str, **more: str) -> None:
    """Name a test in the model's spec."""
    spec = (house.root / "late.toml").read_text("utf-8")
    lines = [f"{key} = {value!r}" for key, value in {"test": command, **more}.items()]
    (house.root / "late.toml").write_text(
        spec.split("[software]")[0] + "\n".join(["[software]", *lines]) + "\n"
    )
    models.apply(house, house.root / "late.toml")


def spec_of(house: Workspace) -> ModelSpec:
    with house.store() as store:
        return ModelSpec.from_document(store.models.revision("late").document)


def test_each_version_is_served_to_the_command_and_judged_by_its_exit_code(house: Workspace) -> None:
    (house.root / "app.py").write_text(APP)
    software(house, f"{sys.executable} app.py")
    document = checked(house, "late", "software")
    assert {v["version"]: v["verdict"] for v in document["versions"]} == {1: "pass", 2: "pass", 3: "fail"}
    assert document["verdict"] == "pass", "the champion's"
    (failed,) = document["failed"]
    assert failed["version"] == 3 and failed["exit_code"] == 1 and "cannot live with" in failed["output"]
    assert "version 3 of 3 says" in house.log(document["run"]).read_text("utf-8")
    assert list(staging_folder(house).iterdir()) == []


def test_the_command_runs_where_the_spec_lies_and_only_a_shell_where_one_is_needed(house: Workspace) -> None:
    folder = house.root / "models" / "late"
    folder.mkdir(parents=True)
    spec = (house.root / "late.toml").read_text("utf-8").replace('"data/', '"../../data/')
    spec = spec.replace('"user/', '"../../user/').replace(
        "[requirements]", '[software]\ntest = "pwd && exit 3"'
    )
    (folder / "late.toml").write_text(spec)
    models.apply(house, folder / "late.toml")
    document = checked(house, "late", "software", versions=[1])
    assert document["folder"] == "models/late" and document["verdict"] == "fail"
    assert document["versions"][0]["output"].endswith("models/late")
    assert document["versions"][0]["exit_code"] == 3


def test_a_test_that_takes_too_long_is_stopped_with_all_that_it_started(house: Workspace) -> None:
    software(house, "(sleep 60; echo late > survived.txt) & sleep 60", timeout="1s")
    began = time.monotonic()
    document = checked(house, "late", "software", versions=[1])
    assert time.monotonic() - began < 30
    assert document["verdict"] == "fail" and document["versions"][0]["exit_code"] is None
    assert "longer than 1 s" in document["versions"][0]["note"]


def test_without_a_test_it_is_refused_and_a_command_that_is_not_there_is_an_error(house: Workspace) -> None:
    run = ran(house, "late", "software")
    assert run.state == "failed" and "[software] test" in str(run.error)
    software(house, "no-such-program-anywhere")
    run = ran(house, "late", "software", versions=[1])
    assert run.state == "failed" and "does not start" in str(run.error)


def test_the_spec_comes_back_as_it_was_written(house: Workspace) -> None:
    software(house, "pytest -q", timeout="5min", folder="user")
    spec = spec_of(house)
    assert (spec.software_test, spec.software_timeout, spec.software_folder) == ("pytest -q", "5min", "user")
    assert spec.document()["software"] == {"test": "pytest -q", "folder": "user", "timeout": "5min"}


def test_cancelling_ends_the_command(tmp_path: Path) -> None:
    asked = iter([False, True, True])
    with pytest.raises(Interrupted):
        run_command(
            "sleep 60", tmp_path, {}, log=tmp_path / "log", time_limit=60.0, cancelled=lambda: next(asked)
        )


def test_only_the_end_of_much_output_is_remembered(tmp_path: Path) -> None:
    ended = run_command("seq 100000", tmp_path, {}, log=tmp_path / "log", time_limit=60.0)
    assert ended.passed and ended.output.endswith("100000") and len(ended.output) < 9_000
    assert (tmp_path / "log").read_text().startswith("1\n2\n")
    with pytest.raises(WorkError):
        run_command("./absent", tmp_path, {}, log=tmp_path / "log", time_limit=1.0)


# -- what it rests upon


def test_a_log_of_very_much_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    ended = run_command("seq 3000000", tmp_path, {}, log=log, time_limit=60.0)
    kept = log.read_text()
    assert log.stat().st_size <= MOST + len("before\n")
    assert kept.startswith("before\n1\n2\n") and kept.endswith("2999999\n3000000\n")
    assert "bytes left out" in kept and kept.count("left out") == 1
    assert ended.output.endswith("3000000")


def test_a_changed_pipeline_or_library_makes_it_due_again(house: Workspace) -> None:
    def due() -> str:
        with house.store() as store:
            return software_due(house, store, "late")

    assert due() == "", "no test is named"
    software(house, "true")
    assert due() == "it has never run"
    checked(house, "late", "software", serving=True)
    assert due() == ""
    path = house.root / "user" / "pipeline.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert due() == "pipeline.py changed"
    with house.store() as store:
        assert queue_software(house, store, "late") == "pipeline.py changed"
        assert queue_software(house, store, "late") == "", "it waits already"
        (run,) = store.runs.active()
    assert (run.kind, run.arguments["serving"]) == ("software", True) and "pipeline.py" in run.why


def test_libraries_of_another_interpreter_are_read_without_starting_it(
    tmp_path: Path, house: Workspace
) -> None:
    environment = tmp_path / "venv"
    packages = environment / "lib" / "python3.11" / "site-packages"
    (packages / "scikit_learn-1.5.0.dist-info").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text("home = /usr\nversion = 3.11.4\n")
    python = str(environment / "bin" / "python")
    document = {**spec_of(house).document(), "python": python}
    before: dict[str, Any] = environment_of(house, ModelSpec.from_document(document))
    assert before[f"scikit-learn of {python}"] == "1.5.0" and before[f"Python of {python}"] == "3.11.4"
    (packages / "scikit_learn-1.5.0.dist-info").rename(packages / "scikit_learn-1.6.0.dist-info")
    after = environment_of(house, ModelSpec.from_document(document))
    assert changed(before, after) == [f"scikit-learn of {python} 1.5.0 → 1.6.0"]
    assert {"Python", "numpy", "pipeline.py"} <= set(after)


def test_the_nightly_regression_run_has_the_software_tested_again(house: Workspace) -> None:
    software(house, "true")
    checked(house, "late", "regression")
    with house.store() as store:
        assert store.runs.active() == (), "only the night looks"
        schedule = store.schedules.set("late", "regression", "0 2 * * *", {})
        nightly = store.runs.enqueue_due(schedule, "2024-05-01T02:00:00.000Z")
        assert nightly is not None
    assert execute(house, nightly.id).state == "done"
    with house.store() as store:
        (queued,) = store.runs.active()
    assert queued.kind == "software" and queued.why == "nightly: it has never run"
    assert execute(house, queued.id).verdict == "pass"
