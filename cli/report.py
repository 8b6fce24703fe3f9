"""``incumbent report``: a run, or a model's week, as a file to read, print or send."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.command import Answer, Context, command
from incumbent.errors import UsageError

if TYPE_CHECKING:
    from core.report import Form

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@command(app, "report")
def report(
    context: Context,
    subject: Annotated[str, typer.Argument(metavar="RUN|MODEL", help="A run's number, or a model's name.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="A file (.html, .md), a folder, or - for standard output (default: Markdown there).",
        ),
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="html|md", help="Where the file does not say it.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Of a model: the end of its days, in UTC (default: now)."),
    ] = None,
    days: Annotated[int, typer.Option(metavar="N", min=1, max=366, help="Of a model: how many days.")] = 7,
) -> Answer:
    """The verdict, what changed, plots, tables, and how to find each number again, in one file."""
    from core.report import make, save
    from core.timeline import parse_moment

    end = None if until is None else parse_moment(until, zoned=True, what="--until").replace(tzinfo=UTC)
    written = make(context.workspace, subject, _form(form, out), until=end, days=days)
    document = {"report": subject, "title": written.report.title, "verdict": written.report.verdict,
                "format": written.form, "path": None, "text": None}  # fmt: skip
    if out is None or str(out) == "-":
        return Answer({**document, "text": written.text}, written.text)
    path = save(written, out)
    return Answer({**document, "path": str(path)}, f"{written.report.title}: {path}")


def _form(named: str | None, out: Path | None) -> Form:
    from core.report import form_of

    if named is not None:
        found: dict[str, Form] = {"html": "html", "md": "markdown", "markdown": "markdown"}
        if named not in found:
            raise UsageError(f"--format {named}: a report is html or md", hint="write --format md")
        return found[named]
    if out is None or str(out) == "-":
        return "markdown"
    return "html" if out.is_dir() else form_of(out)
