"""Every metric: against scikit-learn, against recomputation without each block, and where it is undefined."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from core.metrics import CATALOGUE, names
from core.metrics.measure import measure
from core.metrics.sample import Sample
from core.statistics.blocks import Blocks, choose_blocks
from tests.core.metrics.samples import TASKS, make_sample, without

MEASURED = [
    (task, name) for task in TASKS for name in names(task) if CATALOGUE[name].kind != "operational"
]  # fmt: skip


def _labels(function: Callable[..., float], **options: Any) -> Callable[[Sample], float]:
    return lambda s: function(s.actual, s.predicted, sample_weight=s.weight, **options)


def _positive(function: Callable[..., float], **options: Any) -> Callable[[Sample], float]:
    return lambda s: function(s.actual, s.probabilities[:, 1], sample_weight=s.weight, **options)


def _all(function: Callable[..., float], **options: Any) -> Callable[[Sample], float]:
    return lambda s: function(
        s.actual, s.probabilities, sample_weight=s.weight, labels=range(len(s.classes)), **options
    )


def _confusion(s: Sample) -> np.ndarray:
    return sk.confusion_matrix(s.actual, s.predicted, sample_weight=s.weight, labels=[0, 1])


def _one_against_rest(s: Sample, average: str) -> float:
    one_hot = np.eye(len(s.classes))[s.actual]
    return float(sk.roc_auc_score(one_hot, s.probabilities, average=average, sample_weight=s.weight))


def _weighted_mean(s: Sample, of: np.ndarray) -> float:
    return float(np.average(of, weights=s.weight))


AVERAGED = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}

REFERENCE: dict[str, Callable[[Sample], float]] = {
    "roc_auc": _positive(sk.roc_auc_score),
    "roc_auc_ovr": lambda s: _one_against_rest(s, "macro"),
    "roc_auc_ovr_weighted": lambda s: _one_against_rest(s, "weighted"),
    "average_precision": _positive(sk.average_precision_score),
    "log_loss": lambda s: sk.log_loss(
        s.actual, y_proba=s.probabilities, sample_weight=s.weight, labels=range(len(s.classes))
    ),
    "accuracy": _labels(sk.accuracy_score),
    "error_rate": _labels(sk.zero_one_loss),
    "balanced_accuracy": _labels(sk.balanced_accuracy_score),
    "precision": _labels(sk.precision_score),
    "recall": _labels(sk.recall_score),
    "specificity": _labels(sk.recall_score, pos_label=0),
    "f1": _labels(sk.f1_score),
    **{
        f"{name}_{average}": _labels(function, average=average, zero_division=0)
        for name, function in AVERAGED.items()
        for average in ("macro", "micro", "weighted")
    },
    "mcc": _labels(sk.matthews_corrcoef),
    "errors": _labels(sk.zero_one_loss, normalize=False),
    "false_positives": lambda s: _confusion(s)[0, 1],
    "false_negatives": lambda s: _confusion(s)[1, 0],
    "cost": lambda s: (_confusion(s)[0, 1] + 5 * _confusion(s)[1, 0]) / _confusion(s).sum(),
    "positive_rate": lambda s: _weighted_mean(s, s.predicted),
    "target_rate": lambda s: _weighted_mean(s, s.actual),
    "mae": _labels(sk.mean_absolute_error),
    "mse": _labels(sk.mean_squared_error),
    "rmse": _labels(sk.root_mean_squared_error),
    "rmsle": _labels(sk.root_mean_squared_log_error),
    "medae": _labels(sk.median_absolute_error),
    "max_error": lambda s: sk.max_error(s.actual, s.predicted),
    "mape": _labels(sk.mean_absolute_percentage_error),
    "r2": _labels(sk.r2_score),
    "explained_variance": _labels(sk.explained_variance_score),
    "d2_absolute_error": _labels(sk.d2_absolute_error_score),
    "mean_poisson_deviance": _labels(sk.mean_poisson_deviance),
    "mean_gamma_deviance": _labels(sk.mean_gamma_deviance),
    "mean_pinball_loss": _labels(sk.mean_pinball_loss),
}


def _brier(s: Sample) -> float:
    options = {"sample_weight": s.weight, "labels": range(len(s.classes))}
    return float(sk.brier_score_loss(s.actual, y_proba=s.probabilities, **options))


def _calibration_error(s: Sample) -> float:
    if len(s.classes) == 2:
        stated, happened = s.probabilities[:, 1], s.actual
    else:
        stated, happened = s.probabilities.max(axis=1), s.probabilities.argmax(axis=1) == s.actual
    weight = np.ones(s.n) if s.weight is None else s.weight
    bins = np.minimum(np.floor(stated * 10), 9)
    gaps = [abs(np.sum((weight * (stated - happened))[bins == b])) for b in range(10)]
    return float(sum(gaps) / weight.sum())


def _slope(s: Sample) -> float:
    odds = np.log(s.probabilities[:, 1] / s.probabilities[:, 0])[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky")
    return float(fitted.fit(odds, s.actual, s.weight).coef_[0, 0])


def _bias(s: Sample) -> float:
    predicted = s.probabilities[:, 1] if s.classes else s.predicted
    return _weighted_mean(s, predicted - s.actual)


def _skill(function: Callable[..., float]) -> Callable[[Sample], float]:
    def value(s: Sample) -> float:
        labels = range(len(s.classes))
        return float(function(s.actual, s.probabilities, sample_weight=s.weight, labels=labels))

    return value


REFERENCE |= {
    "d2_log_loss": _skill(sk.d2_log_loss_score),
    "d2_brier": _skill(sk.d2_brier_score),
    "brier": _brier,
    "calibration_error": _calibration_error,
    "calibration_slope": _slope,
    "bias": _bias,
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("task", "name"), [m for m in MEASURED if m[1] in REFERENCE])
def test_value_equals_scikit_learns(task: str, name: str, weighted: bool) -> None:
    sample = make_sample(task, seed=3, weighted=weighted)
    assert measure(sample, [name])[name].value == pytest.approx(REFERENCE[name](sample), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("task", TASKS)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 60), weighted=st.booleans())
@settings(max_examples=10, deadline=None)
def test_any_sample_equals_scikit_learns_or_is_undefined(
    task: str, seed: int, rows: int, weighted: bool
) -> None:
    sample = make_sample(task, seed, rows, blocks=4, weighted=weighted)
    wanted = [name for t, name in MEASURED if t == task and name in REFERENCE and name != "calibration_slope"]
    found = measure(sample, wanted)
    for name in wanted:
        value = found[name].value
        if value is None:
            assert found[name].reason
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert value == pytest.approx(REFERENCE[name](sample), rel=1e-8, abs=1e-9), name


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("task", "name"), MEASURED)
def test_replicates_equal_recomputation_without_each_block(task: str, name: str, weighted: bool) -> None:
    sample = make_sample(task, seed=11, weighted=weighted)
    whole = measure(sample, [name])[name]
    assert whole.replicates is not None
    weight = np.ones(sample.n) if sample.weight is None else sample.weight
    for block in range(sample.blocks.count):
        rest = without(sample, block)
        value = measure(rest, [name])[name].value
        if CATALOGUE[name].kind == "count":  # replicates are for as many rows as there are
            kept = weight[sample.blocks.codes != block].sum()
            value = value * weight.sum() / kept
        assert whole.replicates[block] == pytest.approx(value, rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("task", TASKS)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 40))
@settings(max_examples=10, deadline=None)
def test_a_replicate_is_undefined_where_the_rest_is(task: str, seed: int, rows: int) -> None:
    sample = make_sample(task, seed, rows, blocks=3)
    wanted = [n for t, n in MEASURED if t == task and CATALOGUE[n].kind != "count"]
    wanted = [n for n in wanted if not n.startswith("calibration_")]
    whole = measure(sample, wanted)
    for block in range(sample.blocks.count):
        rest = measure(without(sample, block), wanted)
        for name in wanted:
            replicates = whole[name].replicates
            if replicates is None:
                continue
            value = rest[name].value
            if value is None:
                assert np.isnan(replicates[block]), name
            else:
                assert replicates[block] == pytest.approx(value, rel=1e-7, abs=1e-9), name


@pytest.mark.parametrize(
    "name",
    [n for t, n in MEASURED if t == "binary" and CATALOGUE[n].kind != "count"],  # counts grow with weights
)
def test_order_of_rows_and_scale_of_weights_do_not_matter(name: str) -> None:
    sample = make_sample("binary", seed=5, weighted=True)
    order = np.random.default_rng(0).permutation(sample.n)
    shuffled = Sample(
        sample.actual[order],
        Blocks(sample.blocks.codes[order], sample.blocks.labels, "day"),
        sample.predicted[order],
        sample.probabilities[order],
        weight=sample.weight[order] * 7,
        classes=sample.classes,
        cost=sample.cost,
    )
    assert measure(shuffled, [name])[name].value == pytest.approx(measure(sample, [name])[name].value)


def _binary(actual: list[int], predicted: list[int], probabilities: bool = True) -> Sample:
    positive = np.linspace(0.2, 0.8, len(actual))
    return Sample(
        np.array(actual),
        choose_blocks(None, None, len(actual)),
        np.array(predicted),
        np.stack([1 - positive, positive], axis=1) if probabilities else None,
        classes=("no", "yes"),
    )


@pytest.mark.parametrize(
    ("name", "sample", "why"),
    [
        ("roc_auc", _binary([1, 1, 1], [1, 0, 1]), "only one class happened"),
        ("average_precision", _binary([0, 0, 0], [1, 0, 1]), "no row is positive"),
        ("log_loss", _binary([0, 1, 0], [1, 0, 1], probabilities=False), "no probabilities"),
        ("roc_auc", _binary([0, 1, 0], [1, 0, 1], probabilities=False), "no scores"),
        ("precision", _binary([0, 1, 0], [0, 0, 0]), "no row was predicted positive"),
        ("recall", _binary([0, 0, 0], [0, 1, 0]), "no row is positive"),
        ("specificity", _binary([1, 1, 1], [0, 1, 0]), "no row is negative"),
        ("f1", _binary([0, 0, 0], [0, 0, 0]), "no row is positive or was predicted so"),
        ("mcc", _binary([0, 0, 0], [0, 1, 0]), "only one class happened"),
        ("cost", _binary([0, 1, 0], [0, 1, 0]), "the spec states no costs"),
        ("accuracy", _binary([], []), "no labelled rows"),
        ("mae", _binary([0, 1, 0], [0, 1, 0]), "not a metric of classification"),
        ("latency_p99_ms", _binary([0, 1, 0], [0, 1, 0]), "measured elsewhere"),
    ],
)
def test_undefined_is_none_with_a_reason(name: str, sample: Sample, why: str) -> None:
    found = measure(sample, [name])[name]
    assert (found.value, found.low, found.high, found.reason) == (None, None, None, why)
    assert found.document()["reason"] == why


def test_a_model_that_always_says_the_same_has_no_correlation() -> None:
    assert measure(_binary([0, 1, 0], [0, 0, 0]), ["mcc"])["mcc"].value == 0.0


def test_constant_actual_values_have_no_explained_variance() -> None:
    sample = Sample(np.full(5, 0.1), choose_blocks(None, None, 5), np.linspace(0, 1, 5))
    assert measure(sample, ["r2"])["r2"].reason == "the actual values do not vary"


def test_the_name_that_was_asked_for_is_kept() -> None:
    assert list(measure(make_sample("regression", 1), ["mean_absolute_error", "mae"])) == [
        "mean_absolute_error", "mae",
    ]  # fmt: skip


def test_scores_rank_where_there_are_no_probabilities() -> None:
    sample = make_sample("binary", 2)
    only_scores = replace(sample, probabilities=None, scores=sample.probabilities[:, 1] * 4)
    assert measure(only_scores, ["auc"])["auc"].value == measure(sample, ["auc"])["auc"].value


def test_calibration_of_a_calibrated_model_is_perfect_and_of_an_overconfident_one_is_not() -> None:
    rng = np.random.default_rng(8)
    odds = rng.normal(size=10_000)
    happened = (rng.random(10_000) < 1 / (1 + np.exp(-odds))).astype(int)

    def stated(log_odds: np.ndarray) -> dict[str, float | None]:
        p = 1 / (1 + np.exp(-log_odds))
        sample = Sample(
            happened,
            choose_blocks(None, None, len(p)),
            probabilities=np.stack([1 - p, p], axis=1),
            classes=("no", "yes"),
        )
        found = measure(sample, ["calibration_slope", "calibration_in_the_large", "calibration_error"])
        return {name: e.value for name, e in found.items()}

    good, bad = stated(odds), stated(2 * odds - 1)
    assert good["calibration_slope"] == pytest.approx(1, abs=0.05)
    assert good["calibration_in_the_large"] == pytest.approx(0, abs=0.05)
    assert good["calibration_error"] < 0.02
    assert bad["calibration_slope"] == pytest.approx(0.5, abs=0.03)
    assert bad["calibration_in_the_large"] > 0.5
    assert bad["calibration_error"] > 0.1


def test_separated_classes_have_no_calibration_slope() -> None:
    sample = _binary([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1])
    assert measure(sample, ["calibration_slope"])["calibration_slope"].value is None
