"""``incumbent require``: what good means."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from cli.production import version_number
from incumbent.errors import UsageError

app = group("Requirements: what good means.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Metric = Annotated[str, typer.Argument(metavar="METRIC", help="The metric.")]
Segment = Annotated[str | None, typer.Option(metavar="COLUMN", help="For each value of a column.")]
Why = Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; kept for ever.")]


@command(app, "list")
def list_requirements(context: Context, model: Model) -> Answer:
    """The requirements that stand."""
    from core import requirements

    rows = requirements.listing(context.workspace, model)
    if not rows:
        return Answer(rows, f"{model} has no requirements. Next: incumbent require suggest {model}")
    return Answer(rows, lambda: _print(rows))


@command(app, "suggest")
def suggest(
    context: Context,
    model: Model,
    version: Annotated[str | None, typer.Option(metavar="VERSION", help="Default: the champion.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", metavar="METRIC", help="Only this one (can be repeated).")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Know only what was known.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Set them, too.")] = False,
) -> Answer:
    """Limits that a version has kept, and keeps unless something changes."""
    from core import requirements

    number = None if version is None else version_number(version)
    rows = requirements.suggest(context.workspace, model, number, metrics=metric, as_of=as_of, apply=apply)
    if not rows:
        return Answer(rows, f"{model}: the usual metrics are bound already; name others with --metric")
    return Answer(rows, lambda: _print_suggestions(model, rows, apply))


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
    return Answer(made, lambda: _print([made]))


@command(app, "unset")
def unset(
    context: Context, model: Model, metric: Metric, segment: Segment = None, reason: Why = ""
) -> Answer:
    """Take a requirement away; its history stays."""
    from core import requirements

    made = requirements.unset(context.workspace, model, metric, segment=segment, why=reason)
    return Answer(made, f"{model}: no requirement on {metric} any more")


@command(app, "history")
def history(context: Context, model: Model) -> Answer:
    """Every requirement that ever stood."""
    from core import requirements

    rows = requirements.history(context.workspace, model)
    return Answer(rows, lambda: _print(rows))


def _print(rows: list[dict[str, Any]]) -> None:
    shown = [
        [
            r["metric"],
            r["segment"],
            r["min"],
            r["max"],
            None if r["range"] is None else f"{r['range'][0]:g} to {r['range'][1]:g}",
            r["mean"],
            r["since"][:10],
            (r["until"] or "")[:10] or None,
            r["who"],
            ("taken away; " if r["removed"] else "") + (r["why"] or ""),
        ]
        for r in rows
    ]
    headers = ["METRIC", "BY", "MIN", "MAX", "RANGE", "MEAN", "SINCE", "UNTIL", "WHO", "WHY"]
    print_table(headers, shown, right=[2, 3, 5])


def _print_suggestions(model: str, rows: list[dict[str, Any]], applied: bool) -> None:
    for row in rows:
        print_text(row["explanation"])
        options = [f"--{key} {row[key]:g}" for key in ("min", "max", "mean") if row[key] is not None]
        if row["range"] is not None:
            options.append(f"--range {row['range'][0]:g} {row['range'][1]:g}")
        if options and not applied:
            print_text(f"  incumbent require set {model} {row['metric']} {' '.join(options)}")
    if applied:
        print_text("They are set. `incumbent require list` shows them.")
