"""Forgetting a key: its rows leave the log, and what was made of them leaves the inbox and the cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from incumbent.errors import RefusedError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


def forget_key(workspace: Workspace, model: str, key: str, confirmed: bool) -> dict[str, Any]:
    """Erase one key from a model's log, everywhere, and from what people look at.

    Inbox entries whose row was one of the key's, or whose reason names it, are deleted, and so are the cases
    that became of such rows (origin ``incident``). An entry does not say whose row it shows: it is recognised
    by its values, and those of another key with the very same values go too.

    Returns
    -------
    dict
        ``predictions``, ``outcomes`` and ``inbox`` that were erased, the numbers of the ``cases``, and
        ``problems``: what could not be reached.

    Raises
    ------
    RefusedError
        Where it was not confirmed, or keys were never stored.
    """
    from core.traffic.erasing import erase

    if not confirmed:
        raise RefusedError(
            "erasing a key deletes its predictions and outcomes for ever, at every site, "
            "and the inbox entries and cases that were made of them",
            hint=f"say --yes to go ahead: incumbent log erase {model} KEY --yes",
        )
    with workspace.store() as store:
        rows = _rows(workspace, store, model, key)
        done = erase(workspace, store, model, key)
        with store.erasing():
            entries, cases = _made_of(store, model, key, rows)
            store.inbox.erase(entries)
            store.cases.erase(cases)
    return {
        "model": model,
        "predictions": done.predictions,
        "outcomes": done.outcomes,
        "inbox": len(entries),
        "cases": cases,
        "problems": list(done.problems),
    }


def _rows(workspace: Workspace, store: Store, model: str, key: str) -> list[dict[str, Any]]:
    """The distinct rows that were asked for a key, without their nulls."""
    from core.inbox.seen import plain
    from core.traffic.traffic import Traffic

    found: dict[str, dict[str, Any]] = {}
    for batch in Traffic.open(workspace, store, model, site=None).read():
        for _, cells in batch.inputs[(batch.meta["key"] == key).fillna(False).astype(bool)].iterrows():
            row = _known({str(name): plain(value) for name, value in cells.items()})
            found.setdefault(repr(sorted(row.items())), row)
    return list(found.values())


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _made_of(store: Store, model: str, key: str, rows: list[dict[str, Any]]) -> tuple[list[int], list[int]]:
    """The inbox entries and the cases that show one of the rows, or name the key."""
    listed = store.inbox.list(model, None)
    entries = [e for e in listed if key in e.reason or _shows(e.row, key, rows)]
    became = {e.case for e in entries if e.case is not None}
    behavioural = store.cases.list(model, kind="behavioural", include_removed=True)
    cases = [
        c.id for c in behavioural if c.id in became or (c.origin == "incident" and _shows(c.row, key, rows))
    ]
    return [e.id for e in entries], cases


def _shows(row: Mapping[str, Any], key: str, rows: list[dict[str, Any]]) -> bool:
    known = _known(row)
    return any(str(value) == key for value in known.values()) or known in rows
