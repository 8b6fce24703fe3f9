"""The command tree. A command's module is imported when that command runs, not to print help."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from cli import exits, narration
from cli.help import as_usage_error, line_of, write_listing
from cli.output import print_text
from incumbent import __version__
from incumbent.errors import UsageError

#: name → (module, one line of help). The order is that of the help page.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("cli.start", "Make a workspace here."),
    "demo": ("cli.start", "Make a workspace on real flights, and open the panel on it."),
    "adopt": ("cli.start", "Take in a fitted model with its data: a first verdict in minutes."),
    "status": ("cli.look", "What serves, how it does, and what is wrong."),
    "history": ("cli.look", "Measurements of a model over time."),
    "doctor": ("cli.look", "What is wrong with this workspace."),
    "backup": ("cli.keep", "The whole workspace in one file."),
    "restore": ("cli.keep", "Make a workspace of a backup."),
    "prune": ("cli.keep", "Delete what is not needed any more."),
    "predict": ("cli.predict", "Predict rows with the version in production."),
    "serve": ("cli.serve", "A site's models over HTTP."),
    "model": ("cli.model", "Models and their specs."),
    "version": ("cli.version", "Train, register and compare versions."),
    "require": ("cli.require", "Requirements: what good means."),
    "case": ("cli.case", "Regression-test cases."),
    "check": ("cli.check", "Regression, edge, stress, back-test, now-test, drift, software."),
    "challenge": ("cli.challenge", "Every check of one version, against the champion."),
    "production": ("cli.production", "What production runs: swap, roll back, publish."),
    "trial": ("cli.trial", "Try a version out against the champion."),
    "log": ("cli.log", "The prediction log: traffic, outcomes, what is kept."),
    "site": ("cli.site", "Places where predictions are made."),
    "run": ("cli.run", "Runs: list, follow, cancel."),
    "report": ("cli.report", "A run, or a model's week, as a file to read, print or send."),
    "schedule": ("cli.schedule", "What runs by itself, and when."),
    "daemon": ("cli.daemon", "The process that rings the schedules."),
    "alert": ("cli.alert", "What is wrong until a better verdict."),
    "notify": ("cli.notify", "Who is told."),
    "setting": ("cli.setting", "Time zone of the night, hour of the digest, workers."),
    "hook": ("cli.hook", "The regression check before a git push."),
}


class Group(TyperGroup):
    """A group that says which command was meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0] if args else ""
        commands = self.list_commands(ctx)
        if name not in commands and not name.startswith("-"):
            close = get_close_matches(name, commands, 1)
            meant = f"did you mean {close[0]!r}?" if close else f"`{ctx.command_path} --help` lists them"
            ctx.fail(f"no command {name!r}: {meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        write_listing(formatter, [(name, line_of(each)) for name, each in found if each and not each.hidden])


class LazyGroup(Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in COMMANDS:
            return None
        found = typer.main.get_command(import_module(COMMANDS[name][0]).app)
        commands = getattr(found, "commands", {})
        return commands.get(name, found)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        write_listing(formatter, [(name, line) for name, (_, line) in COMMANDS.items()])


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def incumbent(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", metavar="DIR", help="The workspace (default: found upward from here)."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document; without a command: how the models stand.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """The model in office, until a better one proves itself.

    Without a command: the panel.
    """
    if version:
        print_text(f"incumbent {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        from cli.panel import open_panel

        raise typer.Exit(open_panel(workspace, json, debug))


def group(help_text: str) -> typer.Typer:
    """A command group, as every module of this room makes it."""
    made = typer.Typer(
        cls=Group, help=help_text, rich_markup_mode=None, no_args_is_help=True, add_completion=False
    )
    made.callback()(_group)  # keeps a group of one command a group
    return made


def _group() -> None:
    pass


def run(arguments: list[str]) -> int:
    """Carry out a command line; what is wrong with the line itself is told as every error is.

    Returns
    -------
    int
        The exit code.
    """
    try:
        code = app(arguments, prog_name="incumbent", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as page:
        if "--json" in arguments:
            path = page.ctx.command_path
            narration.error(UsageError("a command is missing", f"`{path} --help` lists them"), as_json=True)
        else:
            narration.say(page.format_message())
        return exits.USAGE
    except click.ClickException as problem:
        narration.error(as_usage_error(problem), "--json" in arguments)
        return problem.exit_code
    except click.Abort:
        return exits.INTERRUPTED
    return code if isinstance(code, int) else exits.DONE
