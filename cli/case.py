"""``incumbent case``: regression-test cases, and the inbox of surprising rows."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from cli import exits
from cli.app import group
from cli.command import Answer, Context, command
from cli.expectations import (
    Answered,
    Apart,
    By,
    Class,
    Goes,
    Label,
    Max,
    Min,
    Same,
    To,
    Tolerance,
    Value,
    expectation,
)
from cli.output import print_json_line, print_text
from cli.printing.cases import print_cases, print_differences, print_inbox
from cli.production import version_number
from incumbent.errors import InputError, UsageError

app = group("Regression-test cases.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Cases = Annotated[list[int], typer.Argument(metavar="ID...", help="Their numbers.")]
Note = Annotated[str, typer.Option(help="What it is about.")]
NotBlocking = Annotated[bool, typer.Option("--not-blocking", help="A failure only warns.")]


@command(app, "list")
def list_cases(
    context: Context,
    model: Model,
    kind: Annotated[str | None, typer.Option(metavar="golden|behavioural", help="Only this kind.")] = None,
    version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Golden ones of this version.")
    ] = None,
    removed: Annotated[bool, typer.Option("--removed", help="Removed ones too.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Those that nobody looked at for a quarter.")] = False,
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
        due=due,
    )
    if not rows and due:
        return Answer(rows, "No case wants a look.")
    if not rows:
        return Answer(rows, f"No case. Versions bring golden ones; add your own: incumbent case add {model}")
    return Answer(rows, lambda: print_cases(rows))


@command(app, "add")
def add(
    context: Context,
    model: Model,
    row: Annotated[
        str | None, typer.Option(metavar="JSON", help="The row: '{\"column\": value, …}'.")
    ] = None,
    from_run: Annotated[
        int | None, typer.Option(metavar="RUN", help="A weak spot of this edge test.")
    ] = None,
    entry: Annotated[int | None, typer.Option(metavar="N", help="Which one, as it lists them.")] = None,
    label: Label = None,
    value: Value = None,
    tolerance: Tolerance = None,
    min_: Min = None,
    max_: Max = None,
    class_: Class = None,
    by: By = None,
    to: To = None,
    answer: Goes = None,
    same: Same = None,
    apart: Apart = None,
    answered: Answered = False,
    note: Note = "",
    origin: Annotated[
        str | None, typer.Option(metavar="sampled|contrived|incident", help="Where it comes from.")
    ] = None,
    not_blocking: NotBlocking = False,
) -> Answer:
    """Add a case that every version must respect: a row, or a weak spot of an edge test."""
    from core import cases

    expect = expectation(
        context, model, label=label, value=value, tolerance=tolerance, min_=min_, max_=max_, class_=class_,
        by=by, to=to, answer=answer, same=same, apart=apart, answered=answered,
    )  # fmt: skip
    blocking = not not_blocking
    if from_run is not None or entry is not None:
        if from_run is None or entry is None or row is not None or origin is not None:
            raise UsageError(
                "a weak spot is named by --from-run RUN --entry N, without --row and --origin",
                hint=f"`incumbent run list {model}` shows the edge tests",
            )
        made = cases.add_from_run(
            context.workspace, model, from_run, entry, expect, note=note, blocking=blocking
        )
    elif row is None:
        raise UsageError("there is no row", hint="--row JSON, or --from-run RUN --entry N")
    else:
        made = cases.add(
            context.workspace, model, _row(row), expect, origin=origin or "contrived", note=note,
            blocking=blocking,
        )  # fmt: skip
    return Answer(made, lambda: _print_made(made))


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
        return Answer(
            found, lambda: print_text(cases.export_csv(context.workspace, model)) if found else None
        )
    return Answer(found, lambda: _print_lines(found))


@command(app, "remove")
def remove(context: Context, model: Model, case: Cases) -> Answer:
    """Test with cases no more; they stay on record."""
    from core import cases

    removed = cases.remove(context.workspace, model, case)
    return Answer(removed, f"removed: {', '.join(str(each['id']) for each in removed)}")


@command(app, "restore")
def restore(context: Context, model: Model, case: Cases) -> Answer:
    """Test with removed cases again."""
    from core import cases

    restored = cases.restore(context.workspace, model, case)
    return Answer(restored, f"tested with again: {', '.join(str(each['id']) for each in restored)}")


@command(app, "review")
def review(
    context: Context,
    model: Model,
    case: Annotated[
        list[int] | None, typer.Argument(metavar="[ID...]", help="By default those that want a look.")
    ] = None,
) -> Answer:
    """Note that you have looked at cases, and that they are still right."""
    from core import cases

    seen = cases.review(context.workspace, model, case or None)
    count = f"{len(seen)} case{'' if len(seen) == 1 else 's'}"
    return Answer({"model": model, "looked": seen}, f"{count} looked at" if seen else "no case wants a look")


@command(app, "accept")
def accept(
    context: Context,
    model: Model,
    case: Annotated[
        list[int] | None,
        typer.Argument(
            metavar="[ID...]",
            help="By default all golden ones that fail; behavioural ones change only when they are named.",
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Whose answers (default: the champion's).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change what is shown.")] = False,
) -> Answer:
    """Expect what a version answers where its cases fail; shows each difference first."""
    from core import cases

    number = None if version is None else version_number(version)
    with context.progress("regression check") as progress:
        found = cases.accept(context.workspace, model, number, case or None, apply=yes, progress=progress)
    waits = bool(found["changes"]) and not yes
    return Answer(found, lambda: print_differences(found, waits), exits.REFUSED if waits else exits.DONE)


@command(app, "inbox")
def inbox(
    context: Context,
    model: Model,
    accept: Annotated[int | None, typer.Option(metavar="ID", help="Make a case of it.")] = None,
    dismiss: Annotated[int | None, typer.Option(metavar="ID", help="Never mind; it stays away.")] = None,
    reopen: Annotated[int | None, typer.Option(metavar="ID", help="Take a decision back.")] = None,
    gather: Annotated[bool, typer.Option("--gather", help="Look for surprising rows now.")] = False,
    decided: Annotated[bool, typer.Option("--decided", help="List decided ones too.")] = False,
    label: Label = None,
    value: Value = None,
    tolerance: Tolerance = None,
    min_: Min = None,
    max_: Max = None,
    class_: Class = None,
    by: By = None,
    to: To = None,
    answer: Goes = None,
    same: Same = None,
    apart: Apart = None,
    answered: Answered = False,
    note: Note = "",
    not_blocking: NotBlocking = False,
) -> Answer:
    """Surprising rows of production and of history: list them, make cases of them, or dismiss them."""
    from core import inbox as box

    given = [entry for entry in (accept, dismiss, reopen) if entry is not None]
    if len(given) + gather > 1:
        raise UsageError("one thing at a time", hint="--accept, --dismiss, --reopen or --gather")
    expect = expectation(
        context, model, label=label, value=value, tolerance=tolerance, min_=min_, max_=max_, class_=class_,
        by=by, to=to, answer=answer, same=same, apart=apart, answered=answered,
    )  # fmt: skip
    if accept is not None:
        made = box.accept(context.workspace, model, accept, note, expect=expect, blocking=not not_blocking)
        return Answer(made, lambda: _print_made(made))
    if expect or note or not_blocking:
        raise UsageError("what a case expects, and its note, go with --accept ID")
    if dismiss is not None:
        return Answer(
            box.dismiss(context.workspace, model, dismiss), f"entry {dismiss} is dismissed: it stays away"
        )
    if reopen is not None:
        return Answer(box.reopen(context.workspace, model, reopen), f"entry {reopen} waits again")
    problems = _gather(context, model) if gather else ()
    return _listed(context, model, decided, problems)


def _gather(context: Context, model: str) -> tuple[str, ...]:
    from core.inbox.gathering import gather

    with context.workspace.store() as store:
        return gather(context.workspace, store, model).problems


def _listed(context: Context, model: str, decided: bool, problems: tuple[str, ...]) -> Answer:
    from core import inbox as box

    rows = box.listing(context.workspace, model, decided)
    said = [f"not looked at: {problem}" for problem in problems]
    if not rows:
        empty = f"The inbox is empty. It is gathered nightly; now: incumbent case inbox {model} --gather"
        return Answer(rows, "\n".join([*said, empty]))

    def show() -> None:
        for line in said:
            print_text(line)
        print_inbox(rows, model)

    return Answer(rows, show)


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


def _print_made(case: dict[str, Any]) -> None:
    from core.expectations import words

    print_text(
        f"case {case['id']}: {words(case['expect'], case['kind'])}. "
        f"Test it: incumbent check regression {case['model']}"
    )


def _print_lines(found: list[dict[str, Any]]) -> None:
    for case in found:
        print_json_line(case)
