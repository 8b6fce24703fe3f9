"""Verdicts and states as a glyph and a word, never as colour alone; sparklines.

Colours are the terminal's sixteen by name, which themes map: light, dark, the terminal's own, and none.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from store.records import Run

#: verdict → glyph, word, style
VERDICTS: dict[str, tuple[str, str, str]] = {
    "pass": ("✓", "pass", "green"),
    "thin": ("~", "thin", "cyan"),
    "warn": ("!", "warn", "yellow"),
    "fail": ("✗", "FAIL", "bold red"),
    "error": ("‼", "ERROR", "bold red"),
}

#: state of a run → glyph, style
STATES: dict[str, tuple[str, str]] = {
    "queued": ("·", "dim"),
    "running": ("▸", "bold cyan"),
    "done": ("✓", "green"),
    "failed": ("‼", "bold red"),
    "cancelled": ("–", "dim"),
    "interrupted": ("⊘", "yellow"),
}

#: state of a version → glyph, style
VERSION_STATES: dict[str, tuple[str, str]] = {
    "champion": ("●", "bold green"),
    "challenger": ("◐", "cyan"),
    "shadow": ("◌", "cyan"),
    "candidate": ("○", ""),
    "baseline": ("·", "dim"),
    "archived": ("◦", "dim"),
}

#: verdict of a challenge → glyph and word, style
CHALLENGED = {
    "better": ("✓ better", "bold green"), "fit": ("✓ fit", "green"),
    "undecided": ("~ undecided", "cyan"), "unfit": ("✗ UNFIT", "bold red"),
    "unchallenged": ("· not challenged", "dim"),
}  # fmt: skip

_BLOCKS = "▁▂▃▄▅▆▇█"


def verdict(name: str | None) -> tuple[str, str]:
    """Glyph and word of a verdict, and its style.

    >>> verdict("fail"), verdict(None)
    (('✗ FAIL', 'bold red'), ('–', 'dim'))
    """
    if name not in VERDICTS:
        return "–", "dim"
    glyph, word, style = VERDICTS[name]
    return f"{glyph} {word}", style


def outcome(run: Run) -> tuple[str, str]:
    """What became of a run: its verdict, or its state."""
    if run.state == "done" and run.verdict:
        return verdict(run.verdict)
    glyph, style = STATES[run.state]
    return f"{glyph} {run.state}", style


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The last values as blocks, one a cell; a gap where a value is missing.

    >>> sparkline([1.0, None, 3.0], 5), sparkline([], 5), sparkline([2.0, 2.0], 5)
    ('▁ █', '', '▄▄')
    """
    shown = list(values)[-width:]
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    return "".join(
        " " if value is None else _BLOCKS[3 if not span else round((value - low) / span * 7)]
        for value in shown
    )


def bar(fraction: float | None, width: int = 10) -> str:
    """Progress as a bar of so many cells.

    >>> bar(0.55), bar(None)
    ('█████▌░░░░', '░░░░░░░░░░')
    """
    eighths = round((fraction or 0.0) * width * 8)
    full, part = divmod(eighths, 8)
    drawn = "█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")
    return drawn + "░" * (width - len(drawn))


def cut(text: str, width: int) -> str:
    """Text of at most so many cells; an ellipsis says that there was more.

    >>> cut("interval", 6), cut("two\\nlines", 20)
    ('inter…', 'two lines')
    """
    flat = " ".join(text.split("\n"))
    if cell_len(flat) <= width:
        return flat
    if flat.isascii():
        return flat[: max(0, width - 1)] + "…"
    ends = (at for at in range(len(flat), 0, -1) if cell_len(flat[:at]) < width)  # half of a wide one is none
    return flat[: next(ends, 0)] + "…"


def padded(text: str, width: int, right: bool = False) -> str:
    """Text of exactly so many cells: cut, or filled up with blanks.

    >>> padded("模型", 5), padded("模型_a", 4), padded("7", 3, right=True)
    ('模型 ', '模… ', '  7')
    """
    shown = cut(text, width)
    blanks = " " * (width - cell_len(shown))
    return blanks + shown if right else shown + blanks


def split(left: Text, right: Text, width: int) -> Text:
    """One line with a left and a right part; the left one gives way."""
    room = width - right.cell_len - 1
    if left.cell_len > room:
        left = left.copy()
        left.truncate(max(0, room), overflow="ellipsis")
    line = Text(no_wrap=True, end="")
    line.append_text(left)
    line.append(" " * max(1, width - left.cell_len - right.cell_len))
    line.append_text(right)
    return line
