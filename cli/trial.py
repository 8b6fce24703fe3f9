"""``incumbent trial``: a version held against the champion on production's own rows."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.printing.trial import guard, print_accepted, print_started, print_status, print_stopped
from cli.production import version_number
from incumbent.errors import UsageError

app = group("Try a version out against the champion: in shadow, on a share, at sites.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Reason = Annotated[str, typer.Option(metavar="WHY", help="Why; kept for ever.")]
Which = Annotated[
    str | None, typer.Option("--version", metavar="N", help="Which, where several versions are on trial.")
]


@command(app, "start")
def start(
    context: Context,
    model: Model,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="Number of the version; 0 is the trivial baseline.")
    ],
    shadow: Annotated[
        bool, typer.Option("--shadow", help="It predicts beside the champion, unseen: the default.")
    ] = False,
    share: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of the keys that it answers, e.g. 0.1.")
    ] = None,
    site: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SITE",
            help="Where (can be repeated); alone: it answers all rows there, champion in shadow.",
        ),
    ] = None,
    days: Annotated[int | None, typer.Option(metavar="N", help="Until it ends by itself (14).")] = None,
    forever: Annotated[
        bool, typer.Option("--forever", help="A simple competitor that keeps the model honest.")
    ] = False,
    guard_: Annotated[
        list[str] | None,
        typer.Option(
            "--guard", metavar="GUARD", help="errors, latency, outcomes, with =MARGIN; none. All by default."
        ),
    ] = None,
    reason: Reason = "",
    force: Annotated[
        bool, typer.Option("--force", help="Let it answer although its challenge or a case says no.")
    ] = False,
) -> Answer:
    """Begin a trial; live at once."""
    from core import trial

    if guard_ is not None and "none" in guard_ and len(guard_) > 1:
        raise UsageError("--guard none leaves no guard rail", hint="leave it out, or the others")
    found = trial.start(
        context.workspace,
        model,
        version_number(version),
        shadow=shadow,
        share=share,
        sites=site or (),
        days=days,
        forever=forever,
        guards=None if guard_ is None else dict(guard(text) for text in guard_ if text != "none"),
        reason=reason,
        force=force,
    )
    return Answer(found, lambda: print_started(found))


@command(app, "status")
def status(
    context: Context,
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Only this model's.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
) -> Answer:
    """How trials stand now: effect, interval, guard rails, and how long until they can tell."""
    from core import trial

    found = trial.status(context.workspace, model, include_ended=all_)
    if not found:
        named = model or "MODEL"
        return Answer(found, f"No version is on trial. Begin one: incumbent trial start {named} VERSION")
    return Answer(found, lambda: print_status(found))


@command(app, "note")
def note(
    context: Context,
    model: Model,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was seen.")],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Where it was seen.")] = None,
    version: Which = None,
) -> Answer:
    """Keep what somebody says of a trial: feedback from a site."""
    from core import trial

    number = None if version is None else version_number(version)
    found = trial.note(context.workspace, model, text, version=number, site=site)
    return Answer(found, f"noted on the trial of {model} v{found['version']}")


@command(app, "stop")
def stop(context: Context, model: Model, version: Which = None, reason: Reason = "") -> Answer:
    """End a trial; the champion answers everything again."""
    from core import trial

    number = None if version is None else version_number(version)
    found = trial.stop(context.workspace, model, version=number, reason=reason)
    return Answer(found, lambda: print_stopped(found))


@command(app, "accept")
def accept(
    context: Context,
    model: Model,
    version: Which = None,
    reason: Reason = "",
    force: Annotated[
        bool, typer.Option("--force", help="Although its challenge says no; kept for ever.")
    ] = False,
    ratchet: Annotated[
        bool, typer.Option("--ratchet", help="Raise the requirements by what was surely gained.")
    ] = False,
    keep_shadow: Annotated[
        bool, typer.Option("--keep-shadow", help="The deposed champion shadows on, for the ledger.")
    ] = False,
) -> Answer:
    """Put the version on trial in production, through the gate."""
    from core import trial

    found = trial.accept(
        context.workspace,
        model,
        version=None if version is None else version_number(version),
        reason=reason,
        force=force,
        ratchet=ratchet,
        keep_shadow=keep_shadow,
    )
    return Answer(found, lambda: print_accepted(found))
