"""Values one below the other: differences with their intervals, and columns beside their own past."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from core.report.pictures import Intervals, Strips
from core.report.svg.frame import LETTER, WIDE, cut, frame, level_axis, line, marker, text
from core.report.svg.scale import Scale, fit
from core.report.words import tone, verdict_words

_ROW = 26.0
_TOP = 34.0
_RIGHT = 116.0
#: Units of its limit beyond which a column's place is the edge.
_FARTHEST = 4.0


def draw_intervals(picture: Intervals, number: int) -> Element:
    """Differences and their intervals, about the line of none."""
    left, bottom = _left([row.name for row in picture.rows]), _TOP + _ROW * len(picture.rows)
    ends = [end for row in picture.rows for end in (row.low, row.high)]
    scale = fit([*ends, 0.0], left, WIDE - _RIGHT, [at for _, at in picture.lines])
    children: list[Element] = [*level_axis(scale, bottom, _TOP)]
    for at, (name, value) in enumerate(picture.lines):
        x = scale.place(value)
        children.append(line(x, _TOP - 6, x, bottom, "axis" if value == 0 else "limit"))
        children.append(
            text(x - 4 if at == 0 else x + 4, _TOP - 12, name, "tick", "end" if at == 0 else "start")
        )
    for row, y in zip(picture.rows, _heights(len(picture.rows)), strict=True):
        look = tone(row.verdict)
        children += [
            text(left - 10, y + 4, cut(row.name, left - 10), "name", "end"),
            line(scale.place(row.low), y, scale.place(row.high), y, f"reach thick {look}"),
            marker(0, scale.place(row.value), y, f"mark {look}"),
        ]
    return frame(picture.title, picture.words, WIDE, bottom + 26, number, *children)


def draw_strips(picture: Strips, number: int) -> Element:
    """Each column's distance in units of its limit, small marks for the past."""
    left, bottom = _left([row.name for row in picture.rows]), _TOP + _ROW * len(picture.rows)
    farthest = max(row.value for row in picture.rows)
    scale = Scale(0.0, min(_FARTHEST, max(1.25, farthest * 1.06)), left, WIDE - _RIGHT)
    limit = scale.place(1.0)
    children: list[Element] = [
        *level_axis(scale, bottom, _TOP),
        line(limit, _TOP - 6, limit, bottom, "limit"),
        text(limit, _TOP - 12, "limit", "limit-name", "middle"),
    ]
    for row, y in zip(picture.rows, _heights(len(picture.rows)), strict=True):
        beyond = f" ({row.value:.1f}×)" if row.value > scale.high else ""
        children += [
            text(left - 10, y + 4, cut(row.name, left - 10), "name", "end"),
            line(left, y, WIDE - _RIGHT, y, "hair"),
            *_past(row.past, scale, y),
            marker(0, scale.place(min(row.value, scale.high)), y, f"mark {tone(row.verdict)}"),
            text(WIDE - _RIGHT + 10, y + 4, cut(verdict_words(row.verdict) + beyond, _RIGHT - 10), "tick"),
        ]
    return frame(picture.title, picture.words, WIDE, bottom + 26, number, *children)


def _past(past: tuple[float, ...], scale: Scale, y: float) -> Iterator[Element]:
    for value in past:
        x = scale.place(min(value, scale.high))
        yield line(x, y - 5, x, y + 5, "past")


def _left(names: list[str]) -> float:
    return min(220.0, max(70.0, max(len(name) for name in names) * (LETTER + 0.6) + 16))


def _heights(count: int) -> list[float]:
    return [_TOP + _ROW * (at + 0.5) for at in range(count)]
