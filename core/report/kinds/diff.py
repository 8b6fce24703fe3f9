"""A comparison of two versions: decisions first, then what explains them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.report.blocks import Block, Cell, Code, Facts, Paragraph, Section, table
from core.report.subject import Subject
from core.report.words import measured, short
from core.wording import data_time

_MOST_EXAMPLES = 20


def sections(subject: Subject) -> tuple[Section, ...]:
    """Decisions, measurements, data, parameters, coefficients, source."""
    document = subject.document
    a, b = f"v{document.get('a')}", f"v{document.get('b')}"
    return (
        Section("Decisions on the newest rows", tuple(_decisions(document.get("decisions") or {}, a, b))),
        Section("Measured side by side", tuple(_measurements(document.get("measurements") or (), a, b))),
        Section("What changed", tuple(_changes(document, a, b))),
        Section("Coefficients", tuple(_coefficients(document.get("coefficients") or {}, a, b))),
        Section("Source", tuple(_source(document.get("source") or {}))),
    )


def _decisions(found: Mapping[str, Any], a: str, b: str) -> Iterator[Block]:
    if not found:
        return
    span = f"{data_time(found.get('since'))} to {data_time(found.get('until'))}"
    yield Facts(
        (
            ("Rows", f"{short(found.get('rows'))}, {span}"),
            ("Decisions that differ", f"{short(found.get('flips'))} ({found.get('share') or 0.0:.1%})"),
            ("Difference of the scores", f"{short(found.get('mean_difference'))} on average, "
                                         f"{short(found.get('largest_difference'))} at most"),
        )
    )  # fmt: skip
    outcomes: list[list[Cell | str]] = [
        [short(o.get("a")), short(o.get("b")), short(o.get("rows"))] for o in found.get("outcomes") or ()
    ]
    if outcomes:
        yield table("Which way they flip", (a, b, "Rows"), outcomes, (2,))
    segments: list[list[Cell | str]] = [
        [f"{s.get('column')} = {short(s.get('value'))}", short(s.get("flips")), short(s.get("rows")),
         f"{s.get('share') or 0.0:.1%}"]
        for s in found.get("segments") or ()
    ]  # fmt: skip
    if segments:
        yield table("Where they flip most", ("Segment", "Flips", "Rows", "Share"), segments, (1, 2, 3))
    examples: list[list[Cell | str]] = [
        [_answer(e, "a"), _answer(e, "b"),
         short(e.get("actual")), json.dumps(e.get("row"), ensure_ascii=False, default=str)]
        for e in found.get("examples") or ()
    ]  # fmt: skip
    if examples:
        yield table("Examples, the largest differences first", (a, b, "Actual", "Row"), examples,
                    most=_MOST_EXAMPLES)  # fmt: skip


def _answer(example: Mapping[str, Any], side: str) -> str:
    return f"{short(example.get(side))} ({short(example.get(f'{side}_score'))})"


def _measurements(found: Any, a: str, b: str) -> Iterator[Block]:
    overall = [m for m in found if m.get("partition") is None]
    parts = [m for m in found if m.get("partition") is not None]
    for caption, group in (("All partitions that count", overall), ("Partition by partition", parts)):
        rows: list[list[Cell | str]] = [
            [
                str(m.get("metric")),
                str(m.get("partition") or "overall"),
                measured(m.get("a")),
                measured(m.get("b")),
            ]
            for m in group
        ]
        if rows:
            yield table(caption, ("Metric", "Partition", a, b), rows, (2, 3), most=100)


def _changes(document: Mapping[str, Any], a: str, b: str) -> Iterator[Block]:
    rows: list[list[Cell | str]] = [
        [str(p.get("name")), short(p.get("a")), short(p.get("b"))]
        for name in ("parameters", "packages")
        for p in document.get(name) or ()
        if isinstance(p, Mapping)
    ]
    for name in ("algorithm", "threshold"):
        pair = document.get(name) or {}
        if pair.get("a") != pair.get("b"):
            rows.append([name, short(pair.get("a")), short(pair.get("b"))])
    data = document.get("data") or {}
    for key, word in (("since", "trained from"), ("until", "trained to"), ("rows", "training rows")):
        first, second = ((data.get(side) or {}).get(key) for side in ("a", "b"))
        if first != second:
            rows.append([word, short(first), short(second)])
    if rows:
        yield table("What is not the same", ("", a, b), rows)
    else:
        yield Paragraph("Parameters, packages, algorithm and training data are the same.")
    for part in ("features", "schema"):
        found = {k: v for k, v in (document.get(part) or {}).items() if v and k != "kept"}
        if found:
            yield Facts(
                tuple((f"{part.capitalize()}, {k.replace('_', ' ')}", short(v)) for k, v in found.items())
            )


def _coefficients(found: Mapping[str, Any], a: str, b: str) -> Iterator[Block]:
    movers = [m for m in found.get("largest") or found.get("movers") or () if isinstance(m, Mapping)]
    if movers:
        headers = tuple(dict.fromkeys(k for m in movers for k in m))
        rows: list[list[Cell | str]] = [[short(m.get(h)) for h in headers] for m in movers]
        yield table("The largest changes", tuple(h.replace("_", " ") for h in headers), rows, most=40)
    if found.get("compared"):
        yield Facts((("Compared", short(found.get("compared"))), ("Moved", short(found.get("moved")))))
    for key, name in (("only_a", a), ("only_b", b)):
        if found.get(key):
            yield Paragraph(f"Only in {name}: {', '.join(str(n) for n in found[key][:12])}"
                            + (" …" if len(found[key]) > 12 else ""))  # fmt: skip


def _source(found: Mapping[str, Any]) -> Iterator[Block]:
    if found.get("diff"):
        yield Code(str(found["diff"]), "Difference of the pipeline's source")
