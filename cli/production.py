"""``incumbent production``: what production runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text
from cli.printing.production import print_chain, print_ledger
from cli.printing.times import minute
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
    return Answer(found, lambda: print_chain(found))


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
    return Answer(found, lambda: _print_swap(model, found))


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

    why = reason or ("back to the champion before" if to is None else f"back to revision {to}")
    found = production.rollback(context.workspace, model, to=to, site=site, reason=why)
    return Answer(found, lambda: print_chain(found))


@command(app, "fallback")
def fallback(
    context: Context,
    model: Model,
    versions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VERSION]...", help="Their numbers, who is asked first first."),
    ] = None,
    rules: Annotated[
        str | None, typer.Option(metavar="FILE", help="Rules after the versions; `none` removes them.")
    ] = None,
    reason: Reason = "",
    site: Site = "local",
) -> Answer:
    """Which versions answer, in this order, where the champion cannot; then rules, and last the baseline."""
    from core import production, production_limits

    where, listed = context.workspace, _rules(rules)  # a file that cannot be read changes nothing
    if listed is not None and not versions:  # rules alone: the versions stay
        found = production_limits.edit(where, model, rules=listed, site=site, reason=reason)
    else:
        numbers = tuple(version_number(v) for v in versions or [])
        found = production.set_fallback(where, model, numbers, rules=listed, site=site, reason=reason)
    return Answer(found, lambda: print_chain(found))


@command(app, "limits")
def limits(
    context: Context,
    model: Model,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="LIMIT=VALUE", help="e.g. columns.distance.out_of_range=clip"),
    ] = None,
    unset: Annotated[list[str] | None, typer.Option(metavar="LIMIT", help="Forget a limit.")] = None,
    rules: Annotated[
        str | None, typer.Option(metavar="FILE", help="All the rules, TOML or JSON; `none` removes them.")
    ] = None,
    add_rule: Annotated[
        str | None, typer.Option("--add-rule", metavar="WHEN", help="One more rule: its condition.")
    ] = None,
    answer: Annotated[str | None, typer.Option(metavar="VALUE", help="What that rule answers.")] = None,
    first: Annotated[bool, typer.Option("--first", help="Ask that rule before the model.")] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="Let a champion that was set aside answer again.")
    ] = False,
    reason: Annotated[
        str, typer.Option(metavar="WHY", help="Why; needed for a change, and kept for ever.")
    ] = "",
    site: Site = "local",
) -> Answer:
    """Input policy, rules, budgets of time and memory; without options, what they are."""
    from cli.printing.limits import print_limits
    from core import production, production_limits
    from core import rules as production_rules

    where = context.workspace
    if add_rule is None and (answer is not None or first):
        raise UsageError("--answer and --first go with a rule", hint='--add-rule "distance > 5000"')
    if add_rule is not None:
        if set_ or unset or restore or rules is not None:
            raise UsageError(
                "one rule is added by itself", hint="limits are changed by a command of their own"
            )
        found = production_rules.add(where, model, add_rule, answer, first=first, site=site, reason=reason)
    elif not (set_ or unset or restore or rules is not None):
        found = production.show(where, model, site)
    elif restore:
        found = production_limits.restore(where, model, site=site, reason=reason)
    else:
        found = production_limits.edit(
            where,
            model,
            dict(production_limits.setting(text) for text in set_ or []),
            unset=unset or [],
            rules=_rules(rules),
            site=site,
            reason=reason,
        )
    return Answer(found, lambda: print_limits(found))


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
    context: Context,
    model: Model,
    site: Annotated[str, typer.Option(metavar="SITE", help="Where to.")],
    reason: Reason = "published from local",
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Put the site's own files in place again; copy nothing from `local`."),
    ] = False,
) -> Answer:
    """Copy champion, chain and limits of `local` to another site; trials stay where they are.

    For `local` itself: put its files in place again.
    """
    from core import production

    found = production.publish(context.workspace, model, site=site, reason=reason, repair=repair)
    return Answer(found, lambda: print_chain(found))


@command(app, "ledger")
def ledger(context: Context, model: Model, site: Site = "local") -> Answer:
    """What each swap has gained or lost since, old champion against new on the rows that came after."""
    from core.ledger import ledger as account

    found = account(context.workspace, model, site)
    return Answer(found, lambda: print_ledger(found))


#: As many as any version's number has.
_DIGITS = 9


def version_number(text: str) -> int:
    """A version as people write it: ``3`` or ``v3``; ``baseline`` is version 0.

    Examples
    --------
    >>> version_number("v3"), version_number("3"), version_number("baseline")
    (3, 3, 0)
    """
    if text.lower() == "baseline":
        return 0
    digits = text[1:] if text[:1] in ("v", "V") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS:
        raise UsageError(f"{text!r} is no version", hint="versions are numbers: 3, or v3; or baseline")
    return int(digits)


def _rules(file: str | None) -> list[dict[str, Any]] | None:
    """The rules of a file; none at all for ``none``; None where nothing was said."""
    from core.production_limits import read_rules

    if file is None:
        return None
    return [] if file == "none" else read_rules(file)


def _print_swap(model: str, found: dict[str, Any]) -> None:
    if found.get("unchanged"):
        print_text(f"nothing was changed: v{found['champion']} serves at {found['site']} already")
    print_chain(found)
    if found.get("unchanged"):
        return
    for requirement in found.get("may_ratchet", ()):
        print_text(f"the requirement {requirement} may rise: incumbent require ratchet {model}")
    if not found["shadows"] and found["challenger"] is None and found["site"] == "local":
        print_text(f"a simple competitor keeps it honest: incumbent trial start {model} 0 --forever")


def _print_history(rows: list[dict[str, Any]]) -> None:
    tried = [_on_trial(r) for r in rows]
    print_table(
        ["REV", "SITE", "CHAMPION", *(["ON TRIAL"] if any(tried) else []), "WHEN", "WHO", "WHY"],
        [
            [
                r["revision"],
                r["site"],
                None if r["champion"] is None else f"v{r['champion']}",
                *([told or None] if any(tried) else []),
                minute(r["when"]),
                r["who"],
                r["why"] + ("  (forced)" if r["forced"] else ""),
            ]
            for r, told in zip(rows, tried, strict=True)
        ],
        right=[0],
    )


def _on_trial(revision: dict[str, Any]) -> str:
    """Who is tried out in a revision.

    Examples
    --------
    >>> _on_trial({"challenger": 3, "share": 0.1, "shadows": [0]})
    'v3 10%, v0 shadow'
    """
    answers = [] if revision["challenger"] is None else [f"v{revision['challenger']} {revision['share']:.0%}"]
    return ", ".join([*answers, *(f"v{number} shadow" for number in revision["shadows"])])
