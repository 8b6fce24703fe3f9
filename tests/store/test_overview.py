"""The overview says of each model what the single questions say."""

from __future__ import annotations

from store import Store
from store.records import TrendPoint
from tests.store.helpers import judged, measured


def test_an_empty_store_has_an_empty_overview(store: Store) -> None:
    assert store.overview() == ()


def test_a_model_without_anything(store: Store) -> None:
    store.models.apply("new", {"target": "late"}, who="ada")
    (new,) = store.overview()
    assert (new.metric, new.production, new.shown, new.versions, new.checks) == (None, None, None, 0, {})
    assert (new.nowtest, new.trend, new.alerts, new.requirements, new.muted, new.active) == (
        (),
        (),
        (),
        (),
        False,
        0,
    )


def test_it_says_what_the_single_questions_say(flights: Store) -> None:
    flights.models.apply("air_time", {"metric": "mae"}, who="ada")
    flights.versions.add("air_time", "three", "native", "trained")
    flights.production.add("flights", champion=1, who="ada", why="first")
    requirement = flights.requirements.set("flights", "roc_auc", min=0.6, who="ada")
    judged(
        flights, measured(value=0.71, as_of="2013-02-01"), measured(value=0.99, version=2, as_of="2013-02-01")
    )
    last = judged(
        flights,
        measured(value=0.65, as_of="2013-03-01", verdict="warn"),
        measured(value=0.6, as_of="2013-03-01", segment="carrier=UA"),
        measured(value=0.2, as_of="2013-03-01", metric="brier"),
        measured(value=0.98, version=2, as_of="2013-03-01"),
        verdict="warn",
        as_of="2013-03-01",
    )
    judged(flights, measured(model="air_time", metric="mae", value=4.1), model="air_time", kind="nowtest")
    judged(flights, measured(check="backtest", value=0.7, partition="2013-01"), kind="backtest")
    flights.runs.enqueue("flights", "drift", why="test", who="ada")
    alert, _ = flights.alerts.open_or_confirm("flights", "flights nowtest", "warn", "0.65", last.id)
    flights.alerts.mute("air_time", "ada")
    air_time, shown = flights.overview()
    assert shown.model == flights.models.get("flights")
    assert (shown.metric, shown.shown, shown.versions, shown.active, shown.muted) == (
        "roc_auc",
        1,
        2,
        1,
        False,
    )
    assert shown.production == flights.production.live("flights")
    assert shown.requirements == (requirement,)
    assert shown.alerts == (alert,)
    assert {kind: run.id for kind, run in shown.checks.items()} == {
        kind: run.id for kind, run in flights.runs.last_per_check("flights").items()
    }
    assert set(shown.checks) == {"nowtest", "backtest"}
    assert shown.nowtest == tuple(m for m in flights.measurements.of_run(last.id) if m.version == 1)
    assert shown.trend == (TrendPoint("2013-02-01", 0.71, "pass"), TrendPoint("2013-03-01", 0.65, "warn"))
    assert (air_time.shown, air_time.muted, air_time.trend[0].value) == (1, True, 4.1)
    assert [point.value for point in flights.overview(nights=1)[1].trend] == [0.65]


def test_another_site_and_archived_models(flights: Store) -> None:
    flights.sites.add("shop", "shop")
    flights.production.add("flights", champion=1, who="ada", why="first")
    flights.production.add("flights", "shop", champion=2, who="ada", why="first")
    assert [o.shown for o in flights.overview("shop")] == [2]
    flights.production.add("flights", champion=None, who="ada", why="withdrawn")
    assert [o.shown for o in flights.overview()] == [2], "without a champion the newest version is shown"
    flights.models.archive("flights")
    assert flights.overview() == ()
    assert len(flights.overview(include_archived=True)) == 1
