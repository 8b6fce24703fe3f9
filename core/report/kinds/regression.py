"""A regression check: which cases failed, what they expected and what they got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.report.blocks import Cell, Findings, Paragraph, Section, table
from core.report.subject import Subject
from core.report.words import short


def sections(subject: Subject) -> tuple[Section, ...]:
    """A line a version, then the cases that failed, then the requirements on the cases together."""
    versions = subject.versions
    lines = Findings(
        tuple(
            Paragraph(f"v{v.get('version')} through its {v.get('through', 'bundle')}: {v.get('note')}",
                      v.get("verdict"))
            for v in versions
        )
    )  # fmt: skip
    failed = [_row(f) for f in subject.document.get("failed") or ()]
    headers = ("Version", "Case", "Why", "Expected", "Got", "Origin", "Note")
    cases = (table("Cases that failed", headers, failed),) if failed else ()
    together = [
        _together(v, judged)
        for v in versions
        for judged in v.get("case_set") or ()
        if isinstance(judged, Mapping)
    ]
    bound = (table("Requirements on the labelled cases together", ("Version", "Metric", "What", "Verdict"),
                   together),) if together else ()  # fmt: skip
    return (
        Section("The versions", (lines,)),
        Section("Cases that failed", cases),
        Section("The cases together", bound),
    )


def _row(failed: Mapping[str, Any]) -> list[Cell | str]:
    case = failed.get("case")
    verdict = "fail" if failed.get("blocking", True) else "warn"
    return [
        f"v{failed.get('version')}" if failed.get("version") is not None else "",
        Cell("all" if case is None else f"{failed.get('kind', '')} {case}".strip(), verdict),
        str(failed.get("reason") or ""),
        short(failed.get("expected") or None),
        short(failed.get("got") or None),
        str(failed.get("origin") or ""),
        str(failed.get("note") or ""),
    ]


def _together(version: Mapping[str, Any], judged: Mapping[str, Any]) -> list[Cell | str]:
    return [
        f"v{version.get('version')}",
        str(judged.get("metric") or ""),
        str(judged.get("reason") or short(judged.get("value"))),
        Cell("", judged.get("verdict")),
    ]
