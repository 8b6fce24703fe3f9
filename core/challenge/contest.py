"""The contest: a version against whom it has to beat, on the rows that neither has seen (rules 5 to 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.challenge.looks import Rows, earlier_looks, moment_of, number_of
from core.challenge.recipe import twins
from core.challenge.required import Required, judged_by_history
from core.checks.backtest import Result, history_slices, judge_version, measure_history
from core.checks.comparing import compare
from core.checks.pairing import paired
from core.checks.setup import Setup, open_setup
from core.statistics.looks import confidence_at

if TYPE_CHECKING:
    from core.challenge.stage import Challenge
    from core.checks.slices import Slice
    from core.checks.subjects import Subject
    from core.runs import Progress
    from core.statistics.estimate import Estimate

Pairs = Sequence[tuple["Slice", tuple[Mapping[str, "Estimate"], Mapping[str, "Estimate"]]]]


@dataclass(frozen=True)
class Contest:
    """What the history says of a version.

    Parameters
    ----------
    required : tuple of Required
        Each requirement that a back-test measures.
    comparison : mapping or None
        As the challenge's document has it; None where there is nobody to beat.
    known : bool
        Whether it is known which rows shaped the version.
    rows : int
        Labelled rows that count for it.
    data : str
        Fingerprint of all rows of the model.
    hold_back : str or None
        Up to when a version would have to be trained to leave a window to judge it by.
    """

    required: tuple[Required, ...]
    comparison: Mapping[str, Any] | None
    known: bool
    rows: int
    data: str
    hold_back: str | None

    @property
    def outcome(self) -> str | None:
        """``better``, ``worse``, ``undecided``, ``thin``; None where there is nobody to beat."""
        return None if self.comparison is None else str(self.comparison["outcome"])


def hold(challenge: Challenge, progress: Progress) -> Contest:
    """Judge a version over the history, and compare it with its opponent.

    Slices that the back-test has measured are taken from the store. Where the champion has learned from all
    rows that could tell, its recipe, trained to an earlier moment, stands in for it (rule 6).
    """
    progress(0.9, "comparing")
    setup, result, comparison = _against(challenge, challenge.opponent)
    if comparison is not None and comparison["outcome"] == "thin":
        comparison = _stand_in(challenge) or comparison
    return Contest(
        required=tuple(judged_by_history(result, setup.requirements)),
        comparison=comparison,
        known=result.subject.known,
        rows=sum(s.n for s in result.counted),
        data=setup.source.range_fingerprint(None, None, setup.as_of),
        hold_back=_hold_back(setup),
    )


def _against(challenge: Challenge, opponent: int | None) -> tuple[Setup, Result, dict[str, Any] | None]:
    context = challenge.context
    numbers = [challenge.number, *([] if opponent is None else [opponent])]
    setup = open_setup(
        context.workspace, context.store, challenge.model, as_of=context.run.as_of, versions=numbers
    )
    pieces = history_slices(setup, None, None)
    setup, found = measure_history(context, setup, pieces, _subject(setup, opponent))
    subject, rival = _subject(setup, challenge.number), _subject(setup, opponent)
    assert subject is not None
    result = judge_version(setup, subject, pieces, found)
    if rival is None:
        return setup, result, None
    pairs = paired(subject, rival, pieces, found)
    return setup, result, _compared(challenge, setup, subject, rival, pairs)


def _stand_in(challenge: Challenge) -> dict[str, Any] | None:
    """The comparison with the champion's recipe, trained to an earlier moment; None where there is none."""
    if not challenge.champion or challenge.opponent != challenge.champion:
        return None
    champion = challenge.context.store.versions.get(challenge.model, challenge.champion)
    for twin in twins(challenge, champion):
        if twin.number == challenge.number:
            continue
        _, _, comparison = _against(challenge, twin.number)
        if comparison is not None and comparison["outcome"] != "thin":
            reason = f"{comparison['reason']} (v{twin.number} stands in for v{champion.number}, its recipe)"
            return {**comparison, "champion": champion.number, "reason": reason}
    return None


def _subject(setup: Setup, number: int | None) -> Subject | None:
    return next((s for s in setup.subjects if s.number == number), None)


def _compared(
    challenge: Challenge, setup: Setup, subject: Subject, rival: Subject, pairs: Pairs
) -> dict[str, Any]:
    known = subject.known and rival.known
    rows = _rows(setup, pairs)
    measured = [pair for _, pair in pairs]
    look = confidence = None
    if any(mine[setup.spec.metric].value is not None for mine, _ in measured):
        look = number_of(
            earlier_looks(challenge.context), moment_of(challenge.context.run), subject.number, rival.number,
            rows,
        )  # fmt: skip
        confidence = confidence_at(look)
    decided = compare(
        setup.spec, setup.requirements, measured, known, confidence or confidence_at(1), setup.custom
    )
    return {
        "champion": None if rival.role == "baseline" else rival.number,
        "opponent": rival.number,
        "rows": rows.document(),
        "look": look,
        "confidence": confidence,
        "worth": setup.spec.worth or 0.0,
        "metric": setup.spec.metric,
        **decided,
    }


def _rows(setup: Setup, pairs: Pairs) -> Rows:
    pieces = [piece for piece, _ in pairs]
    starts = [p.since for p in pieces if p.since is not None]
    ends = [p.until for p in pieces if p.until is not None]
    whole = "\n".join(piece.fingerprint for piece in pieces)
    return Rows(
        setup.text(min(starts, default=None)),
        setup.text(max(ends, default=None)),
        hashlib.sha256(whole.encode()).hexdigest()[:24],
    )


def _hold_back(setup: Setup) -> str | None:
    if setup.spec.time is None:
        return None
    window = setup.source.window(setup.as_of)
    return None if window is None else setup.text(window.since)
