"""How many rows a fitted model says that it saw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from incumbent.fitting.seen import rows_seen

ROWS = 120
X = np.random.default_rng(0).normal(size=(ROWS, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(class_weight="balanced"),
        RandomForestClassifier(3, class_weight="balanced"),
        ExtraTreesClassifier(3),
        BaggingClassifier(n_estimators=3),
        GradientBoostingClassifier(n_estimators=3),
        HistGradientBoostingClassifier(max_iter=3),
        GaussianNB(),
        KNeighborsClassifier(),
        SVC(),
        MLPClassifier((2,), solver="sgd", max_iter=500, tol=0.1),
        make_pipeline(StandardScaler(), SVC()),
        GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-8]}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_saw_all_rows_says_so(model: Any) -> None:
    assert rows_seen(model.fit(X, Y)) == ROWS


def test_what_saw_a_part_never_says_more() -> None:
    calibrated = CalibratedClassifierCV(DecisionTreeClassifier(), cv=3, ensemble=True).fit(X, Y)
    assert rows_seen(calibrated) == ROWS * 2 / 3
    held_back = HistGradientBoostingClassifier(max_iter=3, early_stopping=True, validation_fraction=0.25)
    assert rows_seen(held_back.fit(X, Y)) == ROWS * 3 / 4


def test_weighted_sums_are_no_counts() -> None:
    weights = np.full(ROWS, 7.3)
    scaled = StandardScaler().fit(X, sample_weight=weights)
    assert rows_seen(scaled) is None
    assert rows_seen(DecisionTreeClassifier().fit(X, Y, sample_weight=weights)) == ROWS
