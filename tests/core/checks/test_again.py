"""A back-test of which nothing is new is answered by the one before it, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import requirements
from core.checks import backtest
from core.runs import Outcome, RunContext
from core.workspace import Workspace
from store.records import Measurement
from tests.core.checks.making import apply, checked, fitted, ran, same
from tests.house import swap


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs that are really judged."""
    seen: list[int] = []
    original = backtest.execute

    def noted(context: RunContext) -> Outcome:
        seen.append(context.run.id)
        return original(context)

    monkeypatch.setattr(backtest, "execute", noted)
    return seen


def measured(workspace: Workspace, run: int) -> list[Measurement]:
    """What a run measured, but for the run itself and its moment."""
    with workspace.store() as store:
        return [replace(m, run=0, when="") for m in store.measurements.of_run(run)]


def test_it_is_a_run_of_its_own_with_the_same_document_and_measurements(
    house: Workspace, judged: list[int]
) -> None:
    requirements.set_requirement(house, "late", "recall", min=0.001)  # nobody has judged by this one
    first, second = ran(house, "late", by="carrier"), ran(house, "late", by="carrier")
    assert judged == [first.id]
    assert first.result is not None and second.result is not None
    assert second.result["run"] == second.id != first.id
    assert same(first.result, second.result)
    assert (first.verdict, first.note) == (second.verdict, second.note)
    assert len(measured(house, first.id)) > 50
    assert measured(house, second.id) == measured(house, first.id)


def test_its_alerts_are_concluded_as_those_of_the_first(house: Workspace, judged: list[int]) -> None:
    requirements.set_requirement(house, "late", "recall", min=0.999)
    first = ran(house, "late")
    with house.store() as store:
        opened = store.alerts.list()
    second = ran(house, "late")
    with house.store() as store:
        kept = store.alerts.list()
    assert judged == [first.id] and second.verdict == "fail"
    assert [a.id for a in kept] == [a.id for a in opened] and opened
    assert all(one.seen < other.seen for one, other in zip(opened, kept, strict=True))


def lower_a_limit(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.1)


def another_champion(house: Workspace) -> None:
    swap(house, "late", 2, reason="another")


def another_version(house: Workspace) -> None:
    fitted(house, "late", "2024-03-01", C=0.1)


def fewer_versions(house: Workspace) -> None:
    with house.store() as store:
        store.versions.archive("late", 3)


def another_spec(house: Workspace) -> None:
    apply(house, worth=0.2)


def another_row(house: Workspace) -> None:
    path = house.root / "data" / "2024-05.csv"
    path.write_text(path.read_text().replace("yes", "no", 1))


def fewer_files(house: Workspace) -> None:
    (house.root / "data" / "2024-08.csv").unlink()


def a_touched_file(house: Workspace) -> None:
    os.utime(house.root / "data" / "2024-05.csv")


@pytest.mark.parametrize(
    "change",
    [
        lower_a_limit, another_champion, another_version, fewer_versions, another_spec, another_row,
        fewer_files, a_touched_file,
    ],
)  # fmt: skip
def test_whatever_is_new_is_judged_anew(
    house: Workspace, judged: list[int], change: Callable[[Workspace], None]
) -> None:
    checked(house, "late")
    del judged[:]
    change(house)
    assert judged == [ran(house, "late").id]


def test_other_arguments_are_judged_anew(house: Workspace, judged: list[int]) -> None:
    asked: list[dict[str, Any]] = [{}, {"versions": [1]}, {"since": "2024-05-01"}, {"until": "2024-07-01"}]
    documents = [checked(house, "late", **arguments) for arguments in asked]
    as_of = checked(house, "late", as_of="2024-07-15")
    del judged[:]
    assert all(same(d, checked(house, "late", **a)) for d, a in zip(documents, asked, strict=True))
    assert same(as_of, checked(house, "late", as_of="2024-07-15"))
    assert judged == []
    assert not any(same(documents[0], other) for other in [*documents[1:], as_of])


def test_a_file_that_changes_meanwhile_is_not_taken_for_known(
    house: Workspace, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = backtest.conclude

    def late(*given: Any) -> Outcome:
        monkeypatch.setattr(backtest, "conclude", original)
        another_row(house)
        return original(*given)

    a_touched_file(house)
    before = (house.root / "data" / "2024-05.csv").read_text()
    monkeypatch.setattr(backtest, "conclude", late)
    first = ran(house, "late")
    assert (house.root / "data" / "2024-05.csv").read_text() != before
    second, third = ran(house, "late"), ran(house, "late")
    assert judged == [first.id, second.id] and third.state == "done"


def test_what_was_pruned_is_judged_anew(house: Workspace, judged: list[int]) -> None:
    with house.store() as store:
        store.measured.prune("9999")
    assert [ran(house, "late").id] == judged


def test_nothing_heavy_is_loaded(house: Workspace) -> None:
    checked(house, "late")
    code = (
        "import sys; from cli.app import run; code = run(sys.argv[1:]);"
        "print(code, *{'numpy', 'pandas', 'sklearn', 'sqlite_utils'} & set(sys.modules), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "check", "backtest", "late", "--json"]
    done = subprocess.run(command, cwd=house.root, capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stderr) == (0, "0\n")


def environment() -> dict[str, str]:
    """Where the rooms are found from any folder."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
