"""The queue: one claims, everybody sees, nothing is half concluded."""

from __future__ import annotations

import pytest

from incumbent.errors import InputError, RefusedError, UsageError
from store import Store
from store.records import Run
from tests.store.helpers import NIGHT, judged, measured


def queued(store: Store, kind: str = "nowtest") -> Run:
    return store.runs.enqueue("flights", kind, {"by": "carrier"}, why="asked in the panel", who="ada")


def test_a_run_from_the_queue_to_its_verdict(flights: Store) -> None:
    waiting = queued(flights)
    assert (waiting.state, waiting.arguments, waiting.model) == ("queued", {"by": "carrier"}, "flights")
    claimed = flights.runs.claim(4711)
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.pid) == (waiting.id, "running", 4711)
    assert flights.runs.claim(4712) is None
    assert flights.runs.heartbeat(claimed.id, 0.5, "2013-06", remaining=12.5) is False
    halfway = flights.runs.get(claimed.id)
    assert (halfway.progress, halfway.note, halfway.remaining) == (0.5, "2013-06", 12.5)
    flights.runs.conclude(claimed.id, "warn", "roc_auc 0.66", {"verdict": "warn"}, [measured()])
    done = flights.runs.get(claimed.id)
    assert (done.state, done.verdict, done.progress, done.result) == (
        "done",
        "warn",
        1.0,
        {"verdict": "warn"},
    )
    assert [m.run for m in flights.measurements.of_run(done.id)] == [done.id]
    with pytest.raises(RefusedError, match="ended already"):
        flights.runs.finish(done.id, "failed")
    with pytest.raises(UsageError, match="no run 99"):
        flights.runs.get(99)


def test_the_oldest_of_the_kinds_asked_for_is_claimed(flights: Store) -> None:
    first, second, third = queued(flights, "train"), queued(flights), queued(flights)
    nowtest = flights.runs.claim(1, kinds=["nowtest", "drift"])
    named = flights.runs.claim(1, third.id)
    assert (nowtest, named) == (flights.runs.get(second.id), flights.runs.get(third.id))
    assert flights.runs.claim(1, third.id) is None
    assert flights.runs.claim(1) == flights.runs.get(first.id)
    assert [r.id for r in flights.runs.active()] == [first.id, second.id, third.id]


def test_a_queued_run_is_cancelled_at_once_a_running_one_when_it_looks(flights: Store) -> None:
    waiting = queued(flights)
    assert flights.runs.request_cancel(waiting.id).state == "cancelled"
    running = queued(flights)
    flights.runs.claim(1)
    assert flights.runs.request_cancel(running.id).state == "running"
    assert flights.runs.heartbeat(running.id) is True
    assert flights.runs.finish(running.id, "cancelled").state == "cancelled"
    assert flights.runs.request_cancel(running.id).state == "cancelled"


def test_a_run_whose_model_is_deleted_is_told_to_stop(flights: Store) -> None:
    running = queued(flights)
    flights.runs.claim(1)
    flights.models.delete("flights")
    assert flights.runs.heartbeat(running.id) is True


def test_a_conclusion_that_cannot_be_written_leaves_the_run_as_it_was(flights: Store) -> None:
    run = queued(flights)
    flights.runs.claim(1)
    with pytest.raises(InputError, match="NaN"):
        flights.runs.conclude(run.id, "pass", "", None, [measured(), measured(value=float("nan"))])
    with pytest.raises(InputError, match="cannot be stored"):
        flights.runs.conclude(run.id, "pass", "", {"value": float("inf")}, [measured()])
    assert flights.runs.get(run.id).state == "running"
    assert flights.measurements.of_run(run.id) == ()


def test_runs_of_dead_processes_are_interrupted_and_keep_what_they_had(flights: Store) -> None:
    dead, living, waiting = queued(flights), queued(flights), queued(flights)
    flights.runs.claim(111, dead.id, now=NIGHT)
    flights.runs.claim(222, living.id, now=NIGHT)
    later = "2026-01-01T02:01:00.000Z"
    marked = flights.runs.interrupt_dead(lambda pid: pid == 222, now=later)
    assert [r.id for r in marked] == [dead.id]
    assert (marked[0].state, marked[0].finished) == ("interrupted", later)
    assert flights.runs.interrupt_dead(lambda pid: pid == 222, now=later) == ()
    assert [r.id for r in flights.runs.active()] == [living.id, waiting.id]
    silent = flights.runs.interrupt_dead(lambda pid: True, stale_seconds=30, now=later)
    assert [r.id for r in silent] == [living.id]
    assert flights.runs.heartbeat(living.id) is False
    assert flights.runs.get(living.id).state == "running", "it was only silent"
    assert flights.runs.finish(living.id, "done", "pass").state == "done"
    assert flights.runs.finish(dead.id, "done", "pass").state == "done", "an end that comes late is an end"


def test_a_schedule_and_a_due_time_name_one_run(flights: Store) -> None:
    schedule = flights.schedules.set("flights", "nowtest", "0 2 * * *", {"by": "carrier"})
    first = flights.runs.enqueue_due(schedule, NIGHT, late=True)
    assert first is not None
    assert (first.kind, first.schedule, first.due, first.late) == ("nowtest", schedule.id, NIGHT, True)
    assert first.arguments == {"by": "carrier"}
    assert flights.runs.enqueue_due(schedule, NIGHT) is None
    assert flights.schedules.get(schedule.id).last_due == NIGHT
    assert len(flights.runs.page().rows) == 1
    assert flights.runs.enqueue_due(schedule, "2025-12-31T02:00:00.000Z") is not None
    assert flights.schedules.get(schedule.id).last_due == NIGHT


def test_the_present_state_is_of_the_latest_moment_not_of_the_latest_question(flights: Store) -> None:
    today = judged(flights, as_of="2026-01-02T00:00:00", verdict="fail")
    judged(flights, as_of="2025-06-01T00:00:00", verdict="pass")
    unjudged = queued(flights)
    flights.runs.finish(unjudged.id, "failed", error="no data")
    last = flights.runs.last("flights", "nowtest")
    assert last is not None
    assert last.id == today.id
    passed = flights.runs.last("flights", "nowtest", ["pass", "warn"])
    assert passed is not None
    assert passed.as_of == "2025-06-01T00:00:00"
    drift = judged(flights, kind="drift")
    assert {k: r.id for k, r in flights.runs.last_per_check("flights").items()} == {
        "nowtest": today.id,
        "drift": drift.id,
    }
    assert flights.runs.last("flights", "edge") is None


def test_pages_are_whole_and_newest_first(flights: Store) -> None:
    ids = [queued(flights, "nowtest" if i % 3 else "drift").id for i in range(25)]
    seen, after = [], None
    while True:
        page = flights.runs.page("flights", after=after, limit=10)
        seen += [run.id for run in page.rows]
        queued(flights)  # what is added meanwhile neither repeats nor hides a row
        after = page.after
        if after is None:
            break
    assert seen == ids[::-1]
    assert {r.kind for r in flights.runs.page(kind="drift").rows} == {"drift"}
    flights.runs.finish(ids[0], "done", "pass", now=NIGHT)
    assert [r.id for r in flights.runs.page(state="done").rows] == [ids[0]]
    assert [r.id for r in flights.runs.page(finished_since=NIGHT).rows] == [ids[0]]
    assert flights.runs.page(finished_since="2026-01-01T02:00:00.001Z").rows == ()


def test_what_ended_is_counted_whole(flights: Store) -> None:
    for _ in range(600):
        flights.runs.finish(queued(flights).id, "done", "pass", now=NIGHT)
    flights.runs.finish(queued(flights).id, "failed", now=NIGHT)
    flights.runs.finish(queued(flights).id, "done", "fail", now="2026-01-01T01:59:59.999Z")
    replayed = flights.runs.enqueue("flights", "nowtest", why="replay", who="ada", as_of="2013-05-01")
    flights.runs.finish(replayed.id, "done", "warn", now=NIGHT)
    assert flights.runs.ended_since(NIGHT) == {("done", "pass"): 600, ("failed", None): 1}
    assert flights.runs.ended_since(NIGHT, "flights") == flights.runs.ended_since(NIGHT)


def test_listings_leave_the_result_out(flights: Store) -> None:
    run = queued(flights)
    flights.runs.finish(run.id, "done", "pass", result={"large": "x" * 1000})
    assert flights.runs.page().rows[0].result is None
    assert flights.runs.get(run.id).result == {"large": "x" * 1000}


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_page_of_no_sensible_size(flights: Store, limit: int) -> None:
    with pytest.raises(InputError, match="a page of"):
        flights.runs.page(limit=limit)
    with pytest.raises(InputError, match="does not continue"):
        flights.runs.page(after="yesterday")
