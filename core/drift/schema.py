"""What became of a window's columns: missing, new, of another kind, or without a single value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.drift.compare import fits
from incumbent.columns import Columns, row_count
from store.records import Verdict

Change = Literal["missing", "new", "retyped", "all null"]


@dataclass(frozen=True)
class SchemaChange:
    """One change: ``fail`` where the version reads the column, else ``pass``."""

    column: str
    change: Change
    verdict: Verdict
    reason: str

    def document(self) -> dict[str, Any]:
        """As the check's document has it."""
        return {
            "column": self.column,
            "change": self.change,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def schema_changes(
    profile: Mapping[str, Any],
    rows: Columns,
    required: Collection[str],
    present: Iterable[str],
    known: Collection[str] = (),
    private: Collection[str] = (),
) -> list[SchemaChange]:
    """Changes of a window's columns against those of training.

    Parameters
    ----------
    profile : mapping
        The profile's ``columns``.
    rows : Columns
        The window, those of its columns that the profile has.
    required : collection of str
        Columns that the version reads.
    present : iterable of str
        All columns of the data.
    known : collection of str
        Columns that the spec names (time, key, target …): no news, and a target may be unknown yet.
    private : collection of str
        Columns that these rows cannot have: a log does not store them.

    Examples
    --------
    >>> import numpy as np
    >>> profile = {"a": {"kind": "number", "count": 9}, "b": {"kind": "number", "count": 9}}
    >>> rows = {"a": np.array([np.nan, np.nan])}
    >>> [(c.column, c.change, c.verdict) for c in schema_changes(profile, rows, ["a", "b"], ["a", "c"])]
    [('a', 'all null', 'fail'), ('b', 'missing', 'fail'), ('c', 'new', 'pass')]
    """
    found = []
    for name, of_training in profile.items():
        verdict: Verdict = "fail" if name in required else "pass"
        if name not in rows and name in private:
            reason = f"{name} is private: the log does not hold it, so nobody can see whether it drifted"
            found.append(SchemaChange(name, "missing", "pass", reason))
        elif name not in rows:
            reason = "training had it, the window has not" if name not in required else "the version reads it"
            found.append(SchemaChange(name, "missing", verdict, f"{name} is missing: {reason}"))
        elif not fits(of_training["kind"], rows[name]):
            if _values(rows[name]):
                reason = f"{name} was {of_training['kind']} in training, and is {_kind(rows[name])} now"
                found.append(SchemaChange(name, "retyped", verdict, reason))
            elif name not in known:
                found.append(_all_null(name, verdict))
        elif name not in known and of_training["count"] and row_count(rows) and not _values(rows[name]):
            found.append(_all_null(name, verdict))
    for name in present:
        if name not in profile and name not in known:
            found.append(SchemaChange(name, "new", "pass", f"{name} is new: training did not know it"))
    return found


def _all_null(name: str, verdict: Verdict) -> SchemaChange:
    return SchemaChange(
        name, "all null", verdict, f"{name} is null in every row, or absent from the newest files"
    )


def _values(column: Any) -> int:
    """How many values are not null."""
    import numpy as np

    from incumbent.columns import Coded

    if isinstance(column, Coded):
        return int((column.codes >= 0).sum())
    if column.dtype.kind == "M":
        return int((~np.isnat(column)).sum())
    return int((~np.isnan(column)).sum()) if column.dtype.kind == "f" else len(column)


def _kind(column: Any) -> str:
    from incumbent.columns import Coded

    if isinstance(column, Coded):
        return "text"
    return {"M": "time", "b": "boolean"}.get(column.dtype.kind, "number")
