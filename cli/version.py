"""``incumbent version``: train, register and compare versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from cli.printing.times import day
from cli.production import version_number
from cli.runs import run_document
from core.wording import data_time, held_out
from incumbent.errors import UsageError

app = group("Train, register and compare versions.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Number = Annotated[str, typer.Argument(metavar="VERSION", help="Number of the version.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="First moment of the training rows.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="End of the training rows (exclusive).")]


@command(app, "train")
def train(
    context: Context,
    model: Model,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another value for a parameter.")
    ] = None,
    since: Since = None,
    until: Until = None,
    seed: Annotated[int, typer.Option(help="Seed of the random generators.")] = 0,
    all_rows: Annotated[
        bool,
        typer.Option("--all-rows", help="Hold no row out (of a model without a time column)."),
    ] = False,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="SECONDS", help="Give up after so long.")
    ] = None,
) -> Answer:
    """Train a version with the model's pipeline file."""
    arguments = {
        "parameters": _parameters(set_ or []),
        "since": since,
        "until": until,
        "seed": seed,
        "all_rows": all_rows,
        "time_limit": time_limit,
    }
    document = run_document(context, model, "train", arguments)
    return Answer(document, lambda: _print_made(document))


@command(app, "register")
def register(
    context: Context,
    model: Model,
    path: Annotated[Path | None, typer.Argument(metavar="[PATH]", help="The fitted model.")] = None,
    reference: Annotated[
        Path | None, typer.Option(metavar="DATA", help="Rows to check it on (default: the model's data).")
    ] = None,
    trained_since: Annotated[
        str | None, typer.Option("--trained-since", metavar="TIME", help="Rows from here on taught it.")
    ] = None,
    trained_until: Annotated[
        str | None, typer.Option("--trained-until", metavar="TIME", help="Rows before here taught it.")
    ] = None,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="No row of the model's data taught it: it learned from others.")
    ] = False,
    trust_pickle: Annotated[
        bool, typer.Option("--trust-pickle", help="Load a pickle: it can run any code it likes.")
    ] = False,
    trust: Annotated[
        list[str] | None,
        typer.Option("--trust", metavar="TYPE", help="A type in a skops file that you trust; repeatable."),
    ] = None,
    recorded: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Instead of a file: a column of its predictions.")
    ] = None,
) -> Answer:
    """Take in a fitted model that someone already has."""
    if (path is None) == (recorded is None):
        raise UsageError("name a file, or --recorded COLUMN", hint="incumbent version register MODEL PATH")
    arguments = {
        "path": None if path is None else str(path.expanduser().absolute()),
        "reference": None if reference is None else str(reference.expanduser().absolute()),
        "trained_since": trained_since,
        "trained_until": trained_until,
        "trust_pickle": trust_pickle,
        "trust_types": trust or [],
        "recorded": recorded,
        "unseen": unseen,
    }
    document = run_document(context, model, "register", arguments)
    return Answer(document, lambda: _print_made(document))


@command(app, "list")
def list_versions(
    context: Context,
    model: Model,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
) -> Answer:
    """The versions of a model."""
    from core import models, versions

    rows = versions.list_versions(context.workspace, model, archived)
    if not rows:
        step = models.first_step(context.workspace, model)
        return Answer(rows, f"{model} has no version yet. Next: {step}")
    return Answer(rows, lambda: _print_list(rows))


@command(app, "show")
def show(context: Context, model: Model, version: Number) -> Answer:
    """One version: what it is, what it learned from, and why this algorithm runs it."""
    from core import versions

    document = versions.show(context.workspace, model, version_number(version))
    return Answer(document, lambda: _print_version(document))


@command(app, "diff")
def diff(
    context: Context,
    model: Model,
    a: Annotated[str, typer.Argument(metavar="A", help="The version that one comes from.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The version that one goes to.")],
    rows: Annotated[int | None, typer.Option(help="Newest rows to compare decisions on.")] = None,
) -> Answer:
    """What changed from A to B: data, parameters, coefficients, measurements, decisions."""
    from cli.printing.diff import print_diff

    arguments: dict[str, Any] = {"a": version_number(a), "b": version_number(b)}
    if rows is not None:
        arguments["rows"] = rows
    document = run_document(context, model, "diff", arguments)
    return Answer(document, lambda: print_diff(document))


#: What is said of a version that was trained again: are the predictions the same, is the data?
_REPRODUCED = {
    (True, True): "the same predictions from the same data",
    (True, False): "the same predictions, though the data has changed",
    (False, True): "other predictions, though the data is the same",
    (False, False): "other predictions, and the data has changed",
}


@command(app, "reproduce")
def reproduce(context: Context, model: Model, version: Number) -> Answer:
    """Train a version again from its lineage, and say whether it is identical."""
    document = run_document(context, model, "reproduce", {"version": version_number(version)})
    difference = document["max_difference"]
    same = document["identical"] or difference == 0
    text = _REPRODUCED[same, document["data_identical"]]
    if not document["identical"] and difference is not None:
        text += f": they differ by {difference:.1e}" if difference else ", in other files"
    text += "".join(f"\n  {line}" for line in document["differences"])
    return Answer(document, text)


def _differing(difference: float | None) -> str:
    """How far two versions' predictions are apart, in words.

    Examples
    --------
    >>> _differing(0.0), _differing(1.2e-16), _differing(None)
    ('are the same', 'differ by 1.2e-16', 'could not be compared')
    """
    if difference is None:
        return "could not be compared"
    return f"differ by {difference:.1e}" if difference else "are the same"


@command(app, "export")
def export(
    context: Context,
    model: Model,
    version: Number,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    standalone: Annotated[
        bool,
        typer.Option("--standalone", help="One Python file that needs nothing else; SQL where it can."),
    ] = False,
) -> Answer:
    """Copy a version's bundle to a folder, or write it as one file that runs without Incumbent."""
    if standalone:
        from core.standalone import export_standalone

        document = export_standalone(context.workspace, model, version_number(version), folder)
        return Answer(document, lambda: _print_standalone(document))
    from core import versions

    document = versions.export(context.workspace, model, version_number(version), folder)
    return Answer(document, f"{document['path']}")


@command(app, "archive")
def archive(
    context: Context,
    model: Model,
    version: Number,
    undo: Annotated[bool, typer.Option("--undo", help="Bring it back.")] = False,
) -> Answer:
    """Take a version out of listings and checks; its bundle stays."""
    from core import versions
    from core.person import person

    act = versions.unarchive if undo else versions.archive
    document = act(context.workspace, model, version_number(version), person())
    return Answer(document, f"v{document['version']} is {document['state']}")


def _parameters(settings: list[str]) -> dict[str, str]:
    found = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {setting}: not of the form KEY=VALUE", hint="for example: --set C=0.5")
        found[key] = value
    return found


def _print_made(document: dict[str, Any]) -> None:
    model, number = document["model"], document["version"]
    rows = document["trained"]["rows"]
    existing = " (the same content as before: nothing new was made)" if document.get("existing") else ""
    if document.get("told"):
        existing = " (the same content as before; what taught it is known from now on)"
    print_text(f"{model} v{number}: {document['algorithm']}{existing}")
    print_text(f"{document['why']}")
    for warning in document.get("warnings") or ():
        print_text(f"It warned: {warning}")
    if rows:
        trained = document["trained"]
        ends = [data_time(trained[end]) for end in ("since", "until")]
        stretch = f", {' to '.join(ends)}" if trained["since"] else ""
        left_out = f"; {words}" if (words := held_out(trained["held_out"])) else ""
        print_text(f"trained on {rows:,} rows{stretch}{left_out}")
    elif document["trained"]["until"] is not None:
        print_text(
            f"learned from the rows until {data_time(document['trained']['until'])}, as was said of it"
        )
    elif document["trained"]["held_out"] is None:
        print_text(
            "nobody knows which rows taught it, so no verdict on it is a pass: "
            "register it again with --trained-until TIME, or --unseen"
        )
    else:
        print_text("learned from rows that are not in the data, as was said of it")
    print_text(f"Next: incumbent check backtest {model}")


def _print_standalone(document: dict[str, Any]) -> None:
    rows = document["golden"] + document["edge"]
    print_text(f"{document['path']}: {', '.join(document['files'])}")
    print_text(f"answers {rows} rows as the bundle does, to {document['max_difference']:.1e}")
    if document["sql"] is not None:
        print_text(f"no SQL: {document['sql']}")
    print_text(f"Next: python {document['path']}/model.py --test")


def _print_list(rows: list[dict[str, Any]]) -> None:
    shown = [
        [
            f"v{r['version']}" if r["version"] else "baseline",
            r["state"],
            r["algorithm"],
            day(r["trained"]["until"]),
            r["trained"]["rows"],
            ", ".join(f"{k}={v}" for k, v in r["parameters"].items())[:40] or None,
            day(r["created"]),
        ]
        for r in rows
    ]
    headers = ["VERSION", "STATE", "ALGORITHM", "TRAINED TO", "ROWS", "PARAMETERS", "MADE"]
    print_table(headers, shown, right=[4])


def _print_version(document: dict[str, Any]) -> None:
    _print_made({**document, "existing": False})
    agreement = document["agreement"]
    if agreement.get("max_difference") is not None:
        print_text(f"largest difference {agreement['max_difference']:.1e} on {agreement['rows']} rows")
    for tried in document["tried"]:
        taken = "runs" if tried["accepted"] else "not taken"
        print_text(f"  {tried['algorithm']}: {taken}. {tried.get('reason') or ''}".rstrip())
    for key, value in document["parameters"].items():
        print_text(f"  {key} = {value}")
    columns = ", ".join(c["name"] for c in document["input"]["columns"])
    print_text(f"reads {columns}")
    print_text(f"bundle {document['path']}")
