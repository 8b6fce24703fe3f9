"""``incumbent production``: what production runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from incumbent.errors import UsageError

app = group("What production runs: swap, roll back, publish.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Site = Annotated[str, typer.Option(metavar="SITE", help="Where.")]
Reason = Annotated[str, typer.Option(metavar="WHY", help="Why; kept for ever.")]


@command(app, "show")
def show(context: Context, model: Model, site: Site = "local") -> Answer:
    """What a site runs for a model."""
    from core import production

    found = production.show(context.workspace, model, site)
    return Answer(found, lambda: _print(found))


@command(app, "swap")
def swap(
    context: Context,
    model: Model,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Number of the version.")],
    reason: Reason = "",
    site: Site = "local",
    force: Annotated[
        bool, typer.Option("--force", help="Although its challenge says no; kept for ever.")
    ] = False,
) -> Answer:
    """Put a version in production; live at once. Its last challenge must have found it fit."""
    from core import production

    found = production.swap(
        context.workspace, model, version_number(version), site=site, reason=reason, force=force
    )
    return Answer(found, lambda: _print(found))


@command(app, "rollback")
def rollback(
    context: Context,
    model: Model,
    reason: Reason = "",
    to: Annotated[int | None, typer.Option(metavar="REV", help="The revision to go back to.")] = None,
    site: Site = "local",
) -> Answer:
    """Go back to an earlier revision (by default the last one with another champion)."""
    from core import production

    found = production.rollback(context.workspace, model, to=to, site=site, reason=reason or "rolled back")
    return Answer(found, lambda: _print(found))


@command(app, "fallback")
def fallback(
    context: Context,
    model: Model,
    versions: Annotated[list[str] | None, typer.Argument(metavar="[VERSION]...")] = None,
    reason: Reason = "",
    site: Site = "local",
) -> Answer:
    """Which versions answer, in this order, where the champion cannot; the baseline is always last."""
    from core import production

    numbers = tuple(version_number(v) for v in versions or [])
    found = production.set_fallback(context.workspace, model, numbers, site=site, reason=reason)
    return Answer(found, lambda: _print(found))


@command(app, "history")
def history(
    context: Context,
    model: Model,
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Only this site.")] = None,
) -> Answer:
    """Every revision: who, when, why."""
    from core import production

    rows = production.history(context.workspace, model, site)
    return Answer(rows, lambda: _print_history(rows))


@command(app, "publish")
def publish(
    context: Context, model: Model, site: Annotated[str, typer.Option(metavar="SITE", help="Where to.")]
) -> Answer:
    """Copy what `local` runs to another site (for `local` itself: put its files in place again)."""
    from core import production

    found = production.publish(context.workspace, model, site=site)
    return Answer(found, lambda: _print(found))


def version_number(text: str) -> int:
    """A version as people write it: ``3`` or ``v3``.

    Examples
    --------
    >>> version_number("v3"), version_number("3")
    (3, 3)
    """
    digits = text[1:] if text[:1] in ("v", "V") else text
    if not digits.isdigit():
        raise UsageError(f"{text!r} is no version", hint="versions are numbers: 3, or v3")
    return int(digits)


def _print(found: dict[str, Any]) -> None:
    champion = "nothing" if found["champion"] is None else f"v{found['champion']}"
    chain = " → ".join(f"v{n}" if isinstance(n, int) else str(n) for n in found["fallback"])
    print_text(
        f"{found['model']} at {found['site']}: {champion}, then {chain}   (revision {found['revision']})"
    )
    forced = "  FORCED" if found["forced"] else ""
    print_text(f"since {found['when']} by {found['who']}: {found['why']}{forced}")


def _print_history(rows: list[dict[str, Any]]) -> None:
    print_table(
        ["REV", "SITE", "CHAMPION", "WHEN", "WHO", "WHY"],
        [
            [
                r["revision"],
                r["site"],
                None if r["champion"] is None else f"v{r['champion']}",
                r["when"][:16].replace("T", " "),
                r["who"],
                r["why"] + ("  (forced)" if r["forced"] else ""),
            ]
            for r in rows
        ],
        right=[0],
    )
