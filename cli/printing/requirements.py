"""Requirements as people read them: what stands, what was, what is suggested, what would rise."""

from __future__ import annotations

import shlex
from typing import Any

from cli.output import print_table, print_text
from cli.printing.times import day
from core.wording import figure

_HEADERS = ["METRIC", "BY", "MIN", "MAX", "RANGE", "MEAN", "SINCE"]


def print_requirements(rows: list[dict[str, Any]]) -> None:
    """What stands."""
    print_table([*_HEADERS, "WHO", "WHY"], [[*_limits(r), r["who"], r["why"]] for r in rows], right=[2, 3, 5])


def print_history(rows: list[dict[str, Any]]) -> None:
    """All that ever stood, newest first."""
    shown = [
        [
            *_limits(r),
            day(r["until"]),
            r["who"],
            ("taken away; " if r["removed"] else "") + (r["why"] or ""),
        ]
        for r in rows
    ]
    print_table([*_HEADERS, "UNTIL", "WHO", "WHY"], shown, right=[2, 3, 5])


def _limits(row: dict[str, Any]) -> list[Any]:
    both = None if row["range"] is None else f"{row['range'][0]:g} to {row['range'][1]:g}"
    return [row["metric"], row["segment"], row["min"], row["max"], both, row["mean"], day(row["since"])]


def _alarms(row: dict[str, Any]) -> str:
    past, made_for = row["false_alarms_a_year"], row["expected_alarms_a_year"]
    return f"{past:.1f} in the past windows, {made_for:.2f} expected of an unchanged model"


def print_suggestions(model: str, rows: list[dict[str, Any]], applied: bool) -> None:
    """What a version has kept, what it would have cost, and the commands that set it."""
    for row in rows:
        print_text(row["explanation"])
        options = [f"--{key} {row[key]:g}" for key in ("min", "max", "mean") if row[key] is not None]
        if row["range"] is not None:
            options.append(f"--range {row['range'][0]:g} {row['range'][1]:g}")
        if options and row["segment"]:
            options.append(f"--segment {shlex.quote(row['segment'])}")
        if options and not applied:
            print_text(f"  incumbent require set {model} {row['metric']} {' '.join(options)}")
        if options:
            print_text(f"  false alarms a year: {_alarms(row)}")
    if len(rows) > 1 and any(row["limits"] for row in rows):
        print_text(
            f"Together they would have raised {rows[0]['together']:.1f} false alarms a year; "
            f"the budget is {rows[0]['budget']:g}."
        )
    if applied and any(row["limits"] for row in rows):
        print_text("They are set. `incumbent require list` shows them.")
    elif applied:
        print_text(f"Nothing is set. By hand: `incumbent require set {model} METRIC --min VALUE`.")


def print_ratchet(found: dict[str, Any], waits: bool) -> None:
    """What rises after a swap, why, and what history would have failed under it."""
    print_text(f"{found['model']}: v{found['before']} → v{found['version']} (revision {found['revision']})")
    for move in found["moves"]:
        _print_move(move)
    for stays in found["kept"]:
        by = f" by {stays['segment']}" if stays["segment"] else ""
        print_text(f"  {stays['metric']}{by} stays: {stays['reason']}")
    if found["applied"]:
        print_text("They are set; `incumbent require history` keeps what was.")
    elif waits:
        print_text("Nothing is changed yet: --yes sets what is shown.")
    elif not found["moves"]:
        print_text("Nothing rises.")


def _print_move(move: dict[str, Any]) -> None:
    name = move["metric"] + (f" by {move['segment']}" if move["segment"] else "")
    if move["of"] != move["metric"]:
        name += f" (for {move['of']})"
    changes = [
        f"{limit} {'new' if move['new'] else figure(move['from'][limit])} → {value:g}"
        for limit, value in move["to"].items()
        if value is not None and (move["new"] or move["from"][limit] != value)
    ]
    print_text(f"  {name}: {', '.join(changes)}: {move['reason']}")
    for past in (move["history"]["version"], move["history"]["before"]):
        breached = f"{past['breached']} of {past['windows']} past windows would have breached it"
        print_text(f"    v{past['version']}: {breached}, {past['failed']} of them failed")
        for each in past["which"][-3:]:
            print_text(f"      {each['window']}: {each['reason']}")
