"""Rule 1: which rows move together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.blocks import MOST_BLOCKS, choose_blocks

START = np.datetime64("2013-01-07T00:00:00", "us")  # a Monday


def _times(hours: list[int]) -> np.ndarray:
    return START + np.array(hours) * np.timedelta64(1, "h")


def test_the_coarsest_span_with_six_blocks_is_taken() -> None:
    for days, unit in ((6 * 7, "week"), (5 * 7, "day"), (6, "day"), (5, "hour")):
        times = _times(list(range(days * 24)))
        assert choose_blocks(times, None, len(times)).unit == unit
    assert choose_blocks(_times([0, 1, 2]), None, 3).unit == "row"


def test_a_month_has_days_however_many_weeks_it_touches() -> None:
    for first in range(7):
        month = _times(list(range(24 * first, 24 * (first + 31))))
        assert choose_blocks(month, None, len(month)).unit == "day"
    window = _times(list(range(5, 5 + 7 * 24)))
    assert choose_blocks(window, None, len(window)).count == 8


def test_one_row_a_day_or_week_is_enough() -> None:
    assert choose_blocks(_times([24 * d for d in range(6)]), None, 6).unit == "day"
    assert choose_blocks(_times([168 * w for w in range(6)]), None, 6).unit == "week"


def test_weeks_begin_on_monday() -> None:
    times = _times([w * 168 + h for w in range(6) for h in (0, 167)])
    blocks = choose_blocks(times, None, len(times))
    assert blocks.labels[:2] == ("2013-01-07", "2013-01-14")
    assert blocks.sizes.tolist() == [2] * 6


def test_times_before_1970_fall_into_their_own_days() -> None:
    times = np.datetime64("1969-12-29T23:00", "us") + np.arange(8) * np.timedelta64(1, "D")
    assert choose_blocks(times, None, 8).labels[:2] == ("1969-12-29", "1969-12-30")


def test_a_group_wins_over_time() -> None:
    blocks = choose_blocks(_times([0, 200, 400]), np.array(["b", "a", "b"]), 3)
    assert (blocks.unit, blocks.labels, blocks.codes.tolist()) == ("group", ("a", "b"), [1, 0, 1])


def test_many_blocks_are_joined_with_their_neighbours() -> None:
    rows = choose_blocks(None, None, 10_001)
    assert rows.count == MOST_BLOCKS
    assert (np.diff(rows.codes) >= 0).all()
    assert np.ptp(rows.sizes) <= 1
    groups = choose_blocks(None, np.arange(1_000) % 500, 1_000)
    assert groups.count == MOST_BLOCKS
    assert groups.codes[0] == groups.codes[500], "rows of one group stay together"


def test_keys_are_equal_for_equal_blocks_only() -> None:
    times = _times(list(range(10 * 24)))
    same = choose_blocks(times.copy(), None, len(times))
    assert choose_blocks(times, None, len(times)).key == same.key
    assert choose_blocks(times[1:], None, len(times) - 1).key != same.key


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=80))
def test_blocks_tile_the_rows(hours: list[int]) -> None:
    blocks = choose_blocks(_times(hours), None, len(hours))
    assert blocks.sizes.sum() == len(hours)
    assert (blocks.sizes > 0).all()
    assert blocks.count == len(blocks.labels) == len(set(blocks.labels))
    order = np.argsort(hours, kind="stable")
    if blocks.unit != "row":
        assert (np.diff(blocks.codes[order]) >= 0).all()
