"""What changed since the run before: verdicts, figures, and what people did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.report.blocks import Block, Cell, Paragraph, Section, table
from core.report.subject import Subject
from core.report.words import measured, moment, verdict_words
from store.records import JournalEntry, Run

if TYPE_CHECKING:
    from store import Store

#: Journal entries that are listed at most.
_MOST_ENTRIES = 50


def since_the_run_before(subject: Subject) -> Section:
    """What is not as it was in the run before of the same kind and model; empty where there was none."""
    before = subject.before
    return Section("What changed", () if before is None else tuple(_changed(subject, before)))


def _changed(subject: Subject, before: Run) -> Iterator[Block]:
    now = subject.run
    yield Paragraph(
        f"Compared with run {before.id} of {moment(before.finished)}"
        + (f", as of {before.as_of}" if before.as_of else "")
        + f": {verdict_words(before.verdict)}, {before.note}"
    )
    old, new = dict(_figures(before)), dict(_figures(now))
    rows: list[list[Cell | str]] = [
        [name, old.get(name, Cell("–")), new.get(name, Cell("–"))]
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    ]
    if rows:
        yield table("Not the same as before", ("What", f"Run {before.id}", f"Run {now.id}"), rows, (1, 2))
    elif before.result is not None:
        yield Paragraph("Every figure and verdict is the same.")
    meanwhile = journal_between(subject.store, subject.model, before.finished, now.started or now.queued)
    if meanwhile:
        yield journal_table("Done in between", meanwhile)


def _figures(run: Run) -> Iterator[tuple[str, Cell]]:
    """The headline figures of a document by name."""
    document: Mapping[str, Any] = run.result or {}
    if document.get("verdict"):
        yield "verdict", Cell("", str(document["verdict"]))
    for name, found in (document.get("metrics") or {}).items():
        yield name, Cell(measured(found))
    for stage in document.get("stages") or ():
        yield f"stage {stage.get('stage')}", Cell("", stage.get("verdict"))
    for column in document.get("columns") or ():
        yield f"column {column.get('column')}", Cell("", column.get("verdict"))
    metric = document.get("metric")
    for version in document.get("versions") or ():
        name = f"v{version.get('version')}"
        yield name, Cell(f"{version['passed']} passed" if "passed" in version else "", version.get("verdict"))
        if metric in (version.get("overall") or {}):
            yield f"{name}: {metric} overall", Cell(measured(version["overall"][metric]))
        volume = version.get("volume") or {}
        if "p99_ms" in volume:
            yield f"{name}: p99 ms", Cell(measured(volume["p99_ms"]))


def journal_between(store: Store, model: str, since: str | None, until: str) -> list[JournalEntry]:
    """What was done to a model from one moment to another, both included, oldest first."""
    found: list[JournalEntry] = []
    after: str | None = None
    while True:
        page = store.journal.page(model, after)
        found += [entry for entry in page.rows if (since or "") <= entry.when <= until]
        after = page.after
        if after is None or (page.rows and page.rows[-1].when < (since or "")):
            return found[::-1]


def journal_table(caption: str, entries: list[JournalEntry]) -> Block:
    """Who did what, when and why."""
    rows: list[list[Cell | str]] = [
        [moment(e.when), e.who, e.action, e.subject + (" (taken back later)" if e.undone_by else ""),
         str(e.detail.get("reason") or e.detail.get("why") or "")]
        for e in entries
    ]  # fmt: skip
    return table(caption, ("When", "Who", "What", "To what", "Why"), rows, most=_MOST_ENTRIES)
