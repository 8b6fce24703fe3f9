"""The ledger: what swaps were worth, on the rows that came after them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core import production, trial
from core.ledger import ledger, swaps_of
from core.workspace import Workspace
from store import Store
from tests.core.trial.living import BEGIN, after, knows, live


def at(store: Store, moments: dict[int, str]) -> None:
    """Move revisions of ``late`` to when they would have been made."""
    for number, moment in moments.items():
        store._database.run("UPDATE production SET at = ? WHERE number = ?", (moment, number))


def served(house: Workspace, *champions: int) -> None:
    """Champions of ``late`` one after another; version 1 serves already."""
    for number in champions:
        production.swap(house, "late", number, reason="test", force=True)


def test_a_swap_is_judged_on_the_rows_of_its_time_in_office(house: Workspace) -> None:
    served(house, 2, 0)
    with house.store() as store:
        at(
            store,
            {1: "2024-03-01T00:00:00.000Z", 2: "2024-04-10T00:00:00.000Z", 3: "2024-05-20T00:00:00.000Z"},
        )
        assert [(s.before, s.after) for s in swaps_of(store, "late")] == [(1, 2), (2, 0)]
    found = ledger(house, "late")
    first, second = found["swaps"]
    assert (first["before"], first["after"], first["basis"]) == (1, 2, "data")
    assert first["until"] == second["when"]
    assert first["gain"]["n"] == pytest.approx(40 * 16, rel=0.1)
    # the baseline ranks nobody
    assert (second["verdict"], second["gain"]["value"] < -0.05) == ("lost", True)
    assert found["total"] == pytest.approx(first["gain"]["value"] + second["gain"]["value"])
    # not a sum of shares: a third lost, and half of the rest gained, is nothing
    assert found["relative"] == pytest.approx(found["total"] / first["began"])
    assert "May 2024 lost" in found["sentence"]
    assert found["sentence"].startswith("2 swaps of late lost")


def test_it_agrees_with_a_back_test_of_the_same_rows(house: Workspace) -> None:
    from tests.house import done

    served(house, 2)
    with house.store() as store:
        at(store, {1: "2024-03-01T00:00:00.000Z", 2: "2024-05-01T00:00:00.000Z"})
        store.settings.set("timezone", "UTC")
    (swap,) = ledger(house, "late")["swaps"]
    run = done(house, "late", "backtest", {"versions": [0, 1, 2], "since": "2024-05-01"})
    assert run.result is not None
    judged = {v["version"]: v for v in run.result["versions"]}
    compared = judged[1]["comparison"]["roc_auc"]  # v1 against v2, who serves
    assert swap["gain"]["value"] == pytest.approx(-compared["difference"])
    assert swap["gain"]["low"] == pytest.approx(-compared["high"])


def test_without_rows_since_nothing_is_said(house: Workspace) -> None:
    assert ledger(house, "late")["sentence"] == "no champion of late at local has followed another yet"
    served(house, 2)
    found = ledger(house, "late")
    assert found["swaps"][0]["verdict"] == "no data"
    assert found["total"] is None
    assert found["sentence"] == "1 swap without rows since to judge by"


def test_a_deposed_champion_that_shadows_on_tells_it_by_the_log(house: Workspace) -> None:
    served(house, 2)
    with house.store() as store:
        at(store, {2: "2024-07-31T00:00:00.000Z"})
    trial.start(house, "late", 1, forever=True, now=BEGIN)
    with house.store() as store:
        (running,) = store.trials.running("late")
    live(house, running, 10, champion=knows(0.7), challenger=knows(0.4))
    trial.status(house, "late", now=after(11))
    (swap,) = ledger(house, "late")["swaps"]
    assert (swap["basis"], swap["verdict"]) == ("log", "gained")
    assert swap["gain"]["low"] > 0
    assert "gained" in ledger(house, "late")["sentence"]


def test_rollbacks_are_in_the_ledger(house: Workspace) -> None:
    served(house, 2)
    production.rollback(house, "late", reason="it was not worth it")
    with house.store() as store:
        found = swaps_of(store, "late")
    assert [(s.before, s.after, s.until is None) for s in found] == [(1, 2, False), (2, 1, True)]
    assert datetime.fromisoformat(found[0].revision.when) < datetime.now(UTC)
