"""Lines over two axes of numbers: latency against load, memory over a test."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from core.report.pictures import Lines
from core.report.svg.frame import STYLES, WIDE, frame, level_axis, line, marker, path, text, upright_axis
from core.report.svg.scale import Scale, fit

_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 60.0, 40.0, 236.0
_HEIGHT = 276.0
#: Points up to which each is marked.
_MARKED = 30


def draw(picture: Lines, number: int) -> Element:
    """The picture as SVG."""
    points = [point for each in picture.lines for point in each.points]
    across = fit([x for x, _ in points], _LEFT, WIDE - _RIGHT, [at for _, at in picture.marks])
    limits = [at for _, at in picture.limits]
    up = fit([y for _, y in points], _BOTTOM, _TOP, limits, logarithmic=picture.logarithmic)
    children = [
        *upright_axis(up, _LEFT, WIDE - _RIGHT, picture.up),
        *level_axis(across, _BOTTOM, _TOP, picture.across),
        line(_LEFT, _BOTTOM, WIDE - _RIGHT, _BOTTOM, "axis"),
        *_places(picture, across),
        *_levels(picture, up),
        *_lines(picture, across, up),
    ]
    return frame(picture.title, picture.words, WIDE, _HEIGHT, number, *children)


def _places(picture: Lines, across: Scale) -> Iterator[Element]:
    for row, (name, at) in enumerate(picture.marks):
        x = across.place(at)
        yield line(x, _TOP - 6 - 13 * row, x, _BOTTOM, "place")
        near_end = x > WIDE - _RIGHT - 90
        yield text(
            x + (-5 if near_end else 5), _TOP - 6 - 13 * row, name, "tick", "end" if near_end else "start"
        )


def _levels(picture: Lines, up: Scale) -> Iterator[Element]:
    for name, at in picture.limits:
        if up.low <= at <= up.high:
            y = up.place(at)
            yield line(_LEFT, y, WIDE - _RIGHT, y, "limit")
            yield text(_LEFT + 6, y - 5, name, "limit-name")


def _lines(picture: Lines, across: Scale, up: Scale) -> Iterator[Element]:
    taken: list[float] = []
    for style, each in enumerate(picture.lines):
        look = "quiet" if each.quiet else f"curve-{style % STYLES}"
        places = [(across.place(x), up.place(y)) for x, y in each.points]
        yield path(places, f"line {look}")
        if len(places) <= _MARKED:
            yield from (marker(style, x, y, f"mark {look}") for x, y in places)
        x, y = places[-1]
        while any(abs(y - other) < 13 for other in taken):
            y += 13
        taken.append(y)
        yield text(x + 9, y + 4, each.name, "name")
