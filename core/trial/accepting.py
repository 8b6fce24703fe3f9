"""``trial accept``: a version that has stood its trial goes into production, through the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core import production
from core.person import person
from core.reaching import need_reach
from core.trial.course import end, start, the_one
from core.trial.documents import document
from core.trial.looking import look
from incumbent.errors import IncumbentError, UsageError, WorkError

if TYPE_CHECKING:
    from core.workspace import Workspace


def accept(
    workspace: Workspace,
    model: str,
    *,
    version: int | None = None,
    reason: str = "",
    force: bool = False,
    ratchet: bool = False,
    keep_shadow: bool = False,
    who: str | None = None,
) -> dict[str, Any]:
    """Put the version on trial in production, at ``local`` and at the trial's sites.

    Its last challenge has to stand and to have found it fit, as for any swap.

    Parameters
    ----------
    reason : str
        May be left out where the trial has found it better: then that is the reason.
    force : bool
        Although the gate says no; kept for ever.
    ratchet : bool
        Raise the requirements afterwards, by what was surely gained.
    keep_shadow : bool
        Let the deposed champion shadow on, so that the ledger can say what was gained.

    Returns
    -------
    dict
        The trial; ``production`` (the new revision), ``ratchet`` (what :func:`core.requirements.ratchet`
        found, or why it moved nothing) and ``shadow`` (the deposed champion's own trial) where asked for.

    Raises
    ------
    UsageError
        Without a reason, where the trial has not found it better.
    RefusedError
        Where no trial runs, or the gate says no.
    WorkError
        Where a site is away: then nothing is changed anywhere.
    """
    author = who or person()
    with workspace.store() as store:
        trial = look(workspace, store, the_one(workspace, store, model, version))
        why = reason.strip() or _own_reason(trial.id, trial.version, trial.standing or {})
        sites = list(dict.fromkeys([production.LOCAL, *trial.sites]))
        for site in sites:
            need_reach(workspace, store, model, site)  # before anything is changed anywhere
        swapped: dict[str, dict[str, Any]] = {}
        for site in sites:
            try:
                swapped[site] = production.swap(
                    workspace, model, trial.version, site=site, reason=why, force=force, who=author
                )
            except IncumbentError as error:
                if not swapped:
                    raise
                raise WorkError(
                    f"v{trial.version} of {model} serves at {', '.join(swapped)} now, but not at {site}: "
                    f"{error.message}",
                    hint=f"mend that, then `incumbent production publish {model} --site {site}`",
                ) from None
        ended = end(workspace, store, trial, "accepted", why, author)
        found = {**document(store, ended), "production": swapped[production.LOCAL]}
    if ratchet:
        found["ratchet"] = _ratchet(workspace, model, author)
    if keep_shadow:
        found["shadow"] = start(
            workspace, model, trial.champion, sites=trial.sites, shadow=True, forever=True, who=author,
            reason=f"deposed by v{trial.version}: what is the swap worth?",
        )  # fmt: skip
    return found


def _own_reason(trial: int, version: int, standing: Any) -> str:
    if standing.get("verdict") == "better":
        return f"better in trial {trial}: {standing['reason'].partition(': ')[2]}"
    raise UsageError(
        f"the trial has not found v{version} better ({standing.get('reason')}): it needs a reason to serve, "
        "which production keeps",
        hint='say it with --reason "..."',
    )


def _ratchet(workspace: Workspace, model: str, who: str) -> dict[str, Any]:
    """Raise the requirements; that none can rise does not undo the swap."""
    from core import requirements

    try:
        return requirements.ratchet(workspace, model, apply=True, who=who)
    except IncumbentError as error:
        return {"applied": False, "moves": [], "reason": error.message}
