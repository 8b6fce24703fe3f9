"""Any run: its document as facts and tables, or what it measured where the document is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.report.blocks import Block, Cell, Code, Facts, Paragraph, Section, table
from core.report.subject import Subject
from core.report.words import short
from core.wording import interval

#: What the head of a report says already.
_SAID = ("run", "check", "model", "as_of", "verdict")
_MOST_MEASUREMENTS = 500


def sections(subject: Subject) -> tuple[Section, ...]:
    """Facts, then a section for each part that has parts of its own."""
    if not subject.document:
        return (_measurements(subject),)
    document = {k: v for k, v in subject.document.items() if k not in _SAID}
    plain = {k: v for k, v in document.items() if not _has_parts(v)}
    found = Section("What it found", (_facts(plain),) if plain else ())
    parts = [Section(_title(k), tuple(_blocks(v, _title(k)))) for k, v in document.items() if _has_parts(v)]
    return (found, *parts)


def _measurements(subject: Subject) -> Section:
    """What stays when a document is pruned."""
    rows: list[list[Cell | str]] = [
        [
            f"v{m.version}",
            m.partition or "overall",
            m.segment or "",
            m.metric,
            Cell(interval(m.value, m.low, m.high), m.verdict),
            short(m.n),
        ]
        for m in subject.measurements
    ]
    if not rows:
        return Section("What it found")
    said = Paragraph("The run's document is not kept any more; what it measured is.")
    headers = ("Version", "Partition", "Segment", "Metric", "Value", "Rows")
    return Section(
        "What it measured", (said, table("Measurements", headers, rows, (4, 5), _MOST_MEASUREMENTS))
    )


def _has_parts(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(isinstance(each, Mapping | list) for each in value.values())
    return _is_table(value) or (isinstance(value, str) and "\n" in value)


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and len(value) > 0
        and all(isinstance(each, Mapping) for each in value)
    )


def _blocks(value: Any, name: str) -> Iterator[Block]:
    if isinstance(value, str):
        yield Code(value, name)
    elif isinstance(value, Mapping):
        plain = {k: v for k, v in value.items() if not _is_table(v)}
        if plain:
            yield _facts(plain)
        for key, each in value.items():
            if _is_table(each):
                yield from _blocks(each, f"{name}: {_title(key).lower()}")
    else:
        headers = tuple(dict.fromkeys(str(key) for row in value for key in row))
        rows: list[list[Cell | str]] = [[short(row.get(key)) for key in headers] for row in value]
        yield table(name, tuple(_title(h) for h in headers), rows)


def _facts(values: Mapping[str, Any]) -> Facts:
    return Facts(tuple((_title(name), short(value)) for name, value in values.items()))


def _title(name: str) -> str:
    return str(name).replace("_", " ").capitalize()
