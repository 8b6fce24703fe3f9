"""A back-test of which nothing is new: answered by the one before it.

A back-test's outcome is a function of the data's files, the spec, the versions, the requirements, what
serves, and what was asked. Where all of them are as they were when the same was asked before, that run's
document, findings and measurements are this run's too, and neither numpy nor a single measurement has to be
loaded. The run is a row of its own, with measurements of its own, and its alerts are concluded as ever.

What cannot be told apart cheaply is never answered so: data from a query or collected by a pipeline file, a
model's own metrics, walking forward (which trains anew).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.runs.context import Finding, Outcome, RunContext
from incumbent import __version__

if TYPE_CHECKING:
    from store.records import Run

#: Raised when a back-test says something else, or says it otherwise, of what it has measured.
FORMAT = 1


def execute(context: RunContext) -> Outcome:
    """Carry out a back-test run: by an earlier run of the same inputs, or by measuring and judging.

    Arguments: those of :func:`core.checks.backtest.execute`.
    """
    inputs = fingerprint(context)
    if inputs is not None:
        earlier = context.store.runs.before(context.run)
        if earlier is not None and (earlier.result or {}).get("inputs") == inputs:
            return _repeated(earlier)
    from core.checks.backtest import execute as measure_and_judge

    outcome = measure_and_judge(context)
    if inputs is None or inputs != fingerprint(context):  # a file or a requirement changed meanwhile
        return outcome
    return replace(outcome, result={**outcome.result, "inputs": inputs, "findings": outcome.alerts})


def fingerprint(context: RunContext) -> str | None:
    """Of what a back-test's outcome follows from, but for what was asked.

    None where that cannot be told cheaply. Files are known by path, size and time, as the catalogue of the
    data knows them.
    """
    run, store, model = context.run, context.store, str(context.run.model)
    spec = store.models.revision(model).document
    files = _files(context, spec)
    if files is None or run.arguments.get("walk_forward"):
        return None
    versions = store.versions.list(model, include_archived=True, include_baseline=True)
    parts = [
        FORMAT, __version__, spec, files, store.requirements.live(model), versions,
        [_manifest(context, version.hash) for version in versions], _serving(context, model),
        store.settings.get("trusted"), time.tzname,
    ]  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


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


def _repeated(earlier: Run) -> Outcome:
    document = dict(earlier.result or {})
    findings = document["findings"]
    return Outcome(
        earlier.verdict,
        earlier.note,
        document,
        alerts=None if findings is None else tuple(Finding(*finding) for finding in findings),
        repeats=earlier.id,
    )
