"""Cases, the inbox, and changed expectations, for people."""

from __future__ import annotations

import json
from typing import Any

from cli.output import print_table, print_text
from cli.printing.times import day


def print_cases(rows: list[dict[str, Any]]) -> None:
    """A line a case; below, how many nobody has looked at for a quarter."""
    from core.expectations import words

    print_table(
        ["ID", "KIND", "VERSION", "EXPECTED", "ORIGIN", "LOOKED AT", "ROW", "NOTE"],
        [
            [
                r["id"],
                r["kind"] + (" (removed)" if r["removed"] else "") + ("" if r["blocking"] else ", warns"),
                None if r["version"] is None else f"v{r['version']}",
                words(r["expect"], r["kind"]),
                r["origin"],
                age(r["age_days"]) + (", look due" if r["look_due"] else ""),
                _row(r["row"]),
                r["note"] or None,
            ]
            for r in rows
        ],
        right=[0],
    )
    due = sum(r["look_due"] for r in rows)
    if due:
        print_text(
            f"\nNobody has looked at {due} of them for a quarter.\n"
            f"Once you have: incumbent case review {rows[0]['model']}"
        )


def age(days: int) -> str:
    """So many days ago, as people say it.

    >>> age(0), age(12), age(200)
    ('today', '12 d ago', '6 months ago')
    """
    if days < 1:
        return "today"
    return f"{days} d ago" if days < 60 else f"{int(days / 30.44)} months ago"


def print_inbox(rows: list[dict[str, Any]], model: str) -> None:
    """An entry is two lines: what happened, and the row."""
    for r in rows:
        times = f", {r['count']} times" if r["count"] > 1 else ""
        when = f", last {day(r['last'])}" if r["last"] else ""
        state = "" if r["state"] == "open" else f" ({r['state']}{_case(r)})"
        where = "production" if r["source"] == "log" else "history"
        print_text(f"{r['id']:>5}  {r['kind']} in {where}{times}{when}{state}: {r['reason']}")
        print_text(f"       {_row(r['row'], 100)}")
    if any(r["state"] == "open" for r in rows):
        print_text(
            f"\nA case of one: incumbent case inbox {model} --accept ID --note …\n"
            f"Never mind:    incumbent case inbox {model} --dismiss ID"
        )


def _case(row: dict[str, Any]) -> str:
    return f", case {row['case']}" if row["case"] is not None else ""


def print_differences(found: dict[str, Any], waits: bool) -> None:
    """What was expected, what comes, and what stays."""
    from core.visible import on_one_line

    for change in found["changes"]:
        note = f"  ({on_one_line(change['note'])})" if change["note"] else ""
        print_text(f"case {change['case']}: {change['from']}  →  {change['to']}{note}")
        print_text(f"       {_row(change['row'], 100)}")
    for kept in found["kept"]:
        what = "what the cases measure together" if kept["case"] is None else f"case {kept['case']}"
        print_text(f"{what} stays: {kept['reason']}")
    model, version = found["model"], found["version"]
    count = len(found["changes"])
    cases = f"{count} case{'' if count == 1 else 's'}"
    if not count:
        print_text(f"nothing to accept of v{version}" + ("" if found["kept"] else ": every case passes"))
    elif waits:
        named = [f"{c['case']} " for c in found["changes"] if c["kind"] == "behavioural"]
        command = f"incumbent case accept {model} {''.join(named)}--version {version} --yes"
        print_text(f"\nNothing is changed yet. {command}")
    else:
        print_text(
            f"\n{cases} expect{'s' if count == 1 else ''} what v{version} answers (run {found['run']})."
        )


def _row(row: dict[str, Any], most: int = 60) -> str:
    text = json.dumps(row, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 1]}…"
