"""A back-test: the metric by partition, champion beside challengers, every metric, segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.report.blocks import Block, Cell, Figure, Findings, Paragraph, Section, Table, table
from core.report.measuring import (
    comparison_picture,
    comparison_table,
    metrics_table,
    partition_series,
    pictured,
    shown_order,
)
from core.report.subject import Subject
from core.report.words import measured, short, version_name

Versions = Sequence[Mapping[str, Any]]

#: Values of a column that a table of segments shows, those with the worst verdict first.
_MOST_SEGMENTS = 60


def sections(subject: Subject) -> tuple[Section, ...]:
    """Versions, pictures, partitions, comparison, all metrics, segments."""
    versions = sorted(subject.versions, key=shown_order)
    if not versions:
        return ()
    metric = str(subject.document.get("metric") or "")
    champion = next((v for v in versions if v.get("role") == "champion"), None)
    return (
        Section("The versions", (_verdicts(versions),)),
        Section("Partition by partition", tuple(_pictures(subject, versions, metric, champion))),
        Section("Beside the champion", tuple(_compared(versions, metric))),
        Section("All metrics", tuple(_metrics(subject, versions))),
        Section("By segment", tuple(_segments(versions, metric))),
    )


def _verdicts(versions: Versions) -> Findings:
    return Findings(
        tuple(
            Paragraph(f"{version_name(v)}: {v.get('note') or 'nothing to say'}", v.get("verdict"))
            for v in versions
        )
    )


def _pictures(
    subject: Subject, versions: Versions, metric: str, champion: Mapping[str, Any] | None
) -> Iterator[Block]:
    focus = champion or next((v for v in versions if v.get("version")), None)
    number = int(focus["version"]) if focus is not None else None
    known = dict.fromkeys(name for v in versions for name in v.get("overall") or {})
    for name in pictured(subject, metric or None, known):
        drawn = partition_series(subject, name, number)
        if drawn is not None:
            yield Figure(
                (drawn,),
                f"{name} by partition with its 95 % interval. Hollow marks: rows that shaped the version, "
                "which no verdict counts.",
            )
    yield _partitions(versions, metric)


def _partitions(versions: Versions, metric: str) -> Table:
    labels = dict.fromkeys(str(p.get("partition")) for v in versions for p in v.get("partitions") or ())
    by_label = [{str(p.get("partition")): p for p in version.get("partitions") or ()} for version in versions]
    rows: list[list[Cell | str]] = []
    for label in labels:
        found = [parts.get(label) for parts in by_label]
        rows.append([label, short(max((p["n"] for p in found if p), default=None)),
                     *(_value(p, metric) for p in found)])  # fmt: skip
    rows.append(["overall", "", *(measured((v.get("overall") or {}).get(metric)) for v in versions)])
    headers = ("Partition", "Rows", *(version_name(v) for v in versions))
    return table(f"{metric} with its 95 % interval", headers, rows, tuple(range(1, len(headers))), most=400)


def _value(partition: Mapping[str, Any] | None, metric: str) -> Cell:
    if partition is None:
        return Cell("–")
    shown = measured((partition.get("metrics") or {}).get(metric))
    if partition.get("counts", True):
        return Cell(shown, partition.get("verdict"))
    return Cell(f"{shown} ({partition.get('coverage') or 'not counted'})")


def _compared(versions: Versions, metric: str) -> Iterator[Block]:
    compared = [(version_name(v), v["comparison"]) for v in versions if v.get("comparison")]
    if not compared:
        return
    beside = f"v{compared[0][1].get('champion')}"
    yield Findings(tuple(Paragraph(f"{name}: {c.get('reason') or c.get('outcome')}") for name, c in compared))
    picture = comparison_picture(metric, compared, beside)
    if picture is not None:
        yield picture
    for name, comparison in compared:
        shown = comparison_table(comparison, f"{name} less {beside}, on the same rows")
        if shown is not None:
            yield shown


def _metrics(subject: Subject, versions: Versions) -> Iterator[Block]:
    columns = [(version_name(v), v.get("overall") or {}) for v in versions]
    shown = metrics_table("All partitions that count, weighted by their rows", columns, subject)
    if shown is not None:
        yield shown


def _segments(versions: Versions, metric: str) -> Iterator[Block]:
    """The newest partition of each version, segment by segment."""
    for version in versions:
        counted = [p for p in version.get("partitions") or () if p.get("segments")]
        if not counted:
            continue
        newest = max(counted, key=lambda p: str(p.get("until") or p.get("partition")))
        rows: list[list[Cell | str]] = [
            [segment, measured(metrics.get(metric)), short((metrics.get(metric) or {}).get("n"))]
            for segment, metrics in newest["segments"].items()
        ]
        caption = f"{version_name(version)}: {metric} in {newest.get('partition')}"
        yield table(caption, ("Segment", metric, "Rows"), rows, (1, 2), most=_MOST_SEGMENTS)
