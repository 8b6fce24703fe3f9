"""``incumbent notify``: who is told of alerts."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

import typer

from cli import exits
from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from incumbent.errors import UsageError

app = group("Who is told.")

Number = Annotated[int, typer.Argument(metavar="ID", help="The target's number.")]


@command(app, "add")
def add(
    context: Context,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="Apprise's form; secrets as references: 'mailtos://ann:${SMTP_PASSWORD}@mail.example.org'.",
        ),
    ],
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="Of this model only.")] = None,
    severity: Annotated[str, typer.Option(metavar="warn|fail", help="From this severity upward.")] = "warn",
) -> Answer:
    """Tell a target of alerts."""
    from core import notify

    if severity not in ("warn", "fail"):
        raise UsageError(f"{severity!r} is not a severity", hint="warn or fail")
    made = notify.add(context.workspace, url, model, cast(Literal["warn", "fail"], severity))
    row = next(r for r in notify.list_targets(context.workspace) if r["id"] == made.id)
    return Answer(row, f"target {made.id} is told of alerts. Try it: incumbent notify test {made.id}")


@command(app, "list")
def list_targets(context: Context) -> Answer:
    """The targets, and what each still waits for."""
    from core import notify

    rows = notify.list_targets(context.workspace)
    if not rows:
        return Answer(rows, "Nobody is told of anything. Add a target: incumbent notify add URL")
    shown = [[r["id"], r["url"], r["model"] or "all", r["severity"], r["unsent"], r["error"]] for r in rows]
    headers = ["ID", "URL", "MODEL", "FROM", "UNSENT", "TROUBLE"]
    return Answer(rows, lambda: print_table(headers, shown, right=[0, 4]))


@command(app, "remove")
def remove(context: Context, target: Number) -> Answer:
    """Tell a target no more."""
    from core import notify

    notify.remove(context.workspace, target)
    return Answer({"id": target, "removed": True}, f"target {target} is told no more")


@command(app, "test")
def test(
    context: Context,
    target: Annotated[int | None, typer.Argument(metavar="[ID]", help="Default: all of them.")] = None,
) -> Answer:
    """Send a message now, and say what became of it."""
    from core import notify

    rows = notify.test(context.workspace, target)
    failed = any(not row["sent"] for row in rows)
    return Answer(rows, lambda: _print_test(rows), exits.UNDONE if failed else exits.DONE)


def _print_test(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        print_text(f"target {row['id']}: " + ("accepted" if row["sent"] else f"NOT accepted: {row['error']}"))
