"""A table that changes in place: cells that differ are written, cursor, scroll, marks, filter and sort stay.

Columns have fixed widths, one may grow, some appear only where there is room: nothing scrolls sideways at 80
columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import DataTable

from tui.glyphs import padded

_GAP = 1
_MARK = "mark"
#: (marked, under the cursor) → what stands before a row, so that both are seen without colour too
_SIGNS = {(False, False): " ", (False, True): "▸", (True, False): "▪", (True, True): "■"}


class Column(NamedTuple):
    """A column: its label, its width in cells, and the table width from which on it is shown."""

    label: str
    width: int
    right: bool = False
    grow: bool = False
    shown_from: int = 0


class Cell(NamedTuple):
    """What a cell shows, in which style, and by what it is sorted (the text, if not given)."""

    text: str
    style: str = ""
    order: Any = None


class Row(NamedTuple):
    """A row: a key that stays the same, its cells, and what it stands for."""

    key: str
    cells: tuple[Cell, ...]
    data: Any = None


class Table(DataTable[Text]):
    """Rows of :class:`Row`. ``show_rows`` may be called as often as one likes."""

    DEFAULT_CSS = "Table { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False),
        Binding("k", "cursor_up", "up", show=False),
        Binding("g", "scroll_top", "first", show=False),
        Binding("G", "scroll_bottom", "last", show=False),
        Binding("home", "scroll_top", "first", show=False),
        Binding("end", "scroll_bottom", "last", show=False),
        Binding("ctrl+d", "page_down", "page down", show=False),
        Binding("ctrl+u", "page_up", "page up", show=False),
        Binding("space", "mark", "mark", show=False),
        Binding("s", "sort", "sort", show=False),
        Binding("S", "reverse", "reverse", show=False),
    ]

    class Changed(Message):
        """Filter, sort or marks have changed: what is counted about the table is new."""

        def __init__(self, table: Table) -> None:
            super().__init__()
            self.table = table

    class EndReached(Message):
        """The cursor stands on the last row: more may be fetched."""

        def __init__(self, table: Table) -> None:
            super().__init__()
            self.table = table

    def __init__(self, *columns: Column, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, cell_padding=0)
        self._columns_wanted = columns
        self._widths: list[int] = []
        self._rows: tuple[Row, ...] = ()
        self._shown: list[Row] = []
        self._needle = ""
        self._sorted_by: int | None = None
        self._reversed = False
        self._filling = False
        self.marks: set[str] = set()

    # -- what is shown

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows instead; only what differs is written."""
        self._rows = tuple(rows)
        known = {row.key for row in rows}
        self.marks &= known
        self._arrange()

    def set_columns(self, *columns: Column) -> None:
        """Have other columns, and no rows yet."""
        if columns != self._columns_wanted:
            self._columns_wanted = columns
            self._rows, self._shown, self._sorted_by = (), [], None
            self._rebuild()

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self._shown[self.cursor_row] if 0 <= self.cursor_row < len(self._shown) else None

    @property
    def marked(self) -> list[Row]:
        """The marked rows, in the order in which they stand."""
        return [row for row in self._shown if row.key in self.marks]

    @property
    def needle(self) -> str:
        """What is filtered for."""
        return self._needle

    def filter(self, needle: str) -> None:
        """Show only rows that contain every word."""
        if needle != self._needle:
            self._needle = needle
            self._arrange()
            self.post_message(self.Changed(self))

    @property
    def count(self) -> str:
        """ "12 of 340" while filtered, "340" otherwise."""
        total = len(self._rows)
        return f"{len(self._shown)} of {total}" if self._needle else str(total)

    @property
    def labels(self) -> list[str]:
        """The labels of all columns, shown or not."""
        return [column.label for column in self._columns_wanted]

    def plain_rows(self) -> list[list[str]]:
        """The rows that are shown, uncut."""
        return [[cell.text for cell in row.cells] for row in self._shown]

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, if it is shown."""
        for at, row in enumerate(self._shown):
            if row.key == key:
                self.move_cursor(row=at, animate=False)
                return

    # -- keys

    def action_select_cursor(self) -> None:
        """Open the row under the cursor at once: a key pressed after Enter finds what Enter opened."""
        opener = getattr(self.screen, "open_row", None)
        if self.current is not None and opener is not None:
            opener(self, self.current)

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go down."""
        row = self.current
        if row is None:
            return
        self.marks ^= {row.key}
        self.refresh()
        self.action_cursor_down()
        self.post_message(self.Changed(self))

    def action_sort(self) -> None:
        """Sort by the next column, then by none."""
        last = len(self._columns_wanted) - 1
        if self._sorted_by is None:
            self._sort_by(0)
        else:
            self._sort_by(self._sorted_by + 1 if self._sorted_by < last else None)

    def action_reverse(self) -> None:
        """Reverse the order."""
        self._reversed = not self._reversed
        self._rebuild()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked; reverse where it was sorted by already."""
        name = event.column_key.value or ""
        if name == _MARK:
            return
        if int(name) == self._sorted_by:
            self.action_reverse()
        else:
            self._sort_by(int(name))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Tell when the last row is reached; what is highlighted while the table is filled is no news."""
        if self._filling:
            event.stop()
            return
        if self._rows and event.cursor_row == len(self._shown) - 1 and not self._needle:
            self.post_message(self.EndReached(self))

    def on_resize(self, event: events.Resize) -> None:
        """Fit the columns to the new width."""
        if self._fitted(event.size.width) != self._widths:
            self._rebuild()

    # -- how it gets there

    def _sort_by(self, column: int | None) -> None:
        self._sorted_by = column
        self._rebuild()
        self.post_message(self.Changed(self))

    def _arrange(self) -> None:
        """Compute what is shown, and write what differs from what stands."""
        before = [row.key for row in self._shown]
        old = {row.key: row for row in self._shown}
        self._shown = self._ordered([row for row in self._rows if self._matches(row)])
        keys = [row.key for row in self._shown]
        if not self._widths:
            self._rebuild()
        elif keys == before:
            for row in self._shown:
                self._write_differences(old[row.key], row)
        elif keys[: len(before)] == before:
            for row in self._shown[: len(before)]:
                self._write_differences(old[row.key], row)
            for row in self._shown[len(before) :]:
                self.add_row(*self._texts(row), key=row.key)
        else:
            self._refill(keep=before)

    def _write_differences(self, old: Row, new: Row) -> None:
        for at, (was, now) in enumerate(zip(old.cells, new.cells, strict=True)):
            if was != now and self._widths[at]:
                self.update_cell(new.key, str(at), self._text(at, now))

    def _matches(self, row: Row) -> bool:
        text = " ".join(cell.text for cell in row.cells).lower()
        return all(word in text for word in self._needle.lower().split())

    def _ordered(self, rows: list[Row]) -> list[Row]:
        if self._sorted_by is None:
            return rows[::-1] if self._reversed else rows
        at = self._sorted_by

        def order(row: Row) -> tuple[bool, Any]:
            cell = row.cells[at]
            value = cell.text.lower() if cell.order is None else cell.order
            return isinstance(value, str), value

        return sorted(rows, key=order, reverse=self._reversed)

    def _fitted(self, width: int) -> list[int]:
        """Width of each column; 0 where it is not shown."""
        room = width - 1 - _GAP - 1  # the pointer's column and its gap, the scroll bar
        shown = [column.width if width >= column.shown_from else 0 for column in self._columns_wanted]
        spare = room - sum(cells + _GAP for cells in shown if cells)
        growing = [i for i, c in enumerate(self._columns_wanted) if c.grow and shown[i]]
        for at in growing:
            shown[at] = max(6, shown[at] + spare // len(growing))
        return shown

    def _rebuild(self) -> None:
        """Make the columns anew, and fill them."""
        width = self.size.width or self.app.size.width  # before the first layout: it is mended by on_resize
        here = self.current.key if self.current else None
        scroll = self.scroll_y
        self._filling = True
        self.clear(columns=True)
        self._widths = self._fitted(width)
        self.add_column("", width=1 + _GAP, key=_MARK)
        for at, (column, width) in enumerate(zip(self._columns_wanted, self._widths, strict=True)):
            if width:
                self.add_column(self._label(at, column, width), width=width + _GAP, key=str(at))
        self._shown = self._ordered([row for row in self._rows if self._matches(row)])
        self._fill(here, scroll)

    def _refill(self, keep: list[str]) -> None:
        here = keep[self.cursor_row] if 0 <= self.cursor_row < len(keep) else None
        scroll = self.scroll_y
        self._filling = True
        self.clear()
        self._fill(here, scroll)

    def _fill(self, here: str | None, scroll: float) -> None:
        for row in self._shown:
            self.add_row(*self._texts(row), key=row.key)
        at = next((i for i, row in enumerate(self._shown) if row.key == here), 0)
        self._filling = False
        if self._shown:
            if at:
                self.move_cursor(row=at, animate=False, scroll=False)
            if scroll:
                self.call_after_refresh(self.scroll_to, y=scroll, animate=False)

    def _label(self, at: int, column: Column, width: int) -> Text:
        label = column.label
        if at == self._sorted_by:
            label += "▼" if self._reversed else "▲"
        return Text(padded(label, width, column.right) + " " * _GAP, style="bold", no_wrap=True)

    def _texts(self, row: Row) -> list[Text]:
        shown = [self._text(at, cell) for at, cell in enumerate(row.cells) if self._widths[at]]
        return [Text(" "), *shown]

    def _text(self, at: int, cell: Cell) -> Text:
        shown = padded(cell.text, self._widths[at], self._columns_wanted[at].right)
        return Text(shown + " " * _GAP, style=cell.style, no_wrap=True)

    def render_line(self, y: int) -> Strip:
        """A line, with the pointer and the marks drawn over it: moving the cursor renders no cell anew."""
        strip = super().render_line(y)
        at = y - self.header_height + self.scroll_offset.y
        if y < self.header_height or not 0 <= at < len(self._shown):
            return strip
        sign = _SIGNS[self._shown[at].key in self.marks, at == self.cursor_row]
        if sign == " " or not strip:
            return strip
        first = next(iter(strip))
        return Strip([Segment(sign, first.style), *strip.crop(1)], strip.cell_length)
