"""``version diff``: what changed from one version to another, down to the decisions on the newest rows.

A version is reviewed like a pull request: data, parameters, source, features and coefficients come from the
two bundles (:mod:`core.diff.contents`), measurements from the store, decisions from running both on the same
rows (:mod:`core.diff.decisions`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.diff.contents import compare_bundles
from core.diff.decisions import NEWEST_ROWS, compare_decisions
from core.diff.measurements import compare_measurements
from core.versions.rows import spec_of
from core.workspace import Workspace
from incumbent.errors import DataError, UsageError

if TYPE_CHECKING:
    from core.runs import Outcome, RunContext

__all__ = ["NEWEST_ROWS", "diff", "execute"]


def diff(
    workspace: Workspace,
    model: str,
    a: int,
    b: int,
    *,
    rows: int = NEWEST_ROWS,
    progress: Callable[[float | None, str], None] = lambda share, note: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Compare version ``a`` (the older, as a rule) with version ``b``.

    Parameters
    ----------
    rows : int
        How many of the newest rows both are run on; 0 for none.

    Returns
    -------
    dict
        ``data``, ``parameters``, ``source``, ``schema``, ``features``, ``coefficients``, ``trees``,
        ``algorithm``, ``threshold``, ``packages``, ``metric`` (the primary one), ``measurements`` and
        ``decisions`` (null, with ``reason``, where the rows cannot be had).
    """
    if rows < 0:
        raise UsageError(f"{rows} rows cannot be compared", hint="--rows takes 0 or more")
    progress(0.0, "comparing the bundles")
    with workspace.store() as store:
        first, second = store.versions.get(model, a), store.versions.get(model, b)
        bundles = workspace.bundle(first.hash), workspace.bundle(second.hash)
        document: dict[str, Any] = {
            "model": model,
            "a": a,
            "b": b,
            "metric": spec_of(store, model).metric,
            "identical": first.hash == second.hash,
            **compare_bundles(*bundles),
            "measurements": compare_measurements(store, model, a, b),
            "decisions": None,
            "reason": "no rows were asked for" if not rows else None,
        }
        if rows:
            progress(0.2, f"running both on the newest {rows:,} rows")
            try:
                decisions = compare_decisions(workspace, store, model, bundles, rows, cancelled)
                document["decisions"] = decisions
            except DataError as error:
                document["reason"] = str(error)
    return document


def execute(context: RunContext) -> Outcome:
    """The run ``diff``: arguments ``a``, ``b``, ``rows``."""
    from core.runs import Outcome

    arguments = context.run.arguments
    assert context.run.model is not None
    a, b = int(arguments["a"]), int(arguments["b"])
    document = diff(
        context.workspace,
        context.run.model,
        a,
        b,
        rows=int(arguments.get("rows", NEWEST_ROWS)),
        progress=context.progress,
        cancelled=context.cancelled,
    )
    return Outcome(None, _note(document), {**document, "run": context.run.id}, alerts=())


def _note(document: dict[str, Any]) -> str:
    decisions = document["decisions"]
    if document["identical"]:
        return "the same version"
    if decisions is None:
        return "no decisions compared"
    if decisions["flips"] is None:
        return f"predictions differ by {decisions['mean_difference']:.3g} on average"
    return f"{decisions['flips']:,} of {decisions['rows']:,} decisions differ"
