"""Reports of runs: the same each time, from the store alone, with commands that give the same figures."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from core.actions import perform
from core.report import make, render, report_of_run
from core.report.blocks import Block, Code, Paragraph, Section, Table
from core.report.reproduce import command_of
from core.runs import HANDLERS
from core.workspace import Workspace
from incumbent.errors import UsageError
from store import Store
from store.records import Run
from tests.cli.conftest import Incumbent, incumbent  # noqa: F401 (a fixture)
from tests.core.report import documents
from tests.core.report.conftest import read
from tests.house import copy, done


@pytest.fixture(scope="module")
def judged(
    built_house: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, dict[str, Run]]:
    """A house in which checks have run, and the runs by kind."""
    workspace = copy(built_house, tmp_path_factory.mktemp("reports") / "house")
    for as_of in ("2024-05-01", "2024-05-15", "2024-06-01"):
        done(workspace, "late", "nowtest", {}, as_of)
    kinds: dict[str, dict[str, object]] = {
        "backtest": {},
        "nowtest": {},
        "regression": {},
        "drift": {},
        "diff": {"a": 1, "b": 2},
    }
    runs = {kind: done(workspace, "late", kind, arguments) for kind, arguments in kinds.items()}
    with workspace.store() as store:
        (trained, *_) = (r for r in store.runs.page("late", "train").rows if r.state == "done")
        return workspace, {**runs, "train": trained}


def section(sections: tuple[Section, ...], title: str) -> Section:
    return next(s for s in sections if s.title == title)


def blocks(sections: tuple[Section, ...]) -> list[Block]:
    return [b for s in sections for b in [*s.blocks, *blocks(s.sections)]]


def told(sections: tuple[Section, ...]) -> list[str]:
    return [b.text for b in blocks(sections) if isinstance(b, Paragraph | Code)]


def test_the_same_run_gives_the_same_file_though_all_but_the_store_is_gone(
    judged: tuple[Workspace, dict[str, Run]], tmp_path: Path
) -> None:
    workspace, runs = judged
    before = {kind: make(workspace, str(run.id)).text for kind, run in runs.items()}
    bare = Workspace.create(tmp_path / "bare")
    shutil.copy(workspace.store_path, bare.store_path)
    assert not bare.bundles.exists() or not any(bare.bundles.iterdir())
    assert {kind: make(bare, str(run.id)).text for kind, run in runs.items()} == before


def test_the_figures_are_those_of_the_document(judged: tuple[Workspace, dict[str, Run]]) -> None:
    workspace, runs = judged
    document = dict(runs["backtest"].result or {})
    page = read(make(workspace, str(runs["backtest"].id)).text)
    champion = next(v for v in document["versions"] if v["role"] == "champion")
    for partition in champion["partitions"]:
        assert partition["partition"] in page.text
        assert f"{partition['metrics']['roc_auc']['value']:.2f}"[:4] in page.text
    assert champion["note"] in page.text
    with workspace.store() as store:
        assert store.versions.get("late", 1).hash in page.text


@pytest.mark.parametrize("kind", ["backtest", "nowtest", "regression"])
def test_the_command_gives_the_same_figures(
    judged: tuple[Workspace, dict[str, Run]],
    incumbent: Incumbent,  # noqa: F811
    kind: str,
) -> None:
    workspace, runs = judged
    commands = told(make(workspace, str(runs[kind].id)).report.sections)[-1].splitlines()
    again = next(line for line in commands if line.startswith(f"incumbent check {kind} "))
    found = incumbent(workspace, *shlex.split(again)[1:], "--json").document
    first = dict(runs[kind].result or {})
    if kind == "regression":
        assert (found["passed"], found["verdict"]) == (first["passed"], first["verdict"])
    elif kind == "nowtest":
        assert (found["window"], found["metrics"]) == (first["window"], first["metrics"])
    else:
        for now, then in zip(found["versions"], first["versions"], strict=True):
            assert (now["version"], now["partitions"]) == (then["version"], then["partitions"])
    shown = incumbent(workspace, *shlex.split(commands[0])[1:]).document
    assert shown["result"] == json.loads(json.dumps(first))


def test_what_changed_since_the_run_before(store: Store) -> None:
    first, second = documents.nowtest(), documents.nowtest()
    second["metrics"]["roc_auc"]["value"] = 0.55
    second["verdict"] = "fail"
    documents.keep(store, "nowtest", first, note="near")
    store.journal.add("ada", "require.set", "late: roc_auc ≥ 0.6", model="late", detail={"reason": "agreed"})
    store.journal.add("bob", "production.swap", "another model")
    run = documents.keep(store, "nowtest", second, note="broken")
    found = section(report_of_run(store, run.id).sections, "What changed")
    figures, meanwhile = (b for b in found.blocks if isinstance(b, Table))
    assert [row[0].text for row in figures.rows] == ["verdict", "roc_auc"]
    assert [cell.verdict for cell in figures.rows[0][1:]] == ["warn", "fail"]
    assert [[c.text for c in row[1:]] for row in meanwhile.rows] == [
        ["ada", "require.set", "late: roc_auc ≥ 0.6", "agreed"]
    ]


def test_nothing_changed_is_said(store: Store) -> None:
    documents.keep(store, "stress", documents.stress())
    run = documents.keep(store, "stress", documents.stress())
    assert "Every figure and verdict is the same." in told(report_of_run(store, run.id).sections)


def test_the_first_run_and_a_narrower_one_are_not_compared(store: Store) -> None:
    documents.keep(store, "backtest", documents.backtest(), arguments={"by": "carrier"})
    run = documents.keep(store, "backtest", documents.backtest())
    assert "What changed" not in [s.title for s in report_of_run(store, run.id).sections]


def test_requirements_are_those_of_the_run(store: Store) -> None:
    store.models.apply("late", {"name": "late"}, who="ada")
    store.requirements.set("late", "roc_auc", min=0.6, who="ada", why="")
    run = documents.keep(store, "backtest", documents.backtest())
    store.requirements.set("late", "roc_auc", min=0.95, who="ada", why="raised")
    text = render(report_of_run(store, run.id), "html")
    assert "min 0.6<" in text and "≥ 0.6 " in text and "0.95" not in text


def test_a_challenge_shows_the_evidence_of_its_stages(store: Store) -> None:
    edge = documents.keep(store, "edge", documents.edge())
    run = documents.keep(store, "challenge", documents.challenge(edge.id), arguments={"version": 2})
    report = report_of_run(store, run.id)
    assert (report.verdict, report.title) == ("fit", "late: challenge of version 2")
    stage = section(report.sections, "Stage: edge")
    assert [s.title for s in stage.sections] == ["Weak spots", "Rows that show them", "Column by column"]
    assert "06ca32bd" in render(report, "html")
    assert "Beside the champion" in [s.title for s in report.sections]


def test_a_challenge_without_a_champion_is_shown_beside_the_baseline(store: Store) -> None:
    document = documents.challenge()
    document["comparison"].update(champion=None, opponent=0)
    run = documents.keep(store, "challenge", document, arguments={"version": 2})
    text = render(report_of_run(store, run.id), "markdown")
    assert "Beside the baseline" in text and "champion" not in text.partition("Beside the baseline")[2][:400]


@pytest.mark.parametrize("form", ["html", "markdown"])
@pytest.mark.parametrize("kind", [*HANDLERS, "search", "replay", "drill"])
def test_a_run_without_a_document_still_has_a_report(store: Store, kind: str, form: str) -> None:
    empty: tuple[dict[str, object], ...] = (
        {},
        {"versions": []},
        {"verdict": "pass", "versions": [{}], "stages": [{}], "columns": [{}]},
    )
    for document in empty:
        run = documents.keep(store, kind, document)
        assert "late" in render(report_of_run(store, run.id), form)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("queued", "waits for its turn"),
        ("failed", "could not be done"),
        ("cancelled", "was cancelled"),
        ("interrupted", "ended before it was done"),
    ],
)
def test_a_run_that_found_nothing_says_why(store: Store, state: str, says: str) -> None:
    store.models.apply("late", {"name": "late"}, who="ada")
    run = store.runs.enqueue("late", "nowtest", {}, why="test", who="ada")
    if state != "queued":
        store.runs.finish(run.id, state, error="the disk is full" if state == "failed" else None)  # type: ignore[arg-type]
    page = read(render(report_of_run(store, run.id), "html"))
    assert says in page.text
    assert ("the disk is full" in page.text) == (state == "failed")


def test_a_pruned_document_leaves_the_measurements(
    judged: tuple[Workspace, dict[str, Run]], tmp_path: Path
) -> None:
    workspace, _ = judged
    bare = Workspace.create(tmp_path / "bare")
    shutil.copy(workspace.store_path, bare.store_path)
    with bare.store() as store:
        first = min(r.id for r in store.runs.page("late", "nowtest").rows)
        store.runs.prune_results("2999-01-01T00:00:00.000Z")
        assert store.runs.get(first).result is None
        report = report_of_run(store, first)
    assert "is not kept any more" in " ".join(told(report.sections))
    (measured,) = (b for b in blocks(report.sections) if isinstance(b, Table) and b.caption == "Measurements")
    assert "roc_auc" in [row[3].text for row in measured.rows]


def test_commands_are_quoted_and_whole() -> None:
    def run(kind: str, arguments: dict[str, object], model: str = "late") -> Run:
        return Run(
            7,
            model,
            kind,
            "done",
            None,
            "",
            "ada",
            arguments,
            None,
            "",
            None,
            None,
            None,
            None,
            "",
            None,
            None,
            False,
            False,
            None,
            None,
            None,
            None,
        )

    assert command_of(
        run("drift", {"multivariate": True, "from": "log", "site": "a b"}), {"versions": [{"version": 1}]}
    ) == ("incumbent check drift late --version 1 --from log --site 'a b' --multivariate")
    assert command_of(run("backtest", {"walk_forward": "sliding", "by": "x;rm"}), {}) == (
        "incumbent check backtest late --by 'x;rm' --walk-forward --sliding"
    )
    assert command_of(run("diff", {"a": 1, "b": 3}), {}) == "incumbent version diff late 1 3"
    assert command_of(run("train", {"parameters": {"C": 2}, "until": "2024"}), {}) == (
        "incumbent version train late --until 2024 --set C=2"
    )
    assert command_of(run("register", {}), {}) == ""


def test_reports_are_kept_in_the_workspace(judged: tuple[Workspace, dict[str, Run]]) -> None:
    workspace, runs = judged
    number = runs["backtest"].id
    path = perform(workspace, "report.run", {"run": number})
    assert path == workspace.marker / "reports" / f"late-backtest-{number}.html"
    assert path.read_text("utf-8") == make(workspace, str(number)).text
    week = perform(workspace, "report.week", {"model": "late"})
    assert week.parent == path.parent and week.name.startswith("late-week-")


def test_no_such_run(store: Store) -> None:
    with pytest.raises(UsageError, match="there is no run 9"):
        report_of_run(store, 9)
