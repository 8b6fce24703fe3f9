"""Limits of a model at a site: input policy, rules, budgets, and what a failed now-test does to production.

An edit is a revision like any other: checked against what the champion reads, written with who, when and why,
live at once, taken back by a rollback. What there is to limit stands in :mod:`incumbent.answering.limits`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.production import LOCAL, change, document, need_live
from core.publishing import check_bounds
from core.workspace import Workspace
from incumbent.errors import IncumbentError, RefusedError, UsageError, reason_of
from store.records import ProductionRevision

if TYPE_CHECKING:
    from core.runs.context import Outcome, RunContext
    from incumbent.bundle import Bundle
    from store import Store

#: Who demotes a champion by itself.
NIGHT = "night shift"


def edit(
    workspace: Workspace,
    model: str,
    changes: Mapping[str, Any] | None = None,
    *,
    unset: Sequence[str] = (),
    rules: Sequence[Mapping[str, Any]] | None = None,
    site: str = LOCAL,
    reason: str,
    who: str | None = None,
) -> dict[str, Any]:
    """Change the limits of a model at a site; live at once.

    Parameters
    ----------
    changes : mapping, optional
        Limit to value, with dots for what lies deeper: ``timeout_ms``, ``breaker.failures``,
        ``columns.distance.out_of_range``, ``columns.*.null``.
    unset : sequence of str
        Limits to forget, written the same way; ``columns.distance`` forgets all of a column.
    rules : sequence of mapping, optional
        All the rules, in their order; an empty one removes them. None leaves them.

    Returns
    -------
    dict
        The new revision, as :func:`core.production.show` gives it.

    Raises
    ------
    UsageError
        For a limit that there is not, a value that it cannot have, a column that the champion does not read,
        a rule that does not parse, bounds within which a version does not load; or without a reason.
    """
    if not reason.strip():
        raise UsageError("a reason is needed: production keeps why", hint='say it with --reason "..."')
    with workspace.store() as store:
        live = need_live(store, model, site)
        wanted = edited(live.limits, changes or {}, unset)
        if rules is None:
            check(wanted, _champion_bundle(workspace, store, live))
        else:
            wanted = with_rules(workspace, store, live, wanted, rules)
        if wanted == dict(live.limits):
            return document(live)
        check_bounds(workspace, store, live, wanted)
        return _write(workspace, store, live, wanted, "limits", reason, who)


def with_rules(
    workspace: Workspace,
    store: Store,
    live: ProductionRevision,
    limits: Mapping[str, Any],
    rules: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Limits with these rules instead of theirs, checked against what the champion reads."""
    wanted = {key: value for key, value in limits.items() if key != "rules"}
    wanted |= {"rules": [dict(rule) for rule in rules]} if rules else {}
    check(wanted, _champion_bundle(workspace, store, live))
    return wanted


def read_rules(path: str | Path) -> list[dict[str, Any]]:
    """Rules from a file: TOML with ``[[rules]]`` tables, or a JSON list.

    Raises
    ------
    UsageError
        For a file that is neither.
    """
    import tomllib

    file = Path(path).expanduser()
    try:
        text = file.read_text("utf-8")
        found = json.loads(text) if file.suffix == ".json" else tomllib.loads(text).get("rules")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file} cannot be read: {reason_of(error)}", hint="rules are TOML or JSON"
        ) from None
    if not isinstance(found, list) or not all(isinstance(rule, dict) for rule in found):
        raise UsageError(
            f"{file} holds no rules",
            hint='write [[rules]] tables with when = "distance > 5000", answer = 1, why = "..."',
        )
    return found


def check(limits: Mapping[str, Any], bundle: Bundle | None) -> None:
    """Refuse limits that make no sense for what a version reads.

    Raises
    ------
    UsageError
        With every mistake in it.
    """
    from incumbent.answering.limits import read_limits
    from incumbent.answering.policy import policy_of

    read, mistakes = read_limits(limits)
    found, hint = list(mistakes), ""
    if bundle is not None:
        unknown = [name for name in read.columns if name != "*" and name not in bundle.input.names]
        if unknown:
            hint = f"columns: {', '.join(bundle.input.names)}"
        found += [f"columns.{name}: the champion reads no such column" for name in unknown]
        found += policy_of(bundle, read.columns)[1]
        _check_rules(read.rules, bundle)
    if found:
        raise UsageError("; ".join(found), hint)


def demote(
    workspace: Workspace, store: Store, model: str, *, site: str = LOCAL, why: str, who: str = NIGHT
) -> dict[str, Any] | None:
    """Let the fallback chain answer instead of the champion, where that was authorised beforehand.

    Parameters
    ----------
    why : str
        What the now-test found; callers are told it with every prediction.

    Returns
    -------
    dict or None
        The new revision; None where ``on_failed_nowtest`` is not ``fallback``, or it is demoted already.
    """
    live = store.production.live(model, site)
    if live is None or live.champion is None or live.limits.get("on_failed_nowtest") != "fallback":
        return None
    if live.set_aside is not None:
        return None
    wanted = {**live.limits, "demoted": {"version": live.champion, "why": why}}
    return _write(workspace, store, live, wanted, "demote", f"v{live.champion} is set aside: {why}", who)


def restore(
    workspace: Workspace, model: str, *, site: str = LOCAL, reason: str, who: str | None = None
) -> dict[str, Any]:
    """Let a champion that was set aside answer again.

    Raises
    ------
    RefusedError
        Where the champion answers already.
    """
    with workspace.store() as store:
        live = need_live(store, model, site)
        if live.set_aside is None:
            raise RefusedError(f"v{live.champion} of {model} at {site} answers already")
    return edit(workspace, model, unset=["demoted"], site=site, reason=reason, who=who)


def after_nowtest(context: RunContext, outcome: Outcome, champion: int | None) -> Outcome:
    """What a failed now-test of the champion does to production: the outcome, which says so.

    A now-test of the past (as-of) changes nothing.
    """
    from dataclasses import replace

    if outcome.verdict != "fail" or champion is None or context.run.as_of is not None:
        return outcome
    model = str(context.run.model)
    told = []
    for site in context.store.sites.list():
        live = context.store.production.live(model, site.name)
        if live is None or live.champion != champion:
            continue
        try:
            if demote(context.workspace, context.store, model, site=site.name, why=outcome.note):
                told.append(f"the fallback chain answers at {site.name}")
        except IncumbentError as error:
            told.append(f"the champion could not be set aside at {site.name}: {error}")
    if not told:
        return outcome
    return replace(
        outcome, note=f"{outcome.note}; {'; '.join(told)}", result={**outcome.result, "production": told}
    )


def _champion_bundle(workspace: Workspace, store: Store, live: ProductionRevision) -> Bundle | None:
    if live.champion is None:
        return None
    return workspace.bundle(store.versions.get(live.model, live.champion).hash)


def _write(
    workspace: Workspace,
    store: Store,
    live: ProductionRevision,
    limits: Mapping[str, Any],
    action: str,
    reason: str,
    who: str | None,
) -> dict[str, Any]:
    wanted = {
        "champion": live.champion,
        "challenger": live.challenger,
        "share": live.share,
        "shadows": live.shadows,
        "fallback": live.fallback,
        "limits": dict(limits),
    }
    # what serves goes on serving: its cases do not stand in the way of another limit
    return change(workspace, store, live.model, live.site, wanted, live, action, reason, True, who)


def _check_rules(rules: Sequence[Mapping[str, Any]], bundle: Bundle) -> None:
    if not rules:
        return
    from incumbent.algorithms.rule_kinds import check_kinds
    from incumbent.algorithms.rules import Rules

    Rules(rules, bundle.input.names, bundle.output)
    check_kinds(rules, bundle.input)


def setting(text: str) -> tuple[str, Any]:
    """A limit as people write it: its name, and a value that is JSON where it can be read as such.

    Examples
    --------
    >>> setting("timeout_ms=500"), setting("columns.*.null=fallback"), setting("isolate=false")
    (('timeout_ms', 500), ('columns.*.null', 'fallback'), ('isolate', False))
    >>> setting("columns.*.unseen=null")  # the word: no limit is nothing
    ('columns.*.unseen', 'null')
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{text!r} sets nothing", hint="write LIMIT=VALUE, e.g. timeout_ms=500")
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    return name.strip(), value if found is None else found


def edited(limits: Mapping[str, Any], changes: Mapping[str, Any], unset: Sequence[str]) -> dict[str, Any]:
    """Limits with some changed and some forgotten; the given ones stay as they are."""
    found: dict[str, Any] = json.loads(json.dumps(dict(limits)))
    for key in unset:
        *way, last = path(key)
        place = found
        for part in way:
            place = place.get(part, {})
        if last not in place:
            raise UsageError(f"{key} is not set", hint="`incumbent production limits MODEL` shows what is")
        del place[last]
    for key, value in changes.items():
        *way, last = path(key)
        place = found
        for part in way:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise UsageError(f"{key}: {part} holds no further limits")
        place[last] = value
    return {key: value for key, value in found.items() if value not in ({}, [])}


def path(key: str) -> list[str]:
    """A limit's name as its parts; a column's name may have dots of its own.

    Examples
    --------
    >>> path("breaker.failures"), path("columns.dep.time.out_of_range"), path("columns.dep.time")
    (['breaker', 'failures'], ['columns', 'dep.time', 'out_of_range'], ['columns', 'dep.time'])
    """
    from incumbent.answering.limits import POLICY_KEYS

    first, _, rest = key.partition(".")
    if first != "columns" or not rest:
        return key.split(".")
    column, _, policy = rest.rpartition(".")
    return ["columns", column, policy] if policy in POLICY_KEYS and column else ["columns", rest]


def flat(limits: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Limits as they are written: names with dots, and values.

    Examples
    --------
    >>> flat({"timeout_ms": 500, "breaker": {"failures": 3}})
    [('timeout_ms', 500), ('breaker.failures', 3)]
    """
    found = []
    for name, value in limits.items():
        if isinstance(value, dict):
            found += flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
