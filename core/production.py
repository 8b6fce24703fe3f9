"""What production runs: swap, roll back, publish. Each change is a revision with who, when and why.

A swap asks the gate (:mod:`core.challenge.gate`), copies the bundle to the site, runs the cases through the
files as published, and only then, in one transaction, writes the revision and moves the site's pointer: what
the store says is live is live. What was forced past the gate is marked for ever. Going back is not gated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.challenge.gate import Gate, gate
from core.person import person
from core.publishing import (
    BASELINE,
    check_loads,
    ensure_published,
    in_place,
    need_bounds,
    put_files,
    try_published,
)
from core.requirements import may_ratchet
from core.wording import chain_words
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import ProductionRevision, Version

if TYPE_CHECKING:
    from store import Store

LOCAL = "local"


def show(workspace: Workspace, model: str, site: str = LOCAL) -> dict[str, Any]:
    """What a site runs for a model, as ``production show --json`` prints it.

    ``champion_forced`` says by whom and why the champion came past its gate, whatever has been edited since.

    Raises
    ------
    RefusedError
        Where nothing is in production there.
    """
    from core.status import forced_champions

    with workspace.store() as store:
        found = document(need_live(store, model, site))
        came = forced_champions(store, site).get(model)
        return {**found, "champion_forced": None if came is None else {"who": came.who, "why": came.why}}


def history(
    workspace: Workspace, model: str, site: str | None = None, limit: int = 200
) -> list[dict[str, Any]]:
    """The revisions of a model, newest first."""
    with workspace.store() as store:
        return [document(revision) for revision in store.production.history(model, site, limit=limit).rows]


def swap(
    workspace: Workspace,
    model: str,
    number: int,
    *,
    site: str = LOCAL,
    reason: str = "",
    force: bool = False,
    who: str | None = None,
) -> dict[str, Any]:
    """Put a version in production at a site.

    Its last challenge has to stand and to have found it fit. What already serves at ``local`` has been
    through that, and may serve at another site.

    Parameters
    ----------
    number : int
        The version.
    reason : str
        Why; kept for ever. May be left out for a version that its challenge has found better.
    force : bool
        Swap although the gate refuses it, or a case fails; the journal and the revision say so for ever.

    Returns
    -------
    dict
        The new revision, as :func:`show` gives it, and ``may_ratchet`` where requirements may rise now.
        Swapping to what serves already changes nothing, and says so: ``unchanged``.

    Raises
    ------
    UsageError
        Without a reason that is needed, or for a version or a site that there is not.
    RefusedError
        Where the gate refuses it, a case fails through the files as published, or the version cannot run in
        production.
    """
    if force:
        _need_reason(reason)
    with workspace.store() as store:
        store.models.get(model)
        version = store.versions.get(model, number)
        can_serve(version)
        live = store.production.live(model, site)
        if live is not None and live.champion == number:
            return {**document(ensure_published(workspace, store, live)), "unchanged": True}
        wanted: dict[str, Any] = {
            "champion": number,
            "shadows": [shadow for shadow in (live.shadows if live else ()) if shadow != number],
            "fallback": [link for link in (live.fallback if live else ()) if link != number],
            # a person decides that this version answers, though a now-test once set it aside
            "limits": {n: v for n, v in live.limits.items() if n != "demoted"} if live else {},
        }
        passed = _passage(workspace, store, version, site, force)
        why = reason if reason.strip() or passed is None else _own_reason(version, passed)
        _need_reason(why)
        rises = None if force or site != LOCAL else may_ratchet(store, model, number)
        changed = change(
            workspace, store, model, site, wanted, live, "swap", why, force, who,
            forced=not passed.opens if passed else _came_forced(store, need_live(store, model, LOCAL)),
            detail={} if passed is None else {"gate": _told(passed)},
        )  # fmt: skip
        return {**changed, "may_ratchet": rises} if rises else changed


def _passage(workspace: Workspace, store: Store, version: Version, site: str, force: bool) -> Gate | None:
    """What the gate says of a swap; None where the version serves at ``local`` and goes to another site."""
    model, number = version.model, version.number
    local = store.production.live(model, LOCAL)
    if site != LOCAL and local is not None and local.champion == number:
        return None
    found = gate(workspace, store, model, number)
    if found.opens or force:
        return found
    look = "" if found.run is None or found.stale else f"`incumbent run show {found.run}` says more; "
    raise RefusedError(
        f"version {number} of {model} {found.refusal}",
        hint=f"{look}`incumbent challenge {model} {number}`, or swap with --force and a reason",
    )


def _own_reason(version: Version, passed: Gate) -> str:
    """The reason that a better version brings itself.

    Raises
    ------
    UsageError
        For one that is fit, and not better.
    """
    if passed.verdict == "better":
        return f"better in challenge {passed.run}: {passed.reason}"
    raise UsageError(
        f"version {version.number} of {version.model} is fit, and not better ({passed.reason}): "
        "it needs a reason to serve, which production keeps",
        hint='say it with --reason "..."',
    )


def _told(passed: Gate) -> dict[str, Any]:
    return {name: value for name, value in passed.document().items() if name not in ("stages", "comparison")}


def rollback(
    workspace: Workspace,
    model: str,
    *,
    to: int | None = None,
    site: str = LOCAL,
    reason: str,
    who: str | None = None,
) -> dict[str, Any]:
    """Go back to an earlier revision: a new revision that says the same again.

    Versions that were tried out then come back only where their trial still runs: no version answers or
    shadows without anybody who looks at it.

    Parameters
    ----------
    to : int, optional
        The revision; by default the newest one that had another champion.

    Raises
    ------
    RefusedError
        Where there is nothing to go back to.
    """
    _need_reason(reason)
    with workspace.store() as store:
        live = need_live(store, model, site)
        target = store.production.get(model, to, site) if to is not None else _before(store, live)
        wanted = {
            "champion": target.champion,
            **still_tried(store, target),
            "fallback": target.fallback,
            "limits": target.limits,
            "undoes": live.number,
        }
        # going back must not be stopped by a case that fails: what served before served
        return change(
            workspace, store, model, site, wanted, live, "rollback", reason, True, who,
            forced=_came_forced(store, target),
        )  # fmt: skip


def _came_forced(store: Store, revision: ProductionRevision) -> bool:
    """Whether the champion of a revision was forced past its gate when it came."""
    return revision.champion is not None and store.production.arrival(revision).forced


def still_tried(store: Store, target: ProductionRevision) -> dict[str, Any]:
    """Challenger and shadows of a revision, as far as their trials run, and the share that its trial has."""
    running = [trial for trial in store.trials.running(target.model) if target.site in trial.sites]
    answering: dict[int | None, float] = {t.version: t.share for t in running if t.mode != "shadow"}
    shadowing = {trial.version for trial in running if trial.mode == "shadow"}
    shadowing |= {trial.champion for trial in running if trial.mode == "site"}
    return {
        "challenger": target.challenger if target.challenger in answering else None,
        "share": answering.get(target.challenger, 0.0),
        "shadows": [number for number in target.shadows if number in shadowing],
    }


def _tried_under(store: Store, live: ProductionRevision | None, champion: int | None) -> dict[str, Any]:
    """Who is tried out at a site, by its own trials, where this champion comes: as a swap has it."""
    tried = {"challenger": None, "share": 0.0, "shadows": []} if live is None else still_tried(store, live)
    if live is not None and live.champion == champion:
        return tried
    shadows = [number for number in tried["shadows"] if number != champion]
    return {"challenger": None, "share": 0.0, "shadows": shadows}


def set_fallback(
    workspace: Workspace,
    model: str,
    versions: tuple[int, ...],
    *,
    rules: Sequence[Mapping[str, Any]] | None = None,
    site: str = LOCAL,
    reason: str,
    who: str | None = None,
) -> dict[str, Any]:
    """Say which versions answer where the champion cannot; the baseline is always last.

    Parameters
    ----------
    versions : tuple of int
        In the order in which they are asked.
    rules : sequence of mapping, optional
        All the rules, as :func:`core.production_limits.edit` takes them, in the same revision.

    Raises
    ------
    UsageError
        For a rule that does not parse, or without a reason.
    RefusedError
        For the champion itself, or a version that cannot run in production or within the site's limits.
    """
    from core.production_limits import with_rules

    _need_reason(reason)
    with workspace.store() as store:
        live = need_live(store, model, site)
        for number in versions:
            version = store.versions.get(model, number)
            can_serve(version)
            if number == live.champion:
                raise RefusedError(f"version {number} is the champion: it cannot stand in for itself")
            check_loads(workspace, store, version)
            need_bounds(workspace, store, version, site, live.limits)
        wanted = {
            "champion": live.champion,
            "challenger": live.challenger,
            "share": live.share,
            "shadows": live.shadows,
            "fallback": [n for n in dict.fromkeys(versions) if n != BASELINE],
            "limits": live.limits
            if rules is None
            else with_rules(workspace, store, live, live.limits, rules),
        }
        return change(workspace, store, model, site, wanted, live, "fallback", reason, False, who)


def publish(
    workspace: Workspace,
    model: str,
    *,
    site: str,
    reason: str = "published from local",
    repair: bool = False,
    who: str | None = None,
) -> dict[str, Any]:
    """Copy what ``local`` runs to another site: champion, chain and limits.

    Trials are of the sites at which they were begun: what is tried out at ``local`` does not come along, and
    what is tried out at the site itself stays under the same champion.

    Parameters
    ----------
    repair : bool
        Put the files of what the site itself runs in place again instead: nothing is decided, so there is no
        new revision. For ``local`` it is never anything else.

    Raises
    ------
    WorkError
        Where the site is away, or its files cannot be written.
    """
    with workspace.store() as store:
        live = store.production.live(model, site)
        if repair or site == LOCAL:
            own = need_live(store, model, site)
            put_files(workspace, store, own)
            return document(store.production.mark_published(model, own.number, site))
        source = need_live(store, model, LOCAL)
        wanted = {
            "champion": source.champion,
            **_tried_under(store, live, source.champion),
            "fallback": source.fallback,
            "limits": source.limits,
        }
        if live is not None and _says(live, wanted) and in_place(workspace, store, live):
            return document(live)
        return change(
            workspace, store, model, site, wanted, live, "publish", reason, False, who,
            forced=_came_forced(store, source),
        )  # fmt: skip


def document(revision: ProductionRevision) -> dict[str, Any]:
    """A revision as plain data."""
    return {
        "model": revision.model,
        "site": revision.site,
        "revision": revision.number,
        "champion": revision.champion,
        "challenger": revision.challenger,
        "share": revision.share,
        "shadows": list(revision.shadows),
        "fallback": list(revision.chain),
        "limits": dict(revision.limits),
        "set_aside": revision.set_aside,
        "who": revision.who,
        "when": revision.when,
        "why": revision.why,
        "forced": revision.forced,
        "undoes": revision.undoes,
        "published": revision.published,
    }


# -- the one way in which production changes


def change(
    workspace: Workspace,
    store: Store,
    model: str,
    site: str,
    wanted: Mapping[str, Any],
    live: ProductionRevision | None,
    action: str,
    reason: str,
    force: bool,
    who: str | None,
    *,
    forced: bool = False,
    detail: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Write a revision and put its files in place, in one transaction, after its cases have been run.

    Parameters
    ----------
    wanted : mapping
        What :meth:`store.production.Production.add` takes.
    live : ProductionRevision or None
        The revision that this was decided on.
    action : str
        As the journal writes it, after ``production.``.
    force : bool
        Go on although a case fails.
    forced : bool
        Whether something else that says no was overruled.
    detail : mapping
        What the journal keeps beside the revision.

    Raises
    ------
    RefusedError
        Where a case fails through the files as published, the champion does not load within the limits, or
        another revision is live by now.
    """
    author = who or person()
    failures = failing_cases(workspace, store, model, site, wanted["champion"], force)
    if live is None or wanted["champion"] != live.champion:
        first = "" if live else f"serve the baseline first (incumbent production swap {model} 0), then "
        champion = store.versions.get(model, wanted["champion"])
        need_bounds(workspace, store, champion, site, wanted.get("limits", {}), first)
    return write(
        workspace, store, model, site, wanted, live, action, reason, author,
        forced=forced, failures=failures, detail=detail,
    )  # fmt: skip


def failing_cases(
    workspace: Workspace, store: Store, model: str, site: str, champion: int, force: bool
) -> list[str]:
    """The cases that a version fails at a site, run through its bundle as published there.

    Raises
    ------
    RefusedError
        Where there are any, unless ``force``.
    """
    failures = try_published(workspace, store, model, site, champion)
    if failures and not force:
        shown = "; ".join(failures[:3])
        raise RefusedError(
            f"version {champion} of {model} fails {len(failures)} of its cases "
            f"through the files as published: {shown}",
            hint=f"see `incumbent check regression {model} --version {champion}`, "
            "or swap with --force and a reason",
        )
    return failures


def write(
    workspace: Workspace,
    store: Store,
    model: str,
    site: str,
    wanted: Mapping[str, Any],
    live: ProductionRevision | None,
    action: str,
    reason: str,
    who: str,
    *,
    forced: bool = False,
    failures: Sequence[str] = (),
    detail: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Write a revision and put its files in place, in one transaction; :func:`change` says what is what.

    Parameters
    ----------
    failures : sequence of str
        Cases that failed and were overruled.
    """
    with store.transaction():
        revision = store.production.add(
            model,
            site,
            **wanted,
            who=who,
            why=reason,
            forced=forced or bool(failures),
            seen=live.number if live else 0,
        )
        store.journal.add(
            who,
            f"production.{action}",
            _sentence(revision, live, action),
            model=model,
            detail={
                "before": live.number if live else None,
                **document(revision),
                "failed_cases": list(failures),
                **detail,
            },
            undo=_undo(revision, live),
        )
        put_files(workspace, store, revision)  # if it fails, nothing of this is written; else it goes back
        return document(store.production.mark_published(model, revision.number, site))


def _undo(revision: ProductionRevision, live: ProductionRevision | None) -> dict[str, Any] | None:
    if live is None:
        return None
    return {
        "action": "production.rollback",
        "arguments": {"model": revision.model, "to": live.number, "site": revision.site},
    }


def _sentence(revision: ProductionRevision, live: ProductionRevision | None, action: str) -> str:
    before = f"v{live.champion}" if live and live.champion is not None else "nothing"
    after = f"v{revision.champion}" if revision.champion is not None else "nothing"
    if action == "trial":
        after, before = _tried(revision), _tried(live)
    elif action == "fallback":
        after, before = chain_words(revision.chain), chain_words(live.chain if live else ("baseline",))
    if action in ("limits", "demote"):
        was = live.limits if live else {}
        names = sorted(k for k in {*was, *revision.limits} if was.get(k) != revision.limits.get(k))
        aside = f"{after} {'answers again' if revision.set_aside is None else 'is set aside'}"
        told = ", ".join(aside if name == "demoted" else f"limit {name}" for name in names)
        return f"{revision.model} at {revision.site}: {told}"
    return f"{revision.model} at {revision.site}: {before} → {after}"


def _tried(revision: ProductionRevision | None) -> str:
    """Champion, challenger and shadows: ``v1 ▸10% v3, v2 in shadow``."""
    if revision is None or revision.champion is None:
        return "nothing"
    challenger = "" if revision.challenger is None else f" ▸{100 * revision.share:g}% v{revision.challenger}"
    shadows = ", ".join(f"v{number}" for number in revision.shadows)
    return f"v{revision.champion}{challenger}{f', {shadows} in shadow' if shadows else ''}"


def need_live(store: Store, model: str, site: str) -> ProductionRevision:
    """The live revision of a model at a site.

    Raises
    ------
    RefusedError
        Where nothing is in production there.
    """
    store.models.get(model)
    store.sites.get(site)
    live = store.production.live(model, site)
    if live is None:
        raise RefusedError(
            f"nothing of {model} is in production at {site}",
            hint=f'put a version there: `incumbent production swap {model} VERSION --reason "..."`',
        )
    return live


def _before(store: Store, live: ProductionRevision) -> ProductionRevision:
    found = store.production.before(live)
    if found is not None:
        return found
    raise RefusedError(
        f"there is no earlier revision of {live.model} at {live.site} with another champion",
        hint=f"`incumbent production history {live.model}` shows them; --to names one",
    )


def _says(revision: ProductionRevision, wanted: Mapping[str, Any]) -> bool:
    """Whether a revision is what is wanted already."""
    listed = ("shadows", "fallback")
    return all(
        (tuple(value) if name in listed else value) == getattr(revision, name)
        for name, value in wanted.items()
    )


def can_serve(version: Version) -> None:
    """Refuse a version that cannot run in production.

    Raises
    ------
    RefusedError
        For one that is archived, or a column of recorded predictions.
    """
    if version.archived:
        raise RefusedError(
            f"version {version.number} of {version.model} is archived",
            hint="take it out of the archive first",
        )
    if version.algorithm == "recorded":
        raise RefusedError(
            f"version {version.number} of {version.model} is a column of recorded predictions",
            hint="register the fitted model itself to put it in production",
        )


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageError("a reason is needed: production keeps why", hint='say it with --reason "..."')
