"""A back-test of which nothing is new: answered by the one before it.

A back-test's outcome is a function of the data's files, the spec, the versions, the requirements, what
serves, and what was asked. Where all of them are as they were when the same was asked before, that run's
document, findings and measurements are this run's too, and neither numpy nor a single measurement has to be
loaded. The run is a row of its own, which says whose measurements are its own too, and its alerts are
concluded as ever.

What cannot be told apart cheaply is never answered so: data from a query or collected by a pipeline file, a
model's own metrics, walking forward (which trains anew).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from core.runs.context import Finding, Outcome, RunContext
from incumbent import __version__
from store.measured import Key
from store.records import Measured

#: What runs are called among the measured slices. The number is raised when a back-test says something else,
#: or says it otherwise, of what it has measured.
_KIND = "backtest 2"


def execute(context: RunContext) -> Outcome:
    """Carry out a back-test run: by an earlier run of the same inputs, or by measuring and judging.

    Arguments: those of :func:`core.checks.backtest.execute`.
    """
    key = key_of(context)
    repeated = None if key is None else _repeated(context, key)
    if repeated is not None:
        return repeated
    from core.checks.backtest import execute as measure_and_judge

    outcome = measure_and_judge(context)
    if key is not None and outcome.alerts is not None and key == key_of(context):  # else something changed
        _remember(context, key, outcome)
    return outcome


def key_of(context: RunContext) -> Key | None:
    """Everything that a back-test's outcome follows from, as a key of the measured slices.

    None where that cannot be told cheaply. Files are known by path, size and time, as the catalogue of the
    data knows them. The hash is that of the newest version: what is kept goes when it goes.
    """
    run, store, model = context.run, context.store, str(context.run.model)
    spec = store.models.revision(model).document
    files = _files(context, spec)
    versions = store.versions.list(model, include_archived=True, include_baseline=True)
    if files is None or not versions or run.arguments.get("walk_forward"):
        return None
    parts = [
        __version__, model, run.as_of, sorted(run.arguments.items()), spec, files, versions,
        [_manifest(context, version.hash) for version in versions], _serving(context, model),
        store.requirements.live(model), store.settings.get("trusted"), time.tzname,
    ]  # fmt: skip
    return versions[0].hash, hashlib.sha256(repr(parts).encode()).hexdigest()[:24], _KIND


def _files(context: RunContext, spec: Mapping[str, Any]) -> list[tuple[str, int, int]] | None:
    """The data's files; None where the data is no files, or is not all that is measured on."""
    from core.data.locate import locate

    pattern = spec.get("data")
    if not isinstance(pattern, str) or spec.get("metrics"):
        return None
    return [(item.name, item.size, item.modified) for item in locate(pattern, context.workspace.root)]


def _manifest(context: RunContext, version_hash: str) -> tuple[int, int] | None:
    """Size and time of a bundle's manifest; None where it is gone."""
    try:
        state = (context.workspace.bundle_path(version_hash) / "bundle.json").stat()
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns


def _serving(context: RunContext, model: str) -> tuple[int | None, int | None] | None:
    live = context.store.production.live(model)
    return None if live is None else (live.champion, live.challenger)


def _repeated(context: RunContext, key: Key) -> Outcome | None:
    """The outcome of the run that was done with these inputs; None where there is none, or it was pruned."""
    payload = context.store.measured.get_many([key]).get(key)
    if payload is None:
        return None
    known = json.loads(payload)
    earlier = context.store.runs.answered(known["run"])  # it may have gone with its model, made again since
    if earlier is None:
        return None
    findings = tuple(Finding(*finding) for finding in known["findings"])
    return Outcome(earlier.verdict, earlier.note, {}, alerts=findings, repeats=earlier.id)


def _remember(context: RunContext, key: Key, outcome: Outcome) -> None:
    """Keep, beside the measured slices, which run has this outcome, and what it says of production."""
    payload = json.dumps({"run": context.run.id, "findings": outcome.alerts}).encode()
    context.store.measured.put_many([Measured(*key, payload)])
