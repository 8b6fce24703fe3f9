"""Help: what can be done to what is selected, then all keys. From the registries, so it is always true."""

from __future__ import annotations

from textwrap import wrap

from rich.text import Text

from core.actions import ACTIONS
from tui.keys import GROUPS
from tui.reader import Reader
from tui.selection import Selection, obstacle

#: Cells of a label, and of what is said beside it: at 80 columns the scroll bar has one of its own.
_LABEL, _SAID = 30, 39


class HelpScreen(Reader):
    """Keys and actions."""

    def __init__(self, chosen: Selection) -> None:
        super().__init__("help", help_text(chosen))


def help_text(chosen: Selection) -> Text:
    """The page, for a selection: what can be done now, what cannot and why, then the keys."""
    text = Text()
    why_not = {action: obstacle(action, chosen) for action in ACTIONS}
    text.append("Actions on what is selected\n", "bold")
    for action in (each for each in ACTIONS if not why_not[each]):
        text.append(f"  {action.key or ':':<5}", "bold")
        _told(text, action.label, action.help)
    text.append("\nNot now\n", "bold")
    for action in (each for each in ACTIONS if why_not[each]):
        text.append(f"  {action.key or ':':<5}", "dim")
        _told(text, action.label, why_not[action], "dim")
    for title, keys in GROUPS:
        text.append(f"\n{title}\n", "bold")
        for key in keys:
            text.append(f"  {key.keys:<24}", "bold").append(f"{key.does}\n")
    return text


def _told(text: Text, label: str, said: str, style: str = "") -> None:
    """A label and a sentence beside it, in lines that fit 80 columns."""
    first, *more = wrap(said, _SAID)
    text.append(f"{label:<{_LABEL}}{first}\n", style)
    for line in more:
        text.append(f"{'':<{_LABEL + 7}}{line}\n", style)
