"""How each number of a report is found again: commands, versions by hash, spec, requirements, data."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from core.report.blocks import Block, Cell, Code, Paragraph, Section, table
from core.report.subject import Subject
from core.report.words import short
from core.wording import data_time, held_out, requirement_words
from store.records import Run, Version

#: Checks that can pretend to be at another moment.
_AS_OF = ("backtest", "nowtest", "drift", "challenge")
#: Kind of run → the words of its command before the model.
_COMMANDS: dict[str, tuple[str, ...]] = {
    **{kind: ("check", kind) for kind in
       ("backtest", "nowtest", "regression", "edge", "stress", "drift", "software")},
    "challenge": ("challenge",),
    "train": ("version", "train"),
    "diff": ("version", "diff"),
    "reproduce": ("version", "reproduce"),
}  # fmt: skip
#: Argument → its option; what takes no value stands alone.
_OPTIONS = {"since": "--since", "until": "--until", "by": "--by", "rate": "--rate", "factor": "--factor",
            "seconds": "--seconds", "from": "--from", "site": "--site", "jobs": "--jobs"}  # fmt: skip


def section(subject: Subject) -> Section:
    """The commands, and the fingerprints of what they were made from."""
    return Section("How to find each number again", tuple(_blocks(subject)))


def _blocks(subject: Subject) -> Iterator[Block]:
    commands = "\n".join(_commands(subject))
    yield Paragraph(
        "The first command prints the document that every figure of this report is taken from. The second "
        "one does the work again: with the same data, versions and requirements it gives the same figures "
        "(times and rates of a stress test are the machine's)."
        if command_of(subject.run, subject.document)
        else "The command prints the document that every figure of this report is taken from."
    )
    yield Code(commands, "Commands, in the workspace")
    versions = [_version(subject, number) for number in _numbers(subject)]
    rows = [row for row in versions if row is not None]
    if rows:
        headers = ("Version", "Hash", "Algorithm", "Trained on", "Rows")
        yield table("The versions", headers, rows, (4,))
    other = list(_made_from(subject))
    if other:
        yield table("Made from", ("What", "Which"), other)


def _commands(subject: Subject) -> Iterator[str]:
    run = subject.run
    yield f"incumbent run show {run.id} --json"
    again = command_of(run, subject.document)
    if again:
        yield again
    if subject.measurements:
        yield f"incumbent history {shlex.quote(subject.model)} --check {run.kind} --json"
    yield f"incumbent report {run.id} --out report.html"


def command_of(run: Run, document: Mapping[str, Any]) -> str:
    """The command line that does a run's work again, with its versions and moment; empty if there is none.

    Examples
    --------
    >>> from store.records import Run
    >>> run = Run(7, "late", "stress", "done", "pass", "", "ada", {"rate": 5.0, "versions": [2]}, None, "",
    ...           None, None, None, None, "", None, None, False, False, None, None, None, None)
    >>> command_of(run, {})
    'incumbent check stress late --version 2 --rate 5.0'
    """
    words = _COMMANDS.get(run.kind)
    if words is None or run.model is None:
        return ""
    arguments = {k: v for k, v in run.arguments.items() if v not in (None, False, [], {})}
    return shlex.join(["incumbent", *words, run.model, *_places(run.kind, arguments),
                       *_options(run, arguments, document)])  # fmt: skip


def _places(kind: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Arguments that a command takes by their place."""
    names = {"challenge": ("version",), "diff": ("a", "b"), "reproduce": ("version",)}.get(kind, ())
    yield from (str(arguments[name]) for name in names if name in arguments)


def _options(run: Run, arguments: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    if run.kind not in ("challenge", "diff", "reproduce", "train"):
        judged = [v.get("version") for v in document.get("versions") or ()]
        for number in arguments.get("versions") or [n for n in judged if n is not None]:
            yield from ("--version", str(number))
    for name, option in _OPTIONS.items():
        if name in arguments:
            yield from (option, str(arguments[name]))
    for name, value in dict(arguments.get("parameters") or {}).items():
        yield from ("--set", f"{name}={value}")
    if arguments.get("walk_forward"):
        yield "--walk-forward"
    if arguments.get("walk_forward") == "sliding":
        yield "--sliding"
    if arguments.get("multivariate"):
        yield "--multivariate"
    as_of = run.as_of or (run.started if run.kind in _AS_OF else None)
    if run.kind in _AS_OF and as_of:
        yield from ("--as-of", as_of)


def _numbers(subject: Subject) -> list[int]:
    """The versions that the run is about."""
    document = subject.document
    found = [v.get("version") for v in subject.versions]
    found += [document.get(name) for name in ("version", "opponent", "a", "b")]
    found += [o.get("version") for o in document.get("others") or ()]
    found += [m.version for m in subject.measurements]
    return sorted({int(number) for number in found if isinstance(number, int)})


def _version(subject: Subject, number: int) -> list[Cell | str] | None:
    version: Version | None = subject.store.versions.find(subject.model, number)
    if version is None:
        return None
    trained = held_out(version.held_out) or "not known"
    if version.trained_until:
        trained = f"{data_time(version.trained_since)} to {data_time(version.trained_until)}"
    return [f"v{number}", version.hash, version.algorithm, trained, short(version.trained_rows)]


def _made_from(subject: Subject) -> Iterator[list[Cell | str]]:
    run, document = subject.run, subject.document
    revision = _spec_revision(subject)
    if revision is not None:
        yield ["Spec", f"revision {revision}"]
    for requirement in subject.requirements:
        yield [
            "Requirement",
            f"{requirement_words(requirement)} (number {requirement.id}, by {requirement.who})",
        ]
    for name, value in (document.get("fingerprint") or {}).items():
        yield [f"Fingerprint: {name}", short(value)]
    rows = (document.get("comparison") or {}).get("rows") or {}
    if rows.get("fingerprint"):
        yield ["Fingerprint: rows compared", str(rows["fingerprint"])]
    if run.arguments:
        yield ["Arguments of the run", short({k: v for k, v in run.arguments.items() if v is not None})]


def _spec_revision(subject: Subject) -> int | None:
    """The revision of the spec that was live when the run began."""
    if subject.run.model is None:
        return None
    moment = subject.run.started or subject.run.queued
    live = [r.number for r in subject.store.models.revisions(subject.model) if r.when <= moment]
    return max(live, default=None)
