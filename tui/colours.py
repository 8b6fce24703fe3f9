"""What the colour names of texts become: on a light ground, and where there is to be no colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.terminal_theme import TerminalTheme

_LIGHT, _DARK = (247, 247, 247), (26, 26, 26)


#: Black, red, green, yellow, blue, magenta, cyan, white: dark enough to be read on light grey.
_ON_LIGHT = [
    (0, 0, 0), (160, 40, 40), (36, 96, 18), (120, 74, 0), (36, 74, 170), (112, 48, 140), (0, 88, 120),
    (70, 70, 70),
]  # fmt: skip


def on_light() -> TerminalTheme:
    """A palette for light themes: the usual yellow and cyan are hardly seen there.

    Examples
    --------
    >>> on_light().ansi_colors[3]
    ColorTriplet(red=120, green=74, blue=0)
    """
    from rich.terminal_theme import TerminalTheme

    return TerminalTheme(_LIGHT, _DARK, _ON_LIGHT, _ON_LIGHT)


def without_colour(dark: bool) -> TerminalTheme:
    """A palette whose every colour is that of plain text.

    Without colour, Textual shows each colour as the grey that is as bright: red would be nearly black, and a
    red cross on a dark screen could not be seen. Glyphs and words say what colours say; all must be legible.

    Examples
    --------
    >>> set(without_colour(dark=True).ansi_colors[at] for at in range(16))
    {ColorTriplet(red=247, green=247, blue=247)}
    """
    from rich.terminal_theme import TerminalTheme

    text, ground = (_LIGHT, _DARK) if dark else (_DARK, _LIGHT)
    return TerminalTheme(ground, text, [text] * 8, [text] * 8)
