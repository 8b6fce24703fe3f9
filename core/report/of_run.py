"""The report of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.report import reproduce
from core.report.blocks import Code, Facts, Report, Section
from core.report.changes import since_the_run_before
from core.report.kinds import sections
from core.report.subject import Subject, own_verdict
from core.report.words import moment
from core.runs.handlers import title
from store.records import Run

if TYPE_CHECKING:
    from store import Store


def report_of_run(store: Store, number: int) -> Report:
    """What a run found: the verdict, what changed, the evidence, and how to find each number again.

    Only the store is read: data, bundles and logs may be gone. The same run gives the same report.

    Raises
    ------
    UsageError
        If there is no such run.
    """
    run = store.runs.get(number)
    subject = Subject(store, run)
    return Report(
        title=_title(subject),
        verdict=_verdict(subject),
        sentence=_sentence(subject),
        facts=_facts(run),
        sections=(
            *(s for s in (since_the_run_before(subject),) if not s.empty),
            *sections(subject),
            *((Section("What went wrong", (Code(run.error, "Error"),)),) if run.error else ()),
            reproduce.section(subject),
        ),
    )


def _title(subject: Subject) -> str:
    run, document = subject.run, subject.document
    of = subject.model or "the workspace"
    if run.kind == "challenge":
        return f"{of}: challenge of version {document.get('version', run.arguments.get('version', '?'))}"
    if run.kind == "diff":
        return f"{of}: version {document.get('a', '?')} beside version {document.get('b', '?')}"
    return f"{of}: {title(run.kind)}"


def _verdict(subject: Subject) -> str | None:
    return "error" if subject.run.state in ("failed", "interrupted") else own_verdict(subject.run)


def _sentence(subject: Subject) -> str:
    run = subject.run
    if run.state == "done":
        return run.note or "It ended, and has nothing to say."
    return {
        "queued": "It waits for its turn.",
        "running": f"It is at work: {run.note}" if run.note else "It is at work.",
        "failed": "It could not be done.",
        "cancelled": "It was cancelled.",
        "interrupted": "The process that did it ended before it was done.",
    }[run.state]


def _facts(run: Run) -> Facts:
    facts = [
        ("Run", f"{run.id}, {run.why}, by {run.who}" + (", late" if run.late else "")),
        ("As of", run.as_of or ""),
        ("Started", moment(run.started)),
        ("Ended", moment(run.finished)),
    ]
    return Facts(tuple(pair for pair in facts if pair[1] and pair[1] != "–"))
