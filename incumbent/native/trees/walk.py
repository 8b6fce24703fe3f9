"""Trees by walking, for those too large for masks: level by level over many rows, on exact ranks."""

from __future__ import annotations

from functools import cached_property
from typing import Callable

import numpy as np

from incumbent.native.blocks import Features
from incumbent.native.trees.bins import Columns, Ranker, category_codes, thresholds_by_feature
from incumbent.native.trees.engine import kernel
from incumbent.native.trees.ensemble import Ensemble

#: Rows that walk together.
ROWS = 8192
#: Rows that have arrived are set aside every so many levels.
REST = 4

_NEVER = np.iinfo(np.int32).max


class WalkScorer:
    """Sums an ensemble over rows of any blocks.

    The ranks of a row stand in one column a feature. Where rows have missing values, each feature has a
    second column in which those rank below every threshold; splits that send them left look there.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        inner = ensemble.feature >= 0
        numeric = inner & (ensemble.category < 0)
        cuts = thresholds_by_feature(ensemble.feature[numeric], ensemble.threshold[numeric])
        self._rankers = {feature: Ranker(found) for feature, found in cuts.items()}
        self._used = np.unique(ensemble.feature[inner])
        self._source = np.searchsorted(self._used, ensemble.feature)
        self._limit = np.full(ensemble.nodes, _NEVER, dtype=np.int32)
        for feature, found in cuts.items():
            nodes = np.flatnonzero(numeric & (ensemble.feature == feature))
            self._limit[nodes] = np.searchsorted(found, ensemble.threshold[nodes])
        categorical = ensemble.category >= 0
        self._limit[categorical] = -2 - ensemble.category[categorical]
        self._codes = ensemble.sets.shape[1]
        self._sets = self._sets_with_missing()

    def add(self, x: Features, out: np.ndarray) -> None:
        """Add every tree, in order, to ``out``, shape (rows, outputs)."""
        compiled = kernel("sum_walk", x.rows * self._ensemble.trees)
        for start in range(0, x.rows, ROWS):
            rows = slice(start, min(start + ROWS, x.rows))
            ranks, any_missing = self._ranks(Columns(x, rows, self._ensemble.single), rows.stop - start)
            self._add_chunk(ranks, any_missing, out[rows], compiled)

    def _ranks(self, columns: Columns, rows: int) -> "tuple[np.ndarray, bool]":
        """Ranks and category codes, int32, shape (rows, sources); whether the second columns are there."""
        ranks = np.empty((rows, max(1, len(self._used))), dtype=np.int32)
        lowest = np.empty_like(ranks)
        any_missing = False
        for i, feature in enumerate(self._used.tolist()):
            values = columns.values(feature)
            ranker = self._rankers.get(feature)
            ranks[:, i] = category_codes(values, self._codes) if ranker is None else ranker.ranks(values)
            lowest[:, i] = ranks[:, i]
            if ranker is not None:
                missing = ranks[:, i] == ranker.missing
                any_missing |= bool(missing.any())
                lowest[missing, i] = -1
        return (np.hstack([ranks, lowest]), True) if any_missing else (ranks, False)

    def _add_chunk(
        self, ranks: np.ndarray, any_missing: bool, out: np.ndarray, compiled: "Callable[..., None] | None"
    ) -> None:
        ensemble = self._ensemble
        if compiled is not None:
            nodes = self._nodes_if_missing if any_missing else self._nodes
            compiled(ensemble.roots, nodes, self._sets, ranks, ensemble.value, out)
            return
        width = ensemble.value.shape[1]
        columns = self._columns[any_missing]
        for tree, root in enumerate(ensemble.roots.tolist()):
            leaves = self._leaves(root, columns, ranks)
            first = ensemble.output_of(tree)
            out[:, first : first + width] += ensemble.value[leaves]

    def _leaves(self, root: int, nodes: "list[np.ndarray]", ranks: np.ndarray) -> np.ndarray:
        """The leaf of every row in one tree; ``nodes`` are source, limit and left child."""
        source, limit, left = nodes
        rows, sources = ranks.shape
        flat = ranks.ravel()
        arrived = np.full(rows, root, dtype=np.intp)
        walking = np.arange(rows)
        at, base, level = arrived.copy(), walking * sources, 0
        while len(walking):
            limits = limit.take(at)
            rank = flat.take(base + np.maximum(source.take(at), 0))
            right = rank > limits
            if len(self._sets):
                split = np.flatnonzero(limits < -1)
                right[split] = ~self._sets[-2 - limits[split], rank[split]]
            at = left.take(at) + right
            level += 1
            if level % REST == 0:
                inner = source.take(at) >= 0
                arrived[walking[~inner]] = at[~inner]
                walking, at, base = walking[inner], at[inner], base[inner]
        return arrived

    @cached_property
    def _columns(self) -> "tuple[list[np.ndarray], list[np.ndarray]]":
        """Source, limit and left child as arrays of their own, for rows without and with missing values."""
        tables = (self._nodes, self._nodes_if_missing)
        without, missing = ([np.ascontiguousarray(column) for column in table.T] for table in tables)
        return without, missing

    @cached_property
    def _nodes(self) -> np.ndarray:
        return self._node_table(self._source)

    @cached_property
    def _nodes_if_missing(self) -> np.ndarray:
        below = self._ensemble.missing_left & (self._ensemble.category < 0)
        return self._node_table(self._source + np.where(below, max(1, len(self._used)), 0))

    def _node_table(self, source: np.ndarray) -> np.ndarray:
        """Source, limit and left child of every node, int32, shape (nodes, 3)."""
        source = np.where(self._ensemble.feature >= 0, source, -1)
        return np.column_stack([source, self._limit, self._ensemble.left]).astype(np.int32)

    def _sets_with_missing(self) -> np.ndarray:
        """Category sets with one more code, for missing values."""
        ensemble = self._ensemble
        categorical = ensemble.category >= 0
        missing = np.zeros((len(ensemble.sets), 1), dtype=bool)
        missing[ensemble.category[categorical], 0] = ensemble.missing_left[categorical]
        return np.hstack([ensemble.sets, missing]) if len(ensemble.sets) else np.zeros((0, 1), dtype=bool)
