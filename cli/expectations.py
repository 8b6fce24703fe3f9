"""The options that say what a case expects, and what is typed into them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.command import Context
from incumbent.errors import UsageError

Label = Annotated[str | None, typer.Option(help="The class that it must get.")]
Value = Annotated[float | None, typer.Option(help="The number that it must get.")]
Tolerance = Annotated[float | None, typer.Option(help="How far from --value it may be.")]
Min = Annotated[float | None, typer.Option("--min", help="At least (of a probability, for classes).")]
Max = Annotated[float | None, typer.Option("--max", help="At most.")]
Class = Annotated[str | None, typer.Option("--class", help="Whose probability is meant.")]
By = Annotated[
    str | None, typer.Option("--by", metavar="COLUMN=NUMBER", help="With so much more of a column …")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="COLUMN=VALUE", help="With another value of a column …")
]
Goes = Annotated[
    str | None,
    typer.Option("--answer", metavar="up|down|not-up|not-down", help="… the answer goes this way."),
]
Same = Annotated[
    str | None,
    typer.Option("--same", metavar="COLUMN=A,B,…", help="These values make no difference to the answer."),
]
Apart = Annotated[float | None, typer.Option(help="How far answers under --same may be apart.")]
Answered = Annotated[
    bool, typer.Option("--answered", help="The version itself answers; nobody stands in for it.")
]


def expectation(
    context: Context,
    model: str,
    *,
    by: str | None,
    to: str | None,
    answer: str | None,
    same: str | None,
    apart: float | None,
    answered: bool,
    **plain: Any,
) -> dict[str, Any]:
    """What the options say; empty where none was given."""
    found = {key.rstrip("_"): value for key, value in plain.items() if value is not None}
    if by is not None or to is not None or answer is not None:
        found["direction"] = _direction(context, model, by, to, answer)
    if same is not None:
        from core import cases

        column, cells = _split("--same", same)
        values = cases.typed(context.workspace, model, column, cells.split(","))
        found["invariant"] = {"column": column, "values": values}
        if apart is not None:
            found["invariant"]["tolerance"] = apart
    elif apart is not None:
        raise UsageError("--apart goes with --same")
    if answered:
        found["answered"] = True
    return found


def _direction(
    context: Context, model: str, by: str | None, to: str | None, answer: str | None
) -> dict[str, Any]:
    from core import cases

    if (by is None) == (to is None) or answer is None:
        raise UsageError(
            "a direction is a change of a column and which way the answer goes",
            hint="for example: --by distance=100 --answer up, or --to carrier=UA --answer not-down",
        )
    goes = answer.replace("-", " ")
    if to is not None:
        column, cell = _split("--to", to)
        (value,) = cases.typed(context.workspace, model, column, [cell])
        return {"column": column, "to": value, "answer": goes}
    column, cell = _split("--by", str(by))
    try:
        number = float(cell)
    except ValueError:
        raise UsageError(f"--by {by}: {cell!r} is no number") from None
    return {"column": column, "by": int(number) if cell.lstrip("+-").isdigit() else number, "answer": goes}


def _split(option: str, text: str) -> tuple[str, str]:
    column, equals, rest = text.partition("=")
    if not equals or not column:
        raise UsageError(f"{option} {text}: there is no COLUMN= in it")
    return column, rest
