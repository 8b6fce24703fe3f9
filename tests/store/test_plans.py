"""Every question that a screen asks of a large table is answered by an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from store import Store
from store.database import Database

LARGE = ("measurements", "runs", "r", "journal", "deliveries", "cases", "measured")  # r: runs, aliased

QUESTIONS: dict[str, Callable[[Store], Any]] = {
    "overview": lambda s: s.overview(),
    "history": lambda s: s.measurements.history("flights"),
    "history, further": lambda s: s.measurements.history("flights", after="5"),
    "history of a check": lambda s: s.measurements.history("flights", check="nowtest"),
    "history of a metric": lambda s: s.measurements.history("flights", metric="brier"),
    "history of a version": lambda s: s.measurements.history("flights", version=1),
    "history of all three": lambda s: s.measurements.history("flights", check="a", metric="b", version=1),
    "history of a partition": lambda s: s.measurements.history("flights", partition="2013-01", segment="a=b"),
    "measurements of a run": lambda s: s.measurements.of_run(1),
    "series": lambda s: s.measurements.series("flights", "nowtest", "brier", 1),
    "runs": lambda s: s.runs.page(),
    "runs of a model": lambda s: s.runs.page("flights"),
    "runs of a model, further": lambda s: s.runs.page("flights", after="7"),
    "runs of a kind": lambda s: s.runs.page(kind="nowtest"),
    "runs in a state": lambda s: s.runs.page(state="running"),
    "what ended": lambda s: s.runs.ended_since("2026-01-01T00:00:00.000Z"),
    "active runs": lambda s: s.runs.active(),
    "claim": lambda s: s.runs.claim(1),
    "claim of kinds": lambda s: s.runs.claim(1, kinds=["train"]),
    "last run": lambda s: s.runs.last("flights", "nowtest", ["pass"]),
    "last run of each check": lambda s: s.runs.last_per_check("flights"),
    "journal": lambda s: s.journal.page(),
    "journal of a model": lambda s: s.journal.page("flights"),
    "last undoable": lambda s: s.journal.last_undoable(),
    "deliveries due": lambda s: s.notify.due(),
    "deliveries": lambda s: s.notify.page(),
    "cases": lambda s: s.cases.binding("flights", 1),
    "a page of cases": lambda s: s.cases.page("flights"),
    "slices": lambda s: s.measured.get_many([("a", "b", "c")]),
}


def plan(database: Database, monkeypatch: pytest.MonkeyPatch, question: Callable[[], Any]) -> list[str]:
    """What SQLite would do for each statement of a question."""
    asked: list[tuple[str, Any]] = []
    plain = Database.rows

    def noting(self: Database, sql: str, parameters: Any = ()) -> Any:
        asked.append((sql, parameters))
        return plain(self, sql, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "rows", noting)
        question()
    return [
        row["detail"] for sql, given in asked for row in plain(database, f"EXPLAIN QUERY PLAN {sql}", given)
    ]


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_reads_a_large_table_through(
    flights: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    steps = plan(flights._database, monkeypatch, lambda: QUESTIONS[name](flights))
    assert steps
    paged = name in (
        "runs",
        "journal",
        "deliveries",
    )  # the newest of all: by falling id until the page is full
    for table in LARGE:
        through = [s for s in steps if s.startswith(f"SCAN {table}") and "USING" not in s]
        assert not through or paged, through


@pytest.mark.parametrize(
    "name", [n for n in QUESTIONS if n.startswith(("history", "series", "runs", "journal"))]
)
def test_no_page_is_sorted_after_it_was_read(
    flights: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    steps = plan(flights._database, monkeypatch, lambda: QUESTIONS[name](flights))
    assert [s for s in steps if "TEMP B-TREE" in s] == []


def test_a_sparkline_is_answered_by_its_index_alone(flights: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = plan(flights._database, monkeypatch, lambda: flights.overview())
    assert any("COVERING INDEX measurements_series" in step for step in steps)
