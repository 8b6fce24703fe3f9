"""Edge tests: weak spots by column, each with the row that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from rich.text import Text

from core.wording import figure
from tui.glyphs import bar, cut, padded, verdict

_BECAME = {
    "answered": "answered", "stood_in": "by the chain behind", "refused": "refused", "broken": "broke it",
    "unasked": "not asked",
}  # fmt: skip


def edge_text(document: Mapping[str, Any], width: int) -> Text:
    """Verdict, a line a version, weak spots by column with their rows, how columns move the answer."""
    text = Text()
    for version in document["versions"]:
        _version(text, version)
    for number, spots in groupby(document["failed"], key=lambda spot: spot["version"]):
        text.append(f"\nWeak spots of v{number}, by column\n", "bold")
        ordered = sorted(spots, key=lambda spot: str(spot["column"] or ""))
        for column, listed in groupby(ordered, key=lambda spot: spot["column"]):
            text.append(f"\n {column or 'all columns'}\n", "bold")
            for spot in listed:
                _spot(text, spot, column)
    for version in document["versions"]:
        _columns(text, version, width)
    return text


def headline(document: Mapping[str, Any]) -> Text:
    """A line a version: its verdict, and how its weak spots look in sum."""
    text = Text()
    for version in document.get("versions", ()):
        word, style = verdict(version["verdict"])
        text.append(f" {word}", style).append(f"  v{version['version']}: {cut(version['note'], 110)}\n")
    return text


def spot_text(spot: Mapping[str, Any]) -> Text:
    """One weak spot: what came of which row, what to do about it."""
    word, style = verdict(spot["severity"])
    text = Text.assemble((word, style), f"  {spot['reason']}\n")
    text.append(f"→ {spot['suggestion']}\n")
    if spot["also"]:
        text.append(f"the same for {', '.join(spot['also'])}\n", "dim")
    if spot.get("before") is not None:
        text.append(f"a small step from {_value(spot['before'])}\n", "dim")
    if isinstance(spot["row"], Mapping):
        text.append("\nrow\n", "bold")
        for name in _changed_first(spot["row"], spot["column"]):
            changed = name == spot["column"]
            text.append(f"  {padded(name, 20)}", "bold" if changed else "dim")
            text.append(f" {_value(spot['row'][name])}\n", "bold yellow" if changed else "")
    elif spot["row"] is not None:
        text.append(f"\nrow  {_value(spot['row'])}\n")
    if spot["got"]:
        text.append("\ngot\n", "bold")
        for name, value in spot["got"].items():
            text.append(f"  {padded(name, 20)}", "dim").append(f" {_value(value)}\n")
    return text


def _version(text: Text, version: Mapping[str, Any]) -> None:
    word, style = verdict(version["verdict"])
    text.append(f" {word}", style).append(f"  v{version['version']}: {version['note']}\n")
    became = ", ".join(f"{count} {_BECAME[name]}" for name, count in version["became"].items() if count)
    if became:
        text.append(f"         {version['rows']} rows: {became}\n", "dim")
    if version["columns_left_out"]:
        left_out = version["columns_left_out"]
        text.append(f"         of a wide table {left_out} columns were not changed\n", "dim")


def _spot(text: Text, spot: Mapping[str, Any], column: str | None) -> None:
    word, style = verdict(spot["severity"])
    also = f" (and {', '.join(spot['also'][:4])})" if spot["also"] else ""
    text.append(f"   {word}", style).append(f"  {spot['kind']}{also}: {spot['reason']}\n")
    text.append(f"           → {spot['suggestion']}\n")
    if isinstance(spot["row"], Mapping):
        shown = [(name, spot["row"][name]) for name in _changed_first(spot["row"], column)]
        text.append(f"           row  {', '.join(f'{n} {_value(v)}' for n, v in shown)}\n", "dim")
    elif spot["row"] is not None:
        text.append(f"           row  {_value(spot['row'])}\n", "dim")
    if spot["got"]:
        got = ", ".join(f"{name} {_value(value)}" for name, value in spot["got"].items())
        text.append(f"           got  {got}\n", "dim")


def _changed_first(row: Mapping[str, Any], column: str | None) -> list[str]:
    first = [column] if column is not None and column in row else []
    return [*first, *(name for name in row if name != column)]


def _columns(text: Text, version: Mapping[str, Any], width: int) -> None:
    """Every column: rows asked, weak spots, how far it moved answers over its usual values."""
    columns = version["columns"]
    if not columns:
        return
    text.append(f"\nColumns of v{version['version']}: how far usual values move the answer\n", "bold")
    most = max((c["moved"] or 0.0 for c in columns), default=0.0) or 1.0
    cells = max(6, min(30, width - 58))
    for column in sorted(columns, key=lambda c: -(c["moved"] or 0.0)):
        counted = {"fail": column["failed"], "weak": column["weak"]}
        spots = ", ".join(f"{count} {word}" for word, count in counted.items() if count)
        text.append(f"   {column['column'][:20]:<21}")
        text.append(f"{column['kind']:<10}{column['rows']:>4} rows  ", "dim")
        moved = column["moved"]
        text.append(bar((moved or 0.0) / most, cells), "cyan")
        text.append(f" {figure(moved) if moved is not None else '–':>8}  ", "dim")
        text.append(f"{spots}\n", "yellow" if spots else "")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, float):
        return figure(value)
    return "null" if value is None else str(value)
