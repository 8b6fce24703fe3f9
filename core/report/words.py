"""Words of reports: verdicts as glyph and word, moments, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.statistics.wording import number
from core.wording import figure, interval

#: verdict → glyph, word, tone. The tone is how it looks beside the glyph and the word, never instead of them.
VERDICTS: dict[str, tuple[str, str, str]] = {
    "pass": ("✓", "pass", "good"),
    "better": ("✓", "better", "good"),
    "fit": ("✓", "fit, but not better", "good"),
    "thin": ("?", "too little to tell", "quiet"),
    "undecided": ("?", "undecided", "quiet"),
    "warn": ("!", "warning", "care"),
    "fail": ("✗", "failed", "bad"),
    "unfit": ("✗", "unfit", "bad"),
    "worse": ("✗", "worse", "bad"),
    "error": ("‼", "could not be judged", "bad"),
    "skipped": ("–", "skipped", "quiet"),
}


def verdict_words(verdict: str | None) -> str:
    """A verdict as a glyph and a word.

    Examples
    --------
    >>> verdict_words("fail"), verdict_words(None)
    ('✗ failed', '– not judged')
    """
    if verdict is None:
        return "– not judged"
    glyph, word, _ = VERDICTS.get(verdict, ("·", verdict, "quiet"))
    return f"{glyph} {word}"


def tone(verdict: str | None) -> str:
    """How a verdict looks beside its glyph and word: good, care, bad or quiet."""
    return VERDICTS.get(verdict or "", ("", "", "quiet"))[2]


def moment(written: str | None) -> str:
    """A wall-clock time of the store, in UTC to the minute.

    Examples
    --------
    >>> moment("2026-11-22T02:00:31.000Z"), moment(None)
    ('2026-11-22 02:00 UTC', '–')
    """
    return "–" if written is None else f"{written[:16].replace('T', ' ')} UTC"


def measured(found: Mapping[str, Any] | None) -> str:
    """A metric of a document: the value and its interval.

    Examples
    --------
    >>> measured({"value": 0.64123, "low": 0.62, "high": 0.66}), measured(None)
    ('0.641 [0.620, 0.660]', '–')
    """
    return "–" if found is None else interval(found.get("value"), found.get("low"), found.get("high"))


def short(value: Any) -> str:
    """Any value in a few words.

    Examples
    --------
    >>> short(None), short(True), short(0.123456), short({"a": 1.5}), short([1, 2]), short(1234567)
    ('–', 'yes', '0.1235', 'a 1.5', '1, 2', '1,234,567')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return figure(value)
    if isinstance(value, Mapping):
        if "low" in value and "high" in value and "value" in value:
            return measured(value)
        return ", ".join(f"{name} {short(each)}" for name, each in value.items()) or "–"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(short(each) for each in value) or "–"
    return str(value)


def signed(value: float | None) -> str:
    """A difference with its sign.

    Examples
    --------
    >>> signed(0.0285), signed(-2.0), signed(None)
    ('+0.0285', '-2', '–')
    """
    return "–" if value is None else f"{value:+.3g}"


def difference(found: Mapping[str, Any] | None) -> str:
    """A difference of a comparison and its interval.

    Examples
    --------
    >>> difference({"difference": 0.0285, "low": 0.0116, "high": 0.0455})
    '+0.029 [+0.012, +0.045]'
    """
    if found is None or found.get("difference") is None:
        return "–"
    value, low, high = found["difference"], found.get("low"), found.get("high")
    if low is None or high is None or low == high:
        return signed(value)
    return f"{_signed(value, low, high)} [{_signed(low, low, high)}, {_signed(high, low, high)}]"


def _signed(value: float, low: float, high: float) -> str:
    """A value with its sign and as many digits as the interval supports."""
    shown = number(value, (high - low) / 2)
    return shown if shown.startswith("-") else f"+{shown}"


def version_name(version: Mapping[str, Any]) -> str:
    """A version of a document as people call it.

    Examples
    --------
    >>> version_name({"version": 3, "role": "champion"}), version_name({"version": 0, "rule": "prior"})
    ('v3 (champion)', 'baseline (prior)')
    """
    if version.get("version") == 0:
        return f"baseline ({version['rule']})" if version.get("rule") else "baseline"
    role = version.get("role")
    return f"v{version.get('version')}" + (f" ({role})" if role in ("champion", "challenger") else "")
