"""Which look this is: what was decided before, on the same rows or within the past year (rules 7 and 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.runs import RunContext
    from store.records import Run

#: Looks as old as this count no more, unless they were at the same rows.
MEMORY = timedelta(days=365)
#: As many challenges of a model are looked back on.
MOST = 2_000


@dataclass(frozen=True)
class Rows:
    """The rows that a comparison was made on.

    Parameters
    ----------
    since, until : str or None
        As text in the data's own time; None without a time column.
    fingerprint : str
        Equal for equal rows.
    """

    since: str | None
    until: str | None
    fingerprint: str

    def document(self) -> dict[str, Any]:
        """Plain data, as a challenge's document keeps it."""
        return {"since": self.since, "until": self.until, "fingerprint": self.fingerprint}

    def shares(self, other: Mapping[str, Any]) -> bool:
        """Whether some of the rows are those of another comparison, as its document has them.

        Examples
        --------
        >>> spring = Rows("2024-03-01", "2024-06-01", "a")
        >>> spring.shares({"since": "2024-05-01", "until": "2024-07-01", "fingerprint": "b"})
        True
        >>> spring.shares({"since": "2024-06-01", "until": "2024-07-01", "fingerprint": "b"})
        False
        """
        bounds = (self.since, self.until, other.get("since"), other.get("until"))
        if any(bound is None for bound in bounds):
            return True  # without times nothing tells rows apart
        return str(self.since) < str(other["until"]) and str(other["since"]) < str(self.until)


@dataclass(frozen=True)
class Look:
    """A comparison that was made: when, of whom, on which rows, as which look."""

    moment: datetime
    version: int
    opponent: int
    rows: Mapping[str, Any]
    number: int

    @property
    def what(self) -> tuple[int, int, str]:
        """What was compared, on what; the same again can say nothing new."""
        return self.version, self.opponent, str(self.rows["fingerprint"])


def number_of(earlier: Iterable[Look], moment: datetime, version: int, opponent: int, rows: Rows) -> int:
    """Which look it is to compare a version with an opponent on some rows.

    One that repeats another (same versions, same rows) is that look again: it cannot say anything else.

    Examples
    --------
    >>> rows = Rows("2024-03-01", "2024-06-01", "a")
    >>> first = Look(datetime(2024, 6, 1), 2, 1, rows.document(), 1)
    >>> later = datetime(2024, 6, 2)
    >>> number_of([first], later, 2, 1, rows), number_of([first], later, 3, 1, rows)
    (1, 2)
    """
    counted = set()
    for look in earlier:
        if look.what == (version, opponent, rows.fingerprint):
            return look.number
        if abs(moment - look.moment) < MEMORY or rows.shares(look.rows):
            counted.add(look.what)
    return len(counted) + 1


def earlier_looks(context: RunContext) -> list[Look]:
    """Every comparison that challenges of the model have made before."""
    store, model = context.store, str(context.run.model)
    done = [
        store.runs.get(run.id)
        for run in store.runs.page(model, kind="challenge", limit=MOST).rows
        if run.state == "done" and run.id != context.run.id
    ]
    looks = (_look(run) for run in done)
    return [look for look in looks if look is not None]


def moment_of(run: Run) -> datetime:
    """When a run looks from: its as-of, else when it was started, without a zone."""
    found = datetime.fromisoformat(run.as_of or run.started or run.queued)
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def _look(run: Run) -> Look | None:
    comparison = (run.result or {}).get("comparison") or {}
    if comparison.get("look") is None:
        return None
    document = run.result or {}
    return Look(
        moment_of(run),
        int(document["version"]),
        int(comparison["opponent"]),
        comparison["rows"],
        int(comparison["look"]),
    )
