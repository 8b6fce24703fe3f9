"""A weak spot that an edge test found becomes a case: the row that shows it, and what must hold of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.cases.keeping import add
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from incumbent.schema import OutputSchema
    from store.records import Run


def add_from_run(
    workspace: Workspace,
    model: str,
    run: int,
    entry: int,
    expect: Mapping[str, Any] | None = None,
    *,
    note: str = "",
    blocking: bool = True,
    who: str | None = None,
) -> dict[str, Any]:
    """Make a case of an entry of an edge test.

    Parameters
    ----------
    run : int
        The edge test.
    entry : int
        Its weak spot, counted from 1 as they are listed.
    expect : mapping, optional
        What must hold; by default what did not: an answer of the version itself, within the plausible range
        of the target, steady at a small step.
    note : str
        By default what the edge test said.

    Raises
    ------
    UsageError
        Where the run is no edge test of the model, or has no such entry.
    RefusedError
        Where the entry shows no row that a case can hold, or does not say what should hold instead.
    """
    with workspace.store() as store:
        found = store.runs.get(run)
        spot = _spot(found, model, entry)
        output = workspace.bundle(store.versions.get(model, spot["version"]).hash, verify=False).output
    row = _row(spot)
    wanted = dict(expect or {}) or expected_of(spot, output)
    said = note or f"edge test {run}: {spot['kind']}, {spot['reason']}"
    return add(workspace, model, row, wanted, note=said, blocking=blocking, who=who)


def _spot(run: Run, model: str, entry: int) -> Mapping[str, Any]:
    if run.kind != "edge" or run.model != model or run.result is None:
        raise UsageError(
            f"run {run.id} is no edge test of {model} that has ended",
            hint=f"`incumbent run list {model}` shows the runs",
        )
    listed: list[Mapping[str, Any]] = run.result["failed"]
    if not 1 <= entry <= len(listed):
        raise UsageError(
            f"run {run.id} lists {len(listed)} weak spots, not one numbered {entry}",
            hint=f"`incumbent run show {run.id}` lists them",
        )
    return listed[entry - 1]


def _row(spot: Mapping[str, Any]) -> dict[str, Any]:
    """The row that shows a weak spot.

    Raises
    ------
    RefusedError
        Where it is none that JSON can hold, or the edge test has kept it only in part.
    """
    row = spot.get("row")
    if not isinstance(row, Mapping):
        raise RefusedError(
            f"this weak spot ({spot['kind']}) has no row of its own",
            hint="it is about the version, or about something that is no row",
        )
    if not spot.get("whole", True):
        raise RefusedError(
            "the edge test kept this row in part: it is very wide, or holds a very long text or infinity",
            hint="write the row yourself: `incumbent case add MODEL --row …`",
        )
    return dict(row)


def expected_of(spot: Mapping[str, Any], output: OutputSchema) -> dict[str, Any]:
    """What must hold of a weak spot's row: what the edge test found missing.

    Raises
    ------
    RefusedError
        Where that cannot be told from the weak spot.

    Examples
    --------
    >>> from incumbent.schema import OutputSchema
    >>> spot = {"kind": "null", "column": "wind", "got": None, "row": {}}
    >>> expected_of(spot, OutputSchema("regression", "numbers"))
    {'answered': True}
    """
    from core.checks.edge.comparing import WILD
    from core.checks.edge.holding import Plausible, stood_in

    if spot.get("before") is not None:
        steady = {"column": spot["column"], "values": [spot["before"]], "tolerance": WILD * _span(output)}
        return {"invariant": steady}
    if spot["kind"] in NOT_TOLD:
        raise RefusedError(
            f"a weak spot of the kind {spot['kind']!r} does not say what the version should answer",
            hint="say it: --label, --value, --min, --max, --same …, or --by … --answer …",
        )
    got = spot.get("got") or {}
    if not got or stood_in(got) or output.task != "regression":
        return {"answered": True}
    plausible = Plausible.of(output)
    return {"min": plausible.low, "max": plausible.high} if plausible != Plausible() else {"answered": True}


def _span(output: OutputSchema) -> float:
    if output.task == "regression" and output.low is not None and output.high is not None:
        return (output.high - output.low) or 1.0
    return 1.0


#: What is strange about these is no single answer.
NOT_TOLD = ("no influence", "category like unseen", "batch", "bundle", "ordinary row")
