"""Estimators made of estimators: searches, votes, bags, stacks, calibration, one against the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, Unsupported, convert_predictor, convert_step, converts, require
from incumbent.fitting.convert import qualified as name_of
from incumbent.fitting.convert.linear import labels
from incumbent.native.calibrate import Calibrated, Curve, Isotonic, Sigmoid, Tempered
from incumbent.native.chain import chain
from incumbent.native.combine import Average, OneAgainstRest, Stack, decisions
from incumbent.native.select import Select
from incumbent.native.step import Predictor, Step

_ENSEMBLE = "sklearn.ensemble"
_SEARCH = "sklearn.model_selection"


def responding(estimator: Any, inputs: Inputs, method: str) -> Predictor:
    """A fitted estimator as the predictor of what one of its methods gives.

    Parameters
    ----------
    method : str
        ``predict_proba``, ``decision_function``, or ``predict`` of a regressor.
    """
    step = convert_predictor(estimator, inputs)
    if method == "decision_function":
        try:
            return decisions(step)
        except NotImplementedError as error:
            raise Unsupported(name_of(estimator), str(error)) from error
    wanted = "probabilities" if method == "predict_proba" else "numbers"
    require(step.scores == wanted, estimator, f"its {method} is not covered")
    return step


@converts(
    f"{_SEARCH}._search.GridSearchCV",
    f"{_SEARCH}._search.RandomizedSearchCV",
    f"{_SEARCH}._search_successive_halving.HalvingGridSearchCV",
    f"{_SEARCH}._search_successive_halving.HalvingRandomSearchCV",
    takes="anything",
)
def search(estimator: Any, inputs: Inputs) -> Step:
    require(hasattr(estimator, "best_estimator_"), estimator, "refit=False has no fitted estimator")
    return convert_step(estimator.best_estimator_, inputs)


@converts("sklearn.frozen._frozen.FrozenEstimator", takes="anything")
def frozen(estimator: Any, inputs: Inputs) -> Step:
    return convert_step(estimator.estimator, inputs)


@converts(
    f"{_SEARCH}._classification_threshold.FixedThresholdClassifier",
    f"{_SEARCH}._classification_threshold.TunedThresholdClassifierCV",
    takes="anything",
)
def thresholded(estimator: Any, inputs: Inputs) -> Step:
    """Its probabilities; where it cuts them, :func:`incumbent.fitting.convert.threshold.threshold` says."""
    return responding(getattr(estimator, "estimator_", estimator.estimator), inputs, "predict_proba")


@converts(f"{_ENSEMBLE}._voting.VotingClassifier", takes="anything")
def vote(estimator: Any, inputs: Inputs) -> Step:
    require(estimator.voting == "soft", estimator, "hard votes have no scores")
    members = [
        (label, responding(part, inputs, "predict_proba"))
        for label, part in zip(_used(estimator), estimator.estimators_, strict=True)
    ]
    return Average(members, estimator._weights_not_none)


@converts(f"{_ENSEMBLE}._voting.VotingRegressor", takes="anything")
def mean(estimator: Any, inputs: Inputs) -> Step:
    members = [
        (label, responding(part, inputs, "predict"))
        for label, part in zip(_used(estimator), estimator.estimators_, strict=True)
    ]
    return Average(members, estimator._weights_not_none)


def _used(estimator: Any) -> "list[str]":
    return [label for label, part in estimator.estimators if not isinstance(part, str)]


@converts(f"{_ENSEMBLE}._bagging.BaggingClassifier", takes="anything")
def bag_of_classifiers(estimator: Any, inputs: Inputs) -> Step:
    for part in estimator.estimators_:
        complete = len(part.classes_) == len(estimator.classes_)
        require(complete, estimator, "a member that has not seen every class is not covered")
    return _bag(estimator, inputs, "predict_proba")


@converts(f"{_ENSEMBLE}._bagging.BaggingRegressor", takes="anything")
def bag_of_regressors(estimator: Any, inputs: Inputs) -> Step:
    return _bag(estimator, inputs, "predict")


def _bag(estimator: Any, inputs: Inputs, method: str) -> Step:
    members: list[tuple[str, Predictor]] = []
    every = list(range(len(inputs)))
    of_array = Inputs(inputs.names, inputs.dtypes, "array")  # members are given a matrix
    for i, (part, features) in enumerate(
        zip(estimator.estimators_, estimator.estimators_features_, strict=True)
    ):
        chosen = [int(f) for f in features]
        member = responding(part, of_array.select(chosen), method)
        if chosen != every:
            selected = chain([Select(chosen, len(inputs), "passed"), member], ["features", "estimator"])
            assert isinstance(selected, Predictor)
            member = selected
        members.append((f"member {i}", member))
    return Average(members)


@converts(f"{_ENSEMBLE}._stacking.StackingClassifier", takes="anything")
def stack_of_classifiers(estimator: Any, inputs: Inputs) -> Step:
    return _stack(estimator, inputs, classes=len(labels(estimator)))


@converts(f"{_ENSEMBLE}._stacking.StackingRegressor", takes="anything")
def stack_of_regressors(estimator: Any, inputs: Inputs) -> Step:
    return _stack(estimator, inputs, classes=0)


def _stack(estimator: Any, inputs: Inputs, classes: int) -> Step:
    members: list[tuple[str, Predictor]] = []
    columns: list[str] = []
    for label, part, method in zip(
        _used(estimator), estimator.estimators_, estimator.stack_method_, strict=True
    ):
        members.append((label, responding(part, inputs, method)))
        several = classes > 2 and method != "predict"
        columns += [f"{label}{i}" for i in range(classes)] if several else [label]
    passed = inputs if estimator.passthrough else inputs.select([])
    seen = Inputs((*columns, *passed.names), (*["float64"] * len(columns), *passed.dtypes), "array")
    last = convert_predictor(estimator.final_estimator_, seen)
    return Stack(members, columns, last, bool(estimator.passthrough))


@converts("sklearn.multiclass.OneVsRestClassifier", takes="anything")
def one_against_rest(estimator: Any, inputs: Inputs) -> Step:
    require(not estimator.multilabel_, estimator, "several labels at once are not covered")
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "decision_function"
    names = labels(estimator)
    parts = estimator.estimators_
    members = [
        (label, responding(part, inputs, method))
        for label, part in zip(names if len(parts) > 1 else names[1:], parts, strict=True)
    ]
    by_decisions = method == "predict_proba" and all(hasattr(p, "decision_function") for p in parts)
    if by_decisions:
        for part in parts:
            responding(part, inputs, "decision_function")  # Unsupported, where there are none
    return OneAgainstRest(members, by_decisions)


@converts("sklearn.calibration.CalibratedClassifierCV", takes="anything")
def calibrated(estimator: Any, inputs: Inputs) -> Step:
    names = labels(estimator)
    members = [
        (f"fold {i}", _calibrated(part, inputs, names))
        for i, part in enumerate(estimator.calibrated_classifiers_)
    ]
    return members[0][1] if len(members) == 1 else Average(members)


def _calibrated(part: Any, inputs: Inputs, names: "list[str]") -> Predictor:
    complete = len(part.estimator.classes_) == len(names)
    require(complete, part.estimator, "a calibrated member that has not seen every class is not covered")
    has_decisions = hasattr(part.estimator, "decision_function")
    member = responding(part.estimator, inputs, "decision_function" if has_decisions else "predict_proba")
    if part.method == "temperature":
        return Tempered(member, float(part.calibrators[0].beta_))
    expected = 1 if len(names) == 2 else len(names)
    require(len(part.calibrators) == expected, part.estimator, "its number of calibrators is not covered")
    return Calibrated(member, [_curve(c) for c in part.calibrators])


def _curve(calibrator: Any) -> Curve:
    name = name_of(calibrator)
    if name == "sklearn.calibration._SigmoidCalibration":
        return Sigmoid(float(calibrator.a_), float(calibrator.b_))
    if name == "sklearn.isotonic.IsotonicRegression":
        require(calibrator.out_of_bounds == "clip", calibrator, "out_of_bounds is not 'clip'")
        scores = np.array(calibrator.X_thresholds_, dtype=np.float64).tolist()
        return Isotonic(scores, np.array(calibrator.y_thresholds_, dtype=np.float64).tolist())
    raise Unsupported(name, "not one of the calibrators that the native algorithm covers")
