"""Help: what can be done to what is selected, then all keys. From the registries, so it is always true."""

from __future__ import annotations

from textwrap import wrap

from rich.text import Text

from core.actions import ACTIONS
from tui.keys import GROUPS
from tui.reader import Reader
from tui.selection import Selection, obstacle


class HelpScreen(Reader):
    """Keys and actions."""

    def __init__(self, chosen: Selection) -> None:
        super().__init__("help", help_text(chosen))


def help_text(chosen: Selection) -> Text:
    """The page, for a selection."""
    text = Text()
    text.append("Actions on what is selected\n", "bold")
    for action in ACTIONS:
        why_not = obstacle(action, chosen)
        style = "dim" if why_not else ""
        text.append(f"  {action.key or ':':<5}", "dim" if why_not else "bold")
        told = wrap(f"not now: {why_not}" if why_not else action.help, 46)
        text.append(f"{action.label:<25}{told[0]}\n", style)
        for more in told[1:]:
            text.append(f"{'':<32}{more}\n", style)
    for title, keys in GROUPS:
        text.append(f"\n{title}\n", "bold")
        for key in keys:
            text.append(f"  {key.keys:<24}", "bold").append(f"{key.does}\n")
    return text
