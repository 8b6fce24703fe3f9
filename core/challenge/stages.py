"""The stages of a challenge, in order; each is a function of the challenge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core.challenge.checking import RECORDED, check
from core.challenge.contest import hold
from core.challenge.integrity import integrity
from core.challenge.published import published
from core.challenge.required import Required, gathered
from core.challenge.stage import Challenge, Stage
from core.metrics import resolve
from core.runs import Progress

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
    verdict, reason = gathered(contest.required) if contest.required else ("pass", "nothing is required")
    if not contest.rows:
        until = f" --until {contest.hold_back}" if contest.hold_back else ""
        reason = (
            "no labelled row is later than what shaped it: train one that leaves some, "
            f"`incumbent version train {challenge.model}{until}`"
        )
        return replace(found, verdict="thin", reason=reason)
    if contest.comparison is None:
        return replace(found, verdict=verdict, reason=reason)
    against = "the baseline" if not opponent else f"v{opponent}"
    compared = f"against {against}: {contest.comparison['reason']}"
    if contest.outcome == "thin" and verdict in ("pass", "warn"):
        return replace(found, verdict="thin", reason=compared)
    return replace(found, verdict=verdict, reason=compared if verdict == "pass" else f"{reason}; {compared}")


def nowtest(challenge: Challenge, progress: Progress) -> Stage:
    """The newest labelled rows."""
    if challenge.spec.time is None:
        return Stage("nowtest", "skipped", "the model has no time column: there is no newest", optional=True)
    return check(challenge, "nowtest", progress)


def requirements(challenge: Challenge, progress: Progress) -> Stage:
    """Every requirement, wherever it is measured."""
    listed = list(challenge.contest.required) if challenge.contest else []
    for requirement in challenge.context.store.requirements.live(challenge.model):
        if resolve(requirement.metric).kind == "operational":
            listed.append(_under_load(challenge, requirement.metric))
    verdict, reason = gathered(listed)
    if challenge.contest is None and verdict != "fail":
        verdict, reason = "thin", "the back-test could not be carried out"
    if not listed:
        reason += f": `incumbent require suggest {challenge.model}` proposes some"
    evidence = {"requirements": [r.document() for r in listed]}
    return Stage("requirements", verdict, reason, evidence=evidence)


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


def _under_load(challenge: Challenge, metric: str) -> Required:
    """What the stress test says of an operational requirement."""
    run = challenge.runs.get("stress")
    if run is None or run.state != "done":
        return Required(metric, None, "thin", f"{metric} has not been measured: there was no stress test")
    for judged in (run.result or {}).get("requirements") or ():
        if resolve(judged["metric"]).name == resolve(metric).name:
            return Required(metric, None, judged["verdict"], judged["reason"])
    return Required(metric, None, run.verdict or "thin", run.note)
