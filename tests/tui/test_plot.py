"""The plot: where things are drawn, at any size, for any history."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from core.history import Curve, Picture, Point
from store.records import Requirement
from tui.widgets.plot import Drawing, picture_text
from tui.widgets.scale import fit

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


def picture(values: list[float | None], low: float | None = None) -> Picture:
    points = [
        None if v is None else Point(f"2013-{i % 12 + 1:02d}", v, v - 1, v + 1, 9, "no", "pass", None)
        for i, v in enumerate(values)
    ]
    labels = tuple(f"2013-{i % 12 + 1:02d}" for i in range(len(values)))
    asked = (
        Requirement(1, "m", "mae", None, low, None, None, None, "", None, "", "") if low is not None else None
    )
    return Picture("mae", labels, (Curve(1, tuple(points), None),), asked, 1, None)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.none() | NUMBERS, min_size=1, max_size=40), st.integers(30, 160), st.integers(5, 40))
def test_a_drawing_is_exactly_as_large_as_its_place(
    values: list[float | None], width: int, height: int
) -> None:
    lines = picture_text(Drawing(picture(values), (1,), 1), width, height).plain.split("\n")
    assert all(len(line) <= width for line in lines)
    if any(value is not None for value in values):
        assert len(lines) == height


def test_a_rising_series_rises() -> None:
    lines = picture_text(Drawing(picture([float(i) for i in range(12)]), (1,), None), 60, 12).plain.split(
        "\n"
    )
    tops = [next(r for r, line in enumerate(lines[1:11]) if "⠀" < line[c] <= "⣿") for c in (12, 30, 50)]
    assert tops[0] > tops[1] > tops[2]


def test_the_requirement_is_a_line_with_its_words() -> None:
    text = picture_text(Drawing(picture([2.0, 3.0, 4.0], low=2.5), (1,), 1), 70, 12).plain
    assert "needs ≥ 2.5" in text and "┄┄┄┄" in text
    far = picture_text(Drawing(picture([2.0, 3.0, 4.0], low=-900.0), (1,), 1), 70, 12).plain
    assert "needs ≥ -900, beyond the picture" in far


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=20), st.lists(NUMBERS, max_size=3))
def test_a_scale_shows_every_value_and_its_ticks(values: list[float], limits: list[float]) -> None:
    scale = fit(values, limits, 40)
    assert all(0 <= scale.place(value) <= 39 for value in values)
    assert all(math.isfinite(tick) for tick in scale.ticks(5)) and len(scale.ticks(5)) <= 6
