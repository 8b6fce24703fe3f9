"""Behavioural cases, one by one: listed, added, removed and brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from core.cases import age
from core.cases.taking import Taking
from core.person import person
from core.workspace import Workspace
from incumbent.errors import UsageError
from store.records import Case

if TYPE_CHECKING:
    from store import Store


def listing(
    workspace: Workspace,
    model: str,
    *,
    kind: Literal["golden", "behavioural"] | None = None,
    version: int | None = None,
    removed: bool = False,
    due: bool = False,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """The cases of a model, oldest first; what is None is not asked for.

    Parameters
    ----------
    removed : bool
        Removed ones too.
    due : bool
        Only those that nobody has looked at for a quarter.
    """
    with workspace.store() as store:
        if version is not None:
            store.versions.get(model, version)
        found = store.cases.list(model, version, kind, removed)
    return [document(case, now) for case in found if not due or age.look_due(case, now)]


def document(case: Case, now: datetime | None = None) -> dict[str, Any]:
    """A case as ``case list --json`` prints it."""
    return {
        "id": case.id,
        "model": case.model,
        "kind": case.kind,
        "version": case.version,
        "row": dict(case.row),
        "expect": dict(case.expect),
        "origin": case.origin,
        "note": case.note,
        "blocking": case.blocking,
        "created": case.created,
        "looked": case.looked,
        **age.told(case, now),
        "removed": case.removed,
    }


def add(
    workspace: Workspace,
    model: str,
    row: Mapping[str, Any],
    expect: Mapping[str, Any],
    *,
    origin: str = "contrived",
    note: str = "",
    blocking: bool = True,
    who: str | None = None,
) -> dict[str, Any]:
    """Add a case that binds every version.

    Parameters
    ----------
    row : mapping
        Column name to value.
    expect : mapping
        As :func:`core.expectations.check_expectation` takes it.
    origin : {"sampled", "contrived", "incident"}
    blocking : bool
        Whether a version that fails it may not be swapped in.

    Raises
    ------
    UsageError
        For an expectation that makes no sense.
    InputError
        For a row that the model's versions cannot take.
    RefusedError
        For a value of a private column.
    """
    with workspace.store() as store:
        case = Taking.of(workspace, store, model).case(row, expect, origin, note, blocking)
        with store.transaction():
            (made,) = store.cases.add_many(model, [case])
            undo = {"action": "case.remove", "arguments": {"model": model, "case": made.id}}
            store.journal.add(who or person(), "case.add", f"case {made.id}", model=model, undo=undo)
        return document(made)


def remove(
    workspace: Workspace, model: str, case: int | Sequence[int], who: str | None = None
) -> list[dict[str, Any]]:
    """Test with cases no more; they stay on record, so that old verdicts can be explained.

    Raises
    ------
    UsageError
        Where the model has no such case.
    """
    return _change(workspace, model, case, who, "case.remove", "case.restore")


def restore(
    workspace: Workspace, model: str, case: int | Sequence[int], who: str | None = None
) -> list[dict[str, Any]]:
    """Test with removed cases again.

    Raises
    ------
    UsageError
        Where the model has no such case.
    """
    return _change(workspace, model, case, who, "case.restore", "case.remove")


def _change(
    workspace: Workspace, model: str, case: int | Sequence[int], who: str | None, action: str, back: str
) -> list[dict[str, Any]]:
    wanted = [case] if isinstance(case, int) else list(dict.fromkeys(case))
    with workspace.store() as store, store.transaction():
        for number in wanted:
            own_case(store, model, number)
        change = store.cases.remove if action == "case.remove" else store.cases.restore
        changed = [document(change(number)) for number in wanted]
        undo = {"action": back, "arguments": {"model": model, "case": wanted}}
        store.journal.add(who or person(), action, numbered(wanted), model=model, undo=undo)
        return changed


def own_case(store: Store, model: str, number: int) -> Case:
    """A case of a model.

    Raises
    ------
    UsageError
        Where the model has no such case.
    """
    store.models.get(model)
    found = store.cases.get(number)
    if found.model != model:
        raise UsageError(f"{model} has no case {number}", hint=f"`incumbent case list {model}` shows them")
    return found


def numbered(cases: Sequence[int]) -> str:
    """Cases by their numbers, for people.

    >>> numbered([4]), numbered([4, 7])
    ('case 4', 'cases 4, 7')
    """
    shown = ", ".join(map(str, cases[:12])) + (f" and {len(cases) - 12} more" if len(cases) > 12 else "")
    return f"case{'' if len(cases) == 1 else 's'} {shown}"
