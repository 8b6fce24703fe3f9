"""The command line as such: help, mistyped words, where the workspace is, JSON errors, completion."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from cli.app import COMMANDS, app
from core.workspace import VARIABLE, Workspace
from tests.cli.conftest import Incumbent

#: What was promised stays there; more may come.
GROUPS = {
    "model": ["apply", "list", "show", "export", "rename", "archive", "delete"],
    "version": ["train", "register", "list", "show", "diff", "reproduce", "export", "archive"],
    "require": ["list", "suggest", "set", "unset", "ratchet", "history"],
    "case": ["add", "list", "import", "export", "remove"],
    "check": ["regression", "edge", "stress", "backtest", "nowtest", "drift", "software"],
    "production": ["show", "swap", "rollback", "fallback", "limits", "history", "publish", "ledger"],
    "trial": ["start", "status", "note", "stop", "accept"],
    "log": ["show", "outcomes", "prune", "erase", "roll", "rows"],
    "site": ["add", "list", "remove"],
    "run": ["list", "show", "follow", "cancel"],
    "schedule": ["list", "set", "pause", "resume", "run", "remove"],
    "daemon": ["install", "uninstall", "status"],
    "alert": ["list", "ack", "snooze", "mute", "unmute"],
    "notify": ["add", "list", "remove", "test"],
    "setting": ["list", "set", "unset"],
    "hook": ["install", "uninstall"],
}
ALONE = ["init", "demo", "adopt", "status", "history", "doctor", "predict", "challenge", "backup", "restore"]


def _commands() -> Iterator[list[str]]:
    """Every command that there is, as its words."""
    tree = typer.main.get_command(app)
    context = click.Context(tree)
    for name in COMMANDS:
        found = tree.get_command(context, name)
        yield from ([name, each] for each in found.commands) if hasattr(found, "commands") else [[name]]


EVERY = list(_commands())


def test_help_lists_every_command(incumbent: Incumbent) -> None:
    found = incumbent("--help")
    assert found.code == 0
    assert set(COMMANDS) >= {*GROUPS, *ALONE}
    for name in COMMANDS:
        assert f"\n  {name} " in found.out


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_help_of_a_group_lists_its_commands(name: str, incumbent: Incumbent) -> None:
    found = incumbent(name, "--help")
    assert found.code == 0
    listed = found.out.split("Commands:")[1]
    assert {line.split()[0] for line in listed.splitlines() if line[2:3].isalpha()} >= set(GROUPS[name])


def test_every_argument_and_option_is_explained_where_it_is_asked_for(incumbent: Incumbent) -> None:
    said = incumbent("schedule", "set", "--help").out
    assert "MODEL   The model's name." in said
    assert said.count('"CRON"  Five fields') == 1
    tree = typer.main.get_command(app)
    for words in EVERY:
        command: click.Command | None = tree
        for word in words:
            command = command.get_command(click.Context(command), word)  # type: ignore[union-attr]
        assert command is not None
        for parameter in command.params:
            assert getattr(parameter, "help", None), (words, parameter.name)


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_no_line_of_a_listing_is_cut_short(name: str, incumbent: Incumbent) -> None:
    assert "..." not in incumbent(name, "--help").out.split("Commands:")[1]


def test_shared_options_may_stand_before_the_command(built_house: Workspace, incumbent: Incumbent) -> None:
    assert [m["name"] for m in incumbent(built_house, "--json", "model", "list").document] == [
        "late",
        "minutes",
    ]
    assert incumbent("--json", "--workspace", "nowhere", "model", "list").error["kind"] == "work"
    assert incumbent(built_house, "--json").document["models"]
    assert incumbent("--json", "--version").out.startswith("incumbent ")
    assert incumbent("--json", "model").error["message"] == "a command is missing"


def test_what_the_system_refuses_is_told_in_words(
    built_house: Workspace, incumbent: Incumbent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "b.tar")

    monkeypatch.setattr("core.backup.backup", refuse)
    found = incumbent(built_house, "backup", "b.tar", "--json")
    assert (found.code, found.error["message"]) == (4, f"b.tar cannot be used: {os.strerror(errno.EROFS)}")


def test_what_is_wrong_with_a_line_is_told_with_its_usage(incumbent: Incumbent) -> None:
    found = incumbent("model", "show")
    assert found.err.splitlines() == [
        "Error: missing argument 'MODEL'",
        "  → usage: incumbent model show [OPTIONS] MODEL; `incumbent model show --help` says more",
    ]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_takes_json_and_a_workspace(words: list[str], incumbent: Incumbent) -> None:
    found = incumbent(*words, "--help")
    assert found.code == 0
    for option in ("--json", "--workspace", "--debug"):
        assert option in found.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["modle"], "did you mean 'model'?"),
        (["model", "lst"], "did you mean 'list'?"),
        (["frobnicate"], "--help"),
        (["model", "show"], "MODEL"),
        (["status", "--colour"], "--colour"),
    ],
)
def test_a_wrong_line_ends_with_2_and_says_what_is_meant(
    words: list[str], said: str, incumbent: Incumbent
) -> None:
    for_people = incumbent(*words)
    assert (for_people.code, for_people.out) == (2, "")
    assert said in for_people.err
    for_scripts = incumbent(*words, "--json")
    assert (for_scripts.code, for_scripts.out) == (2, "")
    assert for_scripts.error["kind"] == "usage"
    assert said in for_scripts.error["message"]


def test_a_mistyped_model_name_suggests_the_right_one(house: Workspace, incumbent: Incumbent) -> None:
    commands = (
        ["model", "show"],
        ["check", "backtest"],
        ["production", "show"],
        ["require", "list"],
        ["status"],
    )
    for words in commands:
        found = incumbent(house, *words, "lat", "--json")
        assert found.code == 2, words
        assert "did you mean 'late'?" in found.error["hint"]


def test_no_workspace_says_how_to_make_one(here: Path, incumbent: Incumbent) -> None:
    found = incumbent("status", "--json")
    assert found.code == 4
    assert "incumbent init" in found.error["hint"]


def test_the_workspace_is_found_named_and_remembered(
    house: Workspace, incumbent: Incumbent, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    below = house.root / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert incumbent("model", "list", "--json").code == 0
    monkeypatch.chdir(tmp_path)
    assert incumbent("model", "list", "--json").code == 4
    assert incumbent("model", "list", "--json", "--workspace", house.root).code == 0
    assert incumbent("--workspace", house.root, "model", "list", "--json").code == 0
    monkeypatch.setenv(VARIABLE, str(house.root))
    assert incumbent("model", "list", "--json").code == 0


def test_debug_shows_where_an_error_came_from(house: Workspace, incumbent: Incumbent) -> None:
    with pytest.raises(Exception, match="no model named 'nobody'"):
        incumbent(house, "model", "show", "nobody", "--debug")


def test_an_interruption_while_modules_are_read_is_told_in_words() -> None:
    code = """
import sys, types

class Reading(types.ModuleType):
    def __getattr__(self, name):
        raise KeyboardInterrupt

sys.modules["cli.app"] = Reading("cli.app")
sys.argv[1:] = ["status"]
from cli.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Error: interrupted\n")


def test_version_is_answered_before_typer_is_imported() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--version']; from cli.__main__ import main; main(); "
        "sys.exit('typer' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("incumbent ")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("incumbent mod", ["model"]),
        ("incumbent model sh", ["show"]),
        ("incumbent model show ", ["late", "minutes"]),
        ("incumbent check backtest la", ["late"]),
        ("incumbent run list --model mi", ["minutes"]),
        ("incumbent version show late ", ["2", "1"]),
        ("incumbent version show nobody ", []),
        ("incumbent check backtest late --version ", ["2", "1"]),
        ("incumbent check edge late --strict --version 1 --version ", ["2", "1"]),
        ("incumbent history late --version 1", ["1"]),
        ("incumbent trial stop nobody --version ", []),
        ("incumbent check backtest --version ", []),
        ("incumbent production fallback late 1 ", ["2", "1"]),
    ],
)
def test_commands_models_and_versions_complete(
    typed: str, completed: list[str], built_house: Workspace
) -> None:
    asked = {
        "_INCUMBENT_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli"], capture_output=True, text=True, env={**os.environ, **asked},
        cwd=built_house.root, check=False,
    )  # fmt: skip
    assert done.stdout.split() == completed


def test_a_reader_that_leaves_early_is_no_error(built_house: Workspace) -> None:
    line = f"{sys.executable} -m cli --workspace {built_house.root} case list late | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
