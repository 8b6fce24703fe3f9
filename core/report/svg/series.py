"""A metric along partitions or now-tests: intervals, limits as lines, what shaped a version shaded."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from core.report.pictures import Curve, Mark, Series
from core.report.svg.frame import (
    LETTER,
    STYLES,
    WIDE,
    cut,
    frame,
    line,
    marker,
    path,
    rectangle,
    text,
    upright_axis,
)
from core.report.svg.scale import Scale, fit

_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 18.0, 40.0, 262.0
_HEIGHT = 300.0


def draw(picture: Series, number: int) -> Element:
    """The picture as SVG."""
    scale = _scale(picture)
    step = (WIDE - _LEFT - _RIGHT) / max(1, len(picture.labels))
    children = [
        *_shade(picture, step),
        *upright_axis(scale, _LEFT, WIDE - _RIGHT),
        *_labels(picture.labels, step),
        *_limits(picture, scale),
        *(part for style, curve in _drawn(picture) for part in _curve(picture, style, curve, scale, step)),
        *_legend(picture, scale),
    ]
    return frame(picture.title, picture.words, WIDE, _HEIGHT, number, *children)


def _scale(picture: Series) -> Scale:
    """For what is judged; limits, and what it is compared with, where they do not flatten it."""
    values: dict[bool, list[float]] = {True: [], False: []}
    reach: list[float] = []
    for curve in picture.curves:
        marks = [m for m in curve.marks if m is not None and m.value is not None]
        values[curve.quiet] += [m.value for m in marks if m.value is not None]
        reach += [end for m in marks for end in (m.low, m.high) if end is not None and not curve.quiet]
    also = [at for _, at in picture.limits]
    if not values[False]:
        return fit(values[True], _BOTTOM, _TOP, also)
    return fit(values[False], _BOTTOM, _TOP, [*also, *values[True]], reach)


def _drawn(picture: Series) -> list[tuple[int, Curve]]:
    """Every curve with its style, the quiet ones first, so that the others lie upon them."""
    return sorted(enumerate(picture.curves), key=lambda found: not found[1].quiet)


def _shade(picture: Series, step: float) -> Iterator[Element]:
    places = [at for at, shaded in enumerate(picture.shaded) if shaded]
    for at in places:
        if at - 1 not in places:
            end = next(later for later in range(at, len(picture.labels) + 1) if later not in places)
            yield rectangle(_LEFT + at * step, _TOP, (end - at) * step, _BOTTOM - _TOP, "shade")
    if places and picture.shade:
        first = _LEFT + places[0] * step
        room = WIDE - _RIGHT - first
        yield text(first + 6, _BOTTOM - 8, cut(picture.shade, room), "tick")


def _labels(labels: tuple[str, ...], step: float) -> Iterator[Element]:
    """As many names as fit, the newest always among them."""
    longest = min(18, max(len(label) for label in labels))
    every = max(1, -int(-(longest + 1.5) * LETTER // step))
    last = len(labels) - 1
    for at, label in enumerate(labels):
        x = _LEFT + (at + 0.5) * step
        if (last - at) % every == 0:
            yield line(x, _BOTTOM, x, _BOTTOM + 4, "axis")
            half = min(len(label), 18) * LETTER / 2
            yield text(
                min(max(x, half), WIDE - half), _BOTTOM + 18, cut(label, 18 * LETTER), "tick", "middle"
            )
    yield line(_LEFT, _BOTTOM, WIDE - _RIGHT, _BOTTOM, "axis")


def _limits(picture: Series, scale: Scale) -> Iterator[Element]:
    for name, at in picture.limits:
        if scale.low <= at <= scale.high:
            y = scale.place(at)
            yield line(_LEFT, y, WIDE - _RIGHT, y, "limit")
            yield text(WIDE - _RIGHT, y - 5, name, "limit-name", "end")


def _curve(picture: Series, style: int, curve: Curve, scale: Scale, step: float) -> Iterator[Element]:
    look = "quiet" if curve.quiet else f"curve-{style % STYLES}"
    places = [(_place(picture, style, at, step), mark) for at, mark in enumerate(curve.marks)]
    for run in _unbroken(places, scale):
        yield path([(x, scale.place(value)) for x, value in run], f"line {look}")
    if curve.quiet:
        return
    for x, mark in places:
        if mark is None or mark.value is None:
            continue
        if mark.low is not None and mark.high is not None:
            yield line(x, scale.place(mark.low), x, scale.place(mark.high), f"reach {look}")
        yield marker(style, x, scale.place(mark.value), f"mark {look}" + ("" if mark.counts else " hollow"))


def _place(picture: Series, style: int, at: int, step: float) -> float:
    """Curves stand a little beside each other, so that their intervals can be told apart."""
    loud = [i for i, curve in enumerate(picture.curves) if not curve.quiet]
    if style not in loud or len(loud) < 2:
        return _LEFT + (at + 0.5) * step
    aside = min(step * 0.7 / len(loud), 9.0)
    return _LEFT + (at + 0.5) * step + (loud.index(style) - (len(loud) - 1) / 2) * aside


def _unbroken(places: list[tuple[float, Mark | None]], scale: Scale) -> Iterator[list[tuple[float, float]]]:
    """Stretches in which every value is known and lies on the picture."""
    run: list[tuple[float, float]] = []
    for x, mark in places:
        if mark is None or mark.value is None or not scale.low <= mark.value <= scale.high:
            if len(run) > 1:
                yield run
            run = []
        else:
            run.append((x, mark.value))
    if len(run) > 1:
        yield run


def _legend(picture: Series, scale: Scale) -> Iterator[Element]:
    x = _LEFT
    for style, curve in enumerate(picture.curves):
        look = "quiet" if curve.quiet else f"curve-{style % STYLES}"
        seen = any(m.value is not None and scale.low <= m.value <= scale.high for m in curve.marks if m)
        name = cut(curve.name, 200.0) + ("" if seen else ", beyond the scale")
        yield line(x, 16, x + 24, 16, f"line {look}")
        if not curve.quiet:
            yield marker(style, x + 12, 16, f"mark {look}")
        yield text(x + 31, 20, name, "name")
        x += 31 + len(name) * 7.2 + 24
