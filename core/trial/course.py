"""The course of a trial: begun, noted on, stopped, accepted; each step with who and why.

Production may change under a trial: :func:`settled` finds that out whenever a trial is looked at. Another
champion begins the comparison anew; where the version has been taken away by hand the trial is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.person import person
from core.present import present
from core.production import LOCAL, can_serve
from core.publishing import check_loads, need_bounds, try_published
from core.trial.documents import document
from core.trial.left_over import left_over, take_away
from core.trial.margins import read_margins
from core.trial.sites import basis, begin_at, end_at, is_at, steps
from incumbent.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import ProductionRevision, Trial
    from store.trials import Outcome

#: How long a trial lasts where nothing is said.
USUAL_DAYS = 14
_MOST_DAYS = 3650


def start(
    workspace: Workspace,
    model: str,
    version: int,
    *,
    shadow: bool = False,
    share: float | None = None,
    sites: Sequence[str] = (),
    days: int | None = None,
    forever: bool = False,
    guards: Mapping[str, float | None] | None = None,
    reason: str = "",
    force: bool = False,
    who: str | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Try a version out against the champion.

    Parameters
    ----------
    version : int
        0 is the trivial baseline.
    shadow : bool
        It predicts beside the champion and nobody sees its answers: the default.
    share : float, optional
        Of the keys that it answers, between 0 and 1.
    sites : sequence of str
        Where; ``local`` by default. With neither ``shadow`` nor ``share`` it answers all rows of these sites,
        and the champion shadows there.
    days : int, optional
        After which it ends by itself; 14 by default.
    forever : bool
        Instead of days.
    guards : mapping, optional
        As :func:`core.trial.margins.read_margins` takes them.
    force : bool
        Let it answer although its challenge, or a case, says no.

    Returns
    -------
    dict
        The trial, as :func:`core.trial.documents.document` has it.

    Raises
    ------
    UsageError
        For options that exclude each other, a share that is none, a version or a site that there is not.
    RefusedError
        Where nothing is in production, the version serves or is on trial there, or must not answer.
    """
    mode = _mode(shadow, share, sites)
    places = tuple(dict.fromkeys(sites)) or (LOCAL,)
    until = _end(now or present(), days, forever)
    margins = read_margins(guards, forever)
    author = who or person()
    wanted = {"model": model, "version": version, "mode": mode}
    wanted["share"] = 1.0 if mode == "site" else share or 0.0
    with workspace.store() as store:
        for trial in store.trials.running(model):
            settled(workspace, store, trial)
        champion = _check(workspace, store, wanted, places, force)
        why = reason.strip() or f"v{version} is tried out {words(mode, wanted['share'])}"
        planned = steps(workspace, store, wanted, places)
        with store.transaction():  # a trial that is begun and a version that runs are one
            begin_at(workspace, store, model, planned, why, author)
            made = store.trials.add(
                model, version, champion, mode=mode, share=wanted["share"], sites=places, guards=margins,
                until=until, who=author, why=why, now=_text(now),
            )  # fmt: skip
            store.journal.add(
                author,
                "trial.start",
                f"{model}: v{version} against v{champion} {words(mode, made.share)} at {', '.join(places)}",
                model=model,
                detail={"trial": made.id, "why": why, "until": until, "forced": force},
                undo={
                    "action": "trial.stop",
                    "arguments": {"model": model, "trial": made.id, "reason": "taken back"},
                },
            )
            return document(store, made)


def _mode(shadow: bool, share: float | None, sites: Sequence[str]) -> Any:
    if shadow and share is not None:
        raise UsageError("a shadow answers nobody: it has no share", hint="leave out --shadow or --share")
    if share is not None:
        if not 0 < share < 1:
            raise UsageError(
                f"a share of {share:g} is none", hint="it lies between 0 and 1, e.g. 0.1; or name a --site"
            )
        return "share"
    return "shadow" if shadow or not sites else "site"


def _end(now: datetime, days: int | None, forever: bool) -> str | None:
    from store.clock import text

    if forever:
        if days is not None:
            raise UsageError("a trial for ever has no days", hint="leave out --days or --forever")
        return None
    if days is not None and not 1 <= days <= _MOST_DAYS:
        raise UsageError(f"{days} days are no length of a trial", hint="a day or more, or --forever")
    return text(now + timedelta(days=days or USUAL_DAYS))


def _text(now: datetime | None) -> str | None:
    from store.clock import text

    return None if now is None else text(now)


def words(mode: str, share: float) -> str:
    """How a version is tried out.

    Examples
    --------
    >>> words("share", 0.1), words("shadow", 0.0), words("site", 1.0)
    ('on 10 % of the keys', 'in shadow', 'on all rows')
    """
    return {"shadow": "in shadow", "site": "on all rows"}.get(mode) or f"on {100 * share:g} % of the keys"


def _check(
    workspace: Workspace, store: Store, wanted: Mapping[str, Any], places: Sequence[str], force: bool
) -> int:
    """Refuse what cannot be tried out; the champion against which it is."""
    model, number = wanted["model"], wanted["version"]
    store.models.get(model)
    version = store.versions.get(model, number)
    can_serve(version)
    lives = [basis(store, model, site)[1] for site in places]
    for site, live in zip(places, lives, strict=True):
        _check_place(store, live, wanted, site)
    champions = sorted({live.champion for live in lives if live.champion is not None})
    if len(champions) > 1:
        raise RefusedError(
            f"the sites have different champions: {', '.join(f'v{n}' for n in champions)}",
            hint="one trial a champion: name sites that run the same",
        )
    check_loads(workspace, store, version)
    for site, live in zip(places, lives, strict=True):
        need_bounds(workspace, store, version, site, live.limits)
    if wanted["mode"] != "shadow" and not force:
        _check_may_answer(workspace, store, model, number, places[0])
    return champions[0]


def _check_place(store: Store, live: ProductionRevision, wanted: Mapping[str, Any], site: str) -> None:
    model, number = wanted["model"], wanted["version"]
    if live.champion == number:
        raise RefusedError(
            f"v{number} of {model} serves at {site}", hint="a trial holds another version against it"
        )
    here = [trial for trial in store.trials.running(model) if site in trial.sites]
    if number in (trial.version for trial in here):
        raise RefusedError(
            f"v{number} of {model} is on trial at {site} already",
            hint=f"`incumbent trial status {model}` shows how it stands",
        )
    other = next((trial.version for trial in here if trial.mode != "shadow"), None)
    if wanted["mode"] != "shadow" and other is not None:
        raise RefusedError(
            f"v{other} of {model} is on trial at {site} already: one challenger answers at a time",
            hint=f"`incumbent trial stop {model} --version {other}`, or try it --shadow",
        )


def _check_may_answer(workspace: Workspace, store: Store, model: str, number: int, site: str) -> None:
    """Real rows are not answered by what its challenge, or a case, says no to."""
    from core.challenge.gate import gate

    found = gate(workspace, store, model, number, look_at_data=False)
    if found.verdict == "unfit":
        raise RefusedError(
            f"version {number} of {model} is unfit: {found.reason}",
            hint="try it --shadow, or with --force and a --reason that the journal keeps",
        )
    failures = try_published(workspace, store, model, site, number)
    if failures:
        raise RefusedError(
            f"version {number} of {model} fails {len(failures)} of its cases: {'; '.join(failures[:3])}",
            hint=f"see `incumbent check regression {model} --version {number}`, or try it --shadow",
        )


def settled(workspace: Workspace, store: Store, trial: Trial, now: datetime | None = None) -> Trial:
    """A trial as production leaves it: over where it was taken away, begun anew under another champion."""
    if trial.ended is not None:
        return trial
    lives = [live for site in trial.sites if (live := store.production.live(trial.model, site)) is not None]
    crowned = next((live for live in lives if live.champion == trial.version), None)
    if crowned is not None:
        why = f"v{trial.version} is the champion since revision {crowned.number} at {crowned.site}"
        return _end_trial(workspace, store, trial, "accepted", why, "production", now)
    there = [live for live in lives if is_at(live, trial)]
    if not there:
        last = lives[0] if lives else None
        why = "production was changed" if last is None else f"revision {last.number}: {last.why}"
        return _end_trial(workspace, store, trial, "overtaken", why, "production", now)
    champion = there[0].champion
    if champion is not None and champion != trial.champion:
        return store.trials.begin_again(trial.id, champion, _since(store, there[0]))
    return trial


def _since(store: Store, live: ProductionRevision) -> str:
    """When the champion of a revision came."""
    since = live.when
    for revision in store.production.history(live.model, live.site).rows:
        if revision.champion != live.champion:
            break
        since = revision.when
    return since


def _end_trial(
    workspace: Workspace,
    store: Store,
    trial: Trial,
    outcome: Outcome,
    why: str,
    who: str,
    now: datetime | None = None,
) -> Trial:
    with store.transaction():
        untold = end_at(workspace, store, trial, f"trial of v{trial.version} {outcome}: {why}", who)
        if untold:
            why = f"{why}; not taken away at {'; '.join(untold)}"
        ended = store.trials.end(trial.id, outcome, why, _text(now))
        store.journal.add(
            who,
            f"trial.{_VERBS.get(outcome, outcome)}",
            f"{trial.model}: v{trial.version} {outcome}: {why}",
            model=trial.model,
            detail={"trial": trial.id, "outcome": outcome, "standing": _short(trial)},
        )
    return ended


_VERBS = {"accepted": "accept", "withdrawn": "withdraw", "stopped": "stop", "finished": "finish"}


def _short(trial: Trial) -> dict[str, Any]:
    told = trial.standing or {}
    return {name: told.get(name) for name in ("verdict", "reason", "effect", "low", "high", "days", "units")}


def end(
    workspace: Workspace,
    store: Store,
    trial: Trial,
    outcome: Outcome,
    why: str,
    who: str,
    now: datetime | None = None,
) -> Trial:
    """End a trial and take its version away from the sites."""
    return _end_trial(workspace, store, trial, outcome, why, who, now)


def stop(
    workspace: Workspace, model: str, *, version: int | None = None, reason: str = "", who: str | None = None
) -> dict[str, Any]:
    """End a trial by hand; the champion answers everything again.

    Of one that is over, it is taken away from the sites that were away at its end.

    Raises
    ------
    RefusedError
        Where no trial runs.
    UsageError
        Where several do and none is named.
    """
    author = who or person()
    with workspace.store() as store:
        over = [found for found in left_over(store, model) if version in (None, found.trial.version)]
        if over and not any(version in (None, trial.version) for trial in store.trials.running(model)):
            for found in over:
                take_away(workspace, store, found, author)
            return document(store, over[0].trial)
        trial = the_one(workspace, store, model, version)
        return document(store, end(workspace, store, trial, "stopped", reason or "stopped", author))


def note(
    workspace: Workspace,
    model: str,
    text: str,
    *,
    version: int | None = None,
    site: str | None = None,
    who: str | None = None,
) -> dict[str, Any]:
    """Keep what somebody says of a trial: feedback from a site.

    Raises
    ------
    UsageError
        For an empty note, or a site at which the trial does not run.
    """
    if not text.strip():
        raise UsageError("there is nothing to note", hint="say what was seen at the site")
    author = who or person()
    with workspace.store() as store:
        trial = the_one(workspace, store, model, version, ended=True)
        if site is not None and site not in trial.sites:
            raise UsageError(
                f"v{trial.version} of {model} is not on trial at {site}", hint=f"at {', '.join(trial.sites)}"
            )
        with store.transaction():
            store.trials.note(trial.id, text.strip(), who=author, site=site)
            store.journal.add(
                author, "trial.note", f"{model} v{trial.version}: {text.strip()}", model=model,
                detail={"trial": trial.id, "site": site},
            )  # fmt: skip
        return document(store, trial)


def the_one(
    workspace: Workspace, store: Store, model: str, version: int | None, ended: bool = False
) -> Trial:
    """The trial of a model that is meant: the one that runs, or that of a version; the last one where
    ``ended`` ones may be meant."""
    store.models.get(model)
    running = [settled(workspace, store, trial) for trial in store.trials.running(model)]
    running = [t for t in running if t.ended is None and version in (None, t.version)]
    if len(running) > 1:
        tried = ", ".join(f"v{t.version}" for t in running)
        raise UsageError(f"several versions of {model} are on trial: {tried}", hint="name one: --version N")
    if running:
        return running[0]
    if ended:
        past: list[Trial] = [t for t in store.trials.page(model).rows if version in (None, t.version)]
        if past:
            return past[0]
    named = model if version is None else f"v{version} of {model}"
    raise RefusedError(
        f"no trial of {named} runs", hint=f"begin one: `incumbent trial start {model} VERSION`"
    )
