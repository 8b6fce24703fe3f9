"""``incumbent log``: the predictions that production made, and what turned out to be true of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import exits
from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from incumbent.errors import UsageError

app = group("The prediction log: traffic, outcomes, what is kept.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Site = Annotated[str, typer.Option(metavar="SITE", help="The site; `all` for all of them.")]
Days = Annotated[int, typer.Option(min=1, max=3660, help="How many days back from now.")]


def _site(name: str) -> str | None:
    return None if name == "all" else name


@command(app, "show")
def show(context: Context, model: Model, site: Site = "local", days: Days = 1) -> Answer:
    """How many predictions, by which version, how fast, and why another one answered."""
    from core.traffic.looking import traffic_document

    found = traffic_document(context.workspace, model, _site(site), days)
    return Answer(found, lambda: _print_traffic(found))


@command(app, "rows")
def rows(
    context: Context,
    model: Model,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 20,
    site: Site = "local",
    days: Days = 1,
    route: Annotated[
        str | None, typer.Option(metavar="ROUTE", help="Only these: champion, fallback, shadow …")
    ] = None,
) -> Answer:
    """The newest logged predictions, with inputs and outcomes."""
    from core.statistics.wording import plural
    from core.traffic.looking import missing, newest

    found = newest(context.workspace, model, _site(site), last, days, route)
    shown = [
        [
            r["at"][:19],
            r["id"],
            r["key"],
            r["version"],
            r["route"],
            r["value"],
            r["actual"],
            _time(r["seconds"]),
        ]
        for r in found
    ]
    headers = ["AT (UTC)", "ID", "KEY", "VERSION", "ROUTE", "VALUE", "ACTUAL", "TOOK"]

    def tell() -> None:
        if shown:
            print_table(headers, shown, right=(7,))
        else:
            print_text(
                f"nothing{'' if route is None else f' by the {route}'} was logged in {plural(days, 'day')}"
            )
        for why in missing(context.workspace, model, _site(site)):
            print_text(why)

    return Answer(found, tell)


@command(app, "rate")
def rate(context: Context, model: Model, site: Site = "local", days: Days = 7) -> Answer:
    """Predictions a second: on average, and in the busiest second."""
    from core.statistics.wording import plural
    from core.traffic.looking import rate_document

    found = rate_document(context.workspace, model, _site(site), days)
    if found["mean"] is None:
        return Answer(found, f"nothing was logged in {plural(days, 'day')}")
    return Answer(found, f"{found['mean']:.3g} a second on average, {found['peak']:g} in the busiest one")


@command(app, "outcomes")
def outcomes(
    context: Context,
    model: Model,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or JSON lines: id (or key), actual, perhaps at.")
    ],
) -> Answer:
    """Tell what turned out to be true. The last outcome of a prediction counts."""
    from core.traffic.managing import tell_outcomes

    found = tell_outcomes(context.workspace, model, file)
    text = f"{found['outcomes']} outcomes are kept"
    if found["unknown_count"]:
        text += (
            f"; of {found['unknown_count']} no prediction is logged (yet): {', '.join(found['unknown'])}"
            + (" …" if found["unknown_count"] > len(found["unknown"]) else "")
        )
    if found["new_classes"]:
        text += (
            f"\nclasses that no version knows, and none was right about: {', '.join(found['new_classes'])}"
        )
    return Answer(found, text)


@command(app, "roll")
def roll(
    context: Context,
    model: Model,
    site: Site = "all",
    today: Annotated[bool, typer.Option("--today", help="What was written today, too.")] = False,
) -> Answer:
    """Bring days that are over home from the sites, as every night does by itself."""
    from core.traffic.managing import bring_home

    found = bring_home(context.workspace, model, _site(site), today)
    text = f"{found['predictions']} predictions and {found['outcomes']} outcomes came home"
    return _with_problems(found, text)


@command(app, "prune")
def prune(
    context: Context,
    model: Model,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="90d", help="Delete days older than this.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="1GB", help="Delete the oldest days until the rest is smaller.")
    ] = None,
) -> Answer:
    """Delete logged rows by age or size; the counts stay. Without options: as the spec says."""
    from core.traffic.managing import prune_now

    found = prune_now(context.workspace, model, older_than, size)
    return Answer(found, f"{found['predictions']} predictions deleted, {found['bytes'] / 1e6:.1f} MB")


@command(app, "erase")
def erase(
    context: Context,
    model: Model,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The value of the key column.")],
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone.")] = False,
) -> Answer:
    """Erase one key: its predictions and outcomes, at every site, and inbox entries and cases made of them.

    The journal keeps its hash.
    """
    from core.forgetting import forget_key

    if not key:
        raise UsageError("the key is empty", hint="give the value that the key column had")
    found = forget_key(context.workspace, model, key, yes)
    text = f"{found['predictions']} predictions and {found['outcomes']} outcomes are erased"
    if found["inbox"] or found["cases"]:
        named = ", ".join(map(str, found["cases"])) or "none"
        text += f"; {found['inbox']} inbox entries, and the cases made of its rows: {named}"
    return _with_problems(found, text)


def _with_problems(found: dict[str, Any], text: str) -> Answer:
    if not found["problems"]:
        return Answer(found, text)
    return Answer(found, "\n".join([text, *found["problems"]]), exit=exits.UNDONE)


def _print_traffic(found: dict[str, Any]) -> None:
    if not found["predictions"]:
        print_text(
            f"Nothing was logged since {found['since'][:16]}Z.\n"
            "Predictions through `incumbent.open(FOLDER)` and `incumbent predict` are."
        )
    else:
        rate = found["rate"]
        print_text(
            f"{found['predictions']} predictions since {found['since'][:16]}Z, "
            f"{found['fallbacks']} of them not by the champion; "
            f"{_time(found['p50_seconds'])} each, {_time(found['p99_seconds'])} the slowest in a hundred; "
            f"{rate['peak']:g} in the busiest second"
        )
        shown = [
            [v["route"], v["version"], v["predictions"], _time(v["p50_seconds"]), _time(v["p99_seconds"])]
            for v in found["versions"]
        ]
        print_table(["ROUTE", "VERSION", "PREDICTIONS", "HALF WITHIN", "99 % WITHIN"], shown, right=(2, 3, 4))
    for why in found["reasons"][:5]:
        print_text(f"{why['predictions']} × {why['reason']}")
    if found["lost"]:
        print_text(f"{found['lost']} predictions or outcomes could not be logged")
    for problem in found["problems"]:
        print_text(problem)


def _time(seconds: float | None) -> str | None:
    """A time taken, short.

    >>> _time(0.00002), _time(0.5)
    ('20 µs', '500 ms')
    """
    if seconds is None:
        return None
    return f"{seconds * 1e6:.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"
