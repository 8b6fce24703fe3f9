"""``incumbent case``: regression-test cases."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_json_line, print_table, print_text
from cli.production import version_number
from incumbent.errors import InputError, UsageError

app = group("Regression-test cases.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]


@command(app, "list")
def list_cases(
    context: Context,
    model: Model,
    kind: Annotated[str | None, typer.Option(metavar="golden|behavioural", help="Only this kind.")] = None,
    version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Golden ones of this version.")
    ] = None,
    removed: Annotated[bool, typer.Option("--removed", help="Removed ones too.")] = False,
) -> Answer:
    """The cases of a model: golden ones of its versions, and behavioural ones that bind them all."""
    from core import cases

    if kind not in (None, "golden", "behavioural"):
        raise UsageError(f"there is no kind {kind!r} of cases", hint="golden or behavioural")
    rows = cases.listing(
        context.workspace,
        model,
        kind=cast(Literal["golden", "behavioural"] | None, kind),
        version=None if version is None else version_number(version),
        removed=removed,
    )
    if not rows:
        return Answer(rows, f"No case. Versions bring golden ones; add your own: incumbent case add {model}")
    return Answer(rows, lambda: _print(rows))


@command(app, "add")
def add(
    context: Context,
    model: Model,
    row: Annotated[str, typer.Option(metavar="JSON", help="The row: '{\"column\": value, …}'.")],
    label: Annotated[str | None, typer.Option(help="The class that it must get.")] = None,
    value: Annotated[float | None, typer.Option(help="The number that it must get.")] = None,
    tolerance: Annotated[float | None, typer.Option(help="How far from --value it may be.")] = None,
    min_: Annotated[
        float | None, typer.Option("--min", help="At least (of a probability, for classes).")
    ] = None,
    max_: Annotated[float | None, typer.Option("--max", help="At most.")] = None,
    class_: Annotated[str | None, typer.Option("--class", help="Whose probability is bound.")] = None,
    note: Annotated[str, typer.Option(help="What it is about.")] = "",
    origin: Annotated[str, typer.Option(metavar="sampled|contrived|incident")] = "contrived",
    not_blocking: Annotated[bool, typer.Option("--not-blocking", help="A failure only warns.")] = False,
) -> Answer:
    """Add a case that every version must respect."""
    from core import cases

    expect = {
        "label": label,
        "value": value,
        "tolerance": tolerance,
        "min": min_,
        "max": max_,
        "class": class_,
    }
    made = cases.add(
        context.workspace,
        model,
        _row(row),
        {key: wanted for key, wanted in expect.items() if wanted is not None},
        origin=origin,
        note=note,
        blocking=not not_blocking,
    )
    text = f"case {made['id']}: {_expected(made)}. Test it: incumbent check regression {model}"
    return Answer(made, text)


@command(app, "import")
def import_cases(
    context: Context,
    model: Model,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON lines, as `case export` writes.")],
) -> Answer:
    """Add the cases of a file; those that stand already are not added twice."""
    from core import cases

    done = cases.import_file(context.workspace, model, file)
    found = {"model": model, "added": [case.id for case in done.added], "skipped": done.skipped}
    return Answer(found, f"{len(done.added)} added, {done.skipped} stood already")


@command(app, "export")
def export(
    context: Context,
    model: Model,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV instead of JSON lines.")] = False,
) -> Answer:
    """Behavioural cases to standard output, as `case import` takes them."""
    from core import cases

    found = cases.export(context.workspace, model)
    if csv:
        return Answer(found, lambda: print_text(cases.as_csv(found)) if found else None)
    return Answer(found, lambda: _print_lines(found))


@command(app, "remove")
def remove(
    context: Context, model: Model, case: Annotated[int, typer.Argument(metavar="ID", help="Its number.")]
) -> Answer:
    """Test with a case no more; it stays on record."""
    from core import cases

    return Answer(cases.remove(context.workspace, model, case), f"case {case} is removed")


def _row(text: str) -> dict[str, Any]:
    try:
        found = json_module.loads(text)
    except ValueError as error:
        raise InputError(
            f"--row is not JSON: {error}", hint="for example: --row '{\"distance\": 1400}'"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"--row is a {type(found).__name__}, not an object of columns and values")
    return found


def _expected(case: dict[str, Any]) -> str:
    """An expectation in a few words.

    Examples
    --------
    >>> _expected({"expect": {"min": 0.2, "class": "yes"}, "kind": "behavioural"})
    'at least 0.2 for yes'
    """
    expect = case["expect"]
    if case["kind"] == "golden":
        return f"exactly {expect.get('value')}"
    parts = [f"says {expect['label']}"] if "label" in expect else []
    if "value" in expect:
        tolerance = f" ± {expect['tolerance']:g}" if "tolerance" in expect else ""
        parts.append(f"{expect['value']:g}{tolerance}")
    parts += [f"at least {expect['min']:g}"] if "min" in expect else []
    parts += [f"at most {expect['max']:g}"] if "max" in expect else []
    return ", ".join(parts) + (f" for {expect['class']}" if "class" in expect else "")


def _print(rows: list[dict[str, Any]]) -> None:
    print_table(
        ["ID", "KIND", "VERSION", "EXPECTED", "ORIGIN", "LOOKED AT", "ROW", "NOTE"],
        [
            [
                r["id"],
                r["kind"] + (" (removed)" if r["removed"] else ""),
                None if r["version"] is None else f"v{r['version']}",
                _expected(r),
                r["origin"],
                r["looked"][:10],
                json_module.dumps(r["row"], ensure_ascii=False)[:60],
                r["note"] or None,
            ]
            for r in rows
        ],
        right=[0],
    )


def _print_lines(found: list[dict[str, Any]]) -> None:
    for case in found:
        print_json_line(case)
