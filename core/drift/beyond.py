"""What stands beside the columns of a drift check: all of them at once, and the performance to expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.drift.inspection import Inspected
from core.timeline import Window
from incumbent.columns import Array, Columns, row_count, take

if TYPE_CHECKING:
    import numpy as np

    from core.data import Source
    from core.drift.rows import Rows
    from core.scoring import Scorer
    from core.spec import ModelSpec

#: Labelled rows that a calibration is learned from, the newest before the window.
MOST_CALIBRATED = 50_000


def multivariate(found: Inspected, source: Source) -> dict[str, Any]:
    """How well a classifier tells the window from the training rows, or why that is not known."""
    from core.drift.domain import tell_apart

    trained = found.subject.trained
    if trained.since is None or trained.until is None:
        return {"auc": None, "reason": "nobody knows the training rows"}
    there = {c.name for c in source.describe().columns}
    names = [n for n in found.read if n in there and n in found.rows and n not in found.now.calendar]
    training = source.read_columns(trained.since, trained.until, None, names)
    apart = tell_apart(training, {n: found.rows[n] for n in names}, names) if row_count(training) else None
    return apart or {"auc": None, "reason": "too few rows on one side"}


def expectation(found: Inspected, spec: ModelSpec, rows: Rows) -> dict[str, Any] | None:
    """The performance to be expected in the window, beside what its labels say; None without probabilities.

    The calibration is learned on the labelled rows between training and the window.
    """
    from core.drift.expected import calibrated, expected, one_hot, performance

    scorer, since = found.scorer, found.subject.trained.until
    if scorer is None or scorer.bundle.output.scores != "probabilities" or spec.target not in rows.names:
        return None
    if any(change.change in ("missing", "retyped") for change in found.schema if change.column in found.read):
        return None
    if since is None or since >= found.window.since:
        return {"metrics": None, "reason": "no row lies between training and the window"}
    names = [*scorer.bundle.input.names, spec.target]
    before = rows.read(Window(since, found.window.since), names)
    count = row_count(before)
    known, codes = _labelled(take(before, slice(max(0, count - MOST_CALIBRATED), None)), spec, scorer)
    curve = calibrated(_scores(scorer, known), codes) if row_count(known) else None
    if curve is None:
        return {"metrics": None, "reason": "too few labelled rows after training to calibrate on"}
    output, positive = scorer.bundle.output, scorer.bundle.output.positive_index
    scores = _scores(scorer, found.rows)
    metrics = expected(curve(scores), scores, output.decide(scores), 1 if positive is None else positive)
    labelled, truth = _labelled(found.rows, spec, scorer)
    realised = None
    if len(truth):
        answered = _scores(scorer, labelled)
        realised = performance(
            one_hot(truth, len(output.classes)), answered, output.decide(answered),
            1 if positive is None else positive,
        )  # fmt: skip
    return {
        "metrics": metrics,
        "realised": realised,
        "labelled": len(truth),
        "rows": len(scores),
        "calibrated_on": len(codes),
    }


def _scores(scorer: Scorer, rows: Columns) -> np.ndarray:
    import numpy as np

    scores = scorer.scores({n: rows[n] for n in scorer.bundle.input.names})
    return np.where(np.isfinite(scores), scores, 1 / scores.shape[1])  # refused rows say nothing


def _labelled(rows: Columns, spec: ModelSpec, scorer: Scorer) -> tuple[dict[str, Array], np.ndarray]:
    """The rows whose label is known and a class of the version, with the classes' positions."""
    import numpy as np

    from core.checks.sampling import class_codes, labelled_rows

    target = rows.get(spec.target)
    if target is None:
        return take(rows, slice(0, 0)), np.empty(0, np.int64)
    known = take(rows, np.flatnonzero(labelled_rows(target)))
    codes, _ = class_codes(known[spec.target], scorer.bundle.output.classes)
    mine = np.flatnonzero(codes < len(scorer.bundle.output.classes))
    return take(known, mine), codes[mine]
