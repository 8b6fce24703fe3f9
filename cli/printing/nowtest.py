"""A now-test: the window, its metrics, what failed."""

from __future__ import annotations

from typing import Any

from cli.output import print_table, print_text
from cli.printing.words import figure, print_segments, verdict_words
from core.wording import data_time


def print_nowtest(document: dict[str, Any], note: str) -> None:
    """The verdict, the window, a line a metric."""
    window = document["window"]
    print_text(f"{verdict_words(document['verdict'])}  {document['model']} {note}")
    print_text(f"window {data_time(window['since'])} to {data_time(window['until'])}, {window['n']:,} rows")
    rows = [
        [
            name,
            figure(m),
            None if m["low"] is None else f"[{m['low']:.4g}, {m['high']:.4g}]",
            m.get("reason"),
        ]
        for name, m in document["metrics"].items()
    ]
    print_table(["METRIC", "VALUE", "95 %", ""], rows, right=[1])
    metric = document.get("metric")
    if metric is not None:
        print_segments(metric, [(metric, document.get("segments", {}))])
    for failed in document["failed"]:
        print_text(f"{verdict_words(failed['verdict'])}  {failed['reason']}")
