"""How long nobody has looked at a case: what was right a quarter ago may not be today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core.person import person
from core.workspace import Workspace
from incumbent.errors import UsageError
from store.clock import now as clock
from store.clock import text
from store.records import Case

#: A quarter of a year.
LOOK_AFTER_DAYS = 92


def age_days(case: Case, now: datetime | None = None) -> int:
    """Whole days since somebody last looked at a case."""
    return ((now or datetime.now(UTC)) - datetime.fromisoformat(case.looked)).days


def look_due(case: Case, now: datetime | None = None) -> bool:
    """Whether a case wants a look. Golden ones are numbers of a bundle, which nobody can judge by looking."""
    return case.kind == "behavioural" and case.removed is None and age_days(case, now) >= LOOK_AFTER_DAYS


def due_since(now: datetime | None = None) -> str:
    """A case that was looked at before this moment wants a look."""
    return text((now or datetime.now(UTC)) - timedelta(days=LOOK_AFTER_DAYS))


def review(
    workspace: Workspace,
    model: str,
    case: int | Sequence[int] | None = None,
    who: str | None = None,
    now: str | None = None,
) -> list[int]:
    """Note that somebody has looked at cases.

    Parameters
    ----------
    case : int or sequence of int, optional
        Those that want a look, by default.

    Returns
    -------
    list of int
        The cases that were looked at.

    Raises
    ------
    UsageError
        Where the model has no such case.
    """
    moment = now or clock()
    with workspace.store() as store, store.transaction():
        listed = {each.id: each for each in store.cases.list(model)}
        if case is None:
            wanted = [each.id for each in listed.values() if look_due(each, datetime.fromisoformat(moment))]
        else:
            wanted = [case] if isinstance(case, int) else list(dict.fromkeys(case))
        for number in wanted:
            if number not in listed:
                raise UsageError(
                    f"{model} has no case {number}", hint=f"`incumbent case list {model}` shows them"
                )
        store.cases.looked(wanted, moment)
        if wanted:
            subject = f"{len(wanted)} case{'' if len(wanted) == 1 else 's'}"
            store.journal.add(who or person(), "case.review", subject, model=model, detail={"cases": wanted})
        return wanted


def told(case: Case, now: datetime | None = None) -> dict[str, Any]:
    """The age of a case as documents tell it."""
    return {"age_days": age_days(case, now), "look_due": look_due(case, now)}
