"""A challenge: its stages in order, the comparison with its opponent, and each stage's own evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.report.blocks import Block, Cell, Facts, Findings, Paragraph, Section, Step, Steps, table
from core.report.kinds import KINDS
from core.report.measuring import comparison_picture, comparison_table
from core.report.subject import Subject
from core.report.words import short
from core.wording import data_time, kind_word
from incumbent.errors import UsageError


def sections(subject: Subject) -> tuple[Section, ...]:
    """The stages, the comparison, and a section for each stage that has evidence."""
    stages = [s for s in subject.document.get("stages") or () if isinstance(s, Mapping)]
    return (
        Section("The stages", (_steps(stages),) if stages else ()),
        Section(_beside(subject), tuple(_comparison(subject))),
        *(_stage(subject, stage) for stage in stages),
    )


def _steps(stages: list[Mapping[str, Any]]) -> Steps:
    return Steps(
        tuple(
            Step(kind_word(str(s.get("stage"))), s.get("verdict"), f"{s.get('reason') or ''} ({_seconds(s)})")
            for s in stages
        )
    )


def _seconds(stage: Mapping[str, Any]) -> str:
    return f"{float(stage.get('seconds') or 0.0):.1f} s"


def _beside(subject: Subject) -> str:
    comparison = subject.document.get("comparison") or {}
    return "Beside the baseline" if comparison.get("opponent") == 0 else "Beside the champion"


def _comparison(subject: Subject) -> Iterator[Block]:
    comparison = subject.document.get("comparison")
    if not comparison:
        return
    beside = _opponent(comparison)
    rows = comparison.get("rows") or {}
    yield Paragraph(str(comparison.get("reason") or ""))
    name = f"v{subject.document.get('version')}"
    metric = str(comparison.get("metric") or "")
    confidence = comparison.get("confidence")
    remark = (
        ""
        if confidence is None
        else (
            f" The verdict above asks for {confidence:.2%} confidence, so that a year of looks stays honest: "
            "its interval is wider."
        )
    )
    picture = comparison_picture(metric, [(name, comparison)], beside, comparison.get("worth"), remark)
    if picture is not None:
        yield picture
    facts = [
        ("Rows", f"{data_time(rows.get('since'))} to {data_time(rows.get('until'))}"),
        ("Look at these rows", short(comparison.get("look"))),
        ("Confidence that this look asks for", _share(comparison.get("confidence"))),
    ]
    yield Facts(tuple(pair for pair in facts if pair[1] not in ("–", "– to –")))
    shown = comparison_table(comparison, f"{name} less {beside}, on the same rows, with 95 % intervals")
    if shown is not None:
        yield shown


def _opponent(comparison: Mapping[str, Any]) -> str:
    number = comparison.get("opponent", comparison.get("champion"))
    return "the baseline" if number == 0 else f"v{number}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _stage(subject: Subject, stage: Mapping[str, Any]) -> Section:
    """The evidence of one stage: that of the run that it made, or its own."""
    name = str(stage.get("stage"))
    inner: tuple[Section, ...] = ()
    if stage.get("run") is not None and name in KINDS and name != "challenge":
        inner = _of_run(subject, int(stage["run"]))
    inner = tuple(section for section in inner if not _repeats(section))
    said = Findings((Paragraph(str(stage.get("reason") or ""), stage.get("verdict")),))
    own = tuple(_evidence(stage.get("evidence")))
    if not inner and not own:
        return Section(f"Stage: {kind_word(name)}")
    return Section(f"Stage: {kind_word(name)}", (said, *own), inner, stage.get("verdict"))


def _repeats(section: Section) -> bool:
    """Whether a section says in one line what the stage has said already."""
    alone = section.blocks[0] if len(section.blocks) == 1 and not section.sections else None
    return isinstance(alone, Findings) and len(alone.found) == 1


def _of_run(subject: Subject, number: int) -> tuple[Section, ...]:
    from core.report.kinds import sections as of_kind

    try:
        run = subject.store.runs.get(number)
    except UsageError:
        return ()
    return of_kind(Subject(subject.store, run))


def _evidence(evidence: Any) -> Iterator[Block]:
    if not isinstance(evidence, Mapping):
        return
    plain = {k: v for k, v in evidence.items() if not _rows(v)}
    if plain:
        yield Facts(tuple((k.replace("_", " ").capitalize(), short(v)) for k, v in plain.items()))
    for name, value in evidence.items():
        found = _rows(value)
        if found:
            headers = tuple(h for h in dict.fromkeys(k for row in found for k in row) if h != "verdict")
            rows: list[list[Cell | str]] = [
                [Cell("", row.get("verdict")), *(short(row.get(h)) for h in headers)] for row in found
            ]
            yield table(name.capitalize(), ("Verdict", *(h.capitalize() for h in headers)), rows)


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []
