"""A challenge: its verdict, a line a stage."""

from __future__ import annotations

from typing import Any

from cli.output import print_table, print_text
from cli.printing.words import verdict_words
from core.wording import kind_word

#: The verdict of a challenge as a glyph and words.
VERDICTS = {
    "better": "✓ better",
    "fit": "✓ fit, but not better",
    "undecided": "? undecided",
    "unfit": "✗ UNFIT",
}


def print_challenge(document: dict[str, Any]) -> None:
    """The verdict first, then what each stage said, then what to do next."""
    model, version = document["model"], document["version"]
    print_text(f"{VERDICTS[document['verdict']]}  {model} v{version}: {document['reason']}")
    rows = [
        [
            kind_word(stage["stage"]),
            _words(stage["verdict"]),
            stage["run"],
            f"{stage['seconds']:.1f} s",
            stage["reason"],
        ]
        for stage in document["stages"]
    ]
    print_table(["STAGE", "VERDICT", "RUN", "TOOK", "WHY"], rows, right=[2, 3])
    print_text(_next(document))


def _words(verdict: str) -> str:
    return {"skipped": "– skipped", "error": "! error"}.get(verdict) or verdict_words(verdict)


def _next(document: dict[str, Any]) -> str:
    swap = f"incumbent production swap {document['model']} {document['version']}"
    if document["champion"] == document["version"]:
        return "it is in production"
    if document["verdict"] == "better":
        return f"put it in production: {swap}"
    if document["verdict"] == "fit":
        return f'it may serve, with a reason: {swap} --reason "..."'
    return "it may not serve before that is mended; `incumbent run show RUN` has a stage's evidence"
