"""Models, their specs by revision, and what goes with them."""

from __future__ import annotations

import pytest

from incumbent.errors import RefusedError, UsageError
from store import Store
from store.records import NewCase
from tests.store.helpers import judged, measured


def test_an_equal_document_is_the_present_revision(store: Store) -> None:
    first = store.models.apply("flights", {"a": 1, "b": [1.5, None]}, who="ada", why="new")
    again = store.models.apply("flights", {"b": (1.5, None), "a": 1}, who="bob")
    assert again == first
    assert first.number == 1
    second = store.models.apply("flights", {"a": 2}, who="bob")
    back = store.models.apply("flights", {"a": 1, "b": [1.5, None]}, who="bob")
    assert (second.number, back.number) == (2, 3)
    assert [r.number for r in store.models.revisions("flights")] == [3, 2, 1]
    assert store.models.revision("flights", 2).document == {"a": 2}
    assert store.models.get("flights").revision == 3


def test_a_mistyped_name_suggests_the_right_one(flights: Store) -> None:
    with pytest.raises(UsageError) as mistyped:
        flights.models.get("flihgts")
    assert mistyped.value.hint == "did you mean 'flights'?"
    assert flights.models.find("flihgts") is None
    for ask in (
        flights.models.revisions,
        flights.requirements.live,
        flights.versions.list,
        flights.cases.list,
    ):
        with pytest.raises(UsageError, match="no model named 'x'"):
            ask("x")
    with pytest.raises(UsageError, match="no revision 7"):
        flights.models.revision("flights", 7)


def test_a_renamed_model_keeps_all_that_is_its_own(flights: Store) -> None:
    run = judged(flights, measured())
    flights.journal.add("ada", "version.train", "version 1", model="flights")
    flights.models.apply("trains", {}, who="ada")
    with pytest.raises(RefusedError, match="exists already"):
        flights.models.rename("flights", "trains")
    assert flights.models.rename("flights", "departures").name == "departures"
    assert flights.runs.get(run.id).model == "departures"
    assert flights.measurements.of_run(run.id)[0].model == "departures"
    assert flights.journal.page("departures").rows[0].model == "departures"
    assert flights.models.find("flights") is None


def test_archived_models_leave_the_list_and_come_back(flights: Store) -> None:
    archived = flights.models.archive("flights", now="2026-01-01T00:00:00.000Z")
    assert archived.archived == "2026-01-01T00:00:00.000Z"
    assert flights.models.archive("flights").archived == archived.archived
    assert flights.models.list() == ()
    assert flights.models.list(include_archived=True) == (archived,)
    assert flights.models.unarchive("flights").archived is None


def test_a_deleted_model_takes_everything_but_the_journal(flights: Store) -> None:
    run = judged(flights, measured())
    flights.requirements.set("flights", "roc_auc", min=0.6, who="ada")
    flights.production.add("flights", champion=1, who="ada", why="first")
    flights.production.add("flights", champion=2, who="ada", why="better", undoes=1)
    flights.schedules.set("flights", "nowtest", "0 2 * * *")
    flights.cases.add_many("flights", [NewCase("golden", {"a": 1}, {"value": 1}, version=1)])
    alert, _ = flights.alerts.open_or_confirm("flights", "flights nowtest", "fail", "bad", run.id)
    target = flights.notify.add_target("mailto://a", model="flights")
    flights.notify.enqueue([target.id], "a", "b", alert.id)
    flights.alerts.mute("flights", "ada")
    flights.journal.add("ada", "version.train", "version 1", model="flights")
    flights.models.delete("flights")
    assert flights.verify() == ()
    assert flights.models.list(include_archived=True) == ()
    assert flights.journal.page().rows[0].model == "flights"
    left = {
        table: flights._database.value(f"SELECT count(*) FROM {table}")
        for table in (
            "runs",
            "measurements",
            "versions",
            "production",
            "alerts",
            "cases",
            "deliveries",
            "mutes",
        )
    }
    assert set(left.values()) == {0}, left
    assert flights.models.apply("flights", {}, who="ada").number == 1
