"""A trial: its standing, its interval closing over the days, its guard rails and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from core.wording import data_day, figure, interval
from tui.glyphs import verdict
from tui.widgets.canvas import Canvas

_ROWS = 7
_AXIS = 10
_SIDE = 10  # what is better, and a scroll bar
_STANDINGS = {
    "better": ("✓ better", "bold green"), "worse": ("✗ WORSE", "bold red"),
    "undecided": ("~ cannot tell yet", "cyan"), "invalid": ("! invalid", "yellow"),
}  # fmt: skip
_OUTCOMES = {
    "accepted": ("✓ accepted", "bold green"), "withdrawn": ("✗ WITHDRAWN", "bold red"),
    "stopped": ("– stopped", "bold"), "finished": ("– finished", "bold"),
    "overtaken": ("– overtaken", "bold"),
}  # fmt: skip


def trial_text(trial: Mapping[str, Any], width: int) -> Text:
    """One trial, as :func:`core.trial.documents.document` has it."""
    text = Text()
    standing = trial["standing"]
    over = trial["state"] == "ended"
    word, style = _STANDINGS.get((standing or {}).get("verdict", ""), ("· not looked at yet", "dim"))
    if over:
        word, style = _OUTCOMES[trial["outcome"]]
    text.append(f" {word}", style).append(
        f"  v{trial['version']} against v{trial['champion']}, {_how(trial)}\n"
    )
    if over and trial["ended_why"]:
        text.append(f" {trial['ended_why']}\n", "bold")
    if standing:
        if standing["reason"] != trial["ended_why"]:
            text.append(f" {'as the last look found it: ' if over else ''}{standing['reason']}\n")
        text.append_text(closing_text(standing.get("path") or (), width))
        _figures(text, standing, over)
        _guards(text, standing.get("guards") or ())
    elif not over:
        text.append(" the night looks at it; incumbent trial status shows it now\n", "dim")
    for note in trial["notes"][:8]:
        where = f" at {note['site']}" if note.get("site") else ""
        text.append(f" {data_day(note['when'][:10])} {note['who']}{where}: ", "dim").append(
            f"{note['note']}\n"
        )
    return text


def _how(trial: Mapping[str, Any]) -> str:
    modes = {
        "shadow": "in shadow",
        "share": f"on {trial['share']:.0%} of the keys",
        "site": "alone at its sites",
    }
    sites = ", ".join(trial["sites"])
    until = f"until {data_day(trial['until'][:10])}" if trial["until"] else "for ever"
    if trial["ended"]:
        until = f"ended {data_day(trial['ended'][:10])}"
    return f"{modes[trial['mode']]} at {sites}, since {data_day(trial['since'][:10])}, {until}"


def closing_text(path: Sequence[Mapping[str, Any]], width: int) -> Text:
    """The effect and its interval day by day, around nothing: above it the challenger is better.

    Parameters
    ----------
    path : sequence of mapping
        ``at``, ``effect``, ``low``, ``high``, oldest first.
    """
    if not path:
        return Text()
    columns = max(20, min(width - _AXIS - _SIDE, 90))
    shown = path[-columns:]
    ends = [abs(point[name]) for point in shown for name in ("low", "high")]
    # the first days are wide: what comes later is what one looks at
    most = min(max(ends), 6 * max(abs(shown[-1]["low"]), abs(shown[-1]["high"]))) or 1.0
    canvas = Canvas(columns, _ROWS)
    dots = _ROWS * 4

    def up(value: float) -> int:
        return round((1 - value / most) / 2 * (dots - 1))

    for at, point in enumerate(shown):
        x = 1 if len(shown) == 1 else round(at / (len(shown) - 1) * (columns * 2 - 2))
        for y in range(max(0, up(point["high"])), min(dots - 1, up(point["low"])) + 1, 2):
            canvas.dot(x, y, "cyan")
        canvas.dot(x, up(point["effect"]), "bold green")
    text = Text("\n", no_wrap=True)
    middle = _ROWS // 2
    for row in range(_ROWS):
        label = {0: f"{most:+.2g}", middle: "0", _ROWS - 1: f"{-most:+.2g}"}.get(row, "")
        text.append(f"{label:>{_AXIS - 2}} ┤", "dim")
        for column in range(columns):
            drawn = canvas.character(column, row)
            text.append(drawn or ("┄" if row == middle else " "), canvas.style(column, row) or "dim")
        text.append({0: " better\n", _ROWS - 1: " worse\n"}.get(row, "\n"), "dim")
    first, last = data_day(shown[0]["at"][:10]), data_day(shown[-1]["at"][:10])
    gap = max(1, columns - len(first) - len(last))
    return text.append(f"{'':<{_AXIS}}{first}{'':<{gap}}{last}\n", "dim")


def _figures(text: Text, standing: Mapping[str, Any], over: bool) -> None:
    shown = interval(standing["effect"], standing["low"], standing["high"])
    text.append(f" {standing['loss']} ", "dim").append(f"{figure(standing['champion_loss'])}")
    text.append(" champion, ", "dim").append(f"{figure(standing['challenger_loss'])}")
    text.append(" challenger; gain ", "dim").append(f"{shown}\n", "bold")
    days = "1 day" if standing["days"] == 1 else f"{standing['days']} days"
    said = f" {standing['judged']:,} rows judged over {days}, {standing['waiting']:,} wait"
    tell = standing.get("days_to_tell")
    said += f"; about {tell:.0f} days more until it can tell" if tell and not over else ""
    text.append(f"{said}\n", "dim")
    ratio = standing.get("ratio")
    if ratio and ratio.get("found") is not None:
        broken = ratio.get("broken")
        word = "! broken: the arms are not what they should be" if broken else "as it should be"
        text.append(f" share of the keys {ratio['found']:.1%}, set {ratio['expected']:.1%}: {word}\n",
                    "bold yellow" if broken else "dim")  # fmt: skip
    silent = standing.get("silent") or ()
    if silent:
        text.append(f" ! nothing came from {', '.join(map(str, silent))}\n", "yellow")


def _guards(text: Text, guards: Sequence[Mapping[str, Any]]) -> None:
    for guard in guards:
        word, style = verdict(guard["verdict"])
        text.append(f" {word:<7}", style).append(
            f" guard {guard['guard']}: {guard.get('reason', '')}\n", "dim"
        )
