"""What was measured is not measured again; what was finished stays; how it is done makes no difference."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import requirements
from core.checks import slices
from core.checks.early_warning import watch_losses
from core.checks.pooling import CONFUSION, SCORES, TOTAL, keep, pooled
from core.metrics import resolve
from core.metrics.measure import measure
from core.metrics.sample import Sample
from core.runs import run_here
from core.statistics.blocks import choose_blocks
from core.statistics.packing import BlockSeries
from core.workspace import Workspace
from tests.core.checks.making import apply, checked, fitted, partitions, same


@contextmanager
def counted() -> Iterator[list[str]]:
    """The labels of the slices that are really measured."""
    seen: list[str] = []
    original = slices.Measurer.measure

    def noted(self: Any, piece: Any, wishes: Any) -> Any:
        seen.append(piece.label)
        return original(self, piece, wishes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices.Measurer, "measure", noted)
        yield seen


def touch(house: Workspace, month: str) -> None:
    """Change one value of a month's file."""
    path = house.root / "data" / f"{month}.csv"
    rows = pd.read_csv(path)
    rows.loc[5, "distance"] = 77.0
    rows.to_csv(path, index=False)


def _values(partition: dict[str, Any]) -> dict[str, float | None]:
    return {name: found["value"] for name, found in partition["metrics"].items()}


def _widths(partition: dict[str, Any]) -> dict[str, float]:
    metrics = partition["metrics"].items()
    return {name: m["high"] - m["low"] for name, m in metrics if m["high"] is not None}


def test_a_second_run_measures_nothing(house: Workspace) -> None:
    first = checked(house, "late")
    with counted() as measured:
        second = checked(house, "late")
    assert measured == [] and same(first, second)


def test_only_what_is_new_is_measured(house: Workspace) -> None:
    before = checked(house, "late")
    touch(house, "2024-05")
    with counted() as measured:
        after = checked(house, "late")
    assert measured == ["2024-05"]
    one, other = partitions(before, 1), partitions(after, 1)
    assert {label for label in one if _values(one[label]) != _values(other[label])} == {"2024-05"}
    assert _widths(one["2024-01"]) == pytest.approx(_widths(other["2024-01"]), rel=0.1)
    fitted(house, "late", "2024-03-01", C=0.1)
    with counted() as measured:
        checked(house, "late")
    assert sorted(measured) == [label for label in one if label != "2024-07"]


def test_the_same_rows_in_another_file_are_known(house: Workspace) -> None:
    checked(house, "late")
    (house.root / "data" / "2024-05.csv").rename(house.root / "data" / "2024-05b.csv")
    with counted() as measured:
        checked(house, "late")
    assert measured == []


@pytest.mark.parametrize("change", ["metric", "segment", "cost"])
def test_another_way_of_measuring_measures_again(house: Workspace, change: str) -> None:
    checked(house, "late")
    if change == "metric":
        requirements.set_requirement(house, "late", "mcc", min=0.0)
    elif change == "segment":
        requirements.set_requirement(house, "late", "error_rate", max=0.9, segment="carrier")
    else:
        apply(house, cost={"fp": 1, "fn": 2})
    with counted() as measured:
        document = checked(house, "late")
    assert len(measured) == 7
    if change == "metric":
        assert "mcc" in partitions(document, 1)["2024-05"]["metrics"]
    with counted() as measured:
        checked(house, "late")
    assert measured == []


def test_a_limit_on_what_is_measured_anyway_does_not_measure_again(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "recall", min=0.999)
    with counted() as measured:
        document = checked(house, "late")
    assert measured == [] and document["verdict"] == "fail"


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cancelled_run_keeps_what_it_finished(house: Workspace, jobs: int) -> None:
    asked: list[str] = []

    def stop(share: float | None, note: str) -> None:
        if "measured" in note and not asked:
            asked.append(note)
            signal.raise_signal(signal.SIGINT)  # Ctrl-C

    with house.store() as store:
        store.measured.prune("9999")
    run = run_here(house, "late", "backtest", {"jobs": jobs}, why="test", progress=stop)
    assert run.state == "cancelled", house.log(run.id).read_text()
    assert run.result is None
    with counted() as measured:
        checked(house, "late", jobs=jobs)
    assert 0 < len(measured) < 7


def test_threads_and_one_job_find_the_same(house: Workspace) -> None:
    alone = checked(house, "late", jobs=1, by="carrier")
    with house.store() as store:
        store.measured.prune("9999")
    with counted() as measured:
        together = checked(house, "late", jobs=3, by="carrier")
    assert len(measured) == 7 and same(alone, together)
    assert not slices._OPEN


def test_versions_on_one_slice_at_the_same_time_find_the_same(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = checked(house, "late", jobs=1, by="carrier", since="2024-07")
    monkeypatch.setattr(slices, "TOGETHER", 0)
    with house.store() as store:
        store.measured.prune("9999")
    with counted() as measured:
        together = checked(house, "late", jobs=3, by="carrier", since="2024-07")
    assert len(measured) == 1 and same(alone, together)


def binary_sample(random: np.random.Generator, count: int, weighted: bool) -> Sample:
    """A sample of two classes, in blocks of a day."""
    shares = random.random(count)
    times = np.datetime64("2024-01-01", "us") + np.arange(count) * np.timedelta64(1, "h")
    return Sample(
        (random.random(count) < shares).astype(np.int64),
        choose_blocks(times, None, count),
        predicted=(shares > 0.4).astype(np.int64),
        probabilities=np.column_stack([1 - shares, shares]),
        weight=random.random(count) if weighted else None,
        classes=("no", "yes"),
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_pooled_values_are_those_of_all_rows(weighted: bool) -> None:
    random = np.random.default_rng(1)
    samples = [binary_sample(random, n, weighted) for n in (300, 500, 800)]
    names = ["log_loss", "brier", "accuracy", "precision", "recall", "specificity", "f1", "balanced_accuracy"]
    whole = Sample(
        np.concatenate([s.actual for s in samples]),
        choose_blocks(None, None, 1600),
        predicted=np.concatenate([s.predicted for s in samples if s.predicted is not None]),
        probabilities=np.concatenate([s.probabilities for s in samples if s.probabilities is not None]),
        weight=np.concatenate([s.weight for s in samples if s.weight is not None]) if weighted else None,
        classes=("no", "yes"),
    )
    expected = measure(whole, [*names, "roc_auc"])
    parts = [(measure(s, [*names, "roc_auc"]), keep(s)) for s in samples]
    for name in names:
        found = pooled(resolve(name), [(e[name], k) for e, k in parts])
        assert found == pytest.approx(expected[name].value, rel=1e-12)
    assert pooled(resolve("roc_auc"), [(e["roc_auc"], k) for e, k in parts]) == pytest.approx(
        expected["roc_auc"].value, abs=1e-3
    )


def test_what_cannot_be_pooled_is_not_guessed() -> None:
    sample = binary_sample(np.random.default_rng(2), 300, False)
    estimate, kept = measure(sample, ["f1"])["f1"], keep(sample)
    assert set(kept) == {TOTAL, CONFUSION, SCORES}
    lacking = {k: v for k, v in kept.items() if k != CONFUSION}
    assert pooled(resolve("f1"), [(estimate, kept), (estimate, lacking)]) is None
    three = BlockSeries(tuple("abcdefghi"), np.ones(9), np.zeros(9))
    assert pooled(resolve("f1"), [(estimate, kept), (estimate, {**kept, CONFUSION: three})]) is None
    assert pooled(resolve("f1"), [(estimate, {**kept, CONFUSION: three})]) is None


def test_blocks_that_two_slices_share_are_watched_as_one() -> None:
    days = tuple(f"2024-{m:02d}-{d:02d}" for m in range(1, 5) for d in range(1, 29))
    random = np.random.default_rng(4)
    losses = 0.2 + 0.01 * random.standard_normal(len(days))
    sizes = np.full(len(days), 10.0)
    whole = watch_losses([BlockSeries(days, losses, sizes)])
    apart = 0.05 * random.standard_normal(len(days))
    halves = [BlockSeries(days, losses + sign * apart, sizes / 2) for sign in (1, -1)]
    both = watch_losses(halves)
    assert whole is not None and both is not None
    assert both.evidence == pytest.approx(whole.evidence) and both.baseline == pytest.approx(whole.baseline)


def test_documents_are_plain_json(built: Workspace) -> None:
    document = checked(built, "late", by="carrier")
    assert json.loads(json.dumps(document, allow_nan=False)) == document
