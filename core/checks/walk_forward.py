"""The walk-forward back-test: at each cut-off train anew on what was known then, and score what came next.

It judges a recipe (pipeline file and parameters) rather than one set of coefficients, and every row that it
scores is later than every row that it learned from (Tashman 2000). ``expanding`` trains on all rows before
the cut-off, ``sliding`` on a stretch as long as the version's own training range. A fit that fails is a
partition without a value and with the reason; the walk goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.checks.backtest import Result, conclude, history_slices, judge_listed
from core.checks.judging import Piece
from core.checks.measure import Found, Measures, measure_all
from core.checks.setup import Setup, prepare
from core.checks.slices import Slice, Wish, refit_folder
from core.checks.subjects import Subject
from core.runs import Outcome, RunContext
from core.statistics.estimate import Estimate
from incumbent.errors import DataError, FittingError, RefusedError, UsageError
from store.records import Version

if TYPE_CHECKING:
    from core.versions.rows import TrainingRows

MODES = ("expanding", "sliding")


def execute(context: RunContext) -> Outcome:
    """Carry out a walk-forward run: arguments as for a back-test, with ``walk_forward``."""
    arguments = context.run.arguments
    mode = arguments["walk_forward"]
    if mode not in MODES:
        raise UsageError(f"there is no walk-forward {mode!r}", hint=f"there are {' and '.join(MODES)}")
    setup = prepare(context, by=arguments.get("by"), versions=arguments.get("versions"))
    if setup.spec.time is None or setup.spec.pipeline is None:
        raise UsageError(
            f"{setup.spec.name} cannot be trained along its history",
            hint="walk-forward needs `time` and `pipeline` in the spec",
        )
    recipes = _recipes(context, setup, bool(arguments.get("versions")))
    pieces = history_slices(setup, arguments.get("since"), arguments.get("until"))
    scored = [p for p in pieces if p.labelled and _has_past(setup, p)]
    results, notes = [], {}
    for position, (subject, version) in enumerate(recipes):
        share = (position / len(recipes), 1 / len(recipes))
        result, trained = _walk(context, setup, subject, version, scored, str(mode), share)
        results.append(result)
        notes[subject.number] = trained
    outcome = conclude(context, setup, scored, results, {})
    document = {**outcome.result, "walk_forward": mode}
    for written in document["versions"]:
        written["walk_forward"] = mode
        for partition in written["partitions"]:
            partition["trained"] = notes[written["version"]].get(partition["partition"])
    measured = tuple(replace(m, check="walk_forward") for m in outcome.measurements)
    return replace(outcome, result=document, measurements=measured, alerts=())


def _after(piece: Slice, first: datetime | None) -> bool:
    """Whether there are rows before a slice to learn from."""
    return piece.since is not None and first is not None and first < piece.since


def _has_past(setup: Setup, piece: Slice) -> bool:
    """Whether there is anything before a slice to learn from."""
    first = setup.source.describe().first
    return piece.since is not None and first is not None and piece.since > first


def _recipes(context: RunContext, setup: Setup, named: bool) -> list[tuple[Subject, Version]]:
    found = []
    for subject in setup.subjects:
        version = context.store.versions.get(setup.spec.name, subject.number)
        if version.origin in ("trained", "searched"):
            found.append((subject, version))
    if not found:
        raise RefusedError(
            f"{setup.spec.name} has no version that was trained here: there is no recipe to walk with",
            hint=f"`incumbent version train {setup.spec.name}` makes one",
        )
    if named or len(found) == 1:
        return found
    champion = [pair for pair in found if pair[0].role == "champion"]
    return champion or found[-1:]


def _walk(
    context: RunContext,
    setup: Setup,
    subject: Subject,
    version: Version,
    pieces: Sequence[Slice],
    mode: str,
    share: tuple[float, float],
) -> tuple[Result, dict[str, Any]]:
    listed: list[Piece] = []
    trained: dict[str, Any] = {}
    for done, piece in enumerate(pieces):
        context.check_cancelled()
        context.progress(share[0] + share[1] * done / len(pieces), f"v{version.number} before {piece.label}")
        try:
            refit, about = _refit(context, setup, version, piece, mode)
        except (FittingError, DataError) as error:
            context.log(f"{piece.label}: {error}")
            trained[piece.label] = {"error": str(error)}
            listed.append((piece.label, "no", _failed(setup, f"the fit failed: {error.message}")))
            continue
        trained[piece.label] = about
        wish = Wish(version.number, refit)
        found: Found = measure_all(
            context.store,
            setup.setting,
            {piece: [wish]},
            progress=lambda fraction, note: None,
            cancelled=context.cancelled,
            jobs=1,
        )
        listed.append((piece.label, "no", found[piece.label, wish]))
    walked = replace(subject, since=None, until=datetime.min, known=True)
    return judge_listed(setup, walked, listed), trained


def _refit(
    context: RunContext, setup: Setup, version: Version, piece: Slice, mode: str
) -> tuple[str, dict[str, Any]]:
    """The bundle of a version's recipe, trained on what was known before a slice; kept in the cache."""
    from core.child import job_folder
    from core.versions.attendance import Attendance
    from core.versions.training import SEED, fit
    from incumbent.bundle import Bundle
    from incumbent.files import copy_tree

    rows = _rows_before(context, setup, version, piece, mode)
    key = _key(context, setup, version, rows)
    noted = context.workspace.cache / "walk-forward" / f"{key}.json"
    if noted.exists():
        kept = json.loads(noted.read_text("utf-8"))
        if refit_folder(context.workspace, kept["hash"]).is_dir():
            return kept["hash"], kept["about"]
    with job_folder(context.workspace) as folder:
        fit(
            context.workspace, setup.spec, rows, folder, version.parameters, SEED,
            attendance=Attendance(cancelled=context.cancelled, log=context.log_path),
        )  # fmt: skip
        bundle = Bundle.open(folder / "out" / "bundle")
        target = refit_folder(context.workspace, bundle.hash)
        if not target.exists():
            copy_tree(bundle.path, target)
    about = {"since": rows.since, "until": rows.until, "rows": rows.count}
    noted.parent.mkdir(parents=True, exist_ok=True)
    noted.write_text(json.dumps({"hash": bundle.hash, "about": about}), "utf-8")
    return bundle.hash, about


def _rows_before(
    context: RunContext, setup: Setup, version: Version, piece: Slice, mode: str
) -> "TrainingRows":
    from core.versions.rows import training_rows

    since = None
    if mode == "sliding" and version.trained_since and version.trained_until and piece.since:
        moment = setup.source.moment
        length = moment(version.trained_until) - moment(version.trained_since)
        since = setup.text(setup.source.known_until(piece.since) - length)
    return training_rows(context.workspace, context.store, setup.spec, since, setup.text(piece.since))


def _key(context: RunContext, setup: Setup, version: Version, rows: "TrainingRows") -> str:
    pipeline = context.workspace.path(str(setup.spec.pipeline)).read_bytes()
    about = [
        hashlib.sha256(pipeline).hexdigest(),
        json.dumps(dict(version.parameters), sort_keys=True, default=str),
        rows.collection["fingerprint"],
        rows.since,
        rows.until,
        setup.spec.document(),
    ]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]


def _failed(setup: Setup, reason: str) -> Measures:
    return Measures(
        {name: Estimate(None, None, None, 0, reason=reason) for name in setup.setting.metrics}, {}
    )
