"""Samples of every task, made from a seed."""

from __future__ import annotations

import numpy as np

from core.metrics.sample import Sample
from core.statistics.blocks import Blocks

TASKS = ("binary", "multiclass", "regression")


def blocks_of(codes: np.ndarray) -> Blocks:
    """Blocks with these codes, renumbered without gaps."""
    values, renumbered = np.unique(codes, return_inverse=True)
    return Blocks(renumbered, tuple(map(str, values)), "day")


def make_sample(task: str, seed: int, rows: int = 240, blocks: int = 8, weighted: bool = False) -> Sample:
    """A sample in which ties, rare classes and uneven blocks occur."""
    rng = np.random.default_rng(seed)
    chosen = blocks_of(rng.integers(0, blocks, rows))
    weight = rng.uniform(0.1, 3.0, rows) if weighted else None
    if task == "regression":
        actual = rng.gamma(2.0, 3.0, rows)
        predicted = np.abs(actual + rng.normal(0.5, 1.0, rows)) + 0.1
        return Sample(actual, chosen, predicted, weight=weight)
    classes = ("no", "yes") if task == "binary" else ("a", "b", "c", "d")
    scores = rng.normal(size=(rows, len(classes))).round(1)
    actual = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    predicted = probabilities.argmax(axis=1)
    return Sample(actual, chosen, predicted, probabilities, weight=weight, classes=classes, cost=(1.0, 5.0))


def without(sample: Sample, block: int) -> Sample:
    """The sample without one block, its remaining blocks renumbered."""
    kept = sample.blocks.codes != block
    return Sample(
        sample.actual[kept],
        blocks_of(sample.blocks.codes[kept]),
        None if sample.predicted is None else sample.predicted[kept],
        None if sample.probabilities is None else sample.probabilities[kept],
        weight=None if sample.weight is None else sample.weight[kept],
        classes=sample.classes,
        cost=sample.cost,
    )
