"""``incumbent status``, ``history`` and ``doctor``: looking, without changing anything."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import exits
from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from cli.printing.times import minute

app = group("Looking, without changing anything.")


@command(app, "status")
def status(
    context: Context,
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="Only this one, with more words.")
    ] = None,
    site: Annotated[str, typer.Option(metavar="SITE", help="Which site's production.")] = "local",
) -> Answer:
    """What serves, how it does, and what is wrong."""
    from cli.printing.overview import print_model, print_overview
    from core.status import overview

    found = overview(context.workspace, model, site=site)
    if model is None:
        return Answer(found.document(), lambda: print_overview(found))
    return Answer(found.document(), lambda: print_model(found.models[0]))


@command(app, "history")
def history(
    context: Context,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    check: Annotated[str | None, typer.Option(metavar="CHECK", help="Only this check's.")] = None,
    metric: Annotated[str | None, typer.Option(metavar="METRIC", help="Only this one.")] = None,
    version: Annotated[str | None, typer.Option(metavar="VERSION", help="Only this version's.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="The newest so many.")] = 200,
) -> Answer:
    """Measurements, newest first."""
    from cli.production import version_number
    from core.history import listing
    from core.runs import known_kind

    if check not in (None, "walk_forward"):
        known_kind(check)
    number = None if version is None else version_number(version)
    rows = listing(context.workspace, model, check=check, metric=metric, version=number, limit=limit)
    if not rows:
        return Answer(rows, _nothing_measured(model, check, metric, number))
    return Answer(rows, lambda: _print_history(rows))


def _nothing_measured(model: str, check: str | None, metric: str | None, version: int | None) -> str:
    """That nothing was, of what was asked for, and which check would change that.

    Examples
    --------
    >>> _nothing_measured("flights", "drift", None, 3)
    'Nothing of v3 was measured by drift. Start it: incumbent check drift flights --version 3'
    """
    from core.runs import CHECKS

    what = "" if metric is None else f" of {metric}"
    whose = "" if version is None else f" of v{version}"
    by = "" if check is None else f" by {check}"
    only = "" if version is None else f" --version {version}"
    start = check if check in CHECKS else "backtest"
    return f"Nothing{what}{whose} was measured{by}. Start it: incumbent check {start} {model}{only}"


@command(app, "doctor")
def doctor(context: Context) -> Answer:
    """What is wrong with this workspace, and what to do; ends with 4 where something is broken."""
    from core.doctor import EXAMINATIONS, examine

    with context.progress("doctor") as progress:
        findings = examine(context.workspace, progress)
    broken = any(finding.severity == "problem" for finding in findings)
    document = {
        "ok": not broken,
        "examined": list(EXAMINATIONS),
        "findings": [finding.document() for finding in findings],
    }
    return Answer(document, lambda: _print_findings(document), exits.UNDONE if broken else exits.DONE)


def _print_history(rows: list[dict[str, Any]]) -> None:
    headers = ["RUN", "CHECK", "VERSION", "AS OF", "PARTITION", "METRIC", "VALUE", "95 %", "ROWS", "VERDICT"]
    shown = [
        [
            r["run"],
            r["check"],
            f"v{r['version']}" if r["version"] else "baseline",
            minute(r["as_of"] or r["when"]),
            " ".join(part for part in (r["partition"] or "overall", r["segment"]) if part),
            r["metric"],
            r["value"],
            None if r["low"] is None else f"[{r['low']:.4g}, {r['high']:.4g}]",
            r["n"],
            r["verdict"] or (r["in_sample"] if r["in_sample"] != "no" else None),
        ]
        for r in rows
    ]
    print_table(headers, shown, right=[0, 6, 8])


def _print_findings(document: dict[str, Any]) -> None:
    for finding in document["findings"]:
        mark = "✗" if finding["severity"] == "problem" else "·"
        print_text(f"{mark} {finding['subject']}: {finding['message']}")
        if finding["hint"]:
            print_text(f"  → {finding['hint']}")
    if document["ok"]:
        well = "nothing is broken" if document["findings"] else "all is well"
        print_text(f"✓ {well}: {', '.join(document['examined'])}")
