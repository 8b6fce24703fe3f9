"""``incumbent challenge``: give a version every chance to slip up."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import exits
from cli.command import Answer, Context, command
from cli.printing.challenge import print_challenge
from cli.production import version_number
from cli.runs import run_here

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@command(app, "challenge")
def challenge(
    context: Context,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Number of the version.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Pretend that it is this moment.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="N", help="How long the stress test may take.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Undecided ends with 1 too.")] = False,
) -> Answer:
    """Every check of one version, against the champion: unfit, undecided, fit or better."""
    from core.checks.stress.load import positive

    arguments = {"version": version_number(version), "seconds": seconds}
    positive(arguments, "seconds", 10.0)  # before a run is made
    run = run_here(context, model, "challenge", arguments, as_of)
    document = dict(run.result or {})
    return Answer(document, lambda: print_challenge(document), exits.of_verdict(run.verdict, strict))
