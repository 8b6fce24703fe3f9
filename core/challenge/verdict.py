"""One verdict from all stages (rules 2, 5 and 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from core.challenge.stage import Stage
from core.wording import kind_word
from store.records import Verdict

ChallengeVerdict = Literal["unfit", "undecided", "fit", "better"]

#: What a challenge's verdict is among those of checks: how its run is shown, and how the command exits.
AS_CHECK: Mapping[ChallengeVerdict, Verdict] = {
    "better": "pass", "fit": "pass", "undecided": "thin", "unfit": "fail",
}  # fmt: skip


def decide(stages: Sequence[Stage], comparison: Mapping[str, Any] | None) -> tuple[ChallengeVerdict, str]:
    """The verdict, and why.

    ``unfit``: a stage failed. ``undecided``: a stage had too little to judge by, could not be carried out, or
    was skipped although it could have found something. Else ``better`` where the comparison says so, and
    ``fit`` where not, or where the first stage suspects a column of knowing the outcome: what such a version
    gains, it may gain from that, and a person has to say why it does not.

    Parameters
    ----------
    stages : sequence of Stage
        In order.
    comparison : mapping or None
        With the opponent; None where there is nobody to beat.

    Examples
    --------
    >>> sound, slow = Stage("edge", "pass", ""), Stage("stress", "fail", "p99 is 80 ms")
    >>> decide([sound, slow], None)
    ('unfit', 'stress: p99 is 80 ms')
    >>> decide([sound, Stage("nowtest", "thin", "4 days are too few")], None)[0]
    'undecided'
    >>> decide([sound, Stage("software", "skipped", "no test command", optional=True)], None)[0]
    'fit'
    >>> decide([sound], {"outcome": "better", "reason": "mae is better by 2"})
    ('better', 'mae is better by 2')
    >>> leaky = Stage("integrity", "warn", "the column arrived tells the outcome alone")
    >>> decide([leaky, sound], {"outcome": "better", "reason": "mae is better by 2"})
    ('fit', 'mae is better by 2, but the column arrived tells the outcome alone')
    """
    failed = [s for s in stages if s.verdict == "fail"]
    if failed:
        return "unfit", _because(failed)
    open_stages = [s for s in stages if _open(s)]
    if open_stages:
        return "undecided", _because(open_stages)
    if comparison is None:
        return "fit", "every stage is passed; there is no other version to beat"
    doubts = [s for s in stages if s.stage == "integrity" and s.verdict == "warn"]
    if comparison["outcome"] == "better" and doubts:
        return "fit", f"{comparison['reason']}, but {doubts[0].reason}"
    if comparison["outcome"] == "better":
        return "better", str(comparison["reason"])
    return "fit", str(comparison["reason"])


def _open(stage: Stage) -> bool:
    return stage.verdict in ("thin", "error") or (stage.verdict == "skipped" and not stage.optional)


def _because(stages: Sequence[Stage]) -> str:
    first = stages[0]
    others = ", ".join(kind_word(s.stage) for s in stages[1:])
    return f"{kind_word(first.stage)}: {first.reason}{f' (and {others})' if others else ''}"
