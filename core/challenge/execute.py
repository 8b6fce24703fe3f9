"""The run ``challenge``: stage after stage, then one verdict."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.challenge.stage import Challenge, Stage
from core.challenge.stages import STAGES, StageFunction
from core.challenge.standing import standing
from core.challenge.verdict import AS_CHECK, decide
from core.checks.subjects import BASELINE, champion_of
from core.runs import Outcome, Progress, RunContext
from core.spec import ModelSpec
from core.wording import kind_word
from incumbent.errors import IncumbentError, Interrupted, UsageError


def execute(context: RunContext) -> Outcome:
    """Carry out a challenge. Arguments: ``version`` (number), ``seconds`` (of the stress test).

    A stage that fails does not keep the later ones from being carried out, unless they would say nothing.

    Raises
    ------
    UsageError
        Where no version, or the baseline, is challenged.
    Interrupted
        Where it was asked to stop; what the stages have done stays in their own runs.
    """
    challenge = _challenge(context)
    stages: list[Stage] = []
    total = sum(weight for _, weight, _ in STAGES)
    done = 0.0
    for name, weight, act in STAGES:
        context.check_cancelled()
        progress = _part(context, name, done / total, weight / total)
        progress(0.0, "")
        if any(stage.meaningless for stage in stages):
            stages.append(Stage(name, "skipped", f"the {stages[0].stage} stage left nothing to test"))
        else:
            stages.append(_timed(challenge, name, act, progress))
        context.log(f"{kind_word(name)}: {stages[-1].verdict}: {stages[-1].reason}")
        done += weight
    return _conclude(challenge, stages)


def _challenge(context: RunContext) -> Challenge:
    store, model = context.store, str(context.run.model)
    number = context.run.arguments.get("version")
    if number is None:
        raise UsageError("no version is challenged", hint=f"say which: `incumbent challenge {model} 2`")
    if number == BASELINE:
        raise UsageError("version 0 is the trivial baseline: it is there to be beaten")
    version = store.versions.get(model, int(number))
    spec = ModelSpec.from_document(store.models.revision(model).document, model)
    champion = champion_of(store, model)
    return Challenge(context, spec, version, champion, _opponent(context, version.number, champion))


def _opponent(context: RunContext, number: int, champion: int | None) -> int | None:
    if champion == number:
        return None
    if champion is not None:
        return champion
    baseline = context.store.versions.find(str(context.run.model), BASELINE)
    return None if baseline is None else BASELINE


def _part(context: RunContext, name: str, start: float, share: float) -> Progress:
    def report(fraction: float | None, note: str) -> None:
        context.progress(
            start + share * (fraction or 0.0), f"{kind_word(name)}: {note}" if note else kind_word(name)
        )

    return report


def _timed(challenge: Challenge, name: str, act: StageFunction, progress: Progress) -> Stage:
    begun = time.perf_counter()
    try:
        found = act(challenge, progress)
    except Interrupted:
        raise
    except IncumbentError as error:
        challenge.context.check_cancelled()  # what was told to stop may end with an error of its own
        found = Stage(name, "error", f"could not be carried out: {error}")
    except Exception as error:  # nobody foresaw it: the later stages still say what they can
        challenge.context.log(traceback.format_exc())
        found = Stage(name, "error", f"could not be carried out: {type(error).__name__}: {error}")
    return replace(found, seconds=time.perf_counter() - begun)


def _conclude(challenge: Challenge, stages: Sequence[Stage]) -> Outcome:
    context, contest = challenge.context, challenge.contest
    comparison = None if contest is None else contest.comparison
    if challenge.inherited is not None:
        comparison = challenge.inherited.comparison()
    verdict, reason = decide(stages, comparison)
    data = None if contest is None else contest.data
    document: dict[str, Any] = {
        "run": context.run.id,
        "check": "challenge",
        "model": challenge.model,
        "version": challenge.number,
        "champion": challenge.champion,
        "opponent": challenge.opponent,
        "verdict": verdict,
        "reason": reason,
        "as_of": context.run.as_of,
        "stages": [stage.document() for stage in stages],
        "comparison": comparison,
        "inherits": None if challenge.inherited is None else challenge.inherited.version,
        "fingerprint": standing(context.store, challenge.version, data).document(),
    }
    return Outcome(AS_CHECK[verdict], f"v{challenge.number} is {verdict}: {reason}", document, alerts=())
