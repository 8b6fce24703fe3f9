"""Accepting what a version answers now as what is expected from now on, each difference shown first.

The regression check says which cases fail and what the version answers instead. Golden cases are what a
version answered, and follow it. What a behavioural case asks of every version a person has decided, and only
a person who names the case changes it: its label or number becomes the new answer, its bound moves to it, its
invariance forgives as much as there is. A direction that is wrong is not made right by accepting it, nor is a
row without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.cases.keeping import numbered, own_case
from core.checks.subjects import champion_of
from core.expectations import changed_rows, words
from core.person import person
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError, WorkError
from store.records import Case

if TYPE_CHECKING:
    from core.runs import Progress
    from incumbent.schema import OutputSchema
    from store import Store


#: Scores of a golden case that a difference shows.
_MOST_SCORES = 3


def accept(
    workspace: Workspace,
    model: str,
    version: int | None = None,
    cases: Sequence[int] | None = None,
    *,
    apply: bool = True,
    changes: Sequence[Mapping[str, Any]] | None = None,
    who: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make the answers of a version what its failed cases expect.

    Parameters
    ----------
    version : int, optional
        Whose answers; the champion's by default.
    cases : sequence of int, optional
        Only these; by default all golden ones that fail.
    apply : bool
        Whether to change anything, or only to show what would change.
    changes : sequence of mapping, optional
        ``case`` and ``expect``: set these, and ask no version. Undoing sets what was before.

    Returns
    -------
    dict
        ``model``, ``version``, ``run``, ``applied``, ``changes`` (``case``, ``kind``, ``row``, ``note``,
        ``before``, ``after``, and both in words: ``from``, ``to``) and ``kept`` (``case``, ``reason``: what
        fails and cannot be accepted, or has to be named).

    Raises
    ------
    UsageError
        Where the model has no such case.
    RefusedError
        Where nothing is in production and no version is named; for a golden case of another version: it says
        what that bundle answered.
    """
    if changes is not None:
        return {"model": model, "applied": True, "changes": _set(workspace, model, changes, who)}
    number = _version(workspace, model, version, cases or ())
    run = _regression(workspace, model, number, progress)
    wanted = [f for f in run["failed"] if cases is None or f["case"] in cases]
    found, kept = _differences(workspace, model, number, wanted, named=cases is not None)
    if apply and found:
        _set(workspace, model, [{"case": c["case"], "expect": c["after"]} for c in found], who)
    return {
        "model": model,
        "version": number,
        "run": run["run"],
        "applied": bool(apply and found),
        "changes": found,
        "kept": kept,
    }


def _version(workspace: Workspace, model: str, version: int | None, cases: Sequence[int]) -> int:
    with workspace.store() as store:
        number = champion_of(store, model) if version is None else version
        if number is None:
            raise RefusedError(f"nothing of {model} is in production", hint="say which one: --version N")
        store.versions.get(model, number)
        for case in cases:
            golden_of = own_case(store, model, case).version
            if golden_of not in (None, number):
                raise RefusedError(
                    f"case {case} is golden: it says what version {golden_of} answered, not {number}",
                    hint="golden cases bind their own bundle alone, and come with it",
                )
    return number


def _regression(
    workspace: Workspace, model: str, version: int, progress: Progress | None
) -> Mapping[str, Any]:
    from core.runs import run_here

    why = "what it answers is to be accepted"
    run = run_here(workspace, model, "regression", {"versions": [version]}, why=why, progress=progress)
    if run.result is None or run.verdict is None:
        raise WorkError(
            f"the regression check (run {run.id}) did not finish: {run.error or run.note}",
            hint=f"`incumbent run show {run.id}` says more",
        )
    return run.result


def _differences(
    workspace: Workspace, model: str, version: int, failures: Sequence[Mapping[str, Any]], named: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    with workspace.store() as store:
        for failure in failures:
            number, after = failure["case"], None
            if number is not None:
                output = workspace.bundle(store.versions.get(model, version).hash, verify=False).output
                case = own_case(store, model, number)
                after = expectation_met(case, failure, output)
            if after is None:
                kept.append({"case": number, "reason": failure["reason"]})
            elif case.kind == "behavioural" and not named:
                reason = f"{failure['reason']}; a person decided that: who names the case may change it"
                kept.append({"case": number, "reason": reason})
            else:
                found.append(_difference(case, after))
    return found, kept


def _difference(case: Case, after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "case": case.id,
        "kind": case.kind,
        "row": dict(case.row),
        "note": case.note,
        "before": dict(case.expect),
        "after": dict(after),
        "from": words(case.expect, case.kind) + _scores(case.expect, after),
        "to": words(after, case.kind) + _scores(after, case.expect),
    }


def _scores(expect: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """The scores of a golden class that are others now: the class itself is often the same."""
    pairs = zip(expect.get("scores", ()), other.get("scores", ()), strict=False)
    apart = [f"{mine:.12g}" for mine, theirs in pairs if mine != theirs and mine != expect["value"]]
    more = ", …" if len(apart) > _MOST_SCORES else ""
    return f" ({', '.join(apart[:_MOST_SCORES])}{more})" if apart else ""


def expectation_met(case: Case, failure: Mapping[str, Any], output: OutputSchema) -> dict[str, Any] | None:
    """What a failed case would have to expect to pass; None where no expectation makes it pass.

    Parameters
    ----------
    failure : mapping
        As :meth:`core.checks.cases.CaseResult.document` gives it.
    """
    from core.checks.behaviour import distance, number, unanswered, why_not

    got, others = failure["got"], failure["others"]
    answers = [got, *others]
    if not got or any(map(unanswered, answers)) or len(answers) <= _further(case):
        return None
    if case.kind == "golden":
        return _golden(case, got, output)
    after = dict(case.expect)
    if "label" in after:
        after["label"] = next((c for c in output.classes if str(c) == str(got["value"])), got["value"])
    if after.keys() & {"value", "min", "max"}:
        says = number(after, got, output)
        if isinstance(says, str):
            return None
        if "value" in after and why_not(_of_value(after), [got], output):
            after["value"] = says
        if "min" in after:
            after["min"] = min(after["min"], says)
        if "max" in after:
            after["max"] = max(after["max"], says)
    if "invariant" in after:
        values = after["invariant"]["values"]
        apart = max(distance(after, got, other, output) for other in others[-len(values) :])
        if apart > after["invariant"].get("tolerance", 0.0):
            after["invariant"] = {**after["invariant"], "tolerance": apart}
    return after if after != case.expect and not why_not(after, answers, output) else None


def _of_value(expect: Mapping[str, Any]) -> dict[str, Any]:
    return {key: expect[key] for key in ("value", "tolerance", "class") if key in expect}


def _further(case: Case) -> int:
    return len(changed_rows(case.row, case.expect)) if case.kind == "behavioural" else 0


def _golden(case: Case, got: Mapping[str, Any], output: OutputSchema) -> dict[str, Any] | None:
    if output.scores == "decisions":
        return None
    probabilities = got.get("probabilities")
    scores = [got["value"]] if probabilities is None else [probabilities[label] for label in output.labels]
    return {**case.expect, "value": got["value"], "scores": scores}


def _set(
    workspace: Workspace, model: str, changes: Sequence[Mapping[str, Any]], who: str | None
) -> list[dict[str, Any]]:
    with workspace.store() as store, store.transaction():
        before = [_put(store, model, int(change["case"]), change["expect"]) for change in changes]
        numbers = [each["case"] for each in before]
        undo = {"action": "case.accept", "arguments": {"model": model, "changes": before}}
        detail = {"changes": [dict(change) for change in changes]}
        store.journal.add(
            who or person(), "case.accept", numbered(numbers), model=model, detail=detail, undo=undo
        )
        return [dict(change) for change in changes]


def _put(store: Store, model: str, case: int, expect: Mapping[str, Any]) -> dict[str, Any]:
    """Set what a case expects; returns what it expected."""
    found = own_case(store, model, case)
    if found.removed is not None:
        raise UsageError(f"case {case} is removed", hint="bring it back first")
    store.cases.expect(case, expect)
    return {"case": case, "expect": dict(found.expect)}
