"""Edge rows: an ordinary row of a version, changed where rows of production will one day be strange.

Everything follows from what the version says of its training (schema and profile), so the same version gets
the same rows every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.checks.edge.values import Change, changes, wrong_types

if TYPE_CHECKING:
    from incumbent.schema import InputSchema

Severity = Literal["fail", "warn"]

#: Of a wider table so many columns are changed, evenly chosen.
MOST_COLUMNS = 60
#: Rows of which all but so much is null.
KEPT_SHARE = 0.05
_SPARSE_ROWS = 5


@dataclass(frozen=True)
class EdgeRow:
    """One row that is asked, and what must hold of the answer.

    Parameters
    ----------
    column : str
        The column that was changed; empty where the row as a whole was.
    kind : str
        What was done to it, for people.
    row : object
        Mostly a mapping; what is no mapping must be refused.
    unanswered : "fail", "warn" or None
        How bad it is when the champion has no answer and another link of the chain stands in.
    implausible : "fail" or "warn"
        How bad an answer outside the plausible range of the target is.
    malformed : bool
        Whether a clean refusal is welcome.
    policy : str
        Which input policy of the production configuration speaks of it: ``out_of_range``, ``unseen``,
        ``null`` or nothing.
    same : bool
        Whether the answer must be the ordinary row's.
    remedy : str
        What helps, where that does not follow from the policy.
    """

    column: str
    kind: str
    row: Any
    unanswered: Severity | None = "fail"
    implausible: Severity = "fail"
    malformed: bool = False
    policy: str = ""
    same: bool = False
    remedy: str = ""


def chosen_columns(schema: InputSchema) -> tuple[str, ...]:
    """The columns that are changed: all, or of a wide table some, evenly chosen."""
    names = schema.names
    if len(names) <= MOST_COLUMNS:
        return names
    return tuple(names[i * (len(names) - 1) // (MOST_COLUMNS - 1)] for i in range(MOST_COLUMNS))


def edge_rows(
    schema: InputSchema, profile: Mapping[str, Any], ordinary: Mapping[str, Any]
) -> Iterator[EdgeRow]:
    """Every edge row of a version.

    Parameters
    ----------
    schema : InputSchema
        What the version reads.
    profile : mapping
        Column name to what the profile says of it; empty where nobody recorded one.
    ordinary : mapping
        A row that the version can answer.
    """
    chosen = set(chosen_columns(schema))
    for column in schema.columns:
        if column.name not in chosen:
            continue
        for change in changes(column, profile.get(column.name, {})):
            yield _changed(ordinary, column.name, change)
        for kind, value in wrong_types(column):
            row = {**ordinary, column.name: value}
            yield EdgeRow(column.name, kind, row, unanswered="warn", malformed=True)
        without = {name: value for name, value in ordinary.items() if name != column.name}
        yield EdgeRow(column.name, "column missing", without, unanswered="warn", malformed=True)
    yield from _whole_rows(schema, ordinary)
    yield from _sparse_rows(schema, profile, ordinary)


def _changed(ordinary: Mapping[str, Any], column: str, change: Change) -> EdgeRow:
    row = {**ordinary, column: change.value}
    return EdgeRow(
        column, change.kind, row, change.unanswered, change.implausible, change.malformed, change.policy,
        remedy=change.remedy,
    )  # fmt: skip


def _whole_rows(schema: InputSchema, ordinary: Mapping[str, Any]) -> Iterator[EdgeRow]:
    yield EdgeRow("", "reordered columns", dict(reversed(list(ordinary.items()))), same=True)
    yield EdgeRow("", "extra column", {**ordinary, "a column nobody knows": "x"}, same=True)
    not_rows: Sequence[tuple[str, Any]] = (
        ("null for a row", None),
        ("a number for a row", 3),
        ("text for a row", "row"),
        ("a list for a row", [1, 2]),
    )
    for kind, row in not_rows:
        yield EdgeRow("", kind, row, unanswered="warn", malformed=True)
    if schema.columns:
        yield EdgeRow("", "no columns", {}, unanswered="warn", malformed=True)


def _sparse_rows(
    schema: InputSchema, profile: Mapping[str, Any], ordinary: Mapping[str, Any]
) -> Iterator[EdgeRow]:
    """All but a twentieth of the columns null (in turn another twentieth), and all of them."""
    names = schema.names
    if not names:
        return
    severity = worst_null(schema, profile)
    keep = max(1, round(KEPT_SHARE * len(names)))
    turns = min(_SPARSE_ROWS, -(-len(names) // keep)) if len(names) > 1 else 0
    for turn in range(turns):
        first = turn * len(names) // turns
        kept = {names[(first + i) % len(names)] for i in range(keep)}
        row = {name: ordinary[name] if name in kept else None for name in names}
        yield EdgeRow("", f"all null but {_named(sorted(kept))}", row, severity, policy="null")
    yield EdgeRow("", "all null", dict.fromkeys(names), severity, policy="null")


def worst_null(schema: InputSchema, profile: Mapping[str, Any]) -> Severity:
    """How bad it is when nulls in many columns are not answered."""
    from core.checks.edge.values import null_severity

    each = {null_severity(c, profile.get(c.name, {})) for c in schema.columns}
    return "warn" if "warn" in each else "fail"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
