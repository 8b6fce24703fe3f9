"""The first stage: is the bundle what it says, does it still agree, does it know what it cannot know?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.challenge.leaks import Suspicion, suspicions
from core.challenge.stage import Challenge, Stage, StageVerdict
from core.checks.cases import run_cases
from core.scoring import open_scorer, trusted
from incumbent.algorithms.base import kind
from incumbent.bundle import Bundle
from incumbent.errors import BundleError

if TYPE_CHECKING:
    from core.runs import Progress

NAME = "integrity"


def integrity(challenge: Challenge, progress: Progress) -> Stage:
    """Every file has its sha256, agreement was recorded and holds, and no column seems to know the truth."""
    version, context = challenge.version, challenge.context
    try:
        bundle = Bundle.open(context.workspace.bundle_path(version.hash), expect=version.hash)
    except BundleError as error:
        return Stage(NAME, "fail", error.message, meaningless=True)
    if challenge.recorded:
        return Stage(NAME, "pass", "its files are whole; its predictions are recorded")
    disagreement = _recorded_agreement(bundle)
    if disagreement:
        return Stage(NAME, "fail", disagreement)
    progress(0.2, "golden rows")
    try:
        repeated, reason = _repeated(challenge)
    except BundleError as error:
        return Stage(NAME, "fail", error.message, meaningless=True)
    if reason:
        return Stage(NAME, "fail", reason)
    progress(0.4, "looking for columns that know the truth")
    found = suspicions(challenge, bundle)
    evidence = {
        "agreement": dict(bundle.manifest.agreement),
        "golden": repeated,
        "suspicions": [suspicion.document() for suspicion in found],
    }
    verdict, said = _suspected(found)
    if verdict == "pass":
        said = f"its files are whole, and {repeated} golden rows give the numbers that were recorded"
    return Stage(NAME, verdict, said, evidence=evidence)


def _recorded_agreement(bundle: Bundle) -> str:
    """Why the agreement that was recorded does not do; empty where it does."""
    agreement = bundle.manifest.agreement
    if "max_difference" not in agreement or "note" in agreement:
        return ""  # made without an original to agree with: a baseline, rules, what runs by its own library
    largest = agreement["max_difference"]
    if largest is None:
        return "its algorithm answered rows that the original estimator refuses"
    allowed = _allowed(bundle)
    if largest > allowed:
        return f"its algorithm differs from the original estimator by {largest:.1e}, {allowed:g} is allowed"
    return ""


def _allowed(bundle: Bundle) -> float:
    """The largest relative difference from the original with which a bundle of this kind may be made."""
    from incumbent.fitting.foreign import FLOAT32_TOLERANCE

    if bundle.manifest.agreement.get("precision") == "float32":
        return FLOAT32_TOLERANCE
    return kind(bundle.manifest.algorithm).rounding


def _repeated(challenge: Challenge) -> tuple[int, str]:
    """How many golden rows were predicted again, and what differs from the numbers recorded then."""
    context, version = challenge.context, challenge.version
    golden = [c for c in context.store.cases.binding(challenge.model, version.number) if c.kind == "golden"]
    with open_scorer(
        context.workspace,
        context.workspace.bundle_path(version.hash),
        expect=version.hash,
        python=challenge.spec.python,
        trusted=trusted(context.store),
        cancelled=context.cancelled,
        log=context.log_path,
    ) as scorer:
        failed = [result for result in run_cases(scorer, golden) if not result.passed]
    if not failed:
        return len(golden), ""
    return len(golden), f"{len(failed)} of {len(golden)} golden rows: {failed[0].reason}"


def _suspected(found: list[Suspicion]) -> tuple[StageVerdict, str]:
    strong = [s for s in found if s.strong]
    chosen = strong or found
    if not chosen:
        return "pass", ""
    return ("fail" if strong else "warn"), "; ".join(s.reason for s in chosen[:2])
