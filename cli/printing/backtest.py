"""A back-test: the primary metric of every version, a line a partition."""

from __future__ import annotations

from typing import Any

from cli.output import print_table, print_text
from cli.printing.words import figure, print_segments, verdict_words


def print_backtest(document: dict[str, Any], note: str) -> None:
    """The primary metric of every version, a line a partition, and what that means."""
    metric = document["metric"]
    versions = document["versions"]
    headers = ["PARTITION", "ROWS", *(_name(v) for v in versions)]
    rows = []
    for position, first in enumerate(versions[0]["partitions"]):
        same = [v["partitions"][position] for v in versions]
        rows.append([first["partition"], max(p["n"] for p in same), *(_value(p, metric) for p in same)])
    rows.append(["overall", None, *(figure(v["overall"].get(metric)) for v in versions)])
    print_text(f"{metric} of {document['model']}, * in-sample or before training (not counted)")
    print_table(headers, rows, right=range(1, len(headers)))
    print_segments(metric, [(_name(v), v.get("segments", {})) for v in versions])
    for version in versions:
        print_text(f"{_name(version)}: {verdict_words(version['verdict'])}  {version['note']}")
        comparison = version.get("comparison")
        if comparison:
            print_text(
                f"    against v{comparison['champion']}: {comparison['outcome']}. {comparison['reason']}"
            )


def _name(version: dict[str, Any]) -> str:
    number = f"v{version['version']}"
    if version["version"] == 0:
        number = f"baseline ({version['rule']})" if version.get("rule") else "baseline"
    return f"{number} champion" if version["role"] == "champion" else number


def _value(partition: dict[str, Any], metric: str) -> str:
    found = partition["metrics"].get(metric)
    mark = "*" if partition["coverage"] in ("in-sample", "hindsight") else ""
    sign = {"fail": "✗", "warn": "!", "thin": "?", "pass": "✓"}.get(partition["verdict"] or "", "")
    return f"{figure(found)}{mark}{' ' + sign if sign else ''}"
