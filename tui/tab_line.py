"""The titles of tabs in one line, whatever room there is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text


def tab_line(tabs: Sequence[tuple[str, str]], shown: str, width: int) -> Text:
    """The titles of tabs in one line; where there is no room for all, those around the one that is shown.

    >>> tab_line((("a", "Apples"), ("b", "Berries"), ("c", "Cherries")), "c", 20).plain
    ' ‹ Berries Cherries '
    """
    names = [name for name, _ in tabs]
    gap = "  " if sum(len(title) + 2 for _, title in tabs) + 2 <= width else " "
    at = names.index(shown) if shown in names else 0
    first = last = at

    def room(first: int, last: int) -> int:
        arrows = (2 if first else 0) + (1 if last < len(tabs) - 1 else 0)
        return 1 + sum(len(title) + len(gap) for _, title in tabs[first : last + 1]) + arrows

    while first > 0 or last < len(tabs) - 1:
        if first > 0 and room(first - 1, last) <= width:
            first -= 1
        elif last < len(tabs) - 1 and room(first, last + 1) <= width:
            last += 1
        else:
            break
    line = Text(" ", no_wrap=True)
    line.append("‹ " if first else "", "dim")
    for name, title in tabs[first : last + 1]:
        line.append(title, "bold reverse" if name == shown else "").append(gap)
    return line.append("›" if last < len(tabs) - 1 else "", "dim")
