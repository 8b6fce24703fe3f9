"""A now-test: the newest labelled window, its metrics beside what is required, and how they came here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.report.blocks import Block, Facts, Figure, Findings, Paragraph, Section
from core.report.measuring import metrics_table, pictured, trend
from core.report.subject import Subject
from core.report.words import short, version_name
from core.wording import data_time


def sections(subject: Subject) -> tuple[Section, ...]:
    """The window, what failed, the trend, all metrics, segments."""
    return (
        Section("The window", tuple(_window(subject))),
        Section("How it came here", tuple(_trend(subject))),
        Section("All metrics", tuple(_metrics(subject))),
        Section("By segment", tuple(_segments(subject))),
    )


def _window(subject: Subject) -> Iterator[Block]:
    document = subject.document
    window = document.get("window") or {}
    yield Facts(
        (
            ("From", data_time(window.get("since"))),
            ("To", data_time(window.get("until"))),
            ("Labelled rows", short(window.get("n"))),
            ("Rows that shaped the version", short(document.get("coverage"))),
        )
    )
    found = [Paragraph(str(f.get("reason") or ""), f.get("verdict")) for f in document.get("failed") or ()]
    early = document.get("early_warning") or {}
    if early.get("reason"):
        found.append(Paragraph(f"Early warning: {early['reason']}", "warn" if early.get("rising") else None))
    if found:
        yield Findings(tuple(found))


def _trend(subject: Subject) -> Iterator[Block]:
    document = subject.document
    version = document.get("version")
    if version is None:
        return
    others = [o["version"] for o in document.get("others") or () if o.get("version") is not None]
    metrics = document.get("metrics") or {}
    for name in pictured(subject, subject.primary, metrics):
        drawn = trend(subject, name, [version, *others], subject.run.id)
        if drawn is not None:
            yield Figure((drawn,), f"{name} of the latest now-tests, with its 95 % interval.")


def _metrics(subject: Subject) -> Iterator[Block]:
    document = subject.document
    columns = [(f"v{document.get('version')}", document.get("metrics") or {})]
    columns += [(version_name(o), o.get("metrics") or {}) for o in document.get("others") or ()]
    shown = metrics_table("The window, with 95 % intervals", columns, subject)
    if shown is not None:
        yield shown


def _segments(subject: Subject) -> Iterator[Block]:
    segments: Mapping[str, Mapping[str, object]] = subject.document.get("segments") or {}
    columns = [(name, metrics) for name, metrics in list(segments.items())[:12]]
    shown = metrics_table("Each segment of the window", columns)
    if shown is not None:
        yield shown
