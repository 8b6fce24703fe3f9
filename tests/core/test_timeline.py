"""Laws of durations, periods, windows and moments."""

import itertools
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core import timeline
from core.timeline import PERIODS, TICK, Duration
from incumbent.errors import UsageError

moments = st.datetimes(datetime(2, 1, 1), datetime(9990, 1, 1))
kinds = st.sampled_from(PERIODS)
PANDAS = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}


@given(moments, kinds)
def test_a_period_holds_its_moment_and_its_label_leads_back(moment, kind):
    number = timeline.ordinal(moment, kind)
    since, until = timeline.bounds(number, kind)
    assert since <= moment < until
    assert timeline.parse_label(timeline.label(number, kind)) == (number, kind)


@given(moments, kinds)
def test_bounds_tile_the_line(moment, kind):
    number = timeline.ordinal(moment, kind)
    since, until = timeline.bounds(number, kind)
    assert timeline.bounds(number + 1, kind)[0] == until
    assert timeline.ordinal(until, kind) == number + 1
    assert timeline.ordinal(since - TICK, kind) == number - 1


@given(st.lists(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)), min_size=1, max_size=20), kinds)
@settings(max_examples=40, deadline=None)
def test_many_at_once_agree_with_one_by_one_and_with_pandas(times, kind):
    array = np.array(times, "datetime64[us]")
    numbers = timeline.ordinals(array, kind).tolist()
    assert numbers == [timeline.ordinal(t, kind) for t in times]
    starts = pd.PeriodIndex(pd.DatetimeIndex(array), freq=PANDAS[kind]).start_time
    assert [timeline.start(n, kind) for n in numbers] == [t.to_pydatetime() for t in starts]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
def test_week_labels_are_iso(moment):
    year, week, _ = moment.isocalendar()
    assert timeline.label(timeline.ordinal(moment, "week"), "week") == f"{year}-W{week:02d}"


@pytest.mark.parametrize("text", ["2013-13", "2013-W54", "2013-02-30", "2013-Q5", "13", "2013-1", "", "0000"])
def test_what_is_no_label_is_refused(text):
    with pytest.raises(UsageError, match="not the name of a period"):
        timeline.parse_label(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", Duration(0, 7 * 86_400)), ("1w", Duration(0, 7 * 86_400)), ("12h", Duration(0, 43_200)),
        ("30 min", Duration(0, 1800)), ("1 month", Duration(1)), ("2 quarters", Duration(6)),
        ("1 year", Duration(12)), ("1d 12h", Duration(0, 129_600)), ("45 seconds", Duration(0, 45)),
    ],
)  # fmt: skip
def test_durations_as_people_write_them(text, expected):
    assert Duration.parse(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "7 fortnights", "-1d", "0d", "1.5d", "9999999d", "1d,2h"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UsageError):
        Duration.parse(text)


durations = st.builds(Duration, st.integers(0, 40), st.integers(0, 400 * 86_400)).filter(
    lambda d: d.months or d.seconds
)


@given(durations)
def test_durations_print_as_they_parse(duration):
    assert Duration.parse(str(duration)) == duration


@given(moments.filter(lambda m: m.year > 200), durations)
def test_windows_touch_and_never_overlap(newest, length):
    window = timeline.trailing(newest, length)
    assert window.since <= newest < window.until
    until = window.since
    for before in itertools.islice(timeline.earlier(window, length), 5):
        assert before.since < before.until == until
        until = before.since


@given(moments.filter(lambda m: 200 < m.year < 9000), durations, st.integers(-(10**6), 10**6))
def test_no_label_is_known_too_soon(as_of, delay, seconds):
    known = timeline.label_known_by(as_of, delay)
    assert known is not None
    row = known + timedelta(seconds=seconds)
    if row <= known:
        assert delay.after(row) <= as_of
    elif not delay.months:
        assert delay.after(row) > as_of


@pytest.mark.parametrize(
    ("name", "first"),
    [("2012-11", "2012-11-01"), ("2012-Q4", "2012-10-01"), ("2012-W05", "2012-01-30")],
)
def test_the_name_of_a_period_is_its_first_moment(name: str, first: str) -> None:
    for zoned in (False, True):
        assert timeline.parse_moment(name, zoned=zoned) == datetime.fromisoformat(first)


def test_a_moment_is_on_the_datas_clock():
    parse = timeline.parse_moment
    assert parse("2013-07-01T12:00") == datetime(2013, 7, 1, 12)
    assert parse("2013-07-01T12:00", zoned=True) == datetime(2013, 7, 1, 12)
    assert parse("2013-07-01T12:00Z", timezone="America/New_York") == datetime(2013, 7, 1, 8)
    assert parse("2013-07-01T12:00-04:00", zoned=True) == datetime(2013, 7, 1, 16)
    with pytest.raises(UsageError, match="--as-of: 'yesterday' is not a date or a time"):
        parse("yesterday", what="--as-of")


def test_now_is_utc_for_zoned_data_and_local_otherwise():
    difference = timeline.now(timezone="Asia/Tokyo") - timeline.now(zoned=True)
    assert abs(difference - timedelta(hours=9)) < timedelta(seconds=5)


@given(moments, st.integers(0, 5000), st.integers(0, 5000))
def test_later_is_later(moment, one, other):
    assume(one <= other)
    assert Duration(one).before(moment) >= Duration(other).before(moment)
