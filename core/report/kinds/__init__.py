"""What each kind of run has to say, as sections: one module a kind, imported when it is needed."""

from __future__ import annotations

from importlib import import_module

from core.report.blocks import Section
from core.report.subject import Subject

#: Kind of run → the module whose ``sections(subject)`` draws its document.
KINDS: dict[str, str] = {
    "backtest": "backtest",
    "nowtest": "nowtest",
    "regression": "regression",
    "edge": "edge",
    "stress": "stress",
    "drift": "drift",
    "software": "software",
    "challenge": "challenge",
    "diff": "diff",
}


def sections(subject: Subject) -> tuple[Section, ...]:
    """What the run found; what its measurements say where its document is gone."""
    name = "generic" if not subject.document else KINDS.get(subject.run.kind, "generic")
    found: tuple[Section, ...] = import_module(f"core.report.kinds.{name}").sections(subject)
    return tuple(section for section in found if not section.empty)
