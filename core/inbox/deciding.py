"""What becomes of a surprising row: a case with a note, or nothing, and never again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.cases.keeping import document as case_document
from core.cases.taking import Taking
from core.inbox.seen import class_of
from core.person import person
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import InboxEntry

if TYPE_CHECKING:
    from incumbent.schema import OutputSchema
    from store import Store


def listing(workspace: Workspace, model: str, decided: bool = False) -> list[dict[str, Any]]:
    """The entries of a model that wait, the most surprising of each kind first; with ``decided`` all."""
    with workspace.store() as store:
        return [document(entry) for entry in store.inbox.list(model, None if decided else "open")]


def document(entry: InboxEntry) -> dict[str, Any]:
    """An entry as ``case inbox --json`` prints it."""
    return {
        "id": entry.id,
        "model": entry.model,
        "kind": entry.kind,
        "source": entry.source,
        "reason": entry.reason,
        "row": dict(entry.row),
        "said": dict(entry.said),
        "actual": entry.actual,
        "count": entry.count,
        "first": entry.first,
        "last": entry.last,
        "surprise": entry.surprise,
        "state": entry.state,
        "case": entry.case,
        "decided": entry.decided,
        "decided_by": entry.decided_by,
    }


def accept(
    workspace: Workspace,
    model: str,
    entry: int,
    reason: str = "",
    *,
    expect: Mapping[str, Any] | None = None,
    blocking: bool = True,
    who: str | None = None,
) -> dict[str, Any]:
    """Make a case of an entry.

    Parameters
    ----------
    reason : str
        The case's note; by default why the row is in the inbox.
    expect : mapping, optional
        What every version must respect; by default the truth where it is known, else that the version itself
        answers.

    Raises
    ------
    UsageError
        Where the model has no such entry, or the expectation makes no sense.
    RefusedError
        Where it has been decided already.
    """
    with workspace.store() as store:
        found = _open_entry(store, model, entry)
        taking = Taking.of(workspace, store, model)
        wanted = dict(expect or {}) or expected(
            found, None if taking.bundle is None else taking.bundle.output
        )
        case = taking.case(found.row, wanted, "incident", reason or found.reason, blocking)
        with store.transaction():
            (made,) = store.cases.add_many(model, [case])
            by = who or person()
            store.inbox.decide(entry, "accepted", by, made.id)
            store.journal.add(
                by,
                "inbox.accept",
                f"entry {entry}, case {made.id}",
                model=model,
                detail={"reason": found.reason, "note": made.note},
                undo=_reopening(model, entry),
            )
        return case_document(made)


def expected(entry: InboxEntry, output: OutputSchema | None) -> dict[str, Any]:
    """What an entry's row should have been answered, as far as it is known.

    A number must come as near to the truth as half of the error that it is here for.
    """
    if entry.actual is None or output is None:
        return {"answered": True}
    if output.task == "classification":
        return {"label": class_of(entry.actual)}
    said = entry.said.get("value")
    apart = abs(float(said) - float(entry.actual)) if said is not None else abs(float(entry.actual))
    return {"value": float(entry.actual), "tolerance": apart / 2}


def dismiss(workspace: Workspace, model: str, entry: int, who: str | None = None) -> dict[str, Any]:
    """Leave an entry alone: it does not come back, however often it is found.

    Raises
    ------
    UsageError
        Where the model has no such entry.
    RefusedError
        Where it has been decided already.
    """
    with workspace.store() as store, store.transaction():
        found = _open_entry(store, model, entry)
        by = who or person()
        decided = store.inbox.decide(entry, "dismissed", by)
        undo = _reopening(model, entry)
        store.journal.add(
            by, "inbox.dismiss", f"entry {entry}", model=model, detail={"reason": found.reason}, undo=undo
        )
        return document(decided)


def reopen(workspace: Workspace, model: str, entry: int, who: str | None = None) -> dict[str, Any]:
    """Take a decision back: the entry waits again, and the case that it became is removed.

    Raises
    ------
    UsageError
        Where the model has no such entry.
    RefusedError
        Where nothing was decided.
    """
    with workspace.store() as store, store.transaction():
        found = _own(store, model, entry)
        if found.state == "open":
            raise RefusedError(f"entry {entry} waits: nothing was decided about it")
        if found.case is not None:
            store.cases.remove(found.case)
        reopened = store.inbox.reopen(entry)
        store.journal.add(who or person(), "inbox.reopen", f"entry {entry}", model=model)
        return document(reopened)


def _reopening(model: str, entry: int) -> dict[str, Any]:
    return {"action": "inbox.reopen", "arguments": {"model": model, "entry": entry}}


def _own(store: Store, model: str, entry: int) -> InboxEntry:
    store.models.get(model)
    found = store.inbox.get(entry)
    if found.model != model:
        raise UsageError(
            f"the inbox of {model} has no entry {entry}", hint=f"`incumbent case inbox {model}` shows them"
        )
    return found


def _open_entry(store: Store, model: str, entry: int) -> InboxEntry:
    found = _own(store, model, entry)
    if found.state != "open":
        became = f"is case {found.case}" if found.case is not None else f"was {found.state}"
        raise RefusedError(
            f"entry {entry} {became} already",
            hint=f"`incumbent case inbox {model} --reopen {entry}` takes that back",
        )
    return found
