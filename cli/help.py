"""Help pages: every argument explained, one-liners whole; and a way on beside what is wrong with a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
from typer.core import TyperCommand

from incumbent.errors import UsageError

#: The attribute of a command's function that keeps what its arguments mean.
ARGUMENTS = "explained_arguments"

#: Longer than any first sentence.
_WHOLE = 1000


class Command(TyperCommand):
    """A command whose help says what its arguments mean.

    Typer hands the help of an argument to a class that, since Click 8.4, forgets it; so it is kept with the
    function (:data:`ARGUMENTS`) and put back here.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        explained = getattr(self.callback, ARGUMENTS, {})
        for parameter in self.params:
            if isinstance(parameter, click.Argument) and parameter.name in explained:
                parameter.help = explained[parameter.name]

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Nothing: Typer writes the arguments together with the options."""


def write_listing(formatter: click.HelpFormatter, lines: Iterable[tuple[str, str]]) -> None:
    """The commands of a group, each with its line."""
    with formatter.section("Commands"):
        formatter.write_dl(list(lines))


def line_of(command: click.Command) -> str:
    """The first sentence of a command's help, whole however long it is."""
    return command.get_short_help_str(_WHOLE)


def as_usage_error(problem: click.ClickException) -> UsageError:
    """What Click says of a command line, as every error is told: what is wrong, and what to do next.

    Examples
    --------
    >>> as_usage_error(click.BadParameter("3 is too many")).message
    'invalid value: 3 is too many'
    """
    said = problem.format_message().strip().removesuffix(".")
    context = getattr(problem, "ctx", None)
    hint = ""
    if context is not None:
        usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
        hint = f"usage: {usage}; `{context.command_path} --help` says more"
    return UsageError(said[:1].lower() + said[1:], hint=hint)
