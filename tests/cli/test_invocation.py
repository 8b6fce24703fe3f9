"""How the commands that are proposed are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import narration
from cli.invocation import program


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An executable called incumbent, which the shell does not find."""
    path = tmp_path / "a venv" / "bin" / "incumbent"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(path)])
    monkeypatch.setenv("PATH", "/nowhere")
    return path


def test_a_program_that_the_shell_does_not_find_is_named_by_its_path(installed: Path) -> None:
    assert program() == f"'{installed}'"


def test_one_that_it_finds_is_named_as_people_do(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    assert program() == "incumbent"


def test_a_path_from_here_also_holds_elsewhere(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(installed.parents[2])
    monkeypatch.setattr("sys.argv", ["a venv/bin/incumbent"])
    assert program() == "'a venv/bin/incumbent'"
    assert program(absolute=True) == f"'{installed}'"


def test_long_work_tells_a_line_now_and_then_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with narration.progress("demo", lines=True) as progress:
        for done in range(10):
            progress(done / 10, f"step {done}")
    with narration.progress("check") as progress:
        progress(0.5, "half")
    assert capsys.readouterr().err == "demo: 0%, step 0\n"
