"""The compiled loops give what numpy gives, to the last bit."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.metrics import loops, ranking
from core.metrics.sample import Sample
from core.metrics.workings import Floats, Workings
from core.statistics.blocks import Blocks


def sample_of(seed: int, rows: int, blocks: int, distinct: int) -> Sample:
    """Rows with few distinct scores, so that many are tied."""
    rng = np.random.default_rng(seed)
    codes = np.concatenate([np.arange(blocks), rng.integers(0, blocks, rows)])
    scores = rng.integers(0, distinct, len(codes)) / distinct
    actual = np.concatenate([[0, 1], rng.integers(0, 2, len(codes) - 2)])
    names = tuple(map(str, range(blocks)))
    return Sample(actual, Blocks(codes, names, "day"), scores=scores, classes=("no", "yes"))


def by_numpy(w: Workings) -> tuple[float, Floats, Floats]:
    return ranking._summed(w, w.is_positive, w.scores, w.order)


@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(2, 7), st.sampled_from([1, 3, 1000]))
def test_concordant_pairs_are_those_of_numpy(seed: int, rows: int, blocks: int, distinct: int) -> None:
    w = Workings(sample_of(seed, rows, blocks, distinct))
    below, lost, within = np.zeros((3, blocks))
    pairs = loops.concordance(w.order, w.scores, w.is_positive, w.sample.blocks.codes, below, lost, within)
    expected = by_numpy(w)
    assert pairs == expected[0]
    assert lost.tolist() == expected[1].tolist()
    assert within.tolist() == expected[2].tolist()
    assert below.tolist() == np.bincount(w.sample.blocks.codes, ~w.is_positive, blocks).tolist()


def test_compiled_is_used_when_there_is_work_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    with monkeypatch.context() as patched:
        patched.setattr(loops, "_done", 0)
        patched.delitem(sys.modules, "numba", raising=False)
        assert loops.compiled("concordance", 10) is None
    w = Workings(sample_of(0, 5_000, 6, 900))
    alone = ranking.roc_auc(w)
    monkeypatch.setattr(loops, "_done", loops.PATIENCE)
    assert loops.compiled("concordance", 10) is not None
    assert ranking.roc_auc(w).tolist() == alone.tolist()


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 0.5]), min_size=1, max_size=60))
def test_rows_are_sorted_digit_by_digit_as_numpy_sorts_them(scores: list[float]) -> None:
    values = np.array(scores)
    with np.errstate(over="ignore"):
        order = loops.ascending(loops.sortable(values), np.arange(len(values)), *loops._spare(len(values)))
    assert sorted(order.tolist()) == list(range(len(values)))
    assert values[order].tolist() == np.sort(values).tolist()


def test_many_rows_are_sorted_by_the_compiled_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(loops, "_done", loops.PATIENCE)
    scores = np.random.default_rng(3).normal(size=70_000).round(3)
    order = loops.ascending_order(scores)
    assert np.array_equal(np.sort(order), np.arange(len(scores)))
    assert np.array_equal(scores[order], np.sort(scores))
