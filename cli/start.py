"""``incumbent init``, ``demo`` and ``adopt``: how it begins."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import narration
from cli.app import group
from cli.command import Answer, Context, command
from cli.invocation import program
from cli.output import print_text
from incumbent.errors import WorkError

if TYPE_CHECKING:
    from core.adopt import Question
    from core.workspace import Workspace

app = group("How it begins.")


@command(app, "init")
def init(
    context: Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where (default: here).")] = Path("."),
) -> Answer:
    """Make a workspace here; harmless where there is one."""
    from core.workspace import MARKER, Workspace

    existed = (folder.expanduser() / MARKER).is_dir()
    workspace = Workspace.create(folder)
    document = {"path": str(workspace.root), "created": not existed}
    if existed:
        return Answer(document, f"{workspace.root} is a workspace already")
    text = (
        f"{workspace.root} is a workspace now. Next:\n"
        "  incumbent adopt MODEL_FILE DATA    take in a fitted model that you have\n"
        "  incumbent model apply SPEC.toml    or describe one, and train it\n"
        "  incumbent trial start MODEL 0 --forever   once it serves: a simple competitor keeps it honest\n"
        "  incumbent                          the panel"
    )
    return Answer(document, text)


@command(app, "demo")
def demo(
    context: Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where (default: ./demo).")] = Path("demo"),
    no_panel: Annotated[bool, typer.Option("--no-panel", help="Print what was made instead.")] = False,
) -> Answer:
    """A workspace on a year of real flights; opens the panel on it."""
    from core.demo import make

    with context.progress("demo", lines=True) as progress:
        made = make(folder, progress)
    from cli.panel import can_paint, start_panel

    if no_panel or context.as_json or not can_paint():
        return Answer(made, lambda: _print_demo(made))
    ended = start_panel(made["path"])
    return Answer(made, lambda: _print_next(made["path"]), exit=ended)


@command(app, "adopt")
def adopt(
    context: Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The fitted model: .skops, .onnx, .joblib, XGBoost, …")
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help="Rows with what it reads and what came true.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to call the model.")] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="What it predicts.")] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Orders the rows; 'none' for no time.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(metavar="classification|regression", help="Classes or a number.")
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="CLASS", help="The class that matters.")] = None,
    metric: Annotated[str | None, typer.Option(metavar="METRIC", help="What better means.")] = None,
    trained_since: Annotated[
        str | None,
        typer.Option("--trained-since", metavar="TIME", help="Rows from here on taught the model."),
    ] = None,
    trained_until: Annotated[
        str | None, typer.Option("--trained-until", metavar="TIME", help="Rows before it taught the model.")
    ] = None,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="No row of the data taught the model: it learned from others.")
    ] = False,
    trust_pickle: Annotated[
        bool, typer.Option("--trust-pickle", help="Load a pickle: it can run any code it likes.")
    ] = False,
) -> Answer:
    """Take in a fitted model with its data: a first verdict in minutes."""
    from core import adopt as adopting

    given = adopting.Given(
        name=name,
        target=target,
        time=time,
        task=task,
        positive=positive,
        metric=metric,
        trust_pickle=trust_pickle,
        trained_since=trained_since,
        trained_until=trained_until,
        unseen=unseen,
    )
    workspace = _workspace_here(context)
    ask = _ask if sys.stdin.isatty() and sys.stderr.isatty() else adopting.refuse_to_guess
    if not context.as_json:
        narration.say("looking at the model and the data …")
    file = file.expanduser()
    spec = adopting.propose(workspace, file, data, given, ask)
    with context.progress("adopt") as progress:
        made = adopting.take_in(workspace, file, spec, given, progress=progress)
    return Answer(made, lambda: _print_adopted(made))


def _workspace_here(context: Context) -> Workspace:
    """The workspace; for a newcomer without one, a new one here."""
    from core.workspace import Workspace

    try:
        found = context.workspace
    except WorkError:
        if context.folder is not None:
            raise
    else:
        if found.root != Path.cwd() and not context.as_json:
            narration.say(f"the workspace is {found.root}")
        return found
    workspace = Workspace.create(Path.cwd())
    if not context.as_json:
        narration.say(f"{workspace.root} is a workspace now")
    return workspace


def _ask(question: Question) -> str:
    """Ask a person, on standard error."""
    choices = ", ".join(question.choices)
    narration.say(f"It is not clear {question.text}: {choices}")
    return str(typer.prompt(f"--{question.key}", default=question.choices[0], err=True))


def _print_adopted(made: dict[str, Any]) -> None:
    from cli.printing.backtest import print_backtest

    name, version = made["model"], made["version"]
    print_text(f"{name} v{version['version']}: {version['algorithm']}. {version['why']}")
    print_text(f"its spec is {made['spec']}: read it, change it, apply it again\n")
    print_backtest(made["backtest"], "")
    for suggestion in made["suggestions"]:
        print_text(f"suggested: {suggestion['explanation']}")
    judged = next(v for v in made["backtest"]["versions"] if v["version"] == version["version"])
    if all(part["coverage"] == "unknown" for part in judged["partitions"]):
        print_text(
            "\nWhat taught it? Adopt it with --trained-until TIME, or --unseen, to have more than a warning."
        )
    print_text(
        f"\nNext:\n"
        f"  incumbent require suggest {name} --apply\n"
        f"  incumbent challenge {name} {version['version']}\n"
        f'  incumbent production swap {name} {version["version"]} --reason "the first"\n'
        f"  incumbent                                the panel"
    )


def _print_demo(made: dict[str, Any]) -> None:
    for model in made["models"]:
        print_text(
            f"{model['model']}: {model['versions']} versions, v{model['champion']} in production, "
            f"{model['requirements']} requirements"
        )
        for kind, check in model["checks"].items():
            print_text(f"  {kind:<11}{check['verdict'] or '–':<6}{check['note']}")
        for alert in model["alerts"]:
            print_text(f"  alert      {alert}")
    print_text("")
    _print_next(made["path"])


def _print_next(folder: str) -> None:
    """Where the demo is, and what to try there."""
    print_text(f"It is all in {folder}. Go there and look at it:\n  cd {shlex.quote(folder)}")
    for line in (
        "",
        "check backtest flights",
        "version diff flights 1 3",
        "check nowtest air_time --as-of 2013-09-01",
        "challenge flights 3",
        "production swap flights 3 --reason 'it knows the summer'",
        "daemon",
    ):
        print_text(f"  {program(absolute=True)} {line}".rstrip())
