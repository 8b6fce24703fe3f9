"""Behavioural cases through a published folder: what production answers, with its policy, rules and chain."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checks.behaviour import unanswered, why_not
from core.checks.cases import CaseResult, difference, rows_asked
from core.checks.edge.asking import Answer, Ask, ask_all
from core.checks.subjects import champion_of
from core.publishing import site_folder
from core.staging import staged
from incumbent.algorithms.base import kind
from incumbent.bundle import Bundle
from incumbent.production import read
from store.records import Case, Version

if TYPE_CHECKING:
    from core.runs import RunContext


@contextmanager
def serving(context: RunContext, version: Version) -> Iterator[Path]:
    """The folder that serves a version: of the champion the published one, of others a staged site.

    While a challenger has a share of the keys the champion is staged too: any row might fall to the other.
    """
    store, model = context.store, version.model
    live = store.production.live(model)
    if champion_of(store, model) == version.number and live is not None and not live.share:
        yield site_folder(context.workspace, store, model, live.site)
        return
    with staged(context.workspace, store, model, version.number) as folder:
        yield folder


def run_published_cases(
    context: RunContext,
    folder: Path,
    bundle: Bundle,
    cases: Sequence[Case],
    ordinary: Mapping[str, Any] | None,
    python: str | None,
) -> list[CaseResult]:
    """Ask a published folder for every case, row by row and all rows together; both must agree.

    Parameters
    ----------
    folder : Path
        The model's folder at a site; nothing is logged there.
    bundle : Bundle
        The version that serves it.
    cases : sequence of Case
        Behavioural ones.
    ordinary : mapping, optional
        A row that the version can answer.
    python : str, optional
        The interpreter that the model's spec names.

    Returns
    -------
    list of CaseResult
        In the order of the cases.
    """
    asked, malformed = rows_asked(bundle.input, cases)
    found = {result.case.id: result for result in malformed}
    rows = [row for _, own in asked for row in own]
    if rows:
        *singles, batch = ask_published(context, folder, rows, ordinary, python)
        together = batch.get("answers") or [None] * len(rows)
        answers = iter(zip(singles, together, strict=True))
        for case, own in asked:
            found[case.id] = _judged(case, [next(answers) for _ in own], bundle)
    return [found[case.id] for case in cases]


def ask_published(
    context: RunContext,
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    ordinary: Mapping[str, Any] | None,
    python: str | None,
) -> list[Answer]:
    """Every row alone, then all of them: where user code runs in a process of its own."""
    from incumbent.fitting.probe import Asker
    from incumbent.predictor import Predictor

    asks: list[Ask] = [*({"row": row} for row in rows), {"rows": rows}]
    if _runs_user_code(context, folder):
        return ask_all(context, folder, asks, ordinary, python, log=False)
    with complaints_logged(context), Predictor.open(folder, log=False) as predictor:
        asker = Asker(predictor, ordinary)
        return [asker.answer(ask) for ask in asks]


@contextmanager
def complaints_logged(context: RunContext) -> Iterator[None]:
    """What a predictor in this process complains of goes to the run's log, as that of a process of its own
    does: a link that a drill has taken away is nothing that whoever started the check has to mend."""

    class ToTheRun(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            context.log(record.getMessage())

    predictors, handler = logging.getLogger("incumbent"), ToTheRun()
    predictors.addHandler(handler)
    try:
        yield
    finally:
        predictors.removeHandler(handler)


def _runs_user_code(context: RunContext, folder: Path) -> bool:
    links = read(folder).links()
    versions = [context.store.versions.get(str(context.run.model), link.version) for link in links]
    return any(kind(version.algorithm).runs_user_code for version in versions)


def _judged(
    case: Case, answers: Sequence[tuple[Answer, Mapping[str, Any] | None]], bundle: Bundle
) -> CaseResult:
    got, *others = (_got(single) for single, _ in answers)
    reason = got.get("failure") or unanswered(got)
    if not reason:
        rounding = kind(bundle.manifest.algorithm).rounding
        reason = _otherwise_in_a_batch(answers, rounding) or why_not(
            case.expect, [got, *others], bundle.output
        )
    return CaseResult(case, not reason, str(reason), got, tuple(others))


def _got(single: Answer) -> dict[str, Any]:
    """The one answer to a row; where there is none, what happened instead is its ``failure``."""
    if "answers" in single:
        (answer,) = single["answers"]
        return {name: value for name, value in answer.items() if value is not None}
    ((what, said),) = list(single.items())[:1]
    return {"value": None, "failure": f"no answer, {_HAPPENED.get(what, what)}: {said}"}


_HAPPENED = {
    "refused": "the row is refused",
    "raised": "it breaks what serves it",
    "died": "its process died",
    "unasked": "it was not asked",
}


def _otherwise_in_a_batch(answers: Sequence[tuple[Answer, Mapping[str, Any] | None]], rounding: float) -> str:
    for single, batch in answers:
        if "answers" not in single:
            continue
        (alone,) = single["answers"]
        if batch is None:
            return "alone it is answered, in a batch with the other cases it is not"
        if str(alone["value"]) != str(batch["value"]) and not isinstance(alone["value"], float):
            return f"alone it says {alone['value']}, in a batch {batch['value']}"
        apart = difference(_numbers(alone), _numbers(batch))
        if apart > rounding:
            return f"alone and in a batch it differs by {apart:.1e}"
    return ""


def _numbers(answer: Mapping[str, Any]) -> list[float]:
    if answer["probabilities"]:
        return [float(p) for p in answer["probabilities"].values()]
    return [float(answer["value"])] if isinstance(answer["value"], float) else []
