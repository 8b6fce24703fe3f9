"""Words are found wherever somebody said them, as long as their row is there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incumbent.errors import InputError, UsageError
from store import Store
from store.records import NewCase
from store.search import match_query


def test_journal_runs_and_cases_are_found_newest_first(flights: Store) -> None:
    flights.journal.add(
        "ada", "production.swap", "version 2", model="flights", detail={"reason": "knows the summer"},
        now="2026-01-01T00:00:00.000Z",
    )  # fmt: skip
    run = flights.runs.enqueue("flights", "nowtest", why="nightly", who="ada", now="2026-01-02T00:00:00.000Z")
    flights.runs.claim(1, run.id)
    flights.runs.conclude(run.id, "fail", "Sümmer rows were scarce", None, [])
    case = NewCase("behavioural", {"a": 1}, {"label": 1}, origin="incident", note="the summer of delays")
    flights.cases.add_many("flights", [case], now="2026-01-03T00:00:00.000Z")
    found = flights.search("SUMMER")
    assert [(f.kind, f.model) for f in found] == [
        ("case", "flights"), ("run", "flights"), ("journal", "flights"),
    ]  # fmt: skip
    assert [f.subject for f in found] == ["behavioural case", "nowtest", "production.swap: version 2"]
    assert "knows the summer" in found[2].text
    assert [f.kind for f in flights.search("summ row")] == ["run"]
    assert flights.search("summer", limit=1) == found[:1]
    assert flights.search("winter") == ()
    assert [r.id for r in flights.runs.page(search="scarce night").rows] == [run.id]
    assert flights.runs.page(search="scarce winter").rows == ()


def test_a_changed_row_is_found_by_its_present_words(flights: Store) -> None:
    run = flights.runs.enqueue("flights", "backtest", why="nightly", who="ada")
    flights.runs.claim(1, run.id)
    flights.runs.heartbeat(run.id, 0.5, "reading January")
    assert [f.id for f in flights.search("january")] == [run.id]
    flights.runs.heartbeat(run.id, 0.6, "reading February")
    assert flights.search("january") == ()
    assert [f.id for f in flights.search("february")] == [run.id]


def test_only_of_a_model_and_gone_with_it(flights: Store) -> None:
    flights.models.apply("birds", {}, who="ada")
    for model in ("flights", "birds"):
        flights.runs.enqueue(model, "backtest", why="asked in the panel", who="ada")
    flights.journal.add("ada", "model.delete", "birds", model="birds", detail={"reason": "asked for"})
    assert [f.model for f in flights.search("asked", model="birds")] == ["birds", "birds"]
    flights.models.delete("birds")
    found = flights.search("asked")
    assert sorted((f.kind, f.model) for f in found) == [("journal", "birds"), ("run", "flights")]
    assert flights.verify() == ()
    with pytest.raises(UsageError, match="birds"):
        flights.search("asked", model="birds")


def test_an_index_that_lost_a_row_is_noticed(flights: Store) -> None:
    flights.runs.enqueue("flights", "backtest", why="nightly", who="ada")
    flights._database.run("INSERT INTO runs_fts (runs_fts) VALUES ('delete-all')")
    assert flights.verify() == ("the search index of runs does not agree with its rows",)


def test_a_text_without_a_word_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="no word"):
        store.search(' "*" ')


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30).filter(lambda text: any(c.isalnum() for c in text)))
def test_whatever_is_typed_is_only_words(memory: Store, text: str) -> None:
    assert match_query(text).count('"') % 2 == 0
    assert isinstance(memory.search(text), tuple)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store for many questions that change nothing."""
    return Store.open(tmp_path_factory.mktemp("search") / "store.db", create=True)
