"""A canvas of braille dots: two across and four down in a cell, drawn with lines."""

from __future__ import annotations

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE = 0x2800


class Canvas:
    """Dots on a grid of cells; the last thing drawn in a cell gives it its style.

    Examples
    --------
    >>> canvas = Canvas(2, 1)
    >>> canvas.line(0, 3, 3, 0, "")
    >>> canvas.character(0, 0) + canvas.character(1, 0)
    '⡠⠊'
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._dots = [[0] * width for _ in range(height)]
        self._styles: dict[tuple[int, int], str] = {}

    def dot(self, x: int, y: int, style: str) -> None:
        """Set a dot; outside the canvas nothing happens."""
        column, row = x // 2, y // 4
        if 0 <= column < self.width and 0 <= row < self.height:
            self._dots[row][column] |= _DOTS[y % 4][x % 2]
            self._styles[column, row] = style

    def line(self, x0: int, y0: int, x1: int, y1: int, style: str) -> None:
        """Set the dots from one to another."""
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            self.dot(round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps), style)

    def character(self, column: int, row: int) -> str:
        """The character of a cell; empty where nothing was drawn."""
        dots = self._dots[row][column]
        return chr(_BRAILLE + dots) if dots else ""

    def style(self, column: int, row: int) -> str:
        """The style of a cell."""
        return self._styles.get((column, row), "")
