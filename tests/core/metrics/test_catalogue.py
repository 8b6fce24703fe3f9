"""Names, aliases and refusals of the catalogue."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.metrics import CATALOGUE, check_metrics, names, resolve
from core.metrics.custom import CustomMetrics
from core.metrics.measure import FORMULAS
from core.metrics.metric import FREE, Metric
from core.metrics.table import EVERY
from core.metrics.workings import COMPUTES
from incumbent.errors import UsageError

OWN = CustomMetrics(
    "metrics.py",
    functions=tuple(
        Metric(f"metrics.{name}", "higher", "nothing", EVERY, FREE, kind="custom")
        for name in ("profit", "mae")
    ),
)


def test_every_name_resolves_to_itself_and_no_alias_is_taken_twice() -> None:
    everything = [name for metric in CATALOGUE.values() for name in (metric.name, *metric.aliases)]
    assert len(everything) == len(set(everything))
    for name, metric in CATALOGUE.items():
        assert resolve(name) is metric
        assert all(resolve(alias) is metric for alias in metric.aliases)


def test_every_metric_has_a_formula_or_is_measured_elsewhere() -> None:
    assert FORMULAS
    measured_here = {name for name, metric in CATALOGUE.items() if metric.kind != "operational"}
    assert measured_here == set(COMPUTES)


@pytest.mark.parametrize(
    ("wrong", "suggested"),
    [("roc_acu", "roc_auc"), ("mean_absolut_error", "mean_absolute_error"), ("neg_log_loss", "log_loss")],
)
def test_an_unknown_name_is_refused_with_a_close_one(wrong: str, suggested: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(wrong)
    assert repr(suggested) in caught.value.hint


def test_own_metrics_are_called_by_either_name_and_hide_nothing_of_the_catalogue() -> None:
    assert resolve("profit", OWN) is resolve("metrics.profit", OWN)
    assert resolve("metrics.mae", OWN).kind == "custom" and resolve("mae", OWN).kind == "quality"
    with pytest.raises(UsageError, match="defines no metric 'profits'") as caught:
        resolve("metrics.profits", OWN)
    assert "metrics.profit" in caught.value.hint
    with pytest.raises(UsageError, match="no metrics file"):
        resolve("metrics.profit")


def test_a_metric_of_another_task_is_refused() -> None:
    check_metrics(["mae", "latency_p99_ms", "profit"], "regression", OWN)
    with pytest.raises(UsageError, match="not a metric of a regression task"):
        check_metrics(["roc_auc"], "regression")
    with pytest.raises(UsageError, match="roc_auc_ovr"):
        check_metrics(["roc_auc"], "multiclass")


def test_every_task_has_its_metrics() -> None:
    assert set(names("regression")) & set(names("binary")) == {
        "bias", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "throughput",
    }  # fmt: skip


def test_loss_is_lower_for_better() -> None:
    assert resolve("roc_auc").loss(0.9) < resolve("roc_auc").loss(0.8)
    assert resolve("bias").loss(-0.1) < resolve("bias").loss(0.2)
    assert resolve("calibration_slope").loss(1.1) < resolve("calibration_slope").loss(0.7)


def test_the_catalogue_imports_nothing_heavy() -> None:
    program = "import sys, core.metrics, core.statistics.limits; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
