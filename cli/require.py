"""``incumbent require``: what good means."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import exits
from cli.app import group
from cli.command import Answer, Context, command
from cli.printing.requirements import print_history, print_ratchet, print_requirements, print_suggestions
from cli.production import version_number
from incumbent.errors import UsageError

app = group("Requirements: what good means.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Metric = Annotated[str, typer.Argument(metavar="METRIC", help="The metric.")]
Segment = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="For each value of a column, or one: carrier=UA."),
]
Why = Annotated[
    str, typer.Option("--reason", "--why", metavar="WHY", help="Why; kept for ever. Lowering needs it.")
]


@command(app, "list")
def list_requirements(context: Context, model: Model) -> Answer:
    """The requirements that stand."""
    from core import requirements

    rows = requirements.listing(context.workspace, model)
    if not rows:
        return Answer(rows, f"{model} has no requirements. Next: incumbent require suggest {model}")
    return Answer(rows, lambda: print_requirements(rows))


@command(app, "suggest")
def suggest(
    context: Context,
    model: Model,
    version: Annotated[str | None, typer.Option(metavar="VERSION", help="Default: the champion.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", metavar="METRIC", help="Only this one (can be repeated).")
    ] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option("--segment", metavar="COLUMN", help="For each value of a column, or one: carrier=UA."),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Know only what was known.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Set them, too.")] = False,
) -> Answer:
    """Limits that a version has kept, and keeps unless something changes."""
    from core import requirements

    number = None if version is None else version_number(version)
    rows = requirements.suggest(
        context.workspace,
        model,
        number,
        metrics=metric,
        segments=segment or (),
        as_of=as_of,
        apply=apply,
    )
    if not rows:
        return Answer(rows, f"{model}: the usual metrics are bound already; name others with --metric")
    return Answer(rows, lambda: print_suggestions(model, rows, apply))


@command(app, "set")
def set_requirement(
    context: Context,
    model: Model,
    metric: Metric,
    min_: Annotated[float | None, typer.Option("--min", help="Least, in every partition and window.")] = None,
    max_: Annotated[float | None, typer.Option("--max", help="Most, in every partition and window.")] = None,
    mean: Annotated[float | None, typer.Option("--mean", help="For the mean of the partitions.")] = None,
    range_: Annotated[
        tuple[float, float] | None, typer.Option("--range", metavar="LOW HIGH", help="Both at once.")
    ] = None,
    segment: Segment = None,
    reason: Why = "",
) -> Answer:
    """Set what a metric must keep."""
    from core import requirements

    if all(limit is None for limit in (min_, max_, mean, range_)):
        raise UsageError("no limit is given", hint="use --min, --max, --mean or --range LOW HIGH")
    made = requirements.set_requirement(
        context.workspace,
        model,
        metric,
        min=min_,
        max=max_,
        mean=mean,
        range=range_,
        segment=segment,
        why=reason,
    )
    return Answer(made, lambda: print_requirements([made]))


@command(app, "unset")
def unset(
    context: Context, model: Model, metric: Metric, segment: Segment = None, reason: Why = ""
) -> Answer:
    """Take a requirement away, saying why; its history stays."""
    from core import requirements

    made = requirements.unset(context.workspace, model, metric, segment=segment, why=reason)
    return Answer(made, f"{model}: no requirement on {metric} any more")


@command(app, "ratchet")
def ratchet(
    context: Context,
    model: Model,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", metavar="METRIC", help="Only this one (can be repeated).")
    ] = None,
    step: Annotated[
        float | None, typer.Option(help="What a gain must surely clear, in units of the metric.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would rise.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Set what is shown.")] = False,
) -> Answer:
    """Raise requirements by what the new champion has surely gained over the one before."""
    from core import requirements

    if dry_run and yes:
        raise UsageError("--dry-run and --yes contradict each other", hint="leave one out")
    found = requirements.ratchet(context.workspace, model, metrics=metric, step=step, apply=yes)
    waits = bool(found["moves"]) and not yes and not dry_run
    return Answer(found, lambda: print_ratchet(found, waits), exits.REFUSED if waits else exits.DONE)


@command(app, "history")
def history(context: Context, model: Model) -> Answer:
    """Every requirement that ever stood."""
    from core import requirements

    rows = requirements.history(context.workspace, model)
    return Answer(rows, lambda: print_history(rows))
