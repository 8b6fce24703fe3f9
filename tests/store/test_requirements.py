"""Requirements are superseded, never changed."""

from __future__ import annotations

from typing import Any

import pytest

from incumbent.errors import UsageError
from store import Store

MORNING, NOON, EVENING = (f"2026-01-01T{h}:00:00.000Z" for h in ("06", "12", "18"))


def test_a_newer_row_supersedes_and_the_older_says_when(flights: Store) -> None:
    old = flights.requirements.set("flights", "roc_auc", min=0.6, who="ada", now=MORNING)
    new = flights.requirements.set(
        "flights", "roc_auc", min=0.65, mean=0.7, who="bob", why="better", now=NOON
    )
    assert flights.requirements.live("flights") == (new,)
    newest, oldest = flights.requirements.history("flights")
    assert newest == new
    assert (oldest.id, oldest.min, oldest.since, oldest.until) == (old.id, 0.6, MORNING, NOON)
    gone = flights.requirements.unset("flights", "roc_auc", who="ada", why="no longer sold", now=EVENING)
    assert gone.removed
    assert flights.requirements.live("flights") == ()
    assert [r.until for r in flights.requirements.history("flights")] == [None, EVENING, NOON]
    with pytest.raises(UsageError, match="no requirement on roc_auc"):
        flights.requirements.unset("flights", "roc_auc", who="ada")
    assert flights.requirements.set("flights", "roc_auc", min=0.6, who="ada").min == 0.6


def test_equal_limits_are_the_requirement_that_stands(flights: Store) -> None:
    first = flights.requirements.set("flights", "brier", range=(0.1, 0.2), who="ada")
    assert flights.requirements.set("flights", "brier", range=(0.1, 0.2), who="bob") == first
    assert len(flights.requirements.history("flights")) == 1


def test_segments_have_limits_of_their_own(flights: Store) -> None:
    flights.requirements.set("flights", "brier", max=0.2, who="ada")
    flights.requirements.set("flights", "brier", "carrier", max=0.3, who="ada")
    live = flights.requirements.live("flights")
    assert [(r.segment, r.max) for r in live] == [(None, 0.2), ("carrier", 0.3)]
    flights.requirements.unset("flights", "brier", "carrier", who="ada")
    assert [r.segment for r in flights.requirements.live("flights")] == [None]


@pytest.mark.parametrize(
    "limits",
    [{}, {"min": 2.0, "max": 1.0}, {"range": (2.0, 1.0)}, {"mean": float("nan")}],
    ids=["none", "crossed", "crossed range", "not a number"],
)
def test_limits_that_make_no_sense(flights: Store, limits: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="brier"):
        flights.requirements.set("flights", "brier", who="ada", **limits)
    assert flights.requirements.history("flights") == ()
