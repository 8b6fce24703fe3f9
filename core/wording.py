"""How figures, limits and moments are written for people, the same in the panel and on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from core.statistics.wording import number
from store.records import Requirement


def figure(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A value with as many digits as its interval supports.

    Examples
    --------
    >>> figure(0.64123, 0.62, 0.66), figure(12.613, 8.1, 16.9), figure(None), figure(1234567.0)
    ('0.641', '12.6', '–', '1,234,567')
    """
    if value is None:
        return "–"
    spread = (high - low) / 2 if low is not None and high is not None else None
    if abs(value) >= 10_000 and (spread is None or spread >= 10):
        return f"{value:,.0f}"
    if spread is not None and value and spread < abs(value) * 1e-4:
        spread = None
    return number(value, spread)


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """A value and its interval.

    Examples
    --------
    >>> interval(0.64123, 0.62, 0.66), interval(3.0, None, None)
    ('0.641 [0.620, 0.660]', '3')
    """
    shown = figure(value, low, high)
    if value is None or low is None or high is None:
        return shown
    spread = (high - low) / 2
    return f"{shown} [{number(low, spread)}, {number(high, spread)}]"


def chain_words(chain: Iterable[int | str], between: str = ", ") -> str:
    """Who answers where the champion cannot, in order.

    >>> chain_words((3, "rules", "baseline"))
    'v3, rules, baseline'
    """
    return between.join(f"v{link}" if isinstance(link, int) else link for link in chain)


def kind_word(kind: str) -> str:
    """A kind of run, or a stage of a challenge, in one short word.

    Examples
    --------
    >>> kind_word("backtest"), kind_word("edge")
    ('back-test', 'edge')
    """
    return {"backtest": "back-test", "nowtest": "now-test"}.get(kind, kind)


def limits(requirement: Requirement) -> str:
    """What binds one window of a requirement, without the name of its metric; its mean where nothing does.

    Examples
    --------
    >>> limits(Requirement(1, "m", "bias", None, None, None, None, (-5.0, 5.0), "", None, "", ""))
    '±5'
    >>> limits(Requirement(1, "m", "roc_auc", None, 0.65, None, 0.7, None, "", None, "", ""))
    '≥ 0.65'
    """
    return ", ".join(_bounds(requirement)) or ", ".join(_mean(requirement))


def requirement_words(requirement: Requirement) -> str:
    """A whole requirement in a few words.

    Examples
    --------
    >>> requirement_words(Requirement(1, "m", "roc_auc", "carrier", 0.65, None, 0.7, None, "", None, "", ""))
    'roc_auc by carrier ≥ 0.65, mean 0.7'
    """
    by = f" by {requirement.segment}" if requirement.segment else ""
    return f"{requirement.metric}{by} {', '.join([*_bounds(requirement), *_mean(requirement)])}"


def _bounds(requirement: Requirement) -> list[str]:
    parts = []
    if requirement.min is not None:
        parts.append(f"≥ {requirement.min:g}")
    if requirement.max is not None:
        parts.append(f"≤ {requirement.max:g}")
    if requirement.range is not None:
        low, high = requirement.range
        parts.append(f"±{high:g}" if low == -high else f"{low:g} to {high:g}")
    return parts


def _mean(requirement: Requirement) -> list[str]:
    return [] if requirement.mean is None else [f"mean {requirement.mean:g}"]


def age(seconds: float) -> str:
    """A length of time in one or two letters of unit.

    Examples
    --------
    >>> age(4), age(125), age(7300), age(200_000), age(8_000_000)
    ('4 s', '2 min', '2 h', '2 d', '92 d')
    """
    if seconds < 60:
        return f"{max(0, int(seconds))} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)} h" if seconds < 86_400 else f"{int(seconds // 86_400)} d"


def clock_time(moment: datetime, now: datetime) -> str:
    """A moment in the reader's zone, as short as it stays clear.

    Examples
    --------
    >>> from datetime import UTC
    >>> today = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> clock_time(datetime(2026, 11, 23, 2, 4, tzinfo=UTC), today)
    '02:04'
    >>> clock_time(datetime(2026, 11, 21, 2, 4, tzinfo=UTC), today)
    'Sat 02:04'
    >>> clock_time(datetime(2026, 9, 1, 2, 4, tzinfo=UTC), today)
    '1 Sep 02:04'
    """
    here = moment.astimezone(now.tzinfo)
    if here.date() == now.date():
        return f"{here:%H:%M}"
    if abs((here.date() - now.date()).days) < 7:
        return f"{here:%a %H:%M}"
    if here.year == now.year:
        return f"{here.day} {here:%b %H:%M}"
    return f"{here.day} {here:%b %Y}"


def held_out(rule: Mapping[str, Any] | None) -> str:
    """Which rows of a model without time a version was not trained on; empty where there are none.

    Examples
    --------
    >>> held_out({"share": 0.2, "by": ["tail_number"]})
    '20% of the rows are held out to judge it by, by tail_number'
    """
    if rule is None or not rule["share"]:
        return ""
    by = f", by {rule['by'][0]}" if len(rule["by"]) == 1 else ""
    return f"{rule['share']:.0%} of the rows are held out to judge it by{by}"


def data_day(written: str | None) -> str:
    """The day of a moment of the data.

    Examples
    --------
    >>> data_day("2013-09-29T00:00:00"), data_day("2013-09-29"), data_day(None)
    ('29 Sep 2013', '29 Sep 2013', '–')
    """
    if written is None:
        return "–"
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return f"{moment.day} {moment:%b %Y}"


def data_time(written: str | None) -> str:
    """A moment of the data to the minute; of a day's first moment the day.

    Ends of training ranges and windows lie one microsecond after their last row, which nobody wants to read.

    Examples
    --------
    >>> data_time("2024-03-01T00:00:00"), data_time("2024-02-29T22:30:00.000001"), data_time(None)
    ('2024-03-01', '2024-02-29 22:30', '–')
    >>> data_time("2024-02-29T22:30:00.000001Z")
    '2024-02-29 22:30 UTC'
    """
    if written is None:
        return "–"
    zone = " UTC" if written.endswith("Z") else ""
    return written[:16].replace("T", " ").removesuffix(" 00:00") + zone


def short_age(seconds: float) -> str:
    """A length of time in as few letters as possible.

    Examples
    --------
    >>> short_age(4), short_age(125), short_age(7300), short_age(200_000)
    ('4s', '2m', '2h', '2d')
    """
    number, _, unit = age(seconds).partition(" ")
    return number + unit[0]
