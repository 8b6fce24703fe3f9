"""Trials in the store."""

from __future__ import annotations

import pytest

from incumbent.errors import RefusedError, UsageError
from store import Store
from store.clock import shift
from store.records import Trial
from tests.store.helpers import NIGHT


def begun(store: Store, version: int = 2, **told: object) -> Trial:
    return store.trials.add("flights", version, 1, who="ada", why="to see", now=NIGHT, **told)  # type: ignore[arg-type]


def test_a_trial_is_kept_as_it_was_begun(flights: Store) -> None:
    made = begun(
        flights,
        mode="share",
        share=0.1,
        sites=["local", "edge"],
        guards={"errors": 0.005},
        until=shift(NIGHT, 9),
    )
    assert made == flights.trials.get(made.id)
    assert (made.version, made.champion, made.mode, made.share) == (2, 1, "share", 0.1)
    assert (made.sites, made.guards, made.until) == (("local", "edge"), {"errors": 0.005}, shift(NIGHT, 9))
    assert (made.started, made.since, made.ended, made.standing) == (NIGHT, NIGHT, None, None)
    assert flights.trials.running() == flights.trials.running("flights") == (made,)


def test_it_ends_once(flights: Store) -> None:
    made = begun(flights)
    ended = flights.trials.end(made.id, "stopped", "enough", now=shift(NIGHT, 60))
    assert (ended.outcome, ended.ended_why, ended.ended) == ("stopped", "enough", shift(NIGHT, 60))
    assert flights.trials.running() == ()
    with pytest.raises(RefusedError, match="ended already: stopped"):
        flights.trials.end(made.id, "accepted", "after all")
    assert flights.trials.begin_again(made.id, 3, NIGHT).champion == 1
    with pytest.raises(UsageError, match="no trial 99"):
        flights.trials.get(99)


def test_another_champion_begins_it_anew(flights: Store) -> None:
    made = begun(flights)
    looked = flights.trials.look(made.id, {"verdict": "better"}, now=shift(NIGHT, 5))
    assert (looked.standing, looked.looked) == ({"verdict": "better"}, shift(NIGHT, 5))
    again = flights.trials.begin_again(made.id, 3, shift(NIGHT, 9))
    assert (again.champion, again.since, again.started, again.standing) == (3, shift(NIGHT, 9), NIGHT, None)


def test_notes_stay_in_order(flights: Store) -> None:
    made = begun(flights)
    flights.trials.note(made.id, "good", who="eva", site="local", now=NIGHT)
    last = flights.trials.note(made.id, "better", who="max", now=NIGHT)
    assert [(n.who, n.site, n.note) for n in flights.trials.notes(made.id)] == [
        ("eva", "local", "good"), ("max", None, "better"),
    ]  # fmt: skip
    assert flights.trials.notes(made.id)[-1] == last


def test_they_are_listed_newest_first_and_go_with_their_model(flights: Store) -> None:
    ids = [begun(flights, version).id for version in (1, 2, 2)]
    page = flights.trials.page("flights", limit=2)
    assert [t.id for t in page.rows] == [ids[2], ids[1]]
    assert [t.id for t in flights.trials.page("flights", after=page.after).rows] == [ids[0]]
    assert flights.trials.verify() == ("trial 1 of flights holds v1 against itself",)
    flights.models.rename("flights", "journeys")
    assert flights.trials.get(ids[0]).model == "journeys"
    flights.models.delete("journeys")
    assert flights.trials.page().rows == ()
