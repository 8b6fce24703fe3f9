"""How models stand: all of them, worst first, or one with more words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.output import print_table, print_text
from cli.printing.times import minute
from cli.printing.words import verdict_words

if TYPE_CHECKING:
    from core.status import ModelStatus, Overview


def print_overview(found: Overview) -> None:
    """The models of a workspace, worst first."""
    if not found.models:
        print_text("There is no model yet. Take one in: incumbent adopt MODEL_FILE DATA")
        return
    print_table(
        ["MODEL", "SERVES", "VERDICT", "NEEDS", "VALUE", "ALERTS", "NEXT"],
        [
            [
                m.model,
                m.serves,
                _verdict(m.verdict),
                f"{m.need.metric} {m.need.limits}" if m.need else m.metric,
                m.need.shown if m.need else None,
                m.alerts or None,
                m.command or None,
            ]
            for m in found.models
        ],
        right=[4, 5],
    )
    for model in found.models:
        if model.sentences and model.verdict not in ("pass", "thin", None):
            print_text(f"  {model.model}: {model.sentences[0][1]}")
        if model.forced:
            print_text(f"  {model.model}: {_forced(model)}")
    print_text(f"last day: {found.news.sentence}")


def print_model(found: ModelStatus) -> None:
    """One model with every check, and what to do next."""
    print_text(
        f"{found.model}: {found.serves}, {_verdict(found.verdict)}" + (", muted" if found.muted else "")
    )
    if found.forced:
        print_text(f"  ! {_forced(found)}")
    for word, sentence in found.sentences:
        print_text(f"  {verdict_words(word)[0] if word else ' '} {sentence}")
    rows = [[c.kind, _verdict(c.verdict), minute(c.when), c.as_of, c.note] for c in found.checks]
    if rows:
        print_table(["CHECK", "VERDICT", "WHEN", "AS OF", ""], rows)
    if found.advice:
        print_text(f"next: {found.advice}\n  {found.command}")


def _forced(model: ModelStatus) -> str:
    return f"v{model.champion} was FORCED past its gate: {model.forced}"


def _verdict(word: str | None) -> str:
    return verdict_words(word) if word else "–"
