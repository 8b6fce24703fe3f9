"""Pictures: figures lie where they belong, whatever they are."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree.ElementTree import Element, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.report import report_of_run
from core.report.pictures import (
    Bars,
    Curve,
    Histograms,
    Interval,
    Intervals,
    Line,
    Lines,
    Mark,
    Series,
    Strip,
    Strips,
)
from core.report.svg import draw
from core.report.svg.scale import Scale, fit
from store import Store
from tests.core.report import documents

numbers = st.floats(-1e9, 1e9, allow_nan=False)


def of_class(picture: Element, word: str) -> list[Element]:
    return [e for e in picture.iter() if word in (e.get("class") or "").split()]


def finite(picture: Element) -> None:
    written = tostring(picture, encoding="unicode")
    assert not re.search(r"\b(nan|inf)\b", written)
    for value in re.findall(r' (?:x|y|cx|cy|x1|x2|y1|y2|width|height)="([^"]*)"', written):
        assert math.isfinite(float(value))


def series(values: list[float | None], **more: object) -> Series:
    marks = tuple(None if v is None else Mark(v, v - 1, v + 1) for v in values)
    labels = tuple(f"2024-{at:02}" for at in range(len(values)))
    return Series("m", "words", labels, (Curve("v1", marks),), **more)  # type: ignore[arg-type]


def test_higher_values_lie_higher_and_the_limit_between_them() -> None:
    picture = draw(series([1.0, 3.0, None, 2.0], limits=(("min 2.5", 2.5),)), 1)
    places = [
        float(c.get("cy", "")) for c in picture.iter("circle") if c.get("cx") and float(c.get("cy", "0")) > 30
    ]
    assert places[1] < places[2] < places[0]
    (limit,) = of_class(picture, "limit")
    assert places[1] < float(limit.get("y1", "")) < places[2]
    assert "min 2.5" in [t.text for t in picture.iter("text")]
    finite(picture)


def test_what_shaped_the_version_is_shaded_and_hollow() -> None:
    marks = (Mark(1.0, counts=False), Mark(1.1, counts=False), Mark(1.2))
    shaped = Series(
        "m", "words", ("a", "b", "c"), (Curve("v1", marks),), (), (True, True, False), "shaped v1"
    )
    picture = draw(shaped, 1)
    (shade,) = of_class(picture, "shade")
    inside = [float(c.get("cx", "")) for c in of_class(picture, "hollow")]
    assert len(inside) == 2
    left, width = float(shade.get("x", "")), float(shade.get("width", ""))
    assert all(left <= x <= left + width for x in inside)


def test_intervals_beside_each_other_are_told_apart() -> None:
    curves = tuple(Curve(f"v{n}", (Mark(1.0, 0.9, 1.1), Mark(1.2, 1.1, 1.3))) for n in (1, 2, 3))
    reaches = of_class(draw(Series("m", "w", ("a", "b"), curves), 1), "reach")
    assert len({reach.get("x1") for reach in reaches}) == 6


def test_names_along_the_axis_do_not_overlap() -> None:
    picture = draw(series([float(at) for at in range(100)]), 1)
    below = sorted(
        (float(t.get("x", "")), t.text or "") for t in picture.iter("text") if float(t.get("y", "0")) > 270
    )
    assert below[-1][1] == "2024-99"
    for (x, name), (following, _) in pairwise(below):
        assert following - x > len(name) * 6


@given(
    st.lists(numbers, min_size=1, max_size=20), st.lists(numbers, max_size=3), st.lists(numbers, max_size=5)
)
def test_a_scale_keeps_order_and_shows_every_value(
    values: list[float], limits: list[float], reach: list[float]
) -> None:
    scale = fit(values, 0.0, 100.0, limits, reach)
    assert all(scale.low <= v <= scale.high for v in values)
    places = [scale.place(v) for v in sorted(values)]
    assert places == sorted(places)
    assert all(-6 <= place <= 106 for place in map(scale.place, [*values, *limits, *reach]))
    assert all(-0.01 <= scale.place(tick) <= 100.01 for tick in scale.ticks())
    assert len(scale.ticks()) <= 12


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20))
def test_a_logarithmic_scale_names_something(values: list[float]) -> None:
    scale = fit(values, 0.0, 100.0, logarithmic=True)
    assert scale.ticks() and all(-0.01 <= scale.place(tick) <= 100.01 for tick in scale.ticks())
    assert scale.place(scale.low) == pytest.approx(0.0) and scale.place(scale.high) == pytest.approx(100.0)


@given(st.lists(st.one_of(st.none(), numbers), min_size=1, max_size=12))
def test_any_series_can_be_drawn(values: list[float | None]) -> None:
    finite(draw(series(values), 1))


@given(numbers, numbers, st.lists(st.floats(0, 1e6), max_size=4))
def test_any_row_can_be_drawn(value: float, other: float, past: list[float]) -> None:
    low, high = sorted((value, other))
    finite(draw(Intervals("m", "w", (Interval("v2", value, low, high),), (("none", 0.0),)), 1))
    finite(draw(Strips("m", "w", (Strip("a", abs(value), tuple(past), "warn"),)), 1))
    finite(draw(Lines("m", "w", "x", "y", (Line("a", ((low, 1.0), (high, 2.0))),)), 1))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.booleans())
def test_any_distribution_can_be_drawn(shares: list[float], flat: bool) -> None:
    edges = tuple(0.0 if flat else float(at) for at in range(len(shares) + 1))
    finite(draw(Histograms("m", "w", edges, tuple(shares), tuple(reversed(shares))), 1))
    names = tuple(str(at) for at in range(len(shares)))
    finite(draw(Bars("m", "w", names, tuple(shares), tuple(reversed(shares))), 1))


def test_areas_of_a_histogram_are_shares() -> None:
    """Bins of unequal width: equal areas for equal shares."""
    picture = draw(Histograms("m", "w", (0.0, 1.0, 3.0), (0.5, 0.5), (0.5, 0.5)), 1)
    (before,) = of_class(picture, "before")
    points = [tuple(map(float, p.split())) for p in re.findall(r"[\d.]+ [\d.]+", before.get("d", ""))]
    (x0, base), (_, first), (x1, _), (_, second), (x2, _) = points[:5]
    assert (base - first) * (x1 - x0) == pytest.approx((base - second) * (x2 - x1), rel=0.01)


def test_a_column_beyond_its_limit_lies_beyond_the_line() -> None:
    rows = (Strip("far", 2.0, (0.5,), "warn"), Strip("near", 0.4, (), "pass"))
    picture = draw(Strips("m", "w", rows), 1)
    (limit,) = of_class(picture, "limit")
    far, near = (float(c.get("cx", "")) for c in picture.iter("circle"))
    assert near < float(limit.get("x1", "")) < far


def test_each_document_has_the_pictures_that_belong_to_it(store: Store) -> None:
    wanted = {"backtest": {Series, Intervals}, "stress": {Lines}, "challenge": {Intervals},
              "drift": {Strips, Histograms, Bars}}  # fmt: skip
    for kind, expected in wanted.items():
        run = documents.keep(store, kind, documents.ALL[kind]())
        drawn = list(report_of_run(store, run.id).pictures())
        assert {type(picture) for picture in drawn} == expected
        assert all(picture.words and picture.title for picture in drawn)


def test_a_drifted_column_is_drawn_first(store: Store) -> None:
    document = documents.drift()
    document["columns"].reverse()
    run = documents.keep(store, "drift", document)
    drawn = [p for p in report_of_run(store, run.id).pictures() if isinstance(p, Histograms | Bars)]
    assert [p.title for p in drawn] == ["distance", "carrier", "(prediction)"]


def test_what_it_is_compared_with_does_not_flatten_it() -> None:
    loud = Curve("v1", (Mark(1.0), Mark(1.2), Mark(1.1)))
    far = Curve("baseline", (Mark(60.0), Mark(61.0), Mark(60.0)), quiet=True)
    picture = draw(Series("m", "w", ("a", "b", "c"), (loud, far)), 1)
    places = [float(c.get("cy", "")) for c in picture.iter("circle") if float(c.get("cy", "0")) > 30]
    assert max(places) - min(places) > 150
    assert "baseline, beyond the scale" in [t.text for t in picture.iter("text")]


def test_scale_of_one_value() -> None:
    assert isinstance(fit([5.0], 0, 1), Scale) and fit([], 0, 1).low < fit([], 0, 1).high
