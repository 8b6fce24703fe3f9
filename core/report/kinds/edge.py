"""An edge test: weak spots by column, each with the row that shows it and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.report.blocks import Block, Cell, Code, Findings, Paragraph, Section, table
from core.report.subject import Subject
from core.report.words import short

#: Weak spots whose rows are shown in full.
_MOST_ROWS = 20


def sections(subject: Subject) -> tuple[Section, ...]:
    """A line a version, the weak spots, their rows, and what every column was seen to do."""
    spots = [f for f in subject.document.get("failed") or () if isinstance(f, Mapping)]
    return (
        Section("The versions", (_versions(subject),)),
        Section("Weak spots", tuple(_spots(spots))),
        Section("Rows that show them", tuple(_rows(spots))),
        Section("Column by column", tuple(_columns(subject))),
    )


def _versions(subject: Subject) -> Findings:
    lines = []
    for version in subject.versions:
        became = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in
                           (version.get("became") or {}).items())  # fmt: skip
        text = f"v{version.get('version')}: {version.get('note')}" + (f" ({became})" if became else "")
        lines.append(Paragraph(text, version.get("verdict")))
    return Findings(tuple(lines))


def _spots(spots: list[Mapping[str, Any]]) -> Iterator[Block]:
    if not spots:
        return
    rows: list[list[Cell | str]] = [
        [
            Cell(_where(spot), spot.get("severity")),
            f"v{spot.get('version')}",
            str(spot.get("reason") or ""),
            str(spot.get("suggestion") or ""),
        ]
        for spot in spots
    ]
    yield table("Weak spots, failures first", ("Where", "Version", "What", "What to do"), rows)


def _where(spot: Mapping[str, Any]) -> str:
    return ": ".join(str(part) for part in (spot.get("column"), spot.get("kind")) if part)


def _rows(spots: list[Mapping[str, Any]]) -> Iterator[Block]:
    for spot in spots[:_MOST_ROWS]:
        row = json.dumps(spot.get("row"), ensure_ascii=False, default=str)
        got = (
            ""
            if spot.get("got") is None
            else f"\n→ {json.dumps(spot['got'], ensure_ascii=False, default=str)}"
        )
        yield Code(row + got, f"{_where(spot)}, v{spot.get('version')}")


def _columns(subject: Subject) -> Iterator[Block]:
    for version in subject.versions:
        columns = version.get("columns") or ()
        rows: list[list[Cell | str]] = [
            [
                str(c.get("column")),
                str(c.get("kind") or ""),
                short(c.get("rows")),
                short(c.get("failed")),
                short(c.get("weak")),
                short(c.get("moved")),
                short(c.get("jumped")),
            ]
            for c in columns
        ]
        if rows:
            headers = ("Column", "Kind", "Edge rows", "Failed", "Weak", "Moves the answer by", "Jumps by")
            yield table(f"v{version.get('version')}: what every column was seen to do", headers, rows,
                        (2, 3, 4, 5, 6))  # fmt: skip
