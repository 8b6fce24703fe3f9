"""A workspace with a model in production, handlers that behave as told, and a clock that is set by hand."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.runs import HANDLERS, Finding, Outcome, RunContext
from core.workspace import Workspace
from incumbent.errors import DataError, UsageError
from store.clock import text
from store.records import Measurement

HANDLER = "tests.core.night:as_told"


def make_workspace(folder: Path, model: str = "flights") -> Workspace:
    """A workspace with one model, whose version 1 is in production at ``local``."""
    workspace = Workspace.create(folder)
    add_model(workspace, model)
    return workspace


def add_model(workspace: Workspace, model: str) -> None:
    """A model whose version 1 is in production."""
    with workspace.store() as store:
        store.models.apply(model, {"name": model}, who="ann", why="new")
        store.versions.add(model, f"hash-of-{model}", "native", "trained")
        store.production.add(model, champion=1, who="ann", why="first")


def use_told_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every check be executed by :func:`as_told`, in this process."""
    for kind in ("nowtest", "backtest", "regression", "train"):
        monkeypatch.setitem(HANDLERS, kind, HANDLER)


def as_told(context: RunContext) -> Outcome:
    """Does what the arguments of its run say."""
    told = context.run.arguments
    context.progress(0.5, "half way")
    context.log("looked at the data")
    if marker := told.get("hold"):  # work on, until asked to stop
        Path(marker).touch()
        until(context.cancelled)
    context.check_cancelled()
    if told.get("raise") == "data":
        raise DataError("no file data/flights.csv", hint="put it there")
    if told.get("raise") == "usage":
        raise UsageError("--by sky: the data of flights has no such column")
    if told.get("raise") == "bug":
        raise ZeroDivisionError("division by zero")
    verdict = told.get("verdict", "pass")
    note = f"roc_auc {told.get('value', 0.7)}, needs ≥ 0.65"
    findings = told.get("findings")
    return Outcome(
        verdict,
        note,
        {"check": context.run.kind, "model": context.run.model, "version": told.get("version", 1),
         "verdict": verdict,
         "metrics": {"roc_auc": {"value": told.get("value", 0.7), "low": 0.62, "high": 0.75, "n": 1200}}},
        (measurement(context, told.get("value", 0.7)),),
        None if findings is None else tuple(Finding(*finding) for finding in findings),
    )  # fmt: skip


def measurement(context: RunContext, value: float) -> Measurement:
    """One measurement, as a check hands it over."""
    run = context.run
    return Measurement(
        run=run.id, model=run.model or "", version=1, check=run.kind, partition=None, segment=None,
        since=None, until=None, metric="roc_auc", value=value, low=None, high=None, n=1200, in_sample="no",
        verdict="pass", reason=None, as_of=run.as_of, when=run.queued,
    )  # fmt: skip


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, and leave the processor to whoever brings it about."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.005)


class Clock:
    """A wall clock that moves when told to."""

    def __init__(self, start: datetime) -> None:
        self.present = start

    def __call__(self) -> datetime:
        return self.present

    def go(self, **duration: float) -> None:
        """Let time pass."""
        self.present += timedelta(**duration)

    @property
    def text(self) -> str:
        """The present as the store writes it."""
        return text(self.present)


def at(written: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def worker_process(workspace: Workspace, *arguments: str) -> subprocess.Popen[bytes]:
    """A worker in a process of its own, whose checks do as they are told."""
    code = (
        "import sys\n"
        "from core.runs import HANDLERS\n"
        f"HANDLERS.update(dict.fromkeys(('nowtest', 'backtest'), {HANDLER!r}))\n"
        "from core.worker import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, "--workspace", str(workspace.root), *arguments])


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has made a file."""
    until(lambda: path.exists() or process.poll() is not None)
    assert path.exists(), "the worker ended before it began to work"
