"""Sites, production revisions, the journal."""

from __future__ import annotations

import pytest

from incumbent.errors import RefusedError, StoreError, UsageError
from store import Store
from tests.store.helpers import NIGHT


def test_the_highest_number_is_live(flights: Store) -> None:
    assert flights.production.live("flights") is None
    first = flights.production.add(
        "flights", champion=1, challenger=2, share=0.1, shadows=[2],
        fallback=[2, {"rules": "late if snow"}, "baseline"],
        limits={"timeout_ms": 50}, who="ada", why="first", seen=0,
    )  # fmt: skip
    assert flights.production.live("flights") == first
    assert (first.number, first.shadows, first.fallback) == (
        1,
        (2,),
        (2, {"rules": "late if snow"}, "baseline"),
    )
    assert flights.verify() == ("revision 1 of flights at local is live, but was never published",)
    assert flights.production.mark_published("flights", 1, now=NIGHT).published == NIGHT
    assert flights.verify() == ()
    second = flights.production.add("flights", champion=2, who="bob", why="better", forced=True, seen=1)
    third = flights.production.add("flights", champion=1, who="bob", why="worse after all", undoes=2)
    assert [r.number for r in flights.production.history("flights").rows] == [3, 2, 1]
    assert (second.forced, third.undoes) == (True, 2)
    assert flights.production.get("flights", 1).challenger == 2
    with pytest.raises(UsageError, match="no revision 4"):
        flights.production.get("flights", 4)


def test_a_champion_arrives_with_the_first_revision_since_another_one_served(flights: Store) -> None:
    flights.sites.add("shop", "/srv/shop")
    assert flights.production.arrivals() == {}
    for champion, limits in ((1, {}), (2, {}), (1, {}), (1, {"timeout_ms": 50})):
        flights.production.add("flights", champion=champion, limits=limits, who="ada", why="so")
    flights.production.add("flights", "shop", champion=2, who="ada", why="first here")
    assert {name: came.number for name, came in flights.production.arrivals().items()} == {"flights": 3}
    assert flights.production.arrivals("shop") == {"flights": flights.production.live("flights", "shop")}
    withdrawn = flights.production.add("flights", champion=None, who="ada", why="nothing serves")
    flights.production.add("flights", champion=None, limits={"timeout_ms": 9}, who="ada", why="so")
    assert flights.production.arrivals()["flights"].number == withdrawn.number


def test_who_decided_on_an_older_state_is_refused(flights: Store) -> None:
    flights.production.add("flights", champion=1, who="ada", why="first", seen=0)
    with pytest.raises(RefusedError, match="revision 1 is live, not 0"):
        flights.production.add("flights", champion=2, who="bob", why="mine", seen=0)
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        flights.production.add("flights", champion=9, who="bob", why="no such version")


def test_sites_have_lists_of_their_own(flights: Store) -> None:
    flights.sites.add("shop", "/srv/shop")
    flights.production.add("flights", champion=1, who="ada", why="first")
    flights.production.add("flights", "shop", champion=2, who="ada", why="first here")
    assert [(r.site, r.number, r.champion) for r in flights.production.all_live()] == [
        ("local", 1, 1),
        ("shop", 1, 2),
    ]
    assert [r.champion for r in flights.production.all_live("shop")] == [2]
    assert len(flights.production.history("flights", site=None).rows) == 2
    assert flights.sites.champions("shop") == 1
    flights.production.add("flights", "shop", champion=None, who="ada", why="withdrawn")
    assert flights.sites.champions("shop") == 0
    with pytest.raises(RefusedError, match="exists already"):
        flights.sites.add("shop", "elsewhere")
    flights.sites.remove("shop")
    with pytest.raises(UsageError, match="no site named 'shop'"):
        flights.sites.get("shop")
    assert [r.site for r in flights.production.all_live()] == ["local"]


def test_the_journal_knows_what_can_be_taken_back(flights: Store) -> None:
    swap = flights.journal.add(
        "ada", "production.swap", "flights at local", model="flights", detail={"to": 2}, undo={"to": 1}
    )
    flights.journal.add("bob", "run.cancel", "run 3")
    assert flights.journal.last_undoable() == swap
    assert flights.journal.last_undoable("bob") is None
    undone = flights.journal.add("bob", "production.rollback", "flights at local", model="flights")
    assert flights.journal.mark_undone(swap.id, undone.id).undone_by == undone.id
    assert flights.journal.last_undoable() is None
    with pytest.raises(RefusedError, match="undone already"):
        flights.journal.mark_undone(swap.id, undone.id)
    assert [e.id for e in flights.journal.page("flights").rows] == [undone.id, swap.id]
    first = flights.journal.page(limit=2)
    assert [e.id for e in flights.journal.page(after=first.after, limit=2).rows] == [swap.id]


def test_a_transaction_keeps_all_families_together(flights: Store) -> None:
    with pytest.raises(ZeroDivisionError), flights.transaction():
        flights.production.add("flights", champion=1, who="ada", why="first")
        flights.journal.add("ada", "production.swap", "flights")
        flights.settings.set("a", 1 / 0)
    assert flights.production.live("flights") is None
    assert flights.journal.page().rows == ()
    with flights.transaction():
        flights.journal.add("ada", "production.swap", "kept")
        with pytest.raises(UsageError), flights.transaction():
            flights.journal.add("ada", "production.swap", "dropped")
            flights.models.get("nobody")
    assert [e.subject for e in flights.journal.page().rows] == ["kept"]


def test_what_was_done_outside_is_told_whether_the_transaction_is_kept(flights: Store) -> None:
    told: list[tuple[str, bool]] = []

    def act(name: str) -> None:
        flights.afterwards(lambda kept: told.append((name, kept)))

    act("outside")
    with flights.transaction():
        act("kept")
        with pytest.raises(UsageError), flights.transaction():
            act("one")
            with flights.transaction():
                act("two")
            flights.models.get("nobody")
        assert told == [("outside", True), ("two", False), ("one", False)]
    assert told[3:] == [("kept", True)]
