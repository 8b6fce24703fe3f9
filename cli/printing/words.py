"""Words that every check is printed with: verdicts, figures."""

from __future__ import annotations

from typing import Any

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
