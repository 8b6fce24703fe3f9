"""Folds never look ahead, and the threshold is the cheapest there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incumbent.fitting.validation import cheapest_threshold, folds, measure


@settings(max_examples=60, deadline=None)
@given(
    hours=st.lists(st.integers(0, 300), min_size=5, max_size=80),
    delay=st.integers(0, 50),
    cuts=st.sampled_from([(0.8,), (0.2, 0.4, 0.6, 0.8)]),
)
def test_no_fold_fits_on_a_row_that_was_not_known_at_its_cut(
    hours: list[int], delay: int, cuts: tuple[float, ...]
) -> None:
    times = np.datetime64("2020-01-01", "us") + np.sort(np.array(hours)) * np.timedelta64(3_600_000_000, "us")
    made = folds(times, len(times), delay * 3600.0, cuts, lambda fit, score: np.zeros(len(score)))
    scored: list[int] = []
    for fold in made:
        cut = times[fold.scored].min()
        assert (times[fold.fitted] < cut).all()
        assert (times[fold.fitted] + np.timedelta64(delay, "h") <= cut).all()
        scored += fold.scored.tolist()
    assert len(scored) == len(set(scored))


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=40),
    fp=st.integers(1, 10),
    fn=st.integers(1, 10),
)
def test_no_threshold_is_cheaper(rows: list[tuple[bool, int]], fp: int, fn: int) -> None:
    positive = np.array([r[0] for r in rows])
    score = np.array([r[1] / 20 for r in rows])

    def cost(threshold: float) -> float:
        decided = score >= threshold
        return float((fp * (decided & ~positive) + fn * (~decided & positive)).mean())

    threshold, stated = cheapest_threshold(positive, score, fp, fn)
    best = min(cost(t) for t in np.concatenate([score, score + 1e-9, [0.0, 2.0]]))
    assert cost(threshold) == pytest.approx(stated)
    assert stated == pytest.approx(best)


def test_measures_are_scikit_learns() -> None:
    from sklearn.metrics import log_loss, r2_score, roc_auc_score, root_mean_squared_error

    rng = np.random.default_rng(0)
    actual, p = rng.integers(0, 2, 200), rng.random(200)
    found = measure("classification", "probabilities", (0, 1), actual, np.column_stack([1 - p, p]))
    assert found["roc_auc"] == pytest.approx(roc_auc_score(actual, p))
    assert found["log_loss"] == pytest.approx(log_loss(actual, p))
    truth, guess = rng.normal(size=50), rng.normal(size=50)
    found = measure("regression", "numbers", (), truth, guess)
    assert found["r2"] == pytest.approx(r2_score(truth, guess))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(truth, guess))


def test_rows_without_a_finite_prediction_are_counted_and_the_rest_is_measured() -> None:
    found = np.array([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan], [0.4, 0.6]])
    actual = np.array(["no", "yes", "yes", "no"], dtype=object)
    measured = measure("classification", "probabilities", ["no", "yes"], actual, found)
    whole = measure("classification", "probabilities", ["no", "yes"], actual[[0, 1, 3]], found[[0, 1, 3]])
    assert measured == {**whole, "unanswered": 1.0}
    nothing = np.full((4, 2), np.nan)
    assert measure("classification", "probabilities", ["no", "yes"], actual, nothing) == {"unanswered": 4.0}
