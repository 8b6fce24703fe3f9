"""``incumbent check``: one command a check."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import exits
from cli.app import group
from cli.command import Answer, Context, command
from cli.printing.backtest import print_backtest
from cli.printing.drift import print_drift
from cli.printing.edge import print_edge
from cli.printing.nowtest import print_nowtest
from cli.printing.regression import print_regression
from cli.printing.software import print_software
from cli.printing.stress import print_stress
from cli.production import version_number
from cli.runs import run_here
from incumbent.errors import UsageError

app = group("Regression, edge, stress, back-test, now-test, drift, software.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Versions = Annotated[
    list[str] | None,
    typer.Option("--version", metavar="VERSION", help="Only this one (can be repeated)."),
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="Pretend that it is this moment.")]
By = Annotated[str | None, typer.Option(metavar="COLUMN", help="Also for each value of a column.")]
Strict = Annotated[bool, typer.Option("--strict", help="Warn and thin end with 1 too.")]


@command(app, "backtest")
def backtest(
    context: Context,
    model: Model,
    version: Versions = None,
    as_of: AsOf = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From here (inclusive).")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="To here (exclusive).")] = None,
    by: By = None,
    walk_forward: Annotated[
        bool, typer.Option("--walk-forward", help="Train anew before each partition, on all that was known.")
    ] = False,
    sliding: Annotated[
        bool, typer.Option("--sliding", help="With --walk-forward: on a stretch of the same length.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Processes (default: as it pays).")] = None,
    strict: Strict = False,
) -> Answer:
    """Champion and challengers over the history, partition by partition."""
    if sliding and not walk_forward:
        raise UsageError("--sliding goes with --walk-forward", hint="add --walk-forward, or leave it out")
    arguments = {
        "versions": _numbers(context, model, version),
        "since": since,
        "until": until,
        "by": by,
        "walk_forward": ("sliding" if sliding else "expanding") if walk_forward else None,
        "jobs": jobs,
    }
    return _answer(context, model, "backtest", arguments, as_of, strict, print_backtest)


@command(app, "nowtest")
def nowtest(
    context: Context,
    model: Model,
    version: Versions = None,
    as_of: AsOf = None,
    by: By = None,
    strict: Strict = False,
) -> Answer:
    """Production on the newest labelled data, held against its requirements."""
    arguments = {"versions": _numbers(context, model, version), "by": by}
    return _answer(context, model, "nowtest", arguments, as_of, strict, print_nowtest)


@command(app, "regression")
def regression(context: Context, model: Model, version: Versions = None, strict: Strict = False) -> Answer:
    """Every case through the production algorithm and configuration."""
    arguments = {"versions": _numbers(context, model, version)}
    return _answer(context, model, "regression", arguments, None, strict, print_regression)


@command(app, "edge")
def edge(context: Context, model: Model, version: Versions = None, strict: Strict = False) -> Answer:
    """Rows that training never had: what the version says to them, or who answers instead."""
    arguments = {"versions": _numbers(context, model, version)}
    return _answer(context, model, "edge", arguments, None, strict, print_edge)


@command(app, "stress")
def stress(
    context: Context,
    model: Model,
    version: Versions = None,
    rate: Annotated[
        float | None,
        typer.Option(metavar="N", help="Predictions a second to expect (default: the peak of the log)."),
    ] = None,
    factor: Annotated[float | None, typer.Option(metavar="X", help="Times that much (default: 10).")] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="How long in all, a version (default: 10).")
    ] = None,
    http: Annotated[
        bool, typer.Option("--http", help="Ask over HTTP, as `incumbent serve` answers.")
    ] = False,
    strict: Strict = False,
) -> Answer:
    """Many times the expected load: latency, throughput, memory, and how many workers the peak needs."""
    from core.checks.stress.load import positive

    arguments = {
        "versions": _numbers(context, model, version),
        "rate": rate,
        "factor": factor,
        "seconds": seconds,
        "http": http or None,
    }
    for name in ("rate", "factor", "seconds"):
        positive(arguments, name, 1.0)  # before a run is made: JSON knows no nan
    return _answer(context, model, "stress", arguments, None, strict, print_stress)


@command(app, "drift")
def drift(
    context: Context,
    model: Model,
    version: Versions = None,
    as_of: AsOf = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="data|log", help="Rows of the data source, or as served.")
    ] = None,
    site: Annotated[str | None, typer.Option(metavar="SITE", help="With --from log: whose log.")] = None,
    multivariate: Annotated[
        bool, typer.Option("--multivariate", help="Also: can a classifier tell the window from training?")
    ] = False,
    strict: Strict = False,
) -> Answer:
    """The newest rows against what the version learned from, column by column."""
    if source not in (None, "data", "log"):
        raise UsageError(f"--from {source}: rows come from data or log", hint="write --from log")
    if site is not None and source != "log":
        raise UsageError("--site goes with --from log", hint="add --from log, or leave it out")
    arguments = {
        "versions": _numbers(context, model, version),
        "from": source,
        "site": site,
        "multivariate": multivariate or None,
    }
    return _answer(context, model, "drift", arguments, as_of, strict, print_drift)


@command(app, "software")
def software(context: Context, model: Model, version: Versions = None, strict: Strict = False) -> Answer:
    """Your own tests of the software that uses the model, against a site that serves the version."""
    arguments = {"versions": _numbers(context, model, version)}
    return _answer(context, model, "software", arguments, None, strict, print_software)


def _answer(
    context: Context,
    model: str,
    kind: str,
    arguments: dict[str, Any],
    as_of: str | None,
    strict: bool,
    show: Any,
) -> Answer:
    run = run_here(context, model, kind, arguments, as_of)
    document = dict(run.result or {})
    return Answer(document, lambda: show(document, run.note), exits.of_verdict(run.verdict, strict))


def _numbers(context: Context, model: str, versions: list[str] | None) -> list[int] | None:
    """Versions by number, or by role: champion, challenger, baseline."""
    if not versions:
        return None
    found = []
    for text in versions:
        if text in ("champion", "challenger", "baseline"):
            found.append(_of_role(context, model, text))
        else:
            found.append(version_number(text))
    return found


def _of_role(context: Context, model: str, role: str) -> int:
    if role == "baseline":
        return 0
    with context.workspace.store() as store:
        live = store.production.live(model)
    number = None if live is None else (live.champion if role == "champion" else live.challenger)
    if number is None:
        raise UsageError(
            f"{model} has no {role}", hint=f"`incumbent production show {model}` says what serves"
        )
    return number
