"""``incumbent predict``: rows in, predictions out, through the files as published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.command import Answer, Context, command

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@command(app, "predict")
def predict(
    context: Context,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Rows as CSV or JSON lines (default: standard input)."),
    ] = None,
    site: Annotated[str, typer.Option(metavar="SITE", help="Whose production configuration.")] = "local",
) -> Answer:
    """Predict rows with what is in production: JSON lines, one a row, as the rows come.

    A malformed row gets a line with its error; the rest go on, and the command ends with 4.
    """
    from core import predicting

    return Answer(lines=predicting.predict(context.workspace, model, file, site))
