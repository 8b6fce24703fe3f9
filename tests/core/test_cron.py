"""Due times, on the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from core.cron import Times
from incumbent.errors import UsageError
from tests.core.night import at

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [UTC, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata")]
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
EXPRESSIONS = ["0 2 * * *", "30 2 * * sun", "*/20 1-3 * * *", "0 3 1 * *", "15 2 */7 * 1-5", "@monthly"]


def test_a_night_that_skips_the_hour_is_not_lost() -> None:
    due = Times("30 2 * * *", BERLIN).take(3, at("2026-03-27T12:00"))
    assert due == (at("2026-03-28T01:30"), at("2026-03-29T01:30"), at("2026-03-30T00:30"))


def test_a_night_that_has_the_hour_twice_rings_once() -> None:
    due = Times("30 2 * * *", BERLIN).take(3, at("2026-10-23T12:00"))
    assert due == (at("2026-10-24T00:30"), at("2026-10-25T00:30"), at("2026-10-26T01:30"))


@pytest.mark.parametrize("weekday", ["0", "7", "sun", "SUN"])
def test_sunday_is_what_cron_calls_sunday(weekday: str) -> None:
    due = Times(f"0 2 * * {weekday}", UTC).next(at("2026-11-23"))
    assert due.strftime("%A") == "Sunday"


@pytest.mark.parametrize(
    ("field", "names"),
    [("5-7", "Fri Sat Sun"), ("fri-mon", "Fri Sat Sun Mon"), ("1-5/2", "Mon Wed Fri"), ("0,3", "Sun Wed"),
     ("*/3", "Sun Wed Sat"), ("4/2", "Thu Sat"), ("*", "Mon Tue Wed Thu Fri Sat Sun")],
)  # fmt: skip
def test_days_of_the_week(field: str, names: str) -> None:
    due = Times(f"0 2 * * {field}", UTC).take(7, at("2026-11-23"))
    assert {moment.strftime("%a") for moment in due} == set(names.split())


def test_day_of_month_and_day_of_week_mean_either() -> None:
    days = {moment.day for moment in Times("0 2 13 * fri", UTC).take(6, at("2026-11-01"))}
    assert days == {6, 13, 20, 27, 4, 11}
    assert at("2026-12-13T02:00") in Times("0 2 13 * fri", UTC).take(12, at("2026-11-01"))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("0 2 * *", "4 fields"), ("", "0 fields"), ("61 2 * * *", "61"), ("0 2 * * mun", "mun"),
     ("0 2 * * 8", "'8'"), ("0 0 30 2 *", "never comes"), ("every night", "2 fields"),
     ("a b c d e", "minute is 0 to 59, not 'a'")],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_with_examples(wrong: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        Times(wrong, UTC)
    assert says in error.value.message
    assert '"0 2 * * *" is daily at two' in error.value.hint


@given(st.sampled_from(EXPRESSIONS), st.sampled_from(ZONES), MOMENTS)
def test_due_times_come_in_order_and_none_is_left_out(
    expression: str, zone: ZoneInfo, moment: datetime
) -> None:
    times = Times(expression, zone)
    due = times.take(6, moment)
    assert due[0] > moment
    assert all(earlier < later for earlier, later in pairwise(due))
    assert times.next(due[2]) == due[3], "going on from the middle gives the same"


@given(st.sampled_from(EXPRESSIONS), MOMENTS)
def test_without_a_change_of_clocks_it_is_what_the_trigger_says(expression: str, moment: datetime) -> None:
    if expression.startswith("@") or "sun" in expression or "1-5" in expression:
        return  # these APScheduler reads otherwise, or not at all
    trigger = CronTrigger.from_crontab(expression, timezone=UTC)
    expected = trigger.get_next_fire_time(None, moment + timedelta(microseconds=1))
    assert Times(expression, UTC).next(moment) == expected


@given(st.sampled_from(EXPRESSIONS), st.sampled_from(ZONES), MOMENTS, st.integers(0, 60 * 24 * 90))
def test_the_latest_is_the_last_of_all(
    expression: str, zone: ZoneInfo, since: datetime, minutes: int
) -> None:
    times, until = Times(expression, zone), since + timedelta(minutes=minutes)
    between = []
    for due in times.after(since):
        if due > until:
            break
        between.append(due)
    assert times.latest(since, until) == (between[-1] if between else None)


def test_years_of_minutes_are_not_counted_one_by_one() -> None:
    since, until = at("2000-01-01"), at("2026-01-01T00:00:30")
    assert Times("* * * * *", UTC).latest(since, until) == at("2026-01-01")


def test_every_minute_through_a_change_of_clocks() -> None:
    due = list(islice(Times("* * * * *", BERLIN).after(at("2026-03-29T00:30")), 90))
    assert due == [at("2026-03-29T00:30") + timedelta(minutes=n) for n in range(1, 91)]
