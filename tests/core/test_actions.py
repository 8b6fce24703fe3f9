"""The registry of actions: true names, a command for each, done and undone."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
import typer

from core import actions, errand, notify, sites
from core.actions import ACTIONS, Action
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError

SPEC = {
    "name": "flights",
    "task": "classification",
    "target": "late",
    "metric": "roc_auc",
    "data": "data/flights-*.csv",
}
IDS = [action.id for action in ACTIONS]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "space")
    with made.store() as store:
        store.models.apply("flights", SPEC, who="ada")
        store.alerts.open_or_confirm("flights", "flights nowtest", "fail", "it fell", None)
    return made


def test_ids_and_keys_are_unique_within_what_they_apply_to() -> None:
    assert len(set(IDS)) == len(IDS)
    taken = [(action.key, action.needs) for action in ACTIONS if action.key]
    pairs = {frozenset(("schedule.pause", "schedule.resume")), frozenset(("alert.mute", "alert.unmute"))}
    twice = {
        frozenset(a.id for a in ACTIONS if (a.key, a.needs) == each)
        for each in taken
        if taken.count(each) > 1
    }
    assert twice == pairs


@pytest.mark.parametrize("action", ACTIONS, ids=IDS)
def test_its_function_takes_what_it_is_given(action: Action) -> None:
    module, _, name = action.handler.partition(":")
    parameters = inspect.signature(getattr(import_module(module), name)).parameters
    assert next(iter(parameters)) == "workspace"
    names = {"versions": ("a", "b"), "spot": ("run", "entry")}
    wanted = [n for need in action.needs for n in names.get(need, (need,))]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    assert open_ended or set(wanted) <= set(parameters)
    assert not action.undo or action.undo == "run.cancel" or action.undo in IDS


@pytest.mark.parametrize("action", ACTIONS, ids=IDS)
def test_the_command_that_does_the_same_exists(action: Action) -> None:
    from cli.app import app

    group = typer.main.get_command(app)
    context = group.make_context("incumbent", [], resilient_parsing=True)
    words = action.cli.split()[1:]
    found = group
    while words and hasattr(found, "get_command"):
        found = found.get_command(context, words.pop(0))
        assert found is not None, action.cli
    options = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_a_command_line_can_be_pasted() -> None:
    given = {"model": "my model", "version": 2, "site": "local", "reason": "it's better"}
    shown = actions.command(actions.find("production.swap"), given)
    assert shown == """incumbent production swap 'my model' 2 --reason 'it'"'"'s better'"""


def test_done_and_undone_step_by_step(workspace: Workspace) -> None:
    actions.perform(workspace, "alert.acknowledge", {"alert": 1})
    actions.perform(workspace, "alert.mute", {"model": "flights"})
    assert actions.undo(workspace).action == "alert.mute"
    with workspace.store() as store:
        assert not store.alerts.muted()
        assert store.alerts.get(1).acknowledged is not None
    assert actions.undo(workspace).action == "alert.acknowledge"
    with workspace.store() as store:
        assert store.alerts.get(1).acknowledged is None
    with pytest.raises(RefusedError, match="nothing to undo"):
        actions.undo(workspace)


def test_every_undo_that_the_journal_is_told_can_be_done() -> None:
    sources = (Path(errand.__file__).parent).rglob("*.py")
    told = {name for path in sources for name in re.findall(r'"action": "(\w+\.\w+)"', path.read_text())}
    assert len(told) > 10 and told <= {*IDS, *actions._ELSEWHERE}


def test_what_the_command_line_alone_does_is_undone_too(workspace: Workspace, tmp_path: Path) -> None:
    def known() -> tuple[list[str], list[str]]:
        with workspace.store() as store:
            return [s.name for s in store.sites.list()], [t.url for t in store.notify.targets()]

    sites.add(workspace, "branch", tmp_path / "branch")
    notify.add(workspace, "json://localhost")
    for names, urls in ((["local", "branch"], []), (["local"], [])):
        actions.undo(workspace)
        assert known() == (names, urls)
    sites.add(workspace, "branch", workspace.root / "branch")
    sites.remove(workspace, "branch")
    actions.undo(workspace)
    with workspace.store() as store:
        assert store.sites.get("branch").path == "branch"
    target = notify.add(workspace, "json://localhost")
    notify.remove(workspace, target.id)
    actions.undo(workspace)
    assert known()[1] == ["json://localhost"]


def test_an_entry_is_undone_once(workspace: Workspace) -> None:
    actions.perform(workspace, "require.set", {"model": "flights", "metric": "roc_auc", "range": [0.6, 0.9]})
    with workspace.store() as store:
        assert store.requirements.live("flights")[0].range == (0.6, 0.9)
    entry = actions.undoable(workspace)
    assert entry is not None
    actions.undo(workspace, entry.id)
    with workspace.store() as store:
        assert store.requirements.live("flights") == ()
    with pytest.raises(RefusedError, match="undone already"):
        actions.undo(workspace, entry.id)


def test_an_unknown_action() -> None:
    with pytest.raises(UsageError, match=r"no action 'fly'"):
        actions.find("fly")


def test_an_errand_brings_back_what_it_found_or_the_error_itself(workspace: Workspace) -> None:
    found = errand.send("core.models:rename", workspace, {"model": "flights", "new": "late"})
    assert found["model"] == "late"
    with pytest.raises(UsageError, match="no model named 'flights'"):
        errand.send("core.models:show", workspace, {"model": "flights"})


def test_an_errand_that_dies_is_told(workspace: Workspace) -> None:
    with pytest.raises(Exception, match="nothing ended with 1: AttributeError"):
        errand.send("core.models:nothing", workspace, {})
