"""A software test: the command, what it said of each version, and the end of what it printed."""

from __future__ import annotations

from collections.abc import Iterator

from core.report.blocks import Block, Code, Facts, Findings, Paragraph, Section
from core.report.subject import Subject
from core.report.words import short


def sections(subject: Subject) -> tuple[Section, ...]:
    """The command, a line a version, output, what it ran with."""
    document = subject.document
    versions = Findings(
        tuple(Paragraph(f"v{v.get('version')}: {v.get('note')}", v.get("verdict")) for v in subject.versions)
    )
    command = Code(str(document.get("command") or ""), f"in {document.get('folder') or '.'}")
    environment = Facts(tuple((str(k), short(v)) for k, v in (document.get("environment") or {}).items()))
    return (
        Section("The test", (command, versions)),
        Section("What it printed", tuple(_output(subject))),
        Section("What it ran with", (environment,) if environment.pairs else ()),
    )


def _output(subject: Subject) -> Iterator[Block]:
    for version in subject.versions:
        if version.get("output"):
            yield Code(str(version["output"]), f"v{version.get('version')}: the last lines")
