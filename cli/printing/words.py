"""Words that every check is printed with: verdicts, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.output import print_table, print_text

#: Segments that are printed: those with the most rows.
_MOST_SEGMENTS = 30
_LONGEST = 40
_VERDICTS = {
    "pass": "✓ pass",
    "warn": "! warn",
    "fail": "✗ FAIL",
    "thin": "? thin",
    "error": "✗ error",
    None: "– not judged",
}


def verdict_words(verdict: str | None) -> str:
    """A verdict as a glyph and a word."""
    return _VERDICTS.get(verdict, str(verdict))


def figure(found: dict[str, Any] | None) -> str:
    """A metric in four digits, a dash without a value."""
    if found is None or found["value"] is None:
        return "–"
    return f"{found['value']:.4g}"


def print_segments(metric: str, judged: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """A metric of each segment, a column for each of those that were judged; nothing without segments."""
    rows: dict[str, int] = {}
    for _, segments in judged:
        for name, metrics in segments.items():
            rows[name] = max(rows.get(name, 0), metrics[metric]["n"] if metric in metrics else 0)
    shown = sorted((n for n in rows if rows[n]), key=lambda name: -rows[name])[:_MOST_SEGMENTS]
    if not shown:
        return
    headers = ["SEGMENT", "ROWS", *(name for name, _ in judged)]
    lines = [
        [
            name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…",
            rows[name],
            *(figure(segments.get(name, {}).get(metric)) for _, segments in judged),
        ]
        for name in shown
    ]
    print_table(headers, lines, right=range(1, len(headers)))
    if len(rows) > len(shown):
        print_text(f"{len(rows) - len(shown)} more segments with --json")
