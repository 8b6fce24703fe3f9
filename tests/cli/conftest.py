"""The command line, called as a shell would call it, in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.app import run
from core.workspace import Workspace


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, str]:
        """The error on standard error, where ``--json`` was given."""
        found: dict[str, str] = json.loads(self.err.splitlines()[-1])["error"]
        assert set(found) == {"kind", "message", "hint"}
        return found


Incumbent = Callable[..., Result]


@pytest.fixture
def incumbent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Incumbent:
    """Carry out one command line; the first argument may be the workspace."""

    def call(*words: object, stdin: str = "") -> Result:
        arguments = [str(w) for w in words if not isinstance(w, Workspace)]
        for workspace in (w for w in words if isinstance(w, Workspace)):
            arguments = ["--workspace", str(workspace.root), *arguments]
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = run(arguments)
        streams = capsys.readouterr()
        return Result(code, streams.out, streams.err)

    return call


@pytest.fixture(scope="module")
def shared(built_house: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A house that the tests of one file share: they add to it and take nothing away."""
    from tests.house import copy

    return copy(built_house, tmp_path_factory.mktemp("shared") / "house")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
