"""The regression check: every case through the production algorithm and configuration, strictly (rule 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checks.case_set import SetJudgement, judge_case_set
from core.checks.cases import CaseResult, run_cases
from core.checks.environment import queue_software
from core.checks.fallback import Drilled, drill
from core.checks.published_cases import run_published_cases, serving
from core.checks.subjects import BASELINE, champion_of
from core.checks.whole import figure, speaker
from core.metrics import custom_metrics
from core.publishing import site_folder
from core.runs import Outcome, RunContext
from core.scoring import open_scorer, trusted
from core.spec import ModelSpec
from incumbent.errors import BundleError, RefusedError
from store.records import Measurement, Verdict, Version

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class _Tested:
    version: Version
    results: tuple[CaseResult, ...]
    broken: str  # why its bundle could not be opened, empty where it could
    where: str  # "production", "staging site", or, without behavioural cases, "bundle"
    case_set: tuple[SetJudgement, ...] = ()
    chain: tuple[Drilled, ...] = ()

    @property
    def weak_links(self) -> list[Drilled]:
        return [d for d in self.chain if not d.holds]

    @property
    def failed(self) -> list[CaseResult]:
        return [r for r in self.results if not r.passed]

    @property
    def broken_requirements(self) -> list[SetJudgement]:
        return [j for j in self.case_set if j.verdict == "fail"]

    @property
    def verdict(self) -> Verdict:
        if self.broken or self.broken_requirements or any(r.case.blocking for r in self.failed):
            return "fail"
        if self.failed or self.weak_links:
            return "warn"
        return "pass" if self.results else "thin"


def execute(context: RunContext) -> Outcome:
    """Carry out a regression run.

    Golden cases go through a version's algorithm; behavioural ones through a published folder, with policy,
    rules and chain: of the champion the one in production, of every other version a staged one. The chain
    behind the champion is drilled, link after link.
    Arguments: ``versions`` (list of numbers; by default the champion and every candidate).
    """
    versions = _versions(context)
    tested = []
    for done, version in enumerate(versions):
        context.check_cancelled()
        context.progress(done / len(versions), f"version {version.number}")
        tested.append(_test(context, version))
    if context.run.schedule is not None:
        _look_at_environment(context)
        _gather_inbox(context)
    return _conclude(context, tested)


def _look_at_environment(context: RunContext) -> None:
    """Nightly: where Python, a library or the pipeline's code has changed, the software test runs again."""
    why = queue_software(context.workspace, context.store, str(context.run.model))
    if why:
        context.log(f"the software test is queued: {why}")


def _gather_inbox(context: RunContext) -> None:
    """Nightly: what production's log and the newest rows hold that somebody should look at."""
    from core.inbox.gathering import gather

    context.progress(None, "looking for surprising rows")
    gathered = gather(context.workspace, context.store, str(context.run.model), cancelled=context.cancelled)
    context.log(f"inbox: {gathered.new} new, {gathered.waiting} wait")
    for problem in gathered.problems:
        context.log(f"inbox: {problem}")


def _versions(context: RunContext) -> list[Version]:
    store, model = context.store, str(context.run.model)
    numbers = context.run.arguments.get("versions")
    if numbers:
        return [store.versions.get(model, n) for n in dict.fromkeys(numbers)]
    found = [v for v in store.versions.list(model) if v.number != BASELINE]
    if not found:
        raise RefusedError(
            f"{model} has no version to test",
            hint=f"make one: `incumbent version train {model}`, or `incumbent version register {model} FILE`",
        )
    runnable = [v for v in found if v.algorithm != "recorded"] or found
    return sorted(runnable, key=lambda v: v.number)


def _test(context: RunContext, version: Version) -> _Tested:
    store = context.store
    spec = ModelSpec.from_document(store.models.revision(version.model).document)
    golden = store.cases.list(version.model, version.number, "golden")
    behavioural = store.cases.list(version.model, kind="behavioural")
    folder, where = _folder(context, version)
    if version.algorithm == "recorded":
        return _Tested(version, (), "", where)
    try:
        with open_scorer(
            context.workspace,
            folder,
            expect=version.hash,
            python=spec.python,
            trusted=trusted(store),
            cancelled=context.cancelled,
            log=context.log_path,
        ) as scorer:
            bundle, results = scorer.bundle, run_cases(scorer, golden)
        if behavioural:
            ordinary = golden[0].row if golden else None
            where = "production" if where == "production" else "staging site"
            with serving(context, version) as site:
                results += run_published_cases(context, site, bundle, behavioural, ordinary, spec.python)
    except BundleError as error:
        return _Tested(version, (), str(error), where)
    judged = judge_case_set(
        [r.case for r in results],
        [r.got for r in results],
        store.requirements.live(version.model),
        spec,
        bundle.output,
        custom_metrics(spec, context.workspace.root),
    )
    return _Tested(version, tuple(results), "", where, judged, _chain(context, version, spec))


def _chain(context: RunContext, version: Version, spec: ModelSpec) -> tuple[Drilled, ...]:
    """What stands behind the version that serves."""
    if champion_of(context.store, version.model) != version.number:
        return ()
    context.progress(None, "drilling the fallback chain")
    return drill(context, version, spec.python)


def _folder(context: RunContext, version: Version) -> tuple[Path, str]:
    from incumbent.production import Link, bundle_path

    if champion_of(context.store, version.model) == version.number:
        published = site_folder(context.workspace, context.store, version.model, "local")
        return bundle_path(published, Link(version.number, version.hash)), "production"
    return context.workspace.bundle_path(version.hash), "bundle"


def _conclude(context: RunContext, tested: Sequence[_Tested]) -> Outcome:
    model = str(context.run.model)
    verdict, main = speaker(context, tested)
    result = {
        "check": "regression",
        "model": model,
        "version": main.version.number,
        "verdict": verdict,
        "passed": sum(r.passed for t in tested for r in t.results),
        "failed": [f for t in tested for f in _failures(t)],
        "versions": [
            {
                "version": t.version.number,
                "verdict": t.verdict,
                "note": t.broken or _note(t),
                "through": t.where,
                "passed": sum(r.passed for r in t.results),
                "failed": _failures(t),
                "case_set": [j.document() for j in t.case_set],
                "chain": [d.document() for d in t.chain],
            }
            for t in tested
        ],
    }
    rows = tuple(row for t in tested for row in _rows(context, t))
    return Outcome(verdict, f"v{main.version.number}: {main.broken or _note(main)}", result, rows)


def _failures(tested: _Tested) -> list[dict[str, Any]]:
    if tested.broken:
        return [{"case": None, "version": tested.version.number, "reason": tested.broken, "blocking": True}]
    documents = [*(r.document() for r in tested.failed), *(j.document() for j in tested.broken_requirements)]
    documents += [{"case": None, "reason": d.sentence, "blocking": False} for d in tested.weak_links]
    return [{**document, "version": tested.version.number} for document in documents]


def _note(tested: _Tested) -> str:
    total = len(tested.results)
    if not total:
        return "there are no cases for it"
    if not tested.failed:
        broken = [j.reason for j in tested.broken_requirements] + [d.sentence for d in tested.weak_links]
        return f"{total} of {total} cases pass" + (f", but {broken[0]}" if broken else "")
    first = tested.failed[0]
    return f"{len(tested.failed)} of {total} cases fail; case {first.case.id}: {first.reason}"


def _rows(context: RunContext, tested: _Tested) -> "Iterator[Measurement]":
    total = len(tested.results)
    for metric, value in (("cases", total), ("cases_failed", len(tested.failed))):
        yield figure(
            context,
            tested.version,
            metric,
            float(value),
            total,
            verdict=tested.verdict if metric == "cases_failed" else None,
            reason=tested.broken or _note(tested),
        )
