"""Keys of the panel itself: places, movement, views. What changes a workspace is in :mod:`core.actions`."""

from __future__ import annotations

from typing import NamedTuple

from core.actions import ACTIONS


class Key(NamedTuple):
    """Keys, and what they do."""

    keys: str
    does: str


#: id of the place, its name, its key
PLACES: tuple[tuple[str, str, str], ...] = (
    ("overview", "Overview", "1"),
    ("model", "Model", "2"),
    ("runs", "Runs", "3"),
    ("production", "Production", "4"),
    ("night", "Night shift", "5"),
    ("alerts", "Alerts", "6"),
)

GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (
        "Places",
        (
            *(Key(key, name) for _, name, key in PLACES),
            Key("enter", "in"), Key("escape", "back; closes a filter first"), Key("q", "back, or quit"),
           Key("ctrl+q", "quit")),
    ),
    (
        "Moving",
        (
            Key("j k ↑ ↓", "down, up"),
            Key("g G home end", "first, last"),
            Key("ctrl+d ctrl+u pgdn pgup", "a page down, up"),
            Key("tab shift+tab", "next, previous pane"),
            Key("← →  [ ]", "previous, next tab (model), view (production)"),
        ),
    ),
    (
        "Tables",
        (
            Key("/", "filter as you type"),
            Key("s S", "sort by the next column, reverse"),
            Key("space", "mark; actions apply to marks"),
            Key("y", "copy: row, id, or the command that does the same"),
            Key("e", "export to a file"),
        ),
    ),
    (
        "Views",
        (
            Key("m", "next metric (plots)"),
            Key("v", "choose the lines (plots)"),
            Key("z", "zoom: only the pane in focus"),
            Key("l", "log of a run"),
            Key("R", "read again"),
            Key("p", "pause, or go on with live refresh"),
            Key("w", "the next of several: site (production), challenge (model)"),
            Key("o", "open ones only, or all (alerts, runs)"),
        ),
    ),
    (
        "Doing",
        (
            Key("r", "run something: a menu"),
            Key("x", "dangerous things: a menu"),
            Key("u", "undo the last thing that can be undone"),
            Key(": ctrl+p", "every action, by name"),
            Key("? F1", "this help"),
        ),
    ),
)  # fmt: skip


def markdown() -> str:
    """The page ``docs/KEYS.md``."""
    lines = [
        "# Keys of the panel",
        "",
        "Made from `core/actions.py` and `tui/keys.py`; a test compares them.",
        "",
    ]
    for title, keys in GROUPS:
        lines += [f"## {title}", "", "| keys | do |", "|---|---|"]
        lines += [f"| `{key.keys}` | {key.does} |" for key in keys]
        lines.append("")
    lines += [
        "## Actions",
        "",
        "| key | action | | danger | the same on the command line |",
        "|---|---|---|---|---|",
    ]
    for action in ACTIONS:
        key = f"`{action.key}`" if action.key else "palette"
        lines.append(f"| {key} | {action.label} | {action.help} | {action.danger} | `{action.cli}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
