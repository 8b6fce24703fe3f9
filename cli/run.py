"""``incumbent run``: runs, to list, look at, follow and cancel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from cli import narration
from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from cli.printing.findings import print_findings
from cli.printing.times import minute

app = group("Runs: list, follow, cancel.")

Number = Annotated[int, typer.Argument(metavar="RUN", help="The run's number.")]


@command(app, "list")
def list_runs(
    context: Context,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="Only this model's.")] = None,
    check: Annotated[str | None, typer.Option(metavar="CHECK", help="Only this kind.")] = None,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only with these words in note, reason or error.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="The newest so many.")] = 30,
) -> Answer:
    """The newest runs."""
    from core import runs

    rows = [runs.document(run) for run in runs.newest(context.workspace, model, check, limit, search)]
    if not rows and search:
        return Answer(rows, f"No run says {search!r}.")
    if not rows:
        return Answer(rows, "Nothing has run yet. Start one: incumbent check backtest MODEL")
    return Answer(rows, lambda: _print_list(rows))


@command(app, "show")
def show(context: Context, run: Number) -> Answer:
    """One run, with the end of its log."""
    from core import runs

    found = runs.get(context.workspace, run)
    document = {**runs.document(found), "result": found.result, "error": found.error}
    log = runs.tail_log(context.workspace, run, 20)
    return Answer(document, lambda: _print_run(document, log))


@command(app, "follow")
def follow(context: Context, run: Number) -> Answer:
    """A run as it goes on, until it ends."""
    from core import runs

    states = (runs.document(found) for found in runs.follow(context.workspace, run))
    if context.as_json:
        return Answer(lines=states)
    last = _narrate(states)
    return Answer(last, f"run {run}: {last['state']} {last['verdict'] or ''}  {last['note']}")


@command(app, "cancel")
def cancel(context: Context, run: Number) -> Answer:
    """Ask a run to stop; what it had finished stays."""
    from core import runs

    found = runs.cancel(context.workspace, run)
    text = {"cancelled": "is cancelled", "running": "will stop at its next step"}.get(
        found.state, f"has ended already: {found.state}"
    )
    return Answer(runs.document(found), f"run {run} {text}")


def _narrate(states: Iterator[dict[str, Any]]) -> dict[str, Any]:
    last: dict[str, Any] = {}
    with narration.progress("run") as progress:
        for last in states:
            progress(last["progress"], last["note"] or last["state"])
    return last


def _print_list(rows: list[dict[str, Any]]) -> None:
    shown = [
        [
            r["run"],
            minute(r["started"] or r["queued"]),
            r["model"],
            r["check"],
            r["state"],
            r["verdict"],
            r["as_of"],
            r["note"][:70],
        ]
        for r in rows
    ]
    print_table(["RUN", "STARTED", "MODEL", "CHECK", "STATE", "VERDICT", "AS OF", ""], shown, right=[0])


def _print_run(document: dict[str, Any], log: tuple[str, ...]) -> None:
    print_text(f"run {document['run']}: {document['check']} of {document['model']}")
    print_text(f"{document['state']} {document['verdict'] or ''}  {document['note']}")
    started, ended = (minute(document[moment]) or "not yet" for moment in ("started", "finished"))
    print_text(f"{document['why']}, by {document['who']}; started {started}, ended {ended}")
    print_findings(document["check"], document["result"], document["note"])
    for line in log:
        print_text(f"  {line}")
