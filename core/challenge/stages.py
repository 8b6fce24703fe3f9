"""The stages of a challenge, in order; each is a function of the challenge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core.challenge.checking import RECORDED, check
from core.challenge.contest import Contest, hold
from core.challenge.integrity import integrity
from core.challenge.published import published
from core.challenge.recipe import inherited
from core.challenge.required import Required, gathered
from core.challenge.stage import Challenge, Stage
from core.metrics import is_operational, resolve
from core.runs import Progress
from store.records import Requirement

StageFunction = Callable[[Challenge, Progress], Stage]


def regression(challenge: Challenge, progress: Progress) -> Stage:
    """Every case that binds the version."""
    if challenge.recorded:
        return Stage("regression", "skipped", RECORDED, optional=True)
    found = check(challenge, "regression", progress)
    if found.verdict == "thin":  # nobody has written a case down, which is no reason to doubt the version
        return replace(found, verdict="warn")
    return found


def edge(challenge: Challenge, progress: Progress) -> Stage:
    """Rows at and beyond the edges of what it has learned from."""
    return _of_algorithm(challenge, "edge", progress)


def stress(challenge: Challenge, progress: Progress) -> Stage:
    """Many times the load that is expected."""
    seconds = challenge.context.run.arguments.get("seconds")
    return _of_algorithm(challenge, "stress", progress, {} if seconds is None else {"seconds": seconds})


def backtest(challenge: Challenge, progress: Progress) -> Stage:
    """The history, beside whom it has to beat."""
    opponent = challenge.opponent
    numbers = [challenge.number, *([opponent] if opponent else [])]
    found = check(challenge, "backtest", lambda f, n: progress(f and 0.9 * f, n), {"versions": numbers})
    if found.verdict == "error":
        return found
    contest = challenge.contest = hold(challenge, progress)
    judged = replace(found, **_by_history(challenge, contest))
    if judged.verdict == "thin":
        challenge.inherited = inherited(challenge, contest.data)
    return _or_inherited(challenge, judged)


def nowtest(challenge: Challenge, progress: Progress) -> Stage:
    """The newest labelled rows."""
    if challenge.spec.time is None:
        return Stage("nowtest", "skipped", "the model has no time column: there is no newest", optional=True)
    return _or_inherited(challenge, check(challenge, "nowtest", progress))


def requirements(challenge: Challenge, progress: Progress) -> Stage:
    """Every requirement, wherever it is measured."""
    required = challenge.context.store.requirements.live(challenge.model)
    operational = [r for r in required if is_operational(r.metric)]
    history = list(challenge.contest.required) if challenge.contest else []
    listed = [*history, *(_under_load(challenge, r) for r in operational)]
    evidence = {"requirements": [r.document() for r in listed]}
    if not required:
        verdict, reason = gathered([])
        proposal = f"`incumbent require suggest {challenge.model}` proposes some"
        return Stage("requirements", verdict, f"{reason}: {proposal}", evidence=evidence)
    verdict, reason = gathered(listed)
    if challenge.contest is None and verdict != "fail":
        verdict, reason = "thin", "the back-test could not be carried out"
    found = Stage("requirements", verdict, reason, evidence=evidence)
    under_load = gathered(_under_load(challenge, r) for r in operational)[0] if operational else "pass"
    return found if under_load == "thin" else _or_inherited(challenge, found)


def software(challenge: Challenge, progress: Progress) -> Stage:
    """The maintainer's own tests of what uses the model."""
    if challenge.spec.software_test is None:
        return Stage("software", "skipped", "no test command is set ([software] in the spec)", optional=True)
    return _of_algorithm(challenge, "software", progress)


def through_published_files(challenge: Challenge, progress: Progress) -> Stage:
    """The cases once more, where it would serve."""
    if challenge.recorded:
        return Stage("published", "skipped", RECORDED, optional=True)
    return published(challenge, progress)


#: Name, how long it takes beside the others, and what does it.
STAGES: tuple[tuple[str, float, StageFunction], ...] = (
    ("integrity", 1.0, integrity),
    ("regression", 0.5, regression),
    ("edge", 3.0, edge),
    ("stress", 8.0, stress),
    ("backtest", 5.0, backtest),
    ("nowtest", 1.0, nowtest),
    ("requirements", 0.1, requirements),
    ("software", 3.0, software),
    ("published", 0.5, through_published_files),
)


def _of_algorithm(
    challenge: Challenge, kind: str, progress: Progress, arguments: Mapping[str, Any] | None = None
) -> Stage:
    if challenge.recorded:
        return Stage(kind, "skipped", RECORDED, optional=True)
    return check(challenge, kind, progress, arguments)


def _by_history(challenge: Challenge, contest: Contest) -> dict[str, Any]:
    """Verdict and reason of the back-test stage."""
    if not contest.rows:
        until = f" --until {contest.hold_back}" if contest.hold_back else ""
        reason = (
            "no labelled row is later than what shaped it: train one that leaves some, "
            f"`incumbent version train {challenge.model}{until}`"
        )
        return {"verdict": "thin", "reason": reason}
    verdict, reason = gathered(contest.required) if contest.required else ("pass", "nothing is required")
    if contest.comparison is None:
        return {"verdict": verdict, "reason": reason}
    opponent = contest.comparison["opponent"]
    against = f"against {f'v{opponent}' if opponent else 'the baseline'}: {contest.comparison['reason']}"
    if verdict == "fail":
        return {"verdict": verdict, "reason": f"{reason}; {against}"}
    if contest.outcome == "thin":
        return {"verdict": "thin", "reason": against}
    return {"verdict": verdict, "reason": against if verdict == "pass" else f"{reason}; {against}"}


def _or_inherited(challenge: Challenge, stage: Stage) -> Stage:
    """A stage that is thin for want of rows takes the word of the recipe, where that has been judged."""
    if stage.verdict != "thin" or challenge.inherited is None:
        return stage
    return replace(stage, verdict="pass", reason=challenge.inherited.reason)


def _under_load(challenge: Challenge, requirement: Requirement) -> Required:
    """What the stress test says of an operational requirement."""
    metric, segment = requirement.metric, requirement.segment
    run = challenge.runs.get("stress")
    if run is None or run.state != "done":
        return Required(metric, segment, "thin", f"{metric} has not been measured: there was no stress test")
    for judged in (run.result or {}).get("requirements") or ():
        if segment is None and resolve(judged["metric"]).name == resolve(metric).name:
            return Required(metric, None, judged["verdict"], judged["reason"])
    of = "" if segment is None else f" of {segment}"
    return Required(metric, segment, "thin", f"{metric}{of} is not measured by the stress test")
