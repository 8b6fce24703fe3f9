"""Schedules, leases, cases, source files, settings."""

from __future__ import annotations

import pytest

from incumbent.errors import UsageError
from store import Store
from store.clock import shift
from store.records import NewCase, SourceFile, SourcePartition
from tests.store.helpers import NIGHT


def test_setting_a_schedule_again_changes_it(flights: Store) -> None:
    first = flights.schedules.set("flights", "nowtest", "0 2 * * *", now=NIGHT)
    flights.schedules.touch_due(first.id, NIGHT)
    assert flights.schedules.pause(first.id).paused
    changed = flights.schedules.set("flights", "nowtest", "30 3 * * 0", {"by": "carrier"})
    assert (changed.id, changed.cron, changed.arguments) == (first.id, "30 3 * * 0", {"by": "carrier"})
    assert (changed.paused, changed.last_due, changed.created) == (True, NIGHT, NIGHT)
    assert not flights.schedules.resume(first.id).paused
    assert flights.schedules.find("flights", "drift") is None
    assert flights.schedules.list() == flights.schedules.list("flights") == (flights.schedules.get(first.id),)
    assert flights.schedules.touch_due(first.id, shift(NIGHT, -60)).last_due == NIGHT


def test_an_archived_model_rings_no_more(flights: Store) -> None:
    schedule = flights.schedules.set("flights", "nowtest", "0 2 * * *")
    flights.models.archive("flights")
    assert flights.schedules.list() == ()
    flights.models.unarchive("flights")
    run = flights.runs.enqueue_due(schedule, NIGHT)
    flights.schedules.remove(schedule.id)
    assert run is not None
    assert flights.runs.get(run.id).schedule is None
    with pytest.raises(UsageError, match="no schedule"):
        flights.schedules.pause(schedule.id)


def test_a_lease_has_one_holder_until_it_runs_out(store: Store) -> None:
    def take(holder: str, seconds: float) -> bool:
        return store.leases.take("night", holder, 1, "here", 60, now=shift(NIGHT, seconds))

    assert take("a", 0)
    assert not take("b", 59)
    assert take("a", 30)
    assert not take("b", 89)
    assert store.leases.renew("night", "a", 60, now=shift(NIGHT, 60))
    assert take("b", 120)
    assert not store.leases.renew("night", "a", 60)
    store.leases.release("night", "a")
    held = store.leases.get("night", now=shift(NIGHT, 121))
    assert held is not None
    assert (held.holder, held.until) == ("b", shift(NIGHT, 180))
    assert store.leases.get("night", now=shift(NIGHT, 180)) is None
    store.leases.release("night", "b")
    assert take("a", 122)


def test_cases_bind_one_version_or_all(flights: Store) -> None:
    golden = NewCase("golden", {"carrier": "UA"}, {"value": 0.25}, version=1)
    other = NewCase("golden", {"carrier": "UA"}, {"value": 0.5}, version=2)
    rule = NewCase(
        "behavioural", {"carrier": "UA"}, {"max": 0.9}, origin="incident", note="storm", blocking=False
    )
    made = flights.cases.add_many("flights", [golden, other, rule], now=NIGHT)
    assert [(c.kind, c.version, c.row, c.expect, c.blocking) for c in made] == [
        ("golden", 1, {"carrier": "UA"}, {"value": 0.25}, True),
        ("golden", 2, {"carrier": "UA"}, {"value": 0.5}, True),
        ("behavioural", None, {"carrier": "UA"}, {"max": 0.9}, False),
    ]
    assert flights.cases.binding("flights", 1) == (made[0], made[2])
    assert flights.cases.list("flights", version=2) == (made[1],)
    assert [c.id for c in flights.cases.page("flights", limit=2).rows] == [made[2].id, made[1].id]
    flights.cases.looked([made[2].id], now=shift(NIGHT, 60))
    assert flights.cases.get(made[2].id).looked == shift(NIGHT, 60)
    assert flights.cases.remove(made[0].id, now=NIGHT).removed == NIGHT
    assert flights.cases.count("flights") == 2
    assert flights.cases.binding("flights", 1) == (flights.cases.get(made[2].id),)
    assert len(flights.cases.list("flights", include_removed=True)) == 3
    assert flights.cases.restore(made[0].id) == made[0]


@pytest.mark.parametrize("case", [NewCase("golden", {}, {}), NewCase("behavioural", {}, {}, version=1)])
def test_a_case_of_the_wrong_kind_adds_nothing(flights: Store, case: NewCase) -> None:
    with pytest.raises(UsageError, match="a version"):
        flights.cases.add_many("flights", [NewCase("golden", {}, {}, version=1), case])
    assert flights.cases.list("flights") == ()


def test_a_file_is_known_with_all_its_partitions(store: Store) -> None:
    january = SourcePartition("2013-01", "2013-01-01", "2013-02-01", 27004, 26398, "f1")
    february = SourcePartition("2013-02", None, None, 24951, 23611, "f2")
    file = SourceFile(
        "source", "data/flights.csv", 123, 1_700_000_000_000_000_000, "sha", (january, february)
    )
    empty = SourceFile("source", "data/empty.csv", 0, 1, "sha0")
    store.source_files.put([file, empty, SourceFile("other", "data/flights.csv", 1, 1, "x")])
    assert store.source_files.get_many("source") == {file.path: file, empty.path: empty}
    grown = SourceFile("source", file.path, 456, 2, "sha2", (february,))
    store.source_files.put([grown])
    assert store.source_files.get_many("source")[file.path] == grown
    store.source_files.forget("source", [file.path, "data/never.csv"])
    assert list(store.source_files.get_many("source")) == [empty.path]
    store.source_files.forget("source")
    assert store.source_files.get_many("source") == {}
    assert len(store.source_files.get_many("other")) == 1


def test_settings_are_set_and_go_back(store: Store) -> None:
    assert store.settings.get("zone", "UTC") == "UTC"
    store.settings.set("zone", "Europe/Vienna")
    store.settings.set("trusted", ["a", {"b": None}])
    store.settings.set("zone", None)
    assert store.settings.get("zone", "UTC") is None
    assert store.settings.all() == {"trusted": ["a", {"b": None}], "zone": None}
    store.settings.unset("zone")
    assert store.settings.get("zone", "UTC") == "UTC"
