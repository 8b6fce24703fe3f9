"""A drift check: the columns, worst first, with how far they are and how far they may be."""

from __future__ import annotations

from typing import Any

from cli.output import cell, print_table, print_text
from cli.printing.words import verdict_words
from core.wording import data_time


def print_drift(document: dict[str, Any], note: str) -> None:
    """The verdict, the window, schema changes, a line a column."""
    print_text(f"{verdict_words(document['verdict'])}  {document['model']} {note}")
    window = document["window"]
    if window is not None:
        past = document["past"]
        print_text(
            f"window {data_time(window['since'])} to {data_time(window['until'])}, {window['n']:,} rows, "
            f"beside {len(past)} past window{'' if len(past) == 1 else 's'}"
        )
    for change in document["schema"]:
        print_text(f"{verdict_words(change['verdict'])}  {change['reason']}")
    columns = [*document["columns"], document["prediction"], document["target"]]
    rows = [_line(column) for column in columns if column is not None]
    if rows:
        print_table(["COLUMN", "KIND", "VERDICT", "PSI", "LIMIT", "NULLS", "WHAT"], rows, right=[3, 4, 5])
    _print_beside(document)
    if document["note"] and window is not None:
        print_text(document["note"])


def _print_beside(document: dict[str, Any]) -> None:
    """All columns at once, and the performance to be expected, beside what labels say."""
    apart = document["multivariate"]
    if apart is not None and apart["auc"] is not None:
        leaning = ", ".join(c["column"] for c in apart["columns"])
        print_text(
            f"a classifier tells the window from training with AUC {apart['auc']:.3f} "
            f"[{apart['low']:.3f}, {apart['high']:.3f}]" + (f", by {leaning}" if leaning else "")
        )
    elif apart is not None:
        print_text(f"the window was not compared as a whole: {apart['reason']}")
    found = document["expected"]
    if found is None or found["metrics"] is None:
        return
    realised = found["realised"] or {}
    print_text(f"to be expected from the probabilities alone ({found['labelled']:,} labels have come):")
    rows = [
        [name, _short(m["value"]), None if m["low"] is None else f"[{m['low']:.3g}, {m['high']:.3g}]",
         _short(realised.get(name))]
        for name, m in found["metrics"].items()
    ]  # fmt: skip
    print_table(["METRIC", "EXPECTED", "95 %", "REALISED"], rows, right=[1, 3])


def _line(column: dict[str, Any]) -> list[Any]:
    statistics, limits = column["statistics"], column["limits"]
    kind = f"{column['kind']}, calendar" if column["calendar"] else column["kind"]
    limit = limits.get("psi")
    return [
        column["column"],
        kind,
        verdict_words(column["verdict"]),
        _short(statistics.get("psi")),
        None if limit is None else _short(limit["high"]),
        f"{statistics.get('null_share', 0.0):.1%}",
        column["reason"] or _more(column),
    ]


def _more(column: dict[str, Any]) -> str:
    """New and vanished categories of a column that passes."""
    new = [f"{c['value']} ({c['count']})" for c in column["new_categories"][:3]]
    gone = [str(c) for c in column["vanished_categories"][:3]]
    parts = [f"new: {', '.join(new)}"] if new else []
    parts += [f"vanished: {', '.join(gone)}"] if gone else []
    return "; ".join(parts)


def _short(value: float | None) -> str | None:
    return None if value is None else cell(float(f"{value:.3g}"))
