"""What rows of the training range tell that a fold did not fit on: scores, and the decision threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from incumbent.columns import take
from incumbent.errors import FittingError
from incumbent.fitting import lineage
from incumbent.fitting.frame import model_input
from incumbent.fitting.inputs import Reads, schema_of
from incumbent.fitting.outputs import own_threshold, positive_of
from incumbent.fitting.scores import classes_of, kind_of_scores, scorer
from incumbent.fitting.training import Training, fit
from incumbent.fitting.validation import FEWEST_ROWS, HELD_OUT, Fold, cheapest_threshold, folds, measure

#: So many held-out rows tell whether an estimator's decisions are its predictions.
SAMPLED = 512
_COST_CUTS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class HeldOut:
    """What was found on rows of the training range that a fold did not fit on."""

    folds: "tuple[Fold, ...]"
    scores: str
    classes: "tuple[Any, ...]"
    reason: str = ""


def hold_out(training: Training, shown: Reads) -> HeldOut:
    """Fit folds in time order and score the rows after each; where that fails, the reason."""
    rows = len(training.target)
    if rows < FEWEST_ROWS:
        return HeldOut((), "", (), f"{rows} rows are too few to hold some out (at least {FEWEST_ROWS})")
    seen: "dict[str, Any]" = {}

    def run(fitted: np.ndarray, scored: np.ndarray) -> np.ndarray:
        estimator = fit(training, training.estimator(), shown, fitted)
        classes = classes_of(estimator) if training.task == "classification" else ()
        if seen.setdefault("classes", classes) != classes:
            raise FittingError("a fold lacks a class that another has")
        columns = take({n: training.columns[n] for n in shown.names}, scored)
        given = model_input(columns, schema_of(columns, shown, {}))
        seen["scores"] = kind_of_scores(estimator, training.task, given[:SAMPLED])
        return scorer(estimator, training.task, seen["scores"])(given)

    cuts = _COST_CUTS if training.job.get("cost") else (1.0 - HELD_OUT,)
    delay = float(training.job.get("label_delay_seconds") or 0.0)
    try:
        made = folds(training.times, rows, delay, cuts, run)
    except Exception as error:  # a fold may fail where the whole does not; the version stands, and says so
        return HeldOut((), "", (), f"a fold failed: {type(error).__name__}: {str(error).splitlines()[0]}")
    if not made:
        return HeldOut((), "", (), "the rows have too few distinct times to hold some out")
    return HeldOut(tuple(made), seen["scores"], seen["classes"])


def threshold(
    training: Training, estimator: Any, held_out: HeldOut
) -> "tuple[float | None, dict[str, Any] | None]":
    """The decision threshold, and how it came about."""
    given, cost = training.job.get("threshold"), training.job.get("cost")
    if training.task != "classification":
        return None, None
    if given is not None:
        return float(given), {"threshold": float(given), "how": "given"}
    if cost is None:
        return own_threshold(estimator, training.job)
    classes = classes_of(estimator)
    if len(classes) != 2 or kind_of_scores(estimator, training.task) != "probabilities":
        raise FittingError(
            "a threshold can be tuned to a cost only for two classes with probabilities",
            "take `cost` out of the spec, or build a classifier with predict_proba",
        )
    if not held_out.folds:
        raise FittingError(
            f"the threshold cannot be tuned: {held_out.reason}", "set `threshold` instead of `cost`"
        )
    positive = positive_of(classes, training.job)
    at = classes.index(positive)
    scored = np.concatenate([f.scored for f in held_out.folds])
    score = np.concatenate([f.scores[:, at] for f in held_out.folds])
    answered = np.isfinite(score)
    if not answered.any():
        raise FittingError(
            "the threshold cannot be tuned: the pipeline predicts no finite probability for held-out rows",
            "look at how it treats nulls",
        )
    scored, score = scored[answered], score[answered]
    actual = training.target[scored] == positive
    cheapest, mean_cost = cheapest_threshold(actual, score, cost["fp"], cost["fn"])
    how = {
        "threshold": cheapest,
        "how": "tuned",
        "cost": dict(cost),
        "mean_cost": mean_cost,
        "rows": len(scored),
    }
    return cheapest, how


def validation(training: Training, held_out: HeldOut) -> "dict[str, Any]":
    """The step ``validation`` of the lineage."""
    if not held_out.folds:
        return {"method": "none", "reason": held_out.reason}
    method = "expanding folds in time order" if len(held_out.folds) > 1 else "hold-out of the last rows"
    listed = []
    for fold in held_out.folds:
        actual = training.target[fold.scored]
        scores = measure(training.task, held_out.scores, held_out.classes, actual, fold.scores)
        entry: "dict[str, Any]" = {
            "rows_fitted": len(fold.fitted),
            "rows_scored": len(fold.scored),
            "scores": scores,
        }
        if training.times is not None:
            entry["since"] = str(training.times[fold.scored[0]])
            entry["until"] = str(training.times[fold.scored[-1]])
        listed.append(entry)
    return {"method": method, "folds": lineage.plain(listed)}
