"""What all pictures share: the frame that says in words what is seen, axes, marks, names that fit."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from core.report.svg.scale import Scale
from core.report.tree import Child, element
from core.wording import figure

#: Width of a picture that has a line to itself, in its own units.
WIDE = 760.0
#: About as wide as a letter of the axes is.
LETTER = 6.3
#: The highest and lowest name of a version that has a colour and a shape of its own.
STYLES = 6


def frame(title: str, words: str, width: float, height: float, number: int, *children: Child) -> Element:
    """The picture itself; ``number`` makes its ids its own on the page."""
    name, description = f"picture-{number}", f"picture-{number}-words"
    return element(
        "svg",
        element("title", title, id=name),
        element("desc", words, id=description),
        *children,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_labelledby=f"{name} {description}",
        class_="wide" if width >= WIDE else "small",
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Element:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def text(x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> Element:
    """Words at a place: their start, middle or end."""
    return element("text", words, x=x, y=y, class_=class_ or None, text_anchor=anchor)


def path(points: Sequence[tuple[float, float]], class_: str) -> Element:
    """Points joined in order."""
    return element("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points), class_=class_)


def rectangle(x: float, y: float, width: float, height: float, class_: str) -> Element:
    """A filled rectangle."""
    return element("rect", x=x, y=y, width=max(0.0, width), height=max(0.0, height), class_=class_)


def marker(style: int, x: float, y: float, class_: str) -> Element:
    """A mark whose shape tells its curve without any colour."""
    if style % STYLES == 0:
        return element("circle", cx=x, cy=y, r=4.0, class_=class_)
    shapes: dict[int, list[tuple[float, float]]] = {
        1: [(-4, -4), (4, -4), (4, 4), (-4, 4)],
        2: [(0, -5), (5, 4), (-5, 4)],
        3: [(0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)],
        4: [(0, 5), (5, -4), (-5, -4)],
        5: [(-5, -2.5), (5, -2.5), (5, 2.5), (-5, 2.5)],
    }
    corners = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in shapes[style % STYLES])
    return element("polygon", points=corners, class_=class_)


def upright_axis(scale: Scale, left: float, right: float, unit: str = "") -> list[Element]:
    """Names and hair lines of a vertical axis."""
    made = []
    for tick in scale.ticks():
        y = scale.place(tick)
        made.append(line(left, y, right, y, "hair"))
        made.append(text(left - 8, y + 4, figure(tick), "tick", "end"))
    if unit:
        made.append(text(left - 8, scale.end - 10, unit, "tick", "end"))
    return made


def level_axis(scale: Scale, bottom: float, top: float, name: str = "", most: int = 6) -> list[Element]:
    """Names and hair lines of a horizontal axis."""
    made = []
    for tick in scale.ticks(most):
        x = scale.place(tick)
        made.append(line(x, top, x, bottom, "hair"))
        made.append(text(x, bottom + 16, figure(tick), "tick", "middle"))
    if name:
        made.append(text(scale.end, bottom + 33, name, "tick", "end"))
    return made


def cut(words: str, room: float) -> str:
    """Words that fit into so many units; an ellipsis says that there were more.

    >>> cut("interval", 40.0)
    'inter…'
    """
    letters = max(2, int(room / LETTER))
    return words if len(words) <= letters else words[: letters - 1] + "…"
