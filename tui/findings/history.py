"""Now-tests and back-tests: what is beyond a limit first, then figures beside each other, then partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from core.wording import data_day, figure, interval
from tui.glyphs import cut, padded, verdict

_NAME, _FIGURE = 20, 26
#: Versions beside each other, at most.
_MOST = 3
_UNJUDGED = {"in-sample": "▒ shaped", "hindsight": "▒ before"}
_BETTER: dict[bool | None, tuple[str, str]] = {True: ("✓ better", "green"), False: ("✗ worse", "bold yellow")}


def nowtest_text(document: Mapping[str, Any], width: int) -> Text:
    """One window: its verdict and why, the early warning, every metric beside the others'."""
    word, style = verdict(document.get("verdict"))
    text = Text.assemble((f" {word}", style), f"  {_name(document)}")
    if window := document.get("window"):
        span = f"{data_day(window['since'])} to {data_day(window['until'])}"
        text.append(f" on {span}, {window['n']:,} rows")
    text.append("\n")
    for failed in document.get("failed") or ():
        glyph, glyph_style = verdict(failed.get("verdict"))
        by = f" ({failed['segment']})" if failed.get("segment") else ""
        text.append(f"   {glyph[0]} ", glyph_style).append(f"{failed.get('reason', '')}{by}\n")
    warning = document.get("early_warning") or {}
    if warning.get("reason"):
        rising = bool(warning.get("rising"))
        text.append(
            "   ! early warning: " if rising else "   no early warning: ", "yellow" if rising else "dim"
        )
        text.append(f"{warning['reason']}\n", "" if rising else "dim")
    for said in document.get("production") or ():
        text.append(f"   ! {said}\n", "bold yellow")
    beside = [document, *(document.get("others") or ())][: _columns(width)]
    text.append("\n")
    _beside(text, [(_name(each), each.get("metrics") or {}) for each in beside])
    return text


def backtest_text(document: Mapping[str, Any], width: int) -> Text:
    """The verdict of each version with what decided it, the contest, then partition by partition."""
    versions = sorted(document.get("versions") or (), key=_order)
    text = Text()
    for version in versions:
        word, style = verdict(version.get("verdict"))
        text.append(f" {word:<8}", style).append(f"{_name(version):<10}", "bold")
        text.append(f"{version.get('note') or ''}\n")
        reason = (version.get("comparison") or {}).get("reason")
        if reason:
            text.append(f"{'':<19}against the champion: {reason}\n", "dim")
    primary = str(document.get("metric", ""))
    shown = versions[: _columns(width)]
    text.append("\nAll that is judged\n", "bold")
    _beside(text, [(_name(each), each.get("overall") or {}) for each in shown], first=primary)
    for version in versions:
        if version.get("comparison"):
            _contest(text, version, primary)
    _partitions(text, shown, primary)
    return text


def _columns(width: int) -> int:
    return max(1, min(_MOST, (width - _NAME) // (_FIGURE + 1)))


def _order(version: Mapping[str, Any]) -> tuple[bool, int]:
    """The champion first, then the newest."""
    return version.get("role") != "champion", -int(version.get("version") or 0)


def _name(version: Mapping[str, Any]) -> str:
    number = version.get("version")
    return "baseline" if number == 0 else f"v{number}"


def _beside(text: Text, sides: Sequence[tuple[str, Mapping[str, Any]]], first: str = "") -> None:
    """A line a metric, a column a version."""
    names = list(dict.fromkeys([*([first] if first else []), *(m for _, found in sides for m in found)]))
    text.append(
        f"   {'':<{_NAME}}" + "".join(padded(name, _FIGURE) for name, _ in sides).rstrip() + "\n", "dim"
    )
    for metric in names:
        cells = [_figure(found.get(metric)) for _, found in sides]
        text.append(f"   {padded(metric, _NAME)}", "bold" if metric == first else "dim")
        text.append("".join(padded(cell, _FIGURE) for cell in cells).rstrip() + "\n")


def _figure(found: Mapping[str, Any] | None) -> str:
    if not found:
        return "–"
    if found.get("value") is None:
        return cut(f"– {found.get('reason') or ''}", _FIGURE - 1)
    return interval(found["value"], found.get("low"), found.get("high"))


def _contest(text: Text, version: Mapping[str, Any], primary: str) -> None:
    found = {k: v for k, v in version["comparison"].items() if isinstance(v, Mapping) and "difference" in v}
    against = version["comparison"].get("champion")
    text.append(f"\n{_name(version)} against v{against} on the same rows\n", "bold")
    for metric in sorted(found, key=lambda name: name != primary):
        each = found[metric]
        if each["difference"] is None:
            continue
        word, style = _BETTER.get(each.get("better"), ("", ""))
        text.append(f"   {padded(metric, _NAME)}", "bold" if metric == primary else "dim")
        text.append(f"{interval(each['difference'], each.get('low'), each.get('high')):<{_FIGURE}}")
        text.append(f"{word}\n", style)


def _partitions(text: Text, versions: Sequence[Mapping[str, Any]], primary: str) -> None:
    labels = list(dict.fromkeys(p["partition"] for v in versions for p in v.get("partitions") or ()))
    if not labels:
        return
    text.append(f"\n{primary} by partition\n", "bold")
    text.append(
        f"   {'':<{_NAME}}" + "".join(padded(_name(v), _FIGURE) for v in versions).rstrip() + "\n", "dim"
    )
    for label in labels:
        text.append(f"   {padded(str(label), _NAME)}", "dim")
        for version in versions:
            found = next((p for p in version.get("partitions") or () if p["partition"] == label), None)
            shown, word, style = _cell(found, primary)
            text.append(shown).append(word, style)
            text.append(" " * max(1, _FIGURE - len(shown) - len(word)))
        text.append("\n")


def _cell(partition: Mapping[str, Any] | None, primary: str) -> tuple[str, str, str]:
    if partition is None or not partition.get("n"):
        return "–", "", ""
    found = (partition.get("metrics") or {}).get(primary) or {}
    value = figure(found.get("value"), found.get("low"), found.get("high"))
    if not partition.get("counts"):
        return f"{value:<9}", _UNJUDGED.get(str(partition.get("coverage")), "▒ not judged"), "dim"
    word, style = verdict(partition.get("verdict"))
    return f"{value:<9}", word, style
