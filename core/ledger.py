"""The ledger of decisions: what each swap has gained or lost since (`incumbent production ledger`).

Of each swap the old and the new champion are held against each other on the rows that came while the new one
was in office, as a back-test does it: paired, in blocks, on the primary metric, from the data source and
without any log. Where the deposed champion shadows on, its trial tells the same on production's own rows.
Beside it stands what the challenge had promised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from core.present import time_zone
from core.production import LOCAL
from incumbent.errors import DataError, IncumbentError
from store.records import ProductionRevision

if TYPE_CHECKING:
    from core.checks.setup import Setup
    from core.spec import ModelSpec
    from core.statistics.estimate import Estimate
    from core.workspace import Workspace
    from store import Store

#: Swaps that are looked back on, the newest.
MOST = 50


@dataclass(frozen=True)
class Swap:
    """One change of champion.

    Parameters
    ----------
    revision : ProductionRevision
        With which the new champion came.
    before, after : int
        The champions.
    until : str or None
        When the next one came; None while it serves.
    """

    revision: ProductionRevision
    before: int
    after: int
    until: str | None


def ledger(workspace: Workspace, model: str, site: str = LOCAL) -> dict[str, Any]:
    """What the swaps of a model at a site have gained or lost since.

    Returns
    -------
    dict
        ``sentence``, ``metric``, ``total`` (sum of the gains on the data, in units of the metric) and
        ``relative`` (its share of what the first of them began with), and ``swaps``, oldest first:
        ``revision``, ``when``, ``until``, ``before``, ``after``, ``who``, ``why``, ``forced``, ``promised``
        and ``gain`` (``value``, ``low``, ``high``, ``n``; above zero is better), ``began`` (what the old
        champion has on these rows), ``relative`` (the gain as a share of that), ``basis``
        (``data``, ``log`` or null), ``verdict`` (``gained``, ``lost``, ``cannot tell``, ``no data``) and
        ``reason``.
    """
    from core.spec import ModelSpec

    with workspace.store() as store:
        store.models.get(model)
        store.sites.get(site)
        spec = ModelSpec.from_document(store.models.revision(model).document)
        swaps = swaps_of(store, model, site)[-MOST:]
        told = [_told(workspace, store, spec, swap) for swap in swaps]
    judged = [swap for swap in told if swap["basis"] == "data"]
    total = sum(swap["gain"]["value"] for swap in judged) if judged else None
    began = judged[0]["began"] if judged else None
    found = {
        "model": model,
        "site": site,
        "metric": spec.metric,
        "total": total,
        "relative": _share(total, began),
        "swaps": told,
    }
    return {**found, "sentence": sentence(found)}


def swaps_of(store: Store, model: str, site: str = LOCAL) -> list[Swap]:
    """Every change from one champion to another, oldest first, rollbacks too."""
    revisions: list[ProductionRevision] = []
    after: str | None = None
    while True:
        page = store.production.history(model, site, after=after)
        revisions += page.rows
        if page.after is None:
            break
        after = page.after
    changes: list[tuple[ProductionRevision, int | None]] = []
    serving: int | None = None
    for revision in reversed(revisions):
        if revision.champion != serving:
            changes.append((revision, serving))
            serving = revision.champion
    ends = [revision.when for revision, _ in changes[1:]] + [None]
    return [
        Swap(revision, before, revision.champion, until)
        for (revision, before), until in zip(changes, ends, strict=True)
        if before is not None and revision.champion is not None
    ]


def _told(workspace: Workspace, store: Store, spec: ModelSpec, swap: Swap) -> dict[str, Any]:
    gain, began, reason = _by_data(workspace, store, swap)
    basis = "data"
    if gain is None:
        by_log = _by_log(store, swap)
        if by_log is not None:
            gain, reason, basis = by_log, "by the log: the deposed champion shadows on", "log"
    revision = swap.revision
    return {
        "revision": revision.number,
        "when": revision.when,
        "until": swap.until,
        "before": swap.before,
        "after": swap.after,
        "who": revision.who,
        "why": revision.why,
        "forced": revision.forced,
        "promised": _promised(workspace, store, spec, swap),
        "gain": gain,
        "began": began,
        "relative": _share(gain["value"] if gain else None, began),
        "basis": None if gain is None else basis,
        "verdict": _verdict(gain),
        "reason": reason,
    }


def _share(gain: float | None, began: float | None) -> float | None:
    """A gain as a share of what there was."""
    return gain / abs(began) if gain is not None and began else None


def _verdict(gain: Mapping[str, Any] | None) -> str:
    if gain is None:
        return "no data"
    if gain["low"] is not None and gain["low"] > 0:
        return "gained"
    return "lost" if gain["high"] is not None and gain["high"] < 0 else "cannot tell"


def _by_data(
    workspace: Workspace, store: Store, swap: Swap
) -> tuple[dict[str, Any] | None, float | None, str]:
    """The gain on the data of the time in office, what the old champion has there, and a reason."""
    from core.checks.comparing import gain_of
    from core.checks.setup import open_setup
    from core.statistics.combine import combine

    model = swap.revision.model
    try:
        setup = open_setup(workspace, store, model, versions=[swap.after, swap.before])
        pairs = _pairs(store, setup, swap)
    except IncumbentError as error:
        return None, None, error.message
    gain = gain_of(setup.metric(setup.spec.metric), setup.spec.metric, pairs)
    if gain.value is None:
        return None, None, gain.reason or "no labelled row since"
    began = combine([theirs[setup.spec.metric] for _, theirs in pairs]).value
    return gain.document(), began, gain.reason


def _pairs(
    store: Store, setup: Setup, swap: Swap
) -> Sequence[tuple[Mapping[str, Estimate], Mapping[str, Estimate]]]:
    """New and old champion on the rows of the time in office that neither has learned from."""
    from core.checks.backtest import history_slices
    from core.checks.pairing import measured_pairs

    if setup.spec.time is None:
        raise DataError("the data has no time: nothing tells which rows came after the swap")
    zone = time_zone(store)
    since, until = (_data_time(setup, text, zone) for text in (swap.revision.when, swap.until))
    last = setup.source.describe().last
    if last is None or (since is not None and last.isoformat() < since):
        raise DataError("no row of the data is later than the swap")
    pieces = history_slices(setup, since, until)
    return measured_pairs(store, setup, (swap.after, swap.before), pieces)


def _data_time(setup: Setup, text: str | None, zone: tzinfo) -> str | None:
    """A moment of the store in the data's own time."""
    from store.clock import moment

    if text is None:
        return None
    at = moment(text)
    if not setup.source.describe().zoned:
        at = at.astimezone(zone).replace(tzinfo=None)
    return at.isoformat()


def _by_log(store: Store, swap: Swap) -> dict[str, Any] | None:
    """What the trial of the deposed champion says: its loss is the new one's gain."""
    for trial in store.trials.page(swap.revision.model).rows:
        standing = trial.standing or {}
        if (trial.version, trial.champion) != (swap.before, swap.after) or standing.get("effect") is None:
            continue
        if trial.since < swap.revision.when or (swap.until is not None and trial.since >= swap.until):
            continue
        low, high = standing["low"], standing["high"]
        return {
            "value": -standing["effect"],
            "low": None if high is None else -high,
            "high": None if low is None else -low,
            "n": standing["judged"],
            "metric": standing["loss"],
        }
    return None


def _promised(workspace: Workspace, store: Store, spec: ModelSpec, swap: Swap) -> dict[str, Any] | None:
    """The gain that the challenge before the swap had found."""
    from core.metrics import custom_metrics, resolve

    for run in store.runs.page(swap.revision.model, kind="challenge", state="done", limit=500).rows:
        if run.arguments.get("version") != swap.after or run.queued > swap.revision.when:
            continue
        found = store.runs.get(run.id).result or {}
        comparison = found.get("comparison") or {}
        if comparison.get("opponent") != swap.before:
            continue
        measured = comparison.get(comparison.get("metric"))
        if measured and measured.get("difference") is not None:
            metric = resolve(comparison["metric"], custom_metrics(spec, workspace.root))
            return _gain(measured, metric.direction == "lower")
    return None


def _gain(measured: Mapping[str, Any], is_loss: bool) -> dict[str, Any]:
    """A difference turned so that above zero is better."""
    value, low, high = (measured.get(name) for name in ("difference", "low", "high"))
    if is_loss:
        value, low, high = (None if x is None else -x for x in (value, high, low))
    return {"value": value, "low": low, "high": high, "n": measured.get("n")}


def sentence(found: Mapping[str, Any]) -> str:
    """The ledger in one sentence.

    Examples
    --------
    >>> gained = {"gain": {"value": 0.03}, "basis": "data", "verdict": "gained"}
    >>> lost = {"gain": {"value": -0.01}, "basis": "data", "verdict": "lost", "before": 2, "after": 3,
    ...         "when": "2026-05-07"}
    >>> sentence({"model": "late", "site": "local", "metric": "roc_auc", "total": 0.02, "relative": 0.03,
    ...           "swaps": [gained, lost]})
    '2 swaps of late gained 3 % (roc_auc +0.02); May 2026 lost 0.01 (v2 → v3)'
    """
    swaps = found["swaps"]
    if not swaps:
        return f"no champion of {found['model']} at {found['site']} has followed another yet"
    known = [swap for swap in swaps if swap["gain"] is not None]
    said = [_sum(found, sum(swap["basis"] == "data" for swap in swaps))] if found["total"] is not None else []
    said += [_one(swap) for swap in known if swap["basis"] == "log" or swap["verdict"] == "lost"]
    if len(known) < len(swaps):
        said.append(f"{_count(len(swaps) - len(known))} without rows since to judge by")
    return "; ".join(said)


def _sum(found: Mapping[str, Any], swaps: int) -> str:
    total, share, metric = found["total"], found["relative"], found["metric"]
    turn = "gained" if total >= 0 else "lost"
    amount = f"{metric} {total:+.2g}"
    if share is not None:
        amount = f"{abs(100 * share):.2g} % ({amount})"
    return f"{_count(swaps)} of {found['model']} {turn} {amount}"


def _one(swap: Mapping[str, Any]) -> str:
    month = datetime.fromisoformat(swap["when"]).strftime("%B %Y")
    value = swap["gain"]["value"]
    by = f" by the log ({swap['gain']['metric']})" if swap["basis"] == "log" else ""
    turn = "gained" if value >= 0 else "lost"
    return f"{month} {turn} {abs(value):.2g}{by} (v{swap['before']} → v{swap['after']})"


def _count(swaps: int) -> str:
    return "1 swap" if swaps == 1 else f"{swaps} swaps"
