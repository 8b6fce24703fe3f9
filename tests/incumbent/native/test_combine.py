"""Thresholds, what is left to the sklearn algorithm, and laws of the building blocks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.extmath import softmax as reference_softmax

from incumbent.fitting.convert import Unsupported, convert
from incumbent.fitting.convert.threshold import Threshold, threshold
from incumbent.native.answers import ANSWERS
from incumbent.native.blocks import Dense, Features, OneHot, Sparse
from incumbent.native.calibrate import Isotonic
from incumbent.native.linear import Linear
from incumbent.native.products import product
from incumbent.schema import InputColumn, InputSchema

from .data import binary, classes, matrix, numbers

X = matrix() / 10.0 ** np.arange(4)
TWO, THREE, Y = binary(), classes(), numbers()
LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCHEMA = InputSchema(tuple(InputColumn(f"x{i}", "number", "float64") for i in range(4)), "array")


class Renamed(LogisticRegression):
    """A subclass may do anything."""


BOTH = np.column_stack([Y, -Y])
LEFT_ALONE = [
    ("subclass", Renamed(), TWO),
    ("several-targets", LinearRegression(), BOTH),
    ("several-targets-ridge", TransformedTargetRegressor(Ridge()), BOTH),
    ("several-targets-network", MLPRegressor(max_iter=1), BOTH),
    ("several-labels", RidgeClassifier(), np.column_stack([TWO, 1 - TWO])),
    ("several-labels-rest", OneVsRestClassifier(LogisticRegression()), np.column_stack([TWO, 1 - TWO])),
    ("hard-vote", VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())]), TWO),
    ("random-dummy", DummyClassifier(strategy="stratified"), TWO),
    ("bag-of-votes", BaggingClassifier(RidgeClassifier(), 2), TWO),
    ("own-function", TransformedTargetRegressor(Ridge(), func=abs, inverse_func=lambda x: x), np.abs(Y)),
    ("calibrated-adaboost", CalibratedClassifierCV(AdaBoostClassifier(n_estimators=2), cv=2), TWO),
    (
        "threshold-of-decisions",
        FixedThresholdClassifier(RidgeClassifier(), response_method="decision_function"),
        TWO,
    ),
]


@pytest.mark.parametrize(("estimator", "target"), [c[1:] for c in LEFT_ALONE], ids=[c[0] for c in LEFT_ALONE])
@pytest.mark.filterwarnings("ignore")
def test_what_is_not_exact_is_left_to_sklearn(estimator: Any, target: np.ndarray) -> None:
    with pytest.raises(Unsupported) as caught:
        convert(estimator.fit(X, target), SCHEMA)
    assert caught.value.what and caught.value.why


def test_no_threshold_is_none() -> None:
    assert threshold(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, TWO)) is None


@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: make_pipeline(StandardScaler(), e)])
def test_a_threshold_is_where_the_classifier_cuts(wrap: Any) -> None:
    names = np.where(TWO == 1, "late", "on time")
    for inner in (
        FixedThresholdClassifier(LogisticRegression(), threshold=0.55, pos_label="late"),
        FixedThresholdClassifier(LogisticRegression()),
        TunedThresholdClassifierCV(LogisticRegression(), cv=2, thresholds=5),
        GridSearchCV(FixedThresholdClassifier(LogisticRegression()), {"threshold": [0.45]}, cv=2),
    ):
        estimator = wrap(inner).fit(X, names)
        found = threshold(estimator)
        assert isinstance(found, Threshold)
        at = estimator.classes_.tolist().index(found.positive)
        cut = estimator.predict_proba(X)[:, at] >= found.value
        assert ((estimator.predict(X) == found.positive) == cut).all()


def test_a_threshold_of_decisions_is_said_to_be_one() -> None:
    with pytest.raises(Unsupported, match="decisions"):
        threshold(FixedThresholdClassifier(RidgeClassifier()).fit(X, TWO))


@given(
    drawn(np.float64, (3, 4), elements=st.floats(-800, 800)),
    st.sampled_from(sorted(ANSWERS)),
    st.integers(1, 4),
)
@LAW
def test_one_row_is_answered_as_many(z: np.ndarray, name: str, outputs: int) -> None:
    if name == "posterior" and outputs == 1:
        return  # one class: certain
    answer = ANSWERS[name]
    many = answer.many(z[:, :outputs]).reshape(3, -1)
    one = np.array([answer.one(row) for row in z[:, :outputs].tolist()])
    np.testing.assert_allclose(one, many, rtol=1e-14)
    if answer.scores == "probabilities":
        np.testing.assert_allclose(many.sum(axis=1), 1.0, rtol=1e-12)
    if name == "softmax" and outputs > 1:
        np.testing.assert_allclose(many, reference_softmax(z[:, :outputs]), rtol=1e-14)


@st.composite
def blocks(draw: Any) -> "tuple[Features, np.ndarray]":
    """Features in blocks of every kind, and weights for them."""
    rows, outputs = draw(st.integers(0, 6)), draw(st.integers(1, 3))
    number = st.floats(-1e6, 1e6)
    found: list[Any] = []
    for kind in draw(st.lists(st.sampled_from(["dense", "hot", "sparse"]), min_size=1, max_size=4)):
        width = draw(st.integers(1, 5))
        if kind == "dense":
            found.append(Dense(draw(drawn(np.float64, (rows, width), elements=number))))
        elif kind == "hot":
            found.append(OneHot(draw(drawn(np.int32, rows, elements=st.integers(-1, width - 1))), width))
        else:
            counts = draw(drawn(np.int64, rows, elements=st.integers(0, width)))
            indices = np.concatenate([np.arange(c) for c in counts.tolist()] + [np.array([], dtype=int)])
            data = draw(drawn(np.float64, len(indices), elements=number))
            found.append(Sparse(np.concatenate([[0], np.cumsum(counts)]), indices.astype(int), data, width))
    x = Features(rows, tuple(found))
    return x, draw(drawn(np.float64, (x.width, outputs), elements=number))


@given(blocks())
@LAW
def test_a_product_over_blocks_is_the_product(drawn_case: "tuple[Features, np.ndarray]") -> None:
    x, weights = drawn_case
    found, refused = product(x, weights)
    assert refused is None
    scale = np.abs(x.dense()) @ np.abs(weights) + 1e-300
    assert (np.abs(found - x.dense() @ weights) <= 1e-13 * scale).all()


def test_overflow_is_no_reason_to_refuse() -> None:
    linear = Linear(np.array([[1e10, 1e10]]), np.zeros(1), "logistic", ["yes"])
    rows = np.array([[1e300, 1e300], [-1e300, 0.0], [np.nan, 0.0], [0.0, np.inf], [0.0, 0.0]])
    found = linear.predict(Features(5, (Dense(rows),)))
    np.testing.assert_array_equal(found, [[0, 1], [1, 0], [np.nan] * 2, [np.nan] * 2, [0.5, 0.5]])
    assert linear.predict_row([1e300, 1e300]) == [0.0, 1.0]


@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=2, max_size=30), st.floats(-9, 9))
@LAW
def test_isotonic_curves_are_scikit_learns(points: "list[tuple[float, bool]]", at: float) -> None:
    scores, actual = np.array([p[0] for p in points]), np.array([p[1] for p in points], dtype=float)
    fitted = IsotonicRegression(out_of_bounds="clip").fit(scores, actual)
    curve = Isotonic(fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist())
    asked = np.array([at, *scores])
    with np.errstate(all="ignore"):
        expected = fitted.predict(asked)
    np.testing.assert_allclose(curve.many(asked), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose([curve.one(v) for v in asked.tolist()], expected, rtol=1e-12, atol=1e-15)
    assert math.isnan(curve.one(math.nan))


def test_bernoulli_below_zero_is_left_alone() -> None:
    estimator = BernoulliNB().fit(X, TWO)
    estimator.binarize = -0.5
    with pytest.raises(Unsupported, match="binarize"):
        convert(estimator, SCHEMA)
