"""Numbers are given once; the same content is the same version."""

from __future__ import annotations

import pytest

from incumbent.errors import UsageError
from store import Store


def test_the_same_content_is_the_same_version(flights: Store) -> None:
    first = flights.versions.get("flights", 1)
    assert flights.versions.add("flights", "one", "sklearn", "registered") == first
    assert flights.versions.by_hash("one", "flights") == first
    assert flights.versions.by_hash("unknown") is None
    flights.models.apply("other", {}, who="ada")
    other = flights.versions.add("other", "one", "native", "trained")
    assert (other.model, other.number) == ("other", 1)
    assert flights.versions.hashes() == {"one", "two"}


def test_what_was_said_of_a_version_is_kept(flights: Store) -> None:
    run = flights.runs.enqueue("flights", "train", why="test", who="ada")
    made = flights.versions.add(
        "flights", "three", "native", "trained", trained_since="2013-01-01", trained_until="2013-04-01",
        touched_until="2013-05-01", trained_rows=10, parameters={"C": 0.5},
        agreement={"max_difference": 1e-16}, why="exact", run=run.id,
    )  # fmt: skip
    assert made == flights.versions.get("flights", 3)
    assert (made.parameters, made.agreement, made.run) == ({"C": 0.5}, {"max_difference": 1e-16}, run.id)
    assert (made.trained_since, made.trained_until, made.touched_until) == (
        "2013-01-01",
        "2013-04-01",
        "2013-05-01",
    )


def test_the_baseline_is_number_zero_and_follows_the_data(flights: Store) -> None:
    first = flights.versions.add("flights", "prior 0.2", "baseline", "baseline")
    second = flights.versions.add("flights", "prior 0.3", "baseline", "baseline")
    assert (first.number, second.number) == (0, 0)
    assert flights.versions.get("flights", 0).hash == "prior 0.3"
    assert [v.number for v in flights.versions.list("flights")] == [2, 1]
    assert [v.number for v in flights.versions.list("flights", include_baseline=True)] == [2, 1, 0]
    assert flights.versions.add("flights", "three", "native", "trained").number == 3


def test_archived_versions_leave_the_list_but_not_their_number(flights: Store) -> None:
    flights.versions.archive("flights", 2)
    assert [v.number for v in flights.versions.list("flights")] == [1]
    assert [v.number for v in flights.versions.list("flights", include_archived=True)] == [2, 1]
    assert flights.versions.add("flights", "three", "native", "trained").number == 3
    assert flights.versions.unarchive("flights", 2).archived is None
    with pytest.raises(UsageError, match="no version 9"):
        flights.versions.archive("flights", 9)
