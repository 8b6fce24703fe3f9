"""Two distributions side by side: of a number over bins, of a category over its levels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from core.report.pictures import Bars, Histograms
from core.report.svg.frame import cut, frame, line, rectangle, text
from core.report.tree import element
from core.report.words import tone, verdict_words
from core.wording import figure

_WIDTH, _HEIGHT = 360.0, 200.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 12.0, 348.0, 34.0, 176.0
#: Places for the names of categories, at the left.
_NAMES = 96.0


def draw_histograms(picture: Histograms, number: int) -> Element:
    """Training as an area, the window as a line, over the same bins; heights are densities."""
    before, now = _densities(picture.edges, picture.before), _densities(picture.edges, picture.now)
    highest = max([*before, *now, 1e-12])
    low, high = picture.edges[0], picture.edges[-1]
    across = [_LEFT + (edge - low) / ((high - low) or 1.0) * (_RIGHT - _LEFT) for edge in picture.edges]
    children = [
        *_head(picture.title, picture.verdict),
        element("path", d=_outline(across, before, highest, closed=True), class_="before"),
        element("path", d=_outline(across, now, highest, closed=False), class_="now"),
        line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "axis"),
        text(_LEFT, _BOTTOM + 16, figure(low), "tick"),
        text((_LEFT + _RIGHT) / 2, _BOTTOM + 16, figure((low + high) / 2), "tick", "middle"),
        text(_RIGHT, _BOTTOM + 16, figure(high), "tick", "end"),
    ]
    return frame(picture.title, picture.words, _WIDTH, _HEIGHT, number, *children)


def draw_bars(picture: Bars, number: int) -> Element:
    """Two bars a category, the commonest first."""
    highest = max([*picture.before, *picture.now, 1e-12])
    row = 17.0
    children = [*_head(picture.title, picture.verdict)]
    for at, (name, old, new) in enumerate(zip(picture.names, picture.before, picture.now, strict=True)):
        y = _TOP + 4 + at * row
        room = _RIGHT - _NAMES - 46
        children += [
            text(_NAMES - 8, y + 10, cut(name, _NAMES - 14), "tick", "end"),
            rectangle(_NAMES, y, old / highest * room, 6.0, "before"),
            rectangle(_NAMES, y + 6.5, new / highest * room, 6.0, "now-bar"),
            text(_NAMES + max(old, new) / highest * room + 6, y + 10, f"{new:.1%}", "tick"),
        ]
    height = _TOP + 8 + row * len(picture.names)
    return frame(picture.title, picture.words, _WIDTH, max(height, 80.0), number, *children)


def _head(title: str, verdict: str | None) -> Iterator[Element]:
    yield text(_LEFT, 18, cut(title, 200), "head")
    if verdict is not None:
        yield text(_RIGHT, 18, verdict_words(verdict), f"tick {tone(verdict)}-words", "end")


def _densities(edges: Sequence[float], shares: Sequence[float]) -> list[float]:
    """Shares by width of bin, so that unequal bins can be compared."""
    total = (edges[-1] - edges[0]) or 1.0
    widths = [(b - a) / total for a, b in itertools.pairwise(edges)]
    narrowest = 0.2 / max(1, len(widths))
    return [share / max(width, narrowest) for share, width in zip(shares, widths, strict=True)]


def _outline(across: Sequence[float], heights: Sequence[float], highest: float, closed: bool) -> str:
    parts = [f"M{across[0]:.1f} {_BOTTOM:.1f}"]
    for (left, right), height in zip(itertools.pairwise(across), heights, strict=True):
        y = _BOTTOM - height / highest * (_BOTTOM - _TOP)
        parts.append(f"L{left:.1f} {y:.1f}L{right:.1f} {y:.1f}")
    parts.append(f"L{across[-1]:.1f} {_BOTTOM:.1f}" + ("Z" if closed else ""))
    return "".join(parts)
