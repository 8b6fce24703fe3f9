"""What lies in the inbox: errors, fallbacks, confident mistakes, rows far outside; once each."""

from __future__ import annotations

from typing import Any

import pytest

from core import inbox, models, production_limits
from core.workspace import Workspace
from tests.core.inbox.conftest import ROW, ask, gathered
from tests.core.traffic.filling import prediction, write


def entries(house: Workspace, source: str, model: str = "late") -> dict[str, list[dict[str, Any]]]:
    """Waiting entries of a source, by kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in inbox.listing(house, model):
        if entry["source"] == source:
            found.setdefault(entry["kind"], []).append(entry)
    return found


def test_ordinary_predictions_surprise_nobody(house: Workspace) -> None:
    ask(house, [ROW] * 20)
    gathered(house)
    assert entries(house, "log") == {}


def test_rows_far_outside_are_folded_by_what_is_strange(house: Workspace) -> None:
    rows = [{**ROW, "distance": 900.0 + n} for n in range(7)] + [{**ROW, "carrier": "ship"}] * 3
    ask(house, [*rows, {**ROW, "distance": 60.0}])
    gathered(house)
    found = {e["reason"].split(" is ")[0]: e for e in entries(house, "log")["outside"]}
    assert {name: e["count"] for name, e in found.items()} == {"distance": 7, "carrier": 3}
    assert found["distance"]["row"]["distance"] == 906.0  # the farthest one shows it
    assert "'ship', which training never had" in found["carrier"]["reason"]


def test_a_second_look_counts_no_row_twice_and_new_rows_on_top(house: Workspace) -> None:
    ask(house, [{**ROW, "carrier": "ship"}] * 3)
    assert gathered(house).new >= 1
    assert gathered(house).new == 0
    ask(house, [{**ROW, "carrier": "ship"}] * 2)
    gathered(house)
    (entry,) = entries(house, "log")["outside"]
    assert entry["count"] == 5 and entry["first"] < entry["last"]


def test_what_the_policy_keeps_away_is_a_fallback(house: Workspace) -> None:
    production_limits.edit(house, "late", {"columns.wind.out_of_range": "fallback"}, reason="a test")
    ask(house, [{**ROW, "wind": 5_000.0 + n} for n in range(4)])
    gathered(house)
    found = entries(house, "log")
    (kept,) = found["fallback"]
    assert (kept["count"], kept["said"]["route"]) == (4, "baseline")
    assert "wind is out of range" in kept["reason"]
    assert set(found) == {"fallback"}  # it is in the inbox once


def test_errors_are_folded_though_their_words_tell_of_single_rows(house: Workspace) -> None:
    broken = [
        prediction(
            f"p{n}", f"2024-06-0{n}T10:00", value="no", scores=None, version=None, route="baseline",
            reason=f"version 1: ValueError: could not convert 'x{n}' at {n}", row={**ROW, "distance": n},
        )
        for n in range(1, 6)
    ]  # fmt: skip
    ruled = prediction(
        "r", "2024-06-07T10:00", version=None, route="rules", reason="rule: nobody rides so far", row=ROW
    )
    shadow = prediction("s", "2024-06-07T10:00", version=2, route="shadow", reason="it broke", row=ROW)
    write(house.root / "production" / "local" / "late" / "log", "2024-06-01", *broken, ruled, shadow)
    gathered(house)
    found = entries(house, "log")
    (error,) = found["error"]
    assert (error["count"], error["first"][:10], error["last"][:10]) == (5, "2024-06-01", "2024-06-05")
    assert "could not convert" in error["reason"] and set(found) == {"error"}
    assert inbox.accept(house, "late", error["id"])["expect"] == {"answered": True}


def test_the_most_confident_mistakes_come_when_the_truth_does(house: Workspace) -> None:
    far = {**ROW, "distance": 60.0, "wind": 20.0}
    (prediction, *_) = ask(house, [far])
    gathered(house)
    assert "mistake" not in entries(house, "log")
    ask(house, [far, far], actual="no")
    ask(house, [far], actual="yes")
    gathered(house)
    (mistake,) = entries(house, "log")["mistake"]
    assert (mistake["actual"], mistake["said"]["value"], mistake["row"]) == ("no", "yes", far)
    assert mistake["surprise"] > 2.3  # bits: the truth had a fifth at most
    assert prediction.value == "yes"


def test_history_that_the_champion_has_not_seen_is_looked_at_too(house: Workspace) -> None:
    gathered(house)
    found = entries(house, "history")["mistake"]
    with house.store() as store:
        trained = store.versions.get("late", 1).trained_until
    assert 0 < len(found) <= 20
    assert all(e["first"] >= trained and e["actual"] != e["said"]["value"] for e in found)
    surprise = [e["surprise"] for e in found]
    assert surprise == sorted(surprise, reverse=True)
    assert all(e["said"]["probabilities"][e["actual"]] <= 0.2 for e in found)


def test_large_errors_of_a_regression(house: Workspace) -> None:
    ask(house, [ROW] * 9, actual=50.0, model="minutes")
    ask(house, [{**ROW, "wind": 11.0}], actual=5_000.0, model="minutes")
    gathered(house, "minutes")
    (worst, *_) = entries(house, "log", "minutes")["residual"]
    assert (worst["actual"], worst["row"]["wind"]) == (5_000.0, 11.0)
    made = inbox.accept(house, "minutes", worst["id"])
    assert made["expect"]["value"] == 5_000.0 and made["expect"]["tolerance"] < 5_000.0 / 2


def test_private_columns_never_enter(house: Workspace) -> None:
    path = house.root / "late.toml"
    path.write_text('private = ["carrier", "minutes"]\n' + path.read_text())
    models.apply(house, path, reason="a test")
    ask(house, [{**ROW, "distance": 900.0, "carrier": "secret-carrier"}])
    gathered(house)
    listed = inbox.listing(house, "late")
    assert listed and all(e["row"]["carrier"] is None and "minutes" not in e["row"] for e in listed)


def test_without_a_champion_there_is_nothing_to_look_at(house: Workspace) -> None:
    path = house.root / "late.toml"
    path.write_text(path.read_text().replace('name = "late"', 'name = "later"'))
    models.apply(house, path, reason="a test")
    assert gathered(house, "later") == (0, 0, ())


def test_an_entry_becomes_a_case_once_and_undo_takes_it_back(house: Workspace) -> None:
    from core import actions, cases

    ask(house, [{**ROW, "distance": 60.0, "wind": 20.0}], actual="no")
    gathered(house)
    (entry,) = entries(house, "log")["mistake"]
    arguments = {"model": "late", "entry": entry["id"], "reason": "Ada's complaint"}
    made = actions.perform(house, "inbox.accept", arguments)
    assert (made["expect"], made["origin"], made["note"]) == ({"label": "no"}, "incident", "Ada's complaint")
    with pytest.raises(Exception, match=f"is case {made['id']} already"):
        inbox.dismiss(house, "late", entry["id"])
    assert actions.undo(house).action == "inbox.accept"
    assert [e["id"] for e in entries(house, "log")["mistake"]] == [entry["id"]]
    assert made["id"] not in [c["id"] for c in cases.listing(house, "late")]
    actions.perform(house, "inbox.dismiss", {"model": "late", "entry": entry["id"]})
    actions.undo(house)
    assert entries(house, "log")["mistake"]


def test_what_was_dismissed_or_accepted_does_not_come_back(house: Workspace) -> None:
    strange = [{**ROW, "carrier": "ship"}, {**ROW, "distance": 900.0}]
    ask(house, strange)
    gathered(house)
    first, second = entries(house, "log")["outside"]
    inbox.dismiss(house, "late", first["id"])
    assert inbox.accept(house, "late", second["id"])["expect"] == {"answered": True}
    ask(house, strange * 2)
    gathered(house)
    assert "outside" not in entries(house, "log")
    counts = {e["id"]: e["count"] for e in inbox.listing(house, "late", decided=True)}
    assert counts[first["id"]] == counts[second["id"]] == 3


def test_the_inbox_is_bounded_and_keeps_the_most_surprising(house: Workspace) -> None:
    ask(house, [{**ROW, "carrier": f"ship {n}", "distance": 900.0 + n} for n in range(40)])
    gathered(house)
    found = entries(house, "log")["outside"]
    assert len(found) == 20
    assert sorted(e["row"]["distance"] for e in found)[0] == 920.0


def test_a_night_gathers(house: Workspace) -> None:
    from core.runs import execute

    ask(house, [{**ROW, "carrier": "ship"}])
    with house.store() as store:
        schedule = store.schedules.set("late", "regression", "0 2 * * *", {})
        run = store.runs.enqueue_due(schedule, "2024-07-01T02:00:00.000Z")
    assert run is not None and execute(house, run.id).state == "done"
    assert len(entries(house, "log")["outside"]) == 1
