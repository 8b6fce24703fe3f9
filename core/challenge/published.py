"""The last stage: the cases once more, through the files as a swap would publish them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import incumbent
from core.challenge.stage import Challenge, Stage
from core.checks.behaviour import kept_away
from core.checks.cases import CaseResult, run_cases
from core.checks.published_cases import complaints_logged, run_published_cases
from core.scoring import open_scorer, trusted
from core.staging import staged
from store.records import Case

if TYPE_CHECKING:
    from pathlib import Path

    from core.runs import Progress
    from incumbent.bundle import Bundle

NAME = "published"
#: What is said of a version that did not answer in time (:mod:`incumbent.answering.guarded`).
_TOO_LATE = "no answer within"


def published(challenge: Challenge, progress: Progress) -> Stage:
    """Publish the version to a staging site, and ask it there for every case, as the software would."""
    context = challenge.context
    store = context.store
    golden = store.cases.list(challenge.model, challenge.number, "golden")
    behavioural = store.cases.list(challenge.model, kind="behavioural")
    cases = [*golden, *behavioural]
    with staged(context.workspace, store, challenge.model, challenge.number) as folder:
        progress(0.3, f"{len(cases)} cases through the published files")
        bundle, results = _through_bundle(challenge, folder, golden)
        with complaints_logged(context):
            answerable = [r.case for r in results if r.got.get("value") is not None]
            elsewhere = answered_elsewhere(folder, answerable)
        if behavioural:
            ordinary = golden[0].row if golden else None
            python = challenge.spec.python
            results += run_published_cases(context, folder, bundle, behavioural, ordinary, python)
    failed = [r for r in results if not r.passed]
    evidence: dict[str, Any] = {"cases": len(cases), "failed": [r.document() for r in failed[:20]]}
    blocking = [r for r in failed if r.case.blocking]
    if elsewhere:
        return Stage(NAME, "fail", elsewhere, evidence=evidence)
    if failed:
        first = (blocking or failed)[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        reason = f"case {first.case.id}: {first.reason}{more}"
        return Stage(NAME, "fail" if blocking else "warn", reason, evidence=evidence)
    reason = f"{len(cases)} of {len(cases)} cases pass where it would serve"
    return Stage(NAME, "pass", reason, evidence=evidence)


def _through_bundle(
    challenge: Challenge, folder: Path, cases: Sequence[Case]
) -> tuple[Bundle, list[CaseResult]]:
    from incumbent.production import Link, bundle_path

    context, version = challenge.context, challenge.version
    with open_scorer(
        context.workspace,
        bundle_path(folder, Link(version.number, version.hash)),
        expect=version.hash,
        python=challenge.spec.python,
        trusted=trusted(context.store),
        cancelled=context.cancelled,
        log=context.log_path,
    ) as scorer:
        return scorer.bundle, run_cases(scorer, cases)


def answered_elsewhere(folder: Path, cases: Sequence[Case]) -> str:
    """Why another answers a row that the version can answer, and is not kept from; or empty.

    Where that comes of time, as on a machine that stalls, the row is asked once more, of a predictor that has
    just been opened: a version that is too slow for a case is so twice.
    """
    late: Case | None = None
    while True:
        elsewhere, why = _first_elsewhere(folder, cases)
        if elsewhere is None or elsewhere is late or _TOO_LATE not in why:
            return why
        late, cases = elsewhere, cases[cases.index(elsewhere) :]


def _first_elsewhere(folder: Path, cases: Sequence[Case]) -> tuple[Case | None, str]:
    with incumbent.open(folder) as predictor:
        for case in cases:
            answer = predictor.predict(case.row)
            if answer.route != "champion" and not kept_away(answer.document()):
                who = "the baseline" if answer.version is None else f"v{answer.version}"
                return case, f"case {case.id} is answered by {who}: {answer.reason or answer.route}"
    return None, ""
