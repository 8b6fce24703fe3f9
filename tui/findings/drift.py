"""Drift: the window against training, column by column, distributions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from core.wording import data_day, figure, interval
from tui.findings.bars import Share, shares_of, side_by_side
from tui.glyphs import sparkline, verdict
from tui.widgets.table import Cell, Column, Row

COLUMNS = (
    Column("COLUMN", 13, grow=True),
    Column("KIND", 8),
    Column("VERDICT", 7),
    Column("FIGURE", 9),
    Column("NOW", 6, right=True),
    Column("LIMIT", 6, right=True),
    Column("NEW", 4, right=True),
    Column("PAST, NOW", 12),
    Column("PSI", 6, right=True, shown_from=90),
    Column("NULLS", 6, right=True, shown_from=90),
)

#: Figures that are judged, in one short word.
_SHORT = {
    "psi": "PSI", "ks": "KS", "wasserstein": "distance", "jensen_shannon": "JS", "shift": "mean",
    "outside": "outside", "new_share": "new share", "null_change": "nulls ±", "language_distance": "language",
    "script_distance": "script", "common_words_distance": "words", "unknown_words": "unknown",
}  # fmt: skip

#: How figures are called, in the order in which they are shown.
_FIGURES = (
    ("psi", "PSI, bias taken out"), ("ks", "Kolmogorov–Smirnov"), ("wasserstein", "Wasserstein"),
    ("jensen_shannon", "Jensen–Shannon"), ("shift", "mean, in deviations"), ("outside", "outside training"),
    ("new_share", "share of new values"), ("null_share", "share of nulls"), ("null_change", "nulls, change"),
    ("mean", "mean"), ("mean_change", "mean, change"), ("min", "lowest"), ("max", "highest"),
    ("language_distance", "languages apart"), ("script_distance", "scripts apart"),
    ("common_words_distance", "common words apart"), ("unknown_words", "unknown words"),
)  # fmt: skip


def judged_columns(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Prediction, target and columns, the worst first."""
    alone = [document[name] for name in ("prediction", "target") if document.get(name)]
    order = {"fail": 0, "warn": 1, "thin": 2}
    return sorted([*alone, *document.get("columns", ())], key=lambda c: order.get(c["verdict"], 3))


def column_rows(document: Mapping[str, Any]) -> list[Row]:
    """A row for each column, the worst first; before them what the schema lost or gained."""
    changes = [_change_row(change) for change in document.get("schema", ())]
    target = (document.get("target") or {}).get("column")
    return [*changes, *(_row(column, target) for column in judged_columns(document))]


def _row(column: Mapping[str, Any], target: str | None) -> Row:
    word, style = verdict(column["verdict"])
    statistics = column["statistics"]
    decides = deciding(column)
    value, limit = statistics.get(decides), column["limits"].get(decides) or {}
    bound = limit.get("low") if (value or 0.0) < 0 and limit.get("low") is not None else limit.get("high")
    name = f"{column['column']} (target)" if column["column"] == target else str(column["column"])
    psi, nulls = statistics.get("psi"), statistics.get("null_share") or 0.0
    new = len(column["new_categories"])
    past: list[float | None] = column["past"].get(decides) or []
    cells = (
        Cell(name),
        Cell("calendar" if column["calendar"] else str(column["kind"])),
        Cell(word, style, {"✗": 0, "!": 1, "~": 2}.get(word[0], 3)),
        Cell(_SHORT.get(decides, decides)),
        Cell(_short(value), style if word[0] in "✗!" else "", value if value is not None else -1.0),
        Cell(_short(bound), "dim", bound if bound is not None else -1.0),
        Cell(str(new) if new else "–", "yellow" if new else "dim", new),
        Cell(sparkline([*reversed(past), value], 12) if past else "", "dim"),
        Cell(_short(psi), "dim", psi if psi is not None else -1.0),
        Cell(f"{nulls:.1%}", "dim", nulls),
    )
    return Row(str(column["column"]), cells, column)


def deciding(column: Mapping[str, Any]) -> str:
    """The statistic that is nearest to its limit, or farthest beyond it; PSI where none has a limit.

    Examples
    --------
    >>> limits = {"psi": {"high": 2.0}, "null_change": {"high": 0.07, "low": -0.07}}
    >>> deciding({"statistics": {"psi": 0.3, "null_change": 0.08}, "limits": limits})
    'null_change'
    """
    shares: dict[str, float] = {}
    for name, limit in column["limits"].items():
        value = column["statistics"].get(name)
        bound = limit.get("low") if (value or 0.0) < 0 else limit.get("high")
        if value is not None and bound:
            shares[name] = value / bound
    return max(shares, key=lambda name: shares[name]) if shares else "psi"


def _change_row(change: Mapping[str, Any]) -> Row:
    word, style = verdict(change["verdict"])
    cells = (Cell(str(change["column"])), Cell(str(change["change"])), Cell(word, style, 0),
             *(Cell("–", "dim") for _ in COLUMNS[3:]))  # fmt: skip
    return Row(f"schema {change['column']} {change['change']}", cells, change)


def headline(document: Mapping[str, Any]) -> Text:
    """The verdict, and which rows were held against what."""
    word, style = verdict(document.get("verdict"))
    text = Text.assemble((f" {word}", style), f"  v{document.get('version')}: ")
    versions = document.get("versions") or ()
    text.append(str(versions[0].get("note", "")) if versions else "")
    window = document.get("window")
    if window:
        source = " of production's log" if document.get("from") == "log" else ""
        span = f"{data_day(window['since'])} to {data_day(window['until'])}"
        past = len(document.get("past") or ())
        text.append(f"\n window {span}, {window['n']:,} rows{source}, beside {past} past windows", "dim")
    return text


def column_text(column: Mapping[str, Any], width: int) -> Text:
    """One column: why its verdict, both distributions, the figures with their limits."""
    if "statistics" not in column:  # a change of the schema
        word, style = verdict(column["verdict"])
        return Text.assemble((f" {word}  ", style), str(column["reason"]), "\n")
    word, style = verdict(column["verdict"])
    text = Text.assemble((f"{word}", style), f"  {column['reason'] or 'as in past windows'}\n\n")
    shares = [*shares_of(column["reference"], column["window"]), *_nulls(column)]
    text.append_text(side_by_side(shares, width))
    _words(text, column)
    _categories(text, column)
    text.append("\n")
    _figures(text, column)
    if not column.get("read", True) and column["kind"]:
        text.append("the version does not read this column\n", "dim")
    return text


def _nulls(column: Mapping[str, Any]) -> list[Share]:
    """The rows without a value, as a line of the drawing; none where there are none."""
    now, change = column["statistics"].get("null_share"), column["statistics"].get("null_change")
    if now is None or change is None or not (now or change):
        return []
    return [Share("no value", max(0.0, now - change), now)]


def _words(text: Text, column: Mapping[str, Any]) -> None:
    if "words" not in column["reference"]:
        return
    for side in ("reference", "window"):
        words = ", ".join(str(word) for word in list(column[side].get("words", ()))[:12])
        text.append(f"{'training' if side == 'reference' else 'window':<9}", "dim").append(f"{words}\n")


def _categories(text: Text, column: Mapping[str, Any]) -> None:
    if new := column["new_categories"]:
        listed = ", ".join(f"{c['value']} ({c['count']:,})" for c in new[:12])
        text.append("new       ", "bold yellow").append(f"{listed}{' …' if len(new) > 12 else ''}\n")
    if gone := column["vanished_categories"]:
        text.append("vanished  ", "bold").append(", ".join(map(str, gone[:12])) + "\n")


def _figures(text: Text, column: Mapping[str, Any]) -> None:
    statistics, limits = column["statistics"], column["limits"]
    for name, words in _FIGURES:
        value = statistics.get(name)
        if value is None:
            continue
        text.append(f"{words:<22}", "dim").append(f"{figure(float(value)):>9}")
        if limit := limits.get(name):
            text.append(f"   {_allowed(limit)}, {limit['basis']}", "dim")
        text.append("\n")


def _allowed(limit: Mapping[str, Any]) -> str:
    low, high = limit.get("low"), limit.get("high")
    if low is None:
        return f"≤ {figure(high)}"
    return f"{figure(low)} to {figure(high)}"


def _short(value: float | None) -> str:
    """In at most six cells.

    >>> _short(0.0381234), _short(0.000951), _short(12.34), _short(None)
    ('0.0381', '0.001', '12.3', '–')
    """
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def drift_text(document: Mapping[str, Any], width: int) -> Text:
    """A whole drift check: what is wrong first, with pictures; what is as it was in a table."""
    text = headline(document).append("\n")
    for change in document.get("schema", ()):
        word, style = verdict(change["verdict"])
        text.append(f"\n {word}  ", style).append(f"{change['reason']}\n")
    columns = judged_columns(document)
    for column in columns:
        if column["verdict"] in ("fail", "warn"):
            text.append(f"\n{column['column']}\n", "bold").append_text(column_text(column, width))
    _multivariate(text, document.get("multivariate"))
    _expected(text, document.get("expected"))
    quiet = [column for column in columns if column["verdict"] not in ("fail", "warn")]
    if quiet:
        text.append("\nAs in past windows\n", "bold")
        for column in quiet:
            text.append(f"  {column['column']:<24}").append(_line(column["statistics"]), "dim").append("\n")
    if document.get("note"):
        text.append(f"\n{document['note']}\n", "dim")
    return text


def _line(statistics: Mapping[str, Any]) -> str:
    shown = [("PSI", "psi"), ("KS", "ks"), ("JS", "jensen_shannon"), ("nulls", "null_share")]
    known = [(word, statistics[name]) for word, name in shown if statistics.get(name) is not None]
    return "  ".join(f"{word} {_short(value)}" for word, value in known)


def _multivariate(text: Text, found: Mapping[str, Any] | None) -> None:
    if found is None:
        return
    text.append("\nAll columns at once\n", "bold")
    if found.get("auc") is None:
        text.append(f"  not compared: {found.get('reason')}\n", "dim")
        return
    text.append(f"  a classifier tells the window from training with AUC "
                f"{interval(found['auc'], found.get('low'), found.get('high'))}\n")  # fmt: skip
    by = ", ".join(str(c["column"]) for c in found.get("columns", ()))
    if by:
        text.append(f"  mostly by {by}\n", "dim")


def _expected(text: Text, found: Mapping[str, Any] | None) -> None:
    metrics = (found or {}).get("metrics")
    if found is None or not metrics:
        return
    text.append("\nTo be expected from the probabilities alone, beside what labels say\n", "bold")
    realised: Mapping[str, Any] = found.get("realised") or {}
    for name, metric in metrics.items():
        text.append(f"  {name:<20}", "dim")
        text.append(f"{interval(metric['value'], metric.get('low'), metric.get('high')):<26}")
        text.append(f"realised {figure(realised.get(name))}\n", "dim")
