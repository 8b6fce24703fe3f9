"""The ratchet: requirements rise as the champion improves, and never fall by themselves (rule 9).

It follows an accepted swap: one that no one forced and that was not a way back. What a requirement rises by
is decided in :mod:`core.statistics.ratchet`. A requirement on a loss whose skill is known (the log loss, the
Brier score, absolute and squared errors) is raised on the skill over the best constant answer instead, as a
requirement of its own: a harder season lowers nobody's skill, but would break a limit on the loss itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.metrics import Metric
from core.person import person
from core.requirements.keeping import document, spec_of, undo_of
from core.wording import requirement_words
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import ProductionRevision, Requirement

if TYPE_CHECKING:
    from core.checks.setup import Setup
    from core.requirements.moves import Move
    from core.statistics.estimate import Estimate
    from store import Store

#: Losses → the skill on which they are raised.
SKILLS: Mapping[str, str] = {
    "log_loss": "d2_log_loss",
    "brier": "d2_brier",
    "mae": "d2_absolute_error",
    "mse": "r2",
    "rmse": "r2",
}

_Pairs = Sequence[tuple["Mapping[str, Estimate]", "Mapping[str, Estimate]"]]


@dataclass(frozen=True)
class _Swap:
    """The accepted swap that the ratchet follows."""

    revision: ProductionRevision
    before: int
    after: int

    @property
    def why(self) -> str:
        return f"ratchet: v{self.before} → v{self.after}, revision {self.revision.number}"


def ratchet(
    workspace: Workspace,
    model: str,
    *,
    metrics: Sequence[str] | None = None,
    step: float | None = None,
    apply: bool = False,
    who: str | None = None,
) -> dict[str, Any]:
    """Raise the requirements of a model after an accepted swap, by what the new champion has surely gained.

    Parameters
    ----------
    metrics : sequence of str, optional
        Only the requirements on these, as they are named.
    step : float, optional
        What the lower end of the gain must clear, in units of the metric. By default the spec's ``worth`` for
        the primary metric, else a tenth of the room between the limit and what was usual.
    apply : bool
        Set them, too: each with a journal entry that takes it back.

    Returns
    -------
    dict
        ``model``, ``version`` and ``before`` (the champions), ``revision``, ``applied``, ``moves`` (with
        ``metric``, ``segment``, ``from``, ``to``, ``gain``, ``history``: what past windows would have failed)
        and ``kept`` (the other requirements, and why they stay).

    Raises
    ------
    RefusedError
        Where no accepted swap stands, or nothing is required.
    """
    if step is not None and not step > 0:
        raise UsageError(f"a step of {step:g} is none", hint="it is the smallest rise that counts, above 0")
    with workspace.store() as store:
        swap = _accepted_swap(store, model)
        wanted = _wanted(store, model, metrics)
        moves, kept = _moves(workspace, store, model, swap, wanted, step)
        if apply:
            with store.transaction():
                for move in moves:
                    _set(store, move, swap, who or person())
    return {
        "model": model,
        "version": swap.after,
        "before": swap.before,
        "revision": swap.revision.number,
        "applied": apply and bool(moves),
        "moves": [move.document() for move in moves],
        "kept": kept,
    }


def _accepted_swap(store: Store, model: str) -> _Swap:
    store.models.get(model)
    live = store.production.live(model)
    if live is None or live.champion is None:
        raise RefusedError(
            f"nothing of {model} is in production: the ratchet follows a swap",
            hint=f"see `incumbent challenge {model} VERSION`, then `incumbent production swap`",
        )
    came = live  # the revision with which the champion came
    for revision in store.production.history(model).rows:
        if revision.champion != live.champion:
            break
        came = revision
    else:
        raise RefusedError(
            f"v{live.champion} of {model} is the first champion: there is none that it could be better than",
            hint=f"requirements for it: `incumbent require suggest {model}`",
        )
    if revision.champion is None:
        raise RefusedError(f"before v{live.champion} nothing of {model} was in production")
    if came.forced or came.undoes is not None:
        how = "was forced" if came.forced else "came back by a rollback"
        raise RefusedError(
            f"v{live.champion} of {model} {how} (revision {came.number}): that is no accepted swap",
            hint="the ratchet follows a version that came because it was better",
        )
    return _Swap(came, revision.champion, live.champion)


def _wanted(store: Store, model: str, metrics: Sequence[str] | None) -> list[Requirement]:
    live = store.requirements.live(model)
    if not live:
        raise RefusedError(
            f"nothing is required of {model}: there is nothing to raise",
            hint=f"begin with `incumbent require suggest {model} --apply`",
        )
    unknown = [name for name in metrics or () if name not in {r.metric for r in live}]
    if unknown:
        raise UsageError(
            f"{model} has no requirement on {unknown[0]}", hint=f"`incumbent require list {model}` shows them"
        )
    return [r for r in live if not metrics or r.metric in metrics]


def _moves(
    workspace: Workspace,
    store: Store,
    model: str,
    swap: _Swap,
    wanted: Sequence[Requirement],
    step: float | None,
) -> tuple[list[Move], list[dict[str, Any]]]:
    from core.checks.setup import open_setup
    from core.requirements.moves import Basis, move_of
    from core.requirements.windows import past_windows

    skills = [
        SKILLS[name]
        for name in (_canonical(workspace, store, model, r.metric) for r in wanted)
        if name in SKILLS
    ]
    setup = open_setup(workspace, store, model, versions=[swap.before, swap.after], extra=skills)
    by_number = {s.number: s for s in setup.subjects}
    subjects = [by_number[swap.after], by_number[swap.before]]
    windows = past_windows(store, setup, subjects)
    pairs = _pairs(store, setup, swap)
    basis = Basis(setup, windows, pairs, swap.before, swap.after, len(store.requirements.live(model)), step)
    moves: list[Move] = []
    kept: list[dict[str, Any]] = []
    for requirement in wanted:
        target, standing, reason = _target(store, setup, requirement, swap)
        found = reason if reason else move_of(basis, requirement, target, standing)
        if isinstance(found, str):
            kept.append({"metric": requirement.metric, "segment": requirement.segment, "reason": found})
        elif not any(_place(m.after) == _place(found.after) for m in moves):
            moves.append(found)
    return moves, kept


def _canonical(workspace: Workspace, store: Store, model: str, name: str) -> str:
    from core.metrics import custom_metrics, resolve

    return resolve(name, custom_metrics(spec_of(store, model), workspace.root)).name


def _place(requirement: Requirement) -> tuple[str, str | None]:
    return requirement.metric, requirement.segment


def _pairs(store: Store, setup: Setup, swap: _Swap) -> _Pairs:
    """Both champions on the same rows, partition by partition, where those count for both."""
    from core.checks.backtest import history_slices
    from core.checks.pairing import measured_pairs

    return measured_pairs(store, setup, (swap.after, swap.before), history_slices(setup, None, None))


def _target(
    store: Store, setup: Setup, requirement: Requirement, swap: _Swap
) -> tuple[Metric, Requirement | None, str]:
    """On which metric a requirement is raised, what stands there, and why it is not raised at all."""
    metric = setup.metric(requirement.metric)
    unfit = _unfit(metric)
    if unfit:
        return metric, None, unfit
    skill = SKILLS.get(metric.name)
    if skill is not None:
        metric = setup.metric(skill)
    live = [r for r in store.requirements.live(requirement.model) if r.segment == requirement.segment]
    standing = next((r for r in live if setup.metric(r.metric) == metric), None)
    if _moved(store, requirement.model, metric, requirement.segment, swap):
        return metric, standing, "it has been raised for this swap already"
    return metric, standing, ""


def _unfit(metric: Metric) -> str:
    """Why a metric has no ratchet; empty if it has."""
    if metric.kind == "operational":
        return "it is measured where predictions are made, not on history"
    if metric.kind == "count":
        return "a count grows with the rows: raise it by hand"
    return "" if metric.direction in ("higher", "lower") else "neither more nor less of it is better"


def _moved(store: Store, model: str, metric: Metric, segment: str | None, swap: _Swap) -> bool:
    """Whether this swap has moved the requirement already, and nobody took that back."""
    return any(
        entry.action == "require.ratchet"
        and entry.undone_by is None
        and entry.detail.get("revision") == swap.revision.number
        and (entry.detail.get("canonical"), entry.detail.get("segment")) == (metric.name, segment)
        for entry in store.journal.page(model, limit=1000).rows
    )


def _set(store: Store, move: Move, swap: _Swap, who: str) -> None:
    after = move.after
    made = store.requirements.set(
        after.model, after.metric, after.segment, min=after.min, max=after.max, mean=after.mean,
        range=after.range, who=who, why=swap.why,
    )  # fmt: skip
    before = move.standing
    store.journal.add(
        who,
        "require.ratchet",
        f"{after.model}: {requirement_words(made)}",
        model=after.model,
        detail={
            **document(made),
            "before": None if before is None else document(before),
            "revision": swap.revision.number,
            "canonical": move.metric.name,
        },
        undo=undo_of(made, before),
    )


def may_ratchet(store: Store, model: str, number: int) -> list[str] | None:
    """Requirements that may rise if a version becomes champion, by its last challenge, else by the last
    back-test. Nothing is measured.

    Parameters
    ----------
    number : int
        The version that is to replace the present champion.

    Returns
    -------
    list of str or None
        Requirements in words, those whose metric is surely better than the champion's. None where neither
        compared the two.
    """
    live = store.production.live(model)
    compared = None if live is None else _compared(store, model, number, live.champion)
    if compared is None:
        return None
    return [
        requirement_words(r)
        for r in store.requirements.live(model)
        if r.segment is None and (compared.get(r.metric) or {}).get("better")
    ]


def _compared(store: Store, model: str, number: int, champion: int | None) -> Mapping[str, Any] | None:
    """How a version compared with the champion in its last challenge, else in the last back-test."""
    from core.challenge.gate import last_challenge

    challenged = last_challenge(store, model, number)
    last = store.runs.last(model, "backtest")
    found = [((challenged.result if challenged else None) or {}).get("comparison")]
    listed = ((last.result if last else None) or {}).get("versions", ())
    found += [v.get("comparison") for v in listed if v.get("version") == number]
    return next((c for c in found if c and c.get("champion") == champion), None)
