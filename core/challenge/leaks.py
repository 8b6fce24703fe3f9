"""Leaks: input columns that seem to know what can be known only afterwards.

Two signs, both cheap, both no more than signs. A column that all by itself tells the outcome far better than
the champion, who does without it, or, with no champion, than all other columns together (Kaufman, Rosset &
Perlich 2012 look for such columns first); yesterday's value may do so too, and then a person says so once.
And a column that is empty just where the outcome is not known yet: it is filled in together with the truth,
so production will never see it filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.challenge.separation import Truth, scores_quality, separation, together_quality
from core.checks.sampling import class_codes, labelled_rows

if TYPE_CHECKING:
    import numpy as np

    from core.challenge.stage import Challenge
    from incumbent.bundle import Bundle
    from incumbent.columns import Array, Columns

#: So many of the newest rows are looked at.
ROWS = 20_000
#: Fewer labelled rows than this say nothing.
FEWEST_ROWS = 100
#: A column that tells so much of the outcome alone (AUC, or share of the variance) is suspected.
SUSPICIOUS = 0.9
#: Its error is at most this share of that of whom it is compared with.
FAR_ABOVE = 0.5
#: Beside a champion who does without it, so much is a failure: what else improves a model so much, so nearly?
SURE = 0.98
#: Where nobody is there to compare with, a column may nearly be the target for good reasons; not so nearly.
CERTAIN = 0.999
#: Shares of nulls where the outcome is known, and where it is not, that tell of a column filled in later.
FILLED, EMPTY = 0.1, 0.9
#: Rows without an outcome that this takes, and what such a column tells at least to be sure.
FEWEST_UNKNOWN, TELLING = 20, 0.9


@dataclass(frozen=True)
class Suspicion:
    """One column under suspicion.

    Parameters
    ----------
    column : str
    quality : float
        How well it tells the outcome alone, 0 to 1.
    strong : bool
        Enough to call the version unfit; else a warning, and the version is not called better.
    reason : str
        One line for people.
    """

    column: str
    quality: float
    strong: bool
    reason: str

    def document(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "column": self.column, "quality": self.quality, "strong": self.strong, "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True)
class Champion:
    """Whom a column is compared with: what it reads, and how well it tells the outcome."""

    names: tuple[str, ...]
    quality: float


def suspicions(challenge: Challenge, bundle: Bundle) -> list[Suspicion]:
    """The input columns of a version that seem to know the truth, the most suspect first."""
    from incumbent.columns import take

    serving = _serving(challenge)
    names = [*bundle.input.names, *(serving.input.names if serving else ())]
    rows = _newest(challenge, names)
    known = labelled_rows(rows[challenge.spec.target])
    if int(known.sum()) < FEWEST_ROWS:
        return []
    labelled = take(rows, known)
    truth = _truth(bundle, labelled[challenge.spec.target])
    champion = None if serving is None else _champion(challenge, serving, labelled, truth)
    found = []
    for name in bundle.input.names:
        alone = separation(labelled[name], truth)
        one = _telling(name, alone, champion, labelled, bundle, truth) or _filled_in_later(
            name, alone, rows[name], known
        )
        found += [] if one is None else [one]
    return sorted(found, key=lambda s: (not s.strong, -s.quality))


def _newest(challenge: Challenge, names: Sequence[str]) -> Columns:
    from core.checks.slices import open_model_source
    from core.collecting import collected
    from core.data import to_columns

    context, spec = challenge.context, challenge.spec
    source = open_model_source(context.workspace, collected(context.workspace, spec))
    moment = None if context.run.as_of is None else source.moment(context.run.as_of, "--as-of")
    wanted = list(dict.fromkeys([*names, spec.target]))
    return to_columns(source.newest(ROWS, moment, wanted))


def _truth(bundle: Bundle, target: Array) -> Truth:
    import numpy as np

    if bundle.output.task == "regression":
        return Truth(np.asarray(target, dtype=np.float64), 0)
    codes, names = class_codes(target, bundle.output.classes)
    return Truth(codes.astype(np.float64), len(names))


def _serving(challenge: Challenge) -> Bundle | None:
    """The champion's bundle, where another version than the one on trial serves and can be run."""
    from incumbent.bundle import Bundle

    number = challenge.champion
    if number is None or number == challenge.number:
        return None
    version = challenge.context.store.versions.get(challenge.model, number)
    if version.algorithm == "recorded":
        return None
    return Bundle.open(challenge.context.workspace.bundle_path(version.hash), verify=False)


def _champion(challenge: Challenge, serving: Bundle, labelled: Columns, truth: Truth) -> Champion:
    from core.scoring import open_scorer, trusted

    context = challenge.context
    with open_scorer(
        context.workspace,
        serving.path,
        expect=serving.hash,
        python=challenge.spec.python,
        trusted=trusted(context.store),
        cancelled=context.cancelled,
        log=context.log_path,
    ) as scorer:
        scores = scorer.scores({name: labelled[name] for name in serving.input.names})
    return Champion(tuple(serving.input.names), scores_quality(scores, truth))


def _telling(
    name: str, alone: float, champion: Champion | None, labelled: Columns, bundle: Bundle, truth: Truth
) -> Suspicion | None:
    """A column that tells too much; of one that the champion reads too, people have made up their minds."""
    if alone < SUSPICIOUS or (champion is not None and name in champion.names):
        return None
    said = f"the column {name} tells the outcome alone ({alone:.3f} of 1)"
    question = "is it known before the outcome is?"
    if champion is not None:
        if 1 - alone > FAR_ABOVE * (1 - champion.quality):
            return None
        reason = f"{said}, where the champion, who does without it, reaches {champion.quality:.3f}"
        return Suspicion(name, alone, alone >= SURE, f"{reason}: {question}")
    if alone >= CERTAIN:
        return Suspicion(name, alone, True, f"{said}: {question}")
    others = [each.name for each in bundle.input.columns if each.name != name and each.kind != "text"]
    if not others:
        return Suspicion(name, alone, False, f"{said}: {question}") if alone >= SURE else None
    together = together_quality([labelled[other] for other in others], truth)
    if 1 - alone > FAR_ABOVE * (1 - together):
        return None
    reason = f"{said}, where all other columns together reach {together:.3f}"
    return Suspicion(name, alone, False, f"{reason}: {question}")


def _filled_in_later(name: str, alone: float, column: Array, known: np.ndarray) -> Suspicion | None:
    if int((~known).sum()) < FEWEST_UNKNOWN:
        return None
    null = ~labelled_rows(column)
    before, after = float(null[~known].mean()), float(null[known].mean())
    if before < EMPTY or after > FILLED:
        return None
    reason = (
        f"the column {name} is empty in {before:.0%} of the rows whose outcome is not known, "
        f"and in {after:.0%} of the others: it is filled in with the outcome"
    )
    return Suspicion(name, alone, alone >= TELLING, reason)
