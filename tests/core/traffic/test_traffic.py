"""Traffic: the log read as one, wherever its rows lie, with outcomes joined."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.traffic import Traffic, summary
from core.traffic.reading import matrix
from core.traffic.rolling import roll
from incumbent.log import Log
from incumbent.log.tally import quantile
from tests.core.traffic.filling import at, by_id, outcome, place, prediction, workspace, write
from tests.incumbent.test_log import put


def fill(where: Path) -> None:
    """Two days of two processes."""
    write(
        where, "2026-11-20",
        prediction("a", "2026-11-20T10:00", key="F1"),
        prediction("b", "2026-11-20T10:00", key="F2", value="no", row={"distance": None, "carrier": "rail"}),
        prediction("b", "2026-11-20T10:00", key="F2", route="shadow", version=2),
    )  # fmt: skip
    write(where, "2026-11-20", prediction("c", "2026-11-20T23:59:59", key="F1", version=None, scores=None,
                                          route="baseline", reason="version 1: KeyError"))  # fmt: skip
    write(
        where, "2026-11-21",
        prediction("d", "2026-11-21T00:00", row={"distance": 3, "carrier": "tram", "new": True}, seconds=0.4),
        outcome("a", "no", "2026-11-21T08:00"),
        outcome("nobody", "yes", "2026-11-21T08:00"),
    )  # fmt: skip


def shown(found: Traffic) -> pd.DataFrame:
    """All that is read, in an order of its own."""
    batches = [pd.concat([batch.meta, batch.inputs], axis=1) for batch in found.read()]
    whole = pd.concat([batch.astype(object).where(batch.notna(), None) for batch in batches])
    whole["probabilities"] = [None if row is None else tuple(row) for row in whole["probabilities"]]
    whole = whole.astype(object).where(whole.notna(), None)
    return whole.sort_values(["id", "route"], ignore_index=True).reindex(sorted(whole.columns), axis=1)


@pytest.mark.parametrize("rolled", [0, 1, 2])
def test_rows_read_the_same_whether_they_are_home_or_not(tmp_path: Path, rolled: int) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        fill(here.away)
        found = Traffic.open(made, store, "late")
        before = shown(found)
        assert before["id"].tolist() == ["a", "b", "b", "c", "d"]
        if rolled:
            now = at("2026-11-21T03:00") / 1e9 if rolled == 1 else None
            done = roll(here, now)
            assert done.predictions == (4 if rolled == 1 else 5)
        pd.testing.assert_frame_equal(shown(found), before, check_dtype=False)
        assert found.count() == 5


def test_what_is_said_of_a_prediction(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        fill(place(made, store).away)
        batches = Traffic.open(made, store, "late").read()  # files come in any order
        first = next(batch for batch in batches if "a" in set(batch.meta["id"]))
        meta = first.meta.set_index(["id", "route"])
        a = meta.loc[("a", "champion")]
        assert (a["at"], a["key"], a["version"], a["value"]) == (
            pd.Timestamp("2026-11-20T10:00"), "F1", 1, "yes",
        )  # fmt: skip
        assert list(a["probabilities"]) == [0.25, 0.75]
        assert (a["actual"], a["known"]) == ("no", pd.Timestamp("2026-11-21T08:00"))
        assert meta.loc[("b", "shadow"), "version"] == 2
        assert meta.loc[("b", "champion"), "actual"] is None or pd.isna(meta.loc[("b", "champion"), "actual"])
        assert first.inputs["carrier"].tolist() == ["bus", "rail", "bus"]
        assert np.isnan(first.inputs["distance"].tolist()[1])


def test_a_stretch_of_time_is_cut_to_the_nanosecond_and_columns_to_those_asked_for(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        fill(here.away)
        found = Traffic.open(made, store, "late")
        for _ in range(2):
            since, until = datetime(2026, 11, 20, 23, 59, 59), datetime(2026, 11, 21)
            assert set(by_id(found, since, until)) == {"c"}
            assert set(by_id(found, until.replace(tzinfo=UTC))) == {"d"}
            for batch in found.read(columns=["carrier", "no such"]):
                assert list(batch.inputs.columns) == ["carrier"]
                assert len(batch.inputs) == len(batch.meta)
            for batch in found.read(columns=[]):
                assert len(batch.inputs) == len(batch.meta) > 0
            roll(here)


def test_the_last_outcome_counts_by_id_or_by_key(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        write(
            here.away, "2026-11-20",
            prediction("a", "2026-11-20T10:00", key="F1"), prediction("b", "2026-11-20T10:00", key="F1"),
            prediction("c", "2026-11-20T10:00", key="F2"), prediction("d", "2026-11-20T10:00"),
            outcome("a", "yes", "2026-11-20T11:00"), outcome("c", "yes", "2026-11-20T14:00"),
        )  # fmt: skip
        write(
            here.away, "2026-11-22",
            outcome(None, "no", "2026-11-20T12:00", key="F1"), outcome("b", "yes", "2026-11-20T13:00"),
            outcome("c", "no", "2026-11-20T13:00"),
        )  # fmt: skip
        for _ in range(2):
            found = by_id(Traffic.open(made, store, "late"))
            assert [found[id]["actual"] for id in "abc"] == ["no", "yes", "yes"]
            assert pd.isna(found["d"]["actual"])
            roll(here)


def test_a_frame_is_rows_as_the_data_source_has_them(tmp_path: Path) -> None:
    with workspace(tmp_path, 'time = "when"\n') as (made, store):
        here = place(made, store)
        row = {"distance": 1.0, "carrier": "bus", "when": "2026-11-19T08:00:00"}
        write(
            here.away, "2026-11-20",
            prediction("a", "2026-11-20T10:00", key="F1", row=row),
            prediction("a", "2026-11-20T10:00", key="F1", row=row, route="shadow", version=2),
            prediction("b", "2026-11-20T09:00", key="F2", row={"distance": 2.0, "carrier": "bus"}),
            prediction("c", "2026-11-20T08:00", key="F3", row={**row, "when": None}),
            outcome("a", "yes", "2026-11-21T00:00"), outcome("c", "no", "2026-11-21T00:00"),
        )  # fmt: skip
        found = Traffic.open(made, store, "late")
        labelled = found.frame()
        assert labelled["ride"].tolist() == ["F1", "F3"]
        assert labelled["late"].tolist() == ["yes", "no"]
        assert labelled["when"].tolist() == [
            pd.Timestamp("2026-11-19T08:00"), pd.Timestamp("2026-11-20T08:00"),
        ]  # fmt: skip
        assert len(found.frame(labelled=False)) == 3
        assert found.frame(since=datetime(2030, 1, 1)).empty


def test_classes_that_are_numbers_stay_whole_numbers(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        write(
            place(made, store).away, "2026-11-20", prediction("a", "2026-11-20T10:00", value=1),
            prediction("b", "2026-11-20T10:00", value=0), outcome("a", 0, "2026-11-20T10:00"),
        )  # fmt: skip
        frame = Traffic.open(made, store, "late").frame()
        assert frame["late"].tolist() == [0]
        assert frame["late"].dtype == "int64"


def test_booleans_and_times_come_back_as_such(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        row = {"new": True, "bought": datetime(2026, 1, 2, 3), "mixed": 1}
        write(here.away, "2026-11-20", prediction("a", "2026-11-20T10:00", row=row, value=True))
        write(here.away, "2026-11-20", prediction("b", "2026-11-20T11:00", row={**row, "mixed": "one"}))
        for _ in range(2):
            found = by_id(Traffic.open(made, store, "late"))
            assert found["a"]["inputs"]["new"] is True
            assert found["a"]["inputs"]["bought"] == pd.Timestamp(2026, 1, 2, 3)
            assert str(found["a"]["inputs"]["mixed"]) == "1"
            assert found["b"]["inputs"]["mixed"] == "one"
            roll(here)


def test_numbers_beyond_what_a_float_holds_exactly_come_back_as_the_nearest(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        numbers = {"a": 2**53 + 1, "b": 2**63, "c": 2**70, "d": 10**400, "e": 1.5, "f": True, "g": None}
        write(
            here.away, "2026-11-20",
            *(prediction(id, "2026-11-20T10:00", row={"x": x}, value=x) for id, x in numbers.items()),
        )  # fmt: skip
        for _ in range(2):
            (batch,) = Traffic.open(made, store, "late").read()
            for found in (batch.inputs["x"], batch.meta["value"]):
                told = [float(2**53), float(2**63), float(2**70), np.inf, 1.5, 1.0, np.nan]
                np.testing.assert_array_equal(found.to_numpy(dtype=float), told)
            roll(here)


def test_probabilities_that_are_no_numbers_come_back_as_such(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        nothing = [float("nan"), float("nan")]
        write(
            here.away, "2026-11-20", prediction("a", "2026-11-20T10:00", scores=nothing),
            prediction("b", "2026-11-20T10:00"),
        )  # fmt: skip
        for _ in range(2):
            (batch,) = Traffic.open(made, store, "late").read()
            found = matrix(batch.meta["probabilities"], 2)
            np.testing.assert_array_equal(found, [nothing, [0.25, 0.75]])
            roll(here)


def test_rows_that_are_written_while_others_are_read_wait_for_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incumbent.log.reader.LogReader.pieces.__defaults__", (0, None, None, 1, None))
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        here.away.parent.mkdir(parents=True)
        with Log.open(here.away) as log:
            for id in ("a", "b"):  # a portion each
                put(log, id, {"x": 1, "y": None})
                assert log.flush()
            found = Traffic.open(made, store, "late")
            ids = []
            for batch in found.read():
                ids += batch.meta["id"].tolist()
                put(log, f"after {ids[-1]}", {"x": 2.5, "y": "text"})
                assert log.flush()
            assert ids == ["a", "b"]
            assert set(by_id(found)) == {"a", "b", "after a", "after b"}


def test_all_sites_together_and_outcomes_told_elsewhere(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        store.sites.add("branch", "sites/branch")
        write(place(made, store).away, "2026-11-20", prediction("a", "2026-11-20T10:00"))
        there = place(made, store, "branch")
        write(there.away, "2026-11-20", prediction("b", "2026-11-20T10:00"))
        write(place(made, store).home, "2026-11-20", outcome("b", "no", "2026-11-21T00:00"))
        assert set(by_id(Traffic.open(made, store, "late"))) == {"a"}
        assert by_id(Traffic.open(made, store, "late", "branch"))["b"]["actual"] == "no"
        assert set(by_id(Traffic.open(made, store, "late", None))) == {"a", "b"}
        roll(there)
        assert not list(there.away.glob("*.sqlite"))
        assert set(by_id(Traffic.open(made, store, "late", "branch"))) == {"b"}


def test_nothing_logged_is_no_error(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        found = Traffic.open(made, store, "late")
        assert (found.rate(), found.count(), list(found.read())) == (None, 0, [])
        assert found.frame().empty
        nothing = found.summary()
        assert (nothing.predictions, nothing.p50, nothing.rate, nothing.hours) == (0, None, None, ())


@pytest.mark.parametrize("rolled", [False, True])
def test_the_summary_counts_what_happened(tmp_path: Path, rolled: bool) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        moments = [f"2026-11-20T10:00:{n % 20:02d}" for n in range(100)]
        entries = [prediction(f"p{n}", moment, seconds=1e-4 * (1 + n)) for n, moment in enumerate(moments)]
        busy = [prediction(f"s{n}", "2026-11-20T11:30:07", route="fallback", version=2,
                           reason="version 1: timeout", seconds=1e-3) for n in range(30)]  # fmt: skip
        shadows = [prediction(f"h{n}", "2026-11-20T11:30:07", route="shadow", version=3) for n in range(9)]
        write(here.away, "2026-11-20", *entries[:60], *busy, lost=4)
        write(here.away, "2026-11-20", *entries[60:], *shadows)
        if rolled:
            assert roll(here).problems == ()
        now = datetime(2026, 11, 20, 12, 15, tzinfo=UTC)
        found = summary(made, store, "late", days=1, now=now)
        assert (found.predictions, found.fallbacks, found.lost) == (130, 30, 4)
        assert [(h.at.hour, h.predictions, h.fallbacks) for h in found.hours] == [(10, 100, 0), (11, 30, 30)]
        assert {(v.version, v.route): v.predictions for v in found.versions} == {
            (1, "champion"): 100, (2, "fallback"): 30, (3, "shadow"): 9,
        }  # fmt: skip
        assert found.reasons == (("version 1: timeout", 30),)
        first = found.hours[0]
        assert first.p50 == pytest.approx(np.quantile([e.seconds for e in entries], 0.5), rel=0.1)
        assert first.p99 == pytest.approx(np.quantile([e.seconds for e in entries], 0.99), rel=0.1)
        assert found.rate is not None
        assert found.rate.peak == 30
        assert found.rate.mean == pytest.approx(
            130 / (at("2026-11-20T11:30:07") / 1e9 - at(moments[0]) / 1e9 + 1)
        )


def test_quantiles_of_buckets_are_those_of_the_values() -> None:
    assert quantile([], 0.5) is None
    assert quantile([(5, 1)], 0.0) == quantile([(5, 1)], 1.0)


def test_a_damaged_file_is_told_of_and_the_others_are_read(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        path = write(here.away, "2026-11-20", prediction("a", "2026-11-20T10:00"))
        write(here.away, "2026-11-20", prediction("b", "2026-11-20T10:00"))
        path.write_bytes(b"no database" * 1000)
        os.utime(path, (0, 0))
        found = Traffic.open(made, store, "late")
        assert set(by_id(found)) == {"b"}
        assert [path.name in problem for problem in found.problems()] == [True]
        done = roll(here)
        assert (done.predictions, len(done.problems)) == (1, 1)
        assert path.exists()
