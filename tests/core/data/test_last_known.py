"""The last known label against a search by hand: by windows and partitions, with delays, and never ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import MemoryIndex, Source, open_source
from core.spec import DataSpec, ModelSpec
from core.timeline import Duration

DELAYS = {None: timedelta(0), "2d": timedelta(days=2), "5h": timedelta(hours=5)}


def _frame() -> pd.DataFrame:
    random = np.random.default_rng(3)
    hours = np.sort(random.integers(0, 24 * 75, 400))  # some at the same moment
    load = random.normal(100, 10, 400).round(2)
    load[random.random(400) < 0.1] = np.nan
    return pd.DataFrame({"at": pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, unit="h"), "load": load})


def _source(folder: Path, frame: pd.DataFrame, delay: str | None) -> Source:
    frame.to_parquet(folder / "load.parquet")
    spec = ModelSpec(
        name="load", task="regression", target="load", time="at", partition="month", label_delay=delay,
        data=DataSpec(path="load.parquet"), metric="mae",
    )  # fmt: skip
    return open_source(spec, folder, MemoryIndex())


def _by_hand(frame: pd.DataFrame, delay: str | None) -> list[float]:
    found = []
    for at in frame["at"]:
        known = frame[(frame["at"] + DELAYS[delay] <= at) & (frame["at"] < at)].dropna(subset=["load"])
        found.append(known["load"].iloc[-1] if len(known) else np.nan)
    return found


@pytest.mark.parametrize("delay", [None, "2d", pytest.param("5h", marks=pytest.mark.slow)])
def test_every_row_sees_the_newest_label_that_had_arrived(tmp_path: Path, delay: str | None) -> None:
    frame = _frame()
    source = _source(tmp_path, frame, delay)
    name = source.last_known
    by_hand = pd.Series(_by_hand(frame, delay), index=frame.index)
    whole = source.read(columns=["at", name])
    np.testing.assert_array_equal(whole[name], by_hand)
    march = source.partition_columns("2024-03", columns=[name, "load"])[name]
    np.testing.assert_array_equal(march, by_hand[frame["at"] >= "2024-03-01"])
    since, until = datetime(2024, 2, 3, 5), datetime(2024, 2, 20)
    inside = (frame["at"] >= since) & (frame["at"] < until)
    window = source.read_columns(since, until, until, columns=[name])[name]
    np.testing.assert_array_equal(window, by_hand[inside])


@settings(max_examples=15)
@given(st.integers(0, 399), st.sampled_from(list(DELAYS)))
def test_no_later_label_changes_it(tmp_path_factory: pytest.TempPathFactory, place: int, delay: str) -> None:
    frame = _frame()
    at = frame["at"][place]
    changed = frame.copy()
    changed.loc[changed["at"] + DELAYS[delay] > at, "load"] = -1.0
    changed.loc[changed["at"] == at, "load"] = -1.0
    found = []
    for version in (frame, changed):
        source = _source(tmp_path_factory.mktemp("load"), version, delay)
        end = (at + timedelta(seconds=1)).to_pydatetime()
        rows = source.read(until=end, columns=["at", source.last_known])
        found.append(rows[source.last_known].to_numpy()[(rows["at"] == at).to_numpy()])
    np.testing.assert_array_equal(found[0], found[1])


def test_a_month_of_delay_counts_as_its_longest() -> None:
    from core.data.last_known import last_known

    days = np.arange(40) * 86_400_000_000
    found = last_known(days, days, np.arange(40.0), Duration.parse("1 month"))
    assert np.isnan(found[:31]).all()
    assert found[31:].tolist() == list(range(9))
