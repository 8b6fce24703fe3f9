"""A new bundle becomes a version: installed, numbered, with its golden cases, trust and baseline."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.versions.listing import document_of, state_of
from core.versions.rows import TrainingRows
from core.wording import data_time
from core.workspace import Workspace
from incumbent.bundle import Bundle, install_bundle
from incumbent.errors import RefusedError

if TYPE_CHECKING:
    from core.data.hold_out import HoldOut
    from core.spec import ModelSpec
    from store import Store
    from store.records import NewCase, Version

TRUSTED = "trusted"


@dataclass(frozen=True)
class Facts:
    """What the store remembers of a version beside its bundle.

    Parameters
    ----------
    origin : str
        ``trained``, ``registered`` or ``searched``.
    since, until, touched_until : str or None
        Range of the rows that it learned from, and the end of all rows that shaped it.
    rows : int or None
    parameters : mapping
    run : int, optional
    trust : mapping, optional
        Types and sources of this bundle that the person who made it trusts by making it.
    doubt : str
        Why the range that somebody stated is not believed.
    held_out : HoldOut, optional
        Which rows did not shape it, where that does not follow from time.
    """

    origin: str
    since: str | None
    until: str | None
    touched_until: str | None
    rows: int | None
    parameters: Mapping[str, Any]
    run: int | None = None
    trust: Mapping[str, Any] | None = None
    doubt: str = ""
    held_out: HoldOut | None = None


def keep(
    workspace: Workspace,
    store: Store,
    spec: ModelSpec,
    bundle_folder: Path,
    facts: Facts,
    reference: TrainingRows | None,
) -> dict[str, Any]:
    """Install a bundle and write its rows in one transaction.

    Parameters
    ----------
    bundle_folder : Path
        As the child left it.
    reference : TrainingRows, optional
        Rows that golden cases are sampled from, and the baseline is made of.

    Returns
    -------
    dict
        The document of ``version train`` and ``register``; ``existing`` where the content was a version
        already, and ``told`` where nobody knew what had taught it and it is said now.

    Raises
    ------
    RefusedError
        Where it was said before that other rows taught this content.
    """
    bundle = install_bundle(bundle_folder, workspace.bundles)
    existing = store.versions.by_hash(bundle.hash, spec.name)
    if existing is not None:
        told = _tell_training(store, existing, facts)
        return {**_described(store, bundle, existing.number, spec.name), "existing": True, "told": told}
    trusted = _with(store.settings.get(TRUSTED) or {}, facts.trust)
    cases = _golden(workspace, spec, bundle, trusted, reference)
    baseline = None if reference is None else _baseline(workspace, store, spec, bundle, reference)
    with store.transaction():
        if facts.trust:
            store.settings.set(TRUSTED, _with(store.settings.get(TRUSTED) or {}, facts.trust))
        if baseline is not None and reference is not None:
            _add_baseline(store, spec, baseline, reference, facts.run)
        version = store.versions.add(
            spec.name,
            bundle.hash,
            bundle.manifest.algorithm,
            facts.origin,
            trained_since=facts.since,
            trained_until=facts.until,
            touched_until=facts.touched_until,
            trained_rows=facts.rows,
            parameters=facts.parameters,
            agreement=dict(bundle.manifest.agreement),
            why="; ".join(filter(None, (bundle.manifest.why, facts.doubt))),
            run=facts.run,
            held_out=None if facts.held_out is None else facts.held_out.document(),
        )
        store.cases.add_many(spec.name, [replace(case, version=version.number) for case in cases])
    return {**_described(store, bundle, version.number, spec.name), "existing": False}


def _tell_training(store: Store, version: Version, facts: Facts) -> bool:
    """Remember what is said now of a version's training, where nothing was known of it."""
    held_out = None if facts.held_out is None else facts.held_out.document()
    said = (facts.since, facts.until, held_out)
    known = (version.trained_since, version.trained_until, version.held_out)
    if facts.origin != "registered" or said == known or not (any(said) or facts.doubt):
        return False
    if version.trained_until is not None or version.held_out is not None:
        raise _contradiction(version, facts)
    if version.origin != "registered" or (facts.until is None and held_out is None):
        return False
    store.versions.tell_training(
        version.model,
        version.number,
        trained_since=facts.since,
        trained_until=facts.until,
        touched_until=facts.touched_until,
        held_out=held_out,
    )
    return True


def _contradiction(version: Version, facts: Facts) -> RefusedError:
    before = _taught_by(version.trained_since, version.trained_until, version.held_out is not None)
    now = facts.doubt or _taught_by(facts.since, facts.until, facts.held_out is not None)
    return RefusedError(
        f"this is {version.model} v{version.number}, of which is known: {before}; and now: {now}",
        "what is known of it stays, as verdicts rest on it; say the same or nothing, or leave --reference "
        "out: with the rows that taught it as its reference it is a version of its own",
    )


def _taught_by(since: str | None, until: str | None, others: bool) -> str:
    if since is None and until is None:
        return "it learned from rows that are not in the data" if others else "nobody knows what taught it"
    start = "" if since is None else f" from {data_time(since)}"
    return f"it learned from the rows{start}" + ("" if until is None else f" until {data_time(until)}")


def _described(store: Store, bundle: Bundle, number: int, model: str) -> dict[str, Any]:
    version = store.versions.get(model, number)
    live = tuple(r for r in store.production.all_live() if r.model == model)
    lineage = bundle.lineage()
    return {
        **document_of(version),
        "state": state_of(version, live),
        "tried": [dict(t) for t in bundle.manifest.tried],
        "validation": lineage.get("validation"),
        "threshold": bundle.output.threshold,
        "warnings": lineage.get("warnings", []),
    }


def _with(trusted: Mapping[str, Any], more: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = {
        key: sorted({*trusted.get(key, ()), *(more or {}).get(key, ())}) for key in ("types", "sources")
    }
    return {**trusted, **merged}


def _golden(
    workspace: Workspace,
    spec: ModelSpec,
    bundle: Bundle,
    trusted: Mapping[str, Any],
    reference: TrainingRows | None,
) -> list[NewCase]:
    from core.checks.cases import golden_cases
    from core.scoring import open_scorer

    if reference is None or bundle.manifest.algorithm == "recorded":
        return []
    with open_scorer(workspace, bundle.path, python=spec.python, trusted=trusted) as scorer:
        return golden_cases(scorer, _sample(bundle, reference), 1, private=spec.private)


def _sample(bundle: Bundle, reference: TrainingRows) -> dict[str, Any]:
    from incumbent.fitting.agreement import reference_rows

    return reference_rows(reference.columns, bundle.input.names)


def _baseline(
    workspace: Workspace, store: Store, spec: ModelSpec, bundle: Bundle, rows: TrainingRows
) -> Bundle | None:
    """The trivial baseline's bundle, of the same rows; None where the model has one."""
    from core.versions.baseline import write_baseline_bundle

    if store.versions.find(spec.name, 0) is not None or spec.target not in rows.columns:
        return None
    with tempfile.TemporaryDirectory(dir=workspace.cache) as folder:
        made = write_baseline_bundle(Path(folder), spec, bundle.output, rows)
        return install_bundle(made.path, workspace.bundles)


def _add_baseline(store: Store, spec: ModelSpec, bundle: Bundle, rows: TrainingRows, run: int | None) -> None:
    store.versions.add(
        spec.name,
        bundle.hash,
        "baseline",
        "baseline",
        trained_since=rows.since,
        trained_until=rows.until,
        touched_until=rows.until,
        trained_rows=rows.count,
        parameters=bundle.lineage()["parameters"],
        why=bundle.lineage()["why"],
        run=run,
        held_out=None if rows.held_out is None else rows.held_out.document(),
    )
