"""Trees without walking: for every source, which leaves its value leaves possible.

A tree of at most 64 leaves is one unsigned integer a row. Each source (a number's rank, a category's code, a
whole one-hot block) has a table: for each of its values, and each tree, the leaves that no split on this
source rules out. The bitwise *and* over all sources has exactly one bit, the leaf that the row falls into.
Nothing branches, all trees advance together, and a one-hot encoded category of 300 levels costs as much as
one number.

The idea of one bit a leaf is that of Lucchese et al., QuickScorer (SIGIR 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

import numpy as np

from incumbent.native.blocks import Features, OneHot
from incumbent.native.trees.bins import Columns, Ranker, category_codes, thresholds_by_feature
from incumbent.native.trees.engine import kernel
from incumbent.native.trees.ensemble import Ensemble
from incumbent.native.trees.splits import Splits

#: Rows that numpy works on together, and trees whose tables lie together: both stay in the caches.
ROWS, TREES = 2048, 128
#: Rows that the compiled loop is given at a time: it takes them one by one.
COMPILED_ROWS = 16_384
#: Tables beyond this many bytes are slower than walking.
LARGEST = 96 * 2**20

#: Multiplying a single bit by these puts a different number into the top five (six) bits for each bit.
SPREAD = {32: 0x077CB531, 64: 0x03F79D71B4CB0A89}


@dataclass(frozen=True)
class Source:
    """What the masks are looked up by: one number, one category, or one one-hot block."""

    kind: str  # number, category or one-hot
    place: int  # feature, or block
    size: int  # how many different values there are
    ranker: "Ranker | None" = None

    def fill(self, columns: Columns, out: np.ndarray, rank: "Callable[..., None] | None") -> None:
        """Write the rows' values as positions below ``size``; ``rank`` is the compiled loop, if any."""
        if self.kind == "one-hot":
            out[:] = columns.codes(self.place) + 1
        elif self.ranker is None:
            out[:] = category_codes(columns.values(self.place), self.size - 1)
        elif rank is None:
            out[:] = self.ranker.ranks(columns.values(self.place))
        else:
            rank(columns.values(self.place), *self.ranker.plain, out)


@dataclass(frozen=True)
class Group:
    """A few trees of one output, with the tables of the sources that they use."""

    output: int
    sources: np.ndarray  # which of all sources
    offsets: np.ndarray  # first place of each in the table
    table: np.ndarray  # (places, trees)
    values: np.ndarray  # (trees, leaves, values)


class MaskScorer:
    """Sums an ensemble over rows whose blocks have one layout.

    Parameters
    ----------
    ensemble : Ensemble
        With at most 64 leaves a tree (:func:`fits`).
    layout : sequence of (is_one_hot, width)
        The blocks of the rows (:func:`layout_of`).
    """

    def __init__(self, ensemble: Ensemble, layout: "Sequence[tuple[bool, int]]") -> None:
        self._ensemble = ensemble
        self._bits = 32 if ensemble.leaves().max() <= 32 else 64
        self._type = np.uint32 if self._bits == 32 else np.uint64
        self._spread = self._type(SPREAD[self._bits])
        self._shift = self._type(self._bits - self._bits.bit_length() + 1)
        self.sources, self._source_of, self._column_of = _sources(ensemble, layout)
        self._groups = self._build()

    @property
    def bytes(self) -> int:
        """Size of all tables."""
        return sum(g.table.nbytes for g in self._groups)

    def add(self, x: Features, out: np.ndarray) -> None:
        """Add every tree, in order, to ``out``, shape (rows, outputs)."""
        work = x.rows * self._ensemble.trees
        rank, sum_masks = kernel("rank", work), kernel("sum_masks", 0)
        step = ROWS if sum_masks is None else COMPILED_ROWS
        for start in range(0, x.rows, step):
            rows = slice(start, min(start + step, x.rows))
            columns = Columns(x, rows, self._ensemble.single)
            bins = np.empty((len(self.sources), rows.stop - start), dtype=np.uint32)
            for i, source in enumerate(self.sources):
                source.fill(columns, bins[i], rank)
            for group in self._groups:
                if sum_masks is None:
                    self._add_group(group, bins[group.sources] + group.offsets[:, None], out[rows])
                else:
                    sum_masks(
                        group.table, group.sources, group.offsets, bins,
                        self._spread, self._shift, group.values, out[rows], group.output,
                    )  # fmt: skip

    def _add_group(self, group: Group, places: np.ndarray, out: np.ndarray) -> None:
        alive = np.take(group.table, places[0], axis=0)
        other = np.empty_like(alive)
        for place in places[1:]:
            np.take(group.table, place, axis=0, out=other, mode="clip")  # clip: no copy in between
            np.bitwise_and(alive, other, out=alive)
        alive *= self._spread
        alive >>= self._shift
        leaves = alive.astype(np.intp)
        leaves += np.arange(alive.shape[1]) * self._bits
        for k in range(group.values.shape[2]):
            added = np.take(np.ascontiguousarray(group.values[:, :, k]), leaves, mode="clip")
            column = out[:, group.output + k]
            added[:, 0] += column
            column[:] = np.cumsum(added, axis=1, out=added)[:, -1]  # tree by tree, as scikit-learn sums

    def _build(self) -> "list[Group]":
        groups = []
        ensemble = self._ensemble
        outputs = ensemble.outputs // ensemble.value.shape[1]
        splits = Splits(ensemble, self._type)
        places_left = self._places_left()
        for output in range(outputs):
            members = np.arange(output, ensemble.trees, outputs)
            for start in range(0, len(members), TREES):
                groups.append(self._build_group(output, members[start : start + TREES], splits, places_left))
        return groups

    def _build_group(self, output: int, trees: np.ndarray, splits: Splits, places_left: np.ndarray) -> Group:
        bounds = self._ensemble.bounds()
        nodes = np.concatenate([np.arange(bounds[t], bounds[t + 1]) for t in trees])
        tree = np.repeat(
            np.arange(len(trees)), (bounds[1:] - bounds[:-1])[trees]
        )  # of each node, in the group
        is_inner = self._ensemble.feature[nodes] >= 0
        values = np.zeros((len(trees), self._bits, self._ensemble.value.shape[1]))
        leaves = nodes[~is_inner]
        with np.errstate(over="ignore"):
            at = (splits.below[leaves] * self._spread) >> self._shift
        values[tree[~is_inner], at.astype(np.intp)] = self._ensemble.value[leaves]
        nodes, tree = nodes[is_inner], tree[is_inner]
        used = np.unique(self._source_of[nodes])
        if not len(used):  # trees of nothing but a root: any source will do, it rules nothing out
            used = np.array([0])
        sizes = np.array([self.sources[s].size for s in used])
        ends = np.cumsum(sizes)
        table = np.empty((int(ends[-1]), len(trees)), dtype=self._type)
        table[:] = splits.every[trees]
        for source, start, end in zip(used.tolist(), (ends - sizes).tolist(), ends.tolist(), strict=True):
            asks = self._source_of[nodes] == source
            self._rule_out(table[start:end], nodes[asks], tree[asks], splits, places_left)
        return Group(output, used, (ends - sizes).astype(np.uint32), table, values)

    def _rule_out(
        self, table: np.ndarray, nodes: np.ndarray, tree: np.ndarray, splits: Splits, places_left: np.ndarray
    ) -> None:
        """Cut one source's part of a table, (places, trees), down to what its splits leave possible."""
        ensemble = self._ensemble
        if_left, if_right = splits.if_left[nodes], splits.if_right[nodes]
        if not len(nodes) or self.sources[self._source_of[nodes[0]]].ranker is None:
            for i, node in enumerate(nodes.tolist()):
                table[:, tree[i]] &= np.where(self._left_codes(node), if_left[i], if_right[i])
            return
        numbers, missing = table[:-1], table[-1]
        np.bitwise_and.at(missing, tree, np.where(ensemble.missing_left[nodes], if_left, if_right))
        first_right = places_left[nodes]
        low = np.full_like(numbers, splits.all_bits)
        np.bitwise_and.at(low, (first_right - 1, tree), if_left)
        numbers &= np.bitwise_and.accumulate(low[::-1], axis=0)[::-1]
        high, inside = np.full_like(numbers, splits.all_bits), first_right < len(numbers)
        np.bitwise_and.at(high, (first_right[inside], tree[inside]), if_right[inside])
        numbers &= np.bitwise_and.accumulate(high, axis=0)

    def _places_left(self) -> np.ndarray:
        """How many places of its source each numeric split sends to the left, shape (nodes,)."""
        found = np.zeros(self._ensemble.nodes, dtype=np.intp)
        for number, source in enumerate(self.sources):
            if source.ranker is not None:
                asks = self._source_of == number
                found[asks] = source.ranker.thresholds.searchsorted(self._ensemble.threshold[asks]) + 1
        return found

    def _left_codes(self, node: int) -> np.ndarray:
        """Which codes of its source a split by category sends to the left."""
        ensemble = self._ensemble
        source = self.sources[self._source_of[node]]
        left = np.zeros(source.size, dtype=bool)
        if source.kind == "one-hot":
            left[:] = ensemble.threshold[node] >= 0.0
            left[1 + self._column_of[node]] = ensemble.threshold[node] >= 1.0
        else:
            members = ensemble.sets[ensemble.category[node]]
            left[: len(members)] = members
            left[-1] = ensemble.missing_left[node]
        return left


def layout_of(x: Features) -> "tuple[tuple[bool, int], ...]":
    """How the rows are made up, for :class:`MaskScorer`."""
    return tuple((isinstance(b, OneHot), b.width) for b in x.blocks)


def fits(ensemble: Ensemble) -> bool:
    """Whether every tree has few enough leaves."""
    return int(ensemble.leaves().max()) <= 64


def table_bytes(ensemble: Ensemble) -> int:
    """About how large the tables would be, without building them."""
    inner = ensemble.feature >= 0
    pairs = {
        feature: len(thresholds) + 2
        for feature, thresholds in thresholds_by_feature(
            ensemble.feature[inner], ensemble.threshold[inner]
        ).items()
    }
    return 8 * ensemble.trees * sum(pairs.values())


def _sources(
    ensemble: Ensemble, layout: "Sequence[tuple[bool, int]]"
) -> "tuple[list[Source], np.ndarray, np.ndarray]":
    """All sources; each node's source; each node's column in its block."""
    starts = np.concatenate([[0], np.cumsum([width for _, width in layout])])
    inner = ensemble.feature >= 0
    block = np.searchsorted(starts, ensemble.feature, side="right") - 1
    column = ensemble.feature - starts[np.maximum(block, 0)]
    hot = inner & np.array([is_hot for is_hot, _ in layout] + [False])[block]
    categorical = inner & (ensemble.category >= 0)
    numeric = inner & ~hot & ~categorical
    thresholds = thresholds_by_feature(ensemble.feature[numeric], ensemble.threshold[numeric])
    sources: "list[Source]" = []
    source_of = np.full(ensemble.nodes, -1, dtype=np.int64)

    def add(source: Source, nodes: Any) -> None:
        source_of[nodes] = len(sources)
        sources.append(source)

    for at in np.unique(block[hot]).tolist():
        add(Source("one-hot", at, layout[at][1] + 1), hot & (block == at))
    for feature in np.unique(ensemble.feature[categorical]).tolist():
        size = ensemble.sets.shape[1] + 1
        add(Source("category", feature, size), categorical & (ensemble.feature == feature))
    for feature, cuts in thresholds.items():
        add(Source("number", feature, len(cuts) + 2, Ranker(cuts)), numeric & (ensemble.feature == feature))
    if not sources:
        add(Source("number", 0, 2, Ranker(np.empty(0))), [])
    return sources, source_of, column
