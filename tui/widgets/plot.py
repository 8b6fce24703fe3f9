"""One large plot: a metric along partitions, its interval, the requirement as a line, in-sample shaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.text import Text
from textual.widget import Widget

from core.history import Curve, Picture
from core.wording import limits
from tui.widgets.canvas import Canvas
from tui.widgets.scale import Scale, fit

_STYLES = ("bold green", "cyan", "magenta", "yellow", "blue")
_AXIS = 9  # cells left of the plot
_MARGIN = 5  # cells right of it: the names of the curves
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Drawing:
    """What a plot shows: a picture, the versions drawn, the one in the fore, the label that is chosen."""

    picture: Picture
    versions: tuple[int, ...]
    fore: int | None
    chosen: str | None = None


class Plot(Widget):
    """Draws a :class:`Drawing`; drawn again only when that changes."""

    DEFAULT_CSS = "Plot { height: 1fr; min-height: 5; }"
    can_focus = False

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawing: Drawing | None = None

    def draw(self, drawing: Drawing | None) -> None:
        """Show this."""
        if drawing != self._drawing:
            self._drawing = drawing
            self.refresh()

    def render(self) -> Text:
        if self._drawing is None or self.size.width < 30 or self.size.height < 4:
            return Text()
        return picture_text(self._drawing, self.size.width, self.size.height)


def picture_text(drawing: Drawing, width: int, height: int) -> Text:
    """A drawing as lines of text.

    Parameters
    ----------
    width, height : int
        In cells.
    """
    return Text("\n", no_wrap=True).join(_Painter(drawing, width, height).lines())


class _Painter:
    """Works out one drawing of one size."""

    def __init__(self, drawing: Drawing, width: int, height: int) -> None:
        self.drawing = drawing
        self.columns = max(10, width - _AXIS - _MARGIN)
        self.rows = max(2, height - 2)  # one for the heading, one for the labels
        self.canvas = Canvas(self.columns, self.rows)
        picture = drawing.picture
        self.curves = [c for number in drawing.versions if (c := picture.curve(number)) is not None]
        self.fore = next((c for c in self.curves if c.version == drawing.fore), None)
        self.limits = _limits(picture)
        values = self._values()
        self.scale = fit(values, self.limits, self.rows * 4) if values else None
        self.shaded, self.chosen = self._shaded(), self._chosen()
        self.ticks = self._ticks(self.scale) if self.scale else {}

    def lines(self) -> list[Text]:
        """The heading, the rows of the plot, the labels."""
        if self.scale is None:
            return [self._heading(), Text("  nothing was measured here", style="dim")]
        for curve in reversed(self.curves):
            self._draw(curve, self.scale)
        return [self._heading(), *(self._row(row, self.scale) for row in range(self.rows)), self._labels()]

    def _values(self) -> list[float]:
        found = [p.value for c in self.curves for p in c.points if p is not None and p.value is not None]
        if self.fore is not None and found:
            span = (max(found) - min(found)) or abs(found[0]) or 1.0
            middle = (max(found) + min(found)) / 2
            ends = [e for p in self.fore.points if p is not None for e in (p.low, p.high) if e is not None]
            found += [e for e in ends if abs(e - middle) <= 1.5 * span]
        return found

    # -- where things lie

    def _x(self, at: int) -> int:
        """The dot of a label, from the left."""
        return round((at + 0.5) * self.columns * 2 / len(self.drawing.picture.labels))

    def _row_of(self, value: float, scale: Scale) -> int:
        return min(self.rows - 1, max(0, scale.place(value) // 4))

    def _ticks(self, scale: Scale) -> dict[int, float]:
        """Row → the value that is named there."""
        return {self._row_of(tick, scale): tick for tick in scale.ticks(max(2, self.rows // 2))}

    # -- what is drawn

    def _draw(self, curve: Curve, scale: Scale) -> None:
        style = self._style(curve)
        before: tuple[int, int] | None = None
        for at, point in enumerate(curve.points):
            if point is None or point.value is None:
                before = None
                continue
            x, y = self._x(at), scale.place(point.value)
            if curve is self.fore and point.low is not None and point.high is not None:
                for end in range(
                    max(0, scale.place(point.high)), min(self.rows * 4, scale.place(point.low)) + 1, 2
                ):
                    self.canvas.dot(x, end, f"not bold {style}")
            if before is not None:
                self.canvas.line(*before, x, y, style)
            before = (x, y)

    def _style(self, curve: Curve) -> str:
        if curve.version == 0:
            return "dim"
        return _STYLES[[c.version for c in self.curves if c.version].index(curve.version) % len(_STYLES)]

    def _row(self, row: int, scale: Scale) -> Text:
        line = Text(no_wrap=True)
        tick = self.ticks.get(row)
        line.append(f"{'' if tick is None else tick_text(tick):>{_AXIS - 2}} ", "dim")
        line.append("┤" if tick is not None else "│", "dim")
        needs = self._needs(row, scale)
        cells = (self._cell(column, row, needs) for column in range(self.columns))
        for style, run in groupby(cells, key=itemgetter(1)):  # cells of one style become one piece of text
            line.append("".join(character for character, _ in run), style)
        for curve in self.curves:
            end = next((p for p in reversed(curve.points) if p is not None and p.value is not None), None)
            if end is not None and end.value is not None and self._row_of(end.value, scale) == row:
                line.append(f" v{curve.version}"[:_MARGIN], self._style(curve))
                break
        return line

    def _cell(self, column: int, row: int, needs: str) -> tuple[str, str]:
        """What stands in a cell, and its style: a curve before a requirement before shading."""
        if drawn := self.canvas.character(column, row):
            return drawn, self.canvas.style(column, row)
        if needs:
            return needs[column], "yellow" if needs[column] == "┄" else "bold"
        if column in self.shaded:
            return "▒", "dim"
        return "╎" if column == self.chosen else " ", "dim"

    def _needs(self, row: int, scale: Scale) -> str:
        """The line of a requirement, with its words where nothing else is drawn; empty on other rows."""
        rows = [self._row_of(limit, scale) for limit in self.limits if scale.shows(limit)]
        if row not in rows:
            return ""
        asked = self.drawing.picture.requirement
        words = f" needs {limits(asked)} " if asked is not None and row == min(rows) else ""
        for start in range(self.columns - len(words) - 2, 1, -1):
            if not any(self.canvas.character(at, row) for at in range(start, start + len(words))):
                return ("┄" * start + words).ljust(self.columns, "┄")
        return "┄" * self.columns

    def _shaded(self) -> frozenset[int]:
        """The columns whose rows say nothing about the version in the fore."""
        labels = len(self.drawing.picture.labels)
        points = self.fore.points if self.fore is not None else ()
        unjudged = {at for at, point in enumerate(points) if point is not None and not point.counts}
        return frozenset(c for c in range(self.columns) if c * labels // self.columns in unjudged)

    def _chosen(self) -> int | None:
        """The column of the label that is chosen."""
        labels = self.drawing.picture.labels
        chosen = self.drawing.chosen
        return self._x(labels.index(chosen)) // 2 if chosen in labels else None

    def _heading(self) -> Text:
        picture = self.drawing.picture
        line = Text(f" {picture.metric}", style="bold", no_wrap=True)
        for curve in self.curves:
            name = "baseline" if curve.version == 0 else f"v{curve.version}"
            fore = " ▏interval" if curve is self.fore else ""
            line.append("   ━ ", self._style(curve)).append(f"{name}{fore}", "not bold")
        if self.fore is not None and any(p is not None and not p.counts for p in self.fore.points):
            line.append("   ▒ ", "dim").append(
                f"in-sample (shaped v{self.fore.version}): not judged", "not bold dim"
            )
        asked = picture.requirement
        if asked is not None and self.scale and not any(self.scale.shows(limit) for limit in self.limits):
            line.append(f"   needs {limits(asked)}, beyond the picture", "not bold yellow")
        return line

    def _labels(self) -> Text:
        """As many labels as fit, evenly."""
        labels = self.drawing.picture.labels
        cell = self.columns / len(labels)
        stride = next(
            (
                stride
                for stride in range(1, len(labels))
                if max(map(len, short_labels(labels[::stride]))) < stride * cell
            ),
            len(labels),
        )
        cells = [" "] * (self.columns + _AXIS + _MARGIN)
        for at, label in zip(range(0, len(labels), stride), short_labels(labels[::stride]), strict=True):
            start = min(max(0, _AXIS + self._x(at) // 2 - len(label) // 2), len(cells) - len(label))
            cells[start : start + len(label)] = label
        year = _only_year(labels)
        if year and "".join(cells[: len(year) + 2]).isspace():
            cells[1 : 1 + len(year)] = year
        return Text("".join(cells).rstrip(), style="dim", no_wrap=True)


def tick_text(value: float) -> str:
    """A value of the axis in at most seven cells.

    >>> tick_text(0.65), tick_text(-12.5), tick_text(2.5e8), tick_text(1.25e-7)
    ('0.65', '-12.5', '250M', '1.2e-07')
    """
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit * 10 or (unit > 1e3 and abs(value) >= unit):
            return f"{value / unit:g}{letter}"[: _AXIS - 2]
    shown = f"{value:g}"
    return shown if len(shown) <= _AXIS - 2 else f"{value:.1e}"[: _AXIS - 2]


def _limits(picture: Picture) -> list[float]:
    asked = picture.requirement
    if asked is None:
        return []
    found = [asked.min, asked.max, *(asked.range or ())]
    return [value for value in found if value is not None and math.isfinite(value)]


def short_labels(labels: Sequence[str]) -> list[str]:
    """Labels as short as they stay clear: months by name, with the year where there are several.

    >>> short_labels(["2013-01", "2013-02", "2014-01"]), short_labels(["2013-01", "2013-02"])
    (['Jan 13', 'Feb', 'Jan 14'], ['Jan', 'Feb'])
    >>> short_labels(["2013-01-07", "2013-01-14", "2013-02-04"])
    ['7 Jan', '14', '4 Feb']
    >>> short_labels(["UA", "AA"])
    ['UA', 'AA']
    """
    shown, before = [], _only_year(labels)
    for label in labels:
        parts = label.split("-")
        if (
            not all(part.isdigit() for part in parts)
            or len(parts) not in (2, 3)
            or not 1 <= int(parts[1]) <= 12
        ):
            shown.append(label)
            continue
        month, year = _MONTHS[int(parts[1]) - 1], parts[0]
        if len(parts) == 2:
            shown.append(month if year == before else f"{month} {year[2:]}")
            before = year
        else:
            shown.append(str(int(parts[2])) if f"{year}{month}" == before else f"{int(parts[2])} {month}")
            before = f"{year}{month}"
    return shown


def _only_year(labels: Sequence[str]) -> str:
    """The year that all labels are of; empty if there are several, or if they are no times."""
    years = {label.split("-")[0] for label in labels}
    only = years.pop() if len(years) == 1 else ""
    return only if only.isdigit() and len(only) == 4 and any("-" in label for label in labels) else ""
