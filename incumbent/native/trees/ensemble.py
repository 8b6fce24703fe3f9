"""A tree ensemble as flat arrays: every tree of a forest or a boosted model, one node a place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree as fitted libraries have it: node 0 is the root, children by position, leaves have none.

    Parameters
    ----------
    feature : ndarray of int, shape (nodes,)
        The feature that a node looks at (any value in leaves).
    threshold : ndarray of float64, shape (nodes,)
        A row goes left where its value is ``<= threshold``.
    left, right : ndarray of int, shape (nodes,)
        Positions of the children; negative in leaves.
    missing_left : ndarray of bool, shape (nodes,)
        Where a row without a value goes.
    value : ndarray of float64, shape (nodes, values)
        What a leaf adds to the scores.
    category : ndarray of int, shape (nodes,), or None
        Which row of ``sets`` a categorical split uses; -1 for others.
    sets : ndarray of bool, shape (sets, codes), or None
        Category codes that go left.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    category: "np.ndarray | None" = None
    sets: "np.ndarray | None" = None


@dataclass(frozen=True, eq=False)
class Ensemble:
    """All trees, level by level, siblings side by side: the right child stands behind the left one.

    Parameters
    ----------
    roots : ndarray of int32, shape (trees,)
    feature : ndarray of int32, shape (nodes,)
        -1 in leaves.
    threshold : ndarray of float64, shape (nodes,)
        Left where ``value <= threshold``; 0 in leaves.
    left : ndarray of int32, shape (nodes,)
        A leaf is its own left child.
    missing_left : ndarray of bool, shape (nodes,)
    value : ndarray of float64, shape (nodes, values)
        Zero in inner nodes. With one value a node and several outputs, tree ``t`` adds to output
        ``t % outputs``.
    features : int
        Width of the rows.
    outputs : int
        Scores of one row.
    single : bool
        Rows are rounded to float32 before they are compared (scikit-learn's own trees and forests).
    missing : bool
        Rows without a value are accepted; otherwise refused.
    infinite : bool
        Infinite values are accepted.
    category : ndarray of int32, shape (nodes,)
        Row of ``sets`` of a categorical split, -1 for others.
    sets : ndarray of bool, shape (sets, codes)
        Category codes that go left.
    """

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    features: int
    outputs: int
    single: bool
    missing: bool
    infinite: bool
    category: np.ndarray
    sets: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))

    @property
    def trees(self) -> int:
        return len(self.roots)

    @property
    def nodes(self) -> int:
        return len(self.feature)

    @property
    def has_categories(self) -> bool:
        return len(self.sets) > 0

    def bounds(self) -> np.ndarray:
        """First node of every tree, and the end: shape (trees + 1,)."""
        return np.append(self.roots, self.nodes)

    def leaves(self) -> np.ndarray:
        """How many leaves each tree has."""
        found: np.ndarray = np.add.reduceat((self.feature < 0).astype(np.int64), self.roots)
        return found

    def depths(self) -> np.ndarray:
        """Depth of every node (roots 0), shape (nodes,)."""
        depth = np.zeros(self.nodes, dtype=np.int32)
        level = self.roots
        while len(level):
            inner = level[self.feature[level] >= 0]
            children = np.concatenate([self.left[inner], self.left[inner] + 1])
            depth[children] = np.tile(depth[inner] + 1, 2)
            level = children
        return depth

    def output_of(self, tree: int) -> int:
        """The first output that a tree adds to."""
        return tree % (self.outputs // int(self.value.shape[1]))


def assemble(
    trees: "list[Tree]", *, features: int, outputs: int, single: bool, missing: bool, infinite: bool
) -> Ensemble:
    """Lay trees out as one ensemble.

    Raises
    ------
    ValueError
        Where there is no tree, or the trees' leaves have values of different lengths.
    """
    if not trees:
        raise ValueError("an ensemble needs at least one tree")
    parts: "dict[str, list[np.ndarray]]" = {
        name: [] for name in ("feature", "threshold", "left", "missing_left", "value", "category")
    }
    sets: "list[np.ndarray]" = []
    roots, first, first_set = [], 0, 0
    for tree in trees:
        order, left = _level_order(tree)
        leaf = tree.left[order] < 0
        roots.append(first)
        parts["feature"].append(np.where(leaf, -1, tree.feature[order]).astype(np.int32))
        parts["threshold"].append(np.where(leaf, 0.0, tree.threshold[order]))
        parts["left"].append((left + first).astype(np.int32))
        parts["missing_left"].append(~leaf & tree.missing_left[order].astype(bool))
        parts["value"].append(np.where(leaf[:, None], tree.value[order], 0.0))
        category = np.full(len(order), -1) if tree.category is None else tree.category[order]
        category = np.where(leaf | (category < 0), -1, category + first_set)
        parts["category"].append(category.astype(np.int32))
        if tree.sets is not None and len(tree.sets):
            sets.append(tree.sets)
            first_set += len(tree.sets)
        first += len(order)
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    return Ensemble(
        roots=np.array(roots, dtype=np.int32),
        features=features,
        outputs=outputs,
        single=single,
        missing=missing,
        infinite=infinite,
        sets=np.concatenate(sets) if sets else np.zeros((0, 0), dtype=bool),
        **joined,
    )


def _level_order(tree: Tree) -> "tuple[np.ndarray, np.ndarray]":
    """Old positions in the new order, and the left child of each new position (leaves: themselves)."""
    levels, lefts, first = [np.array([0])], [], 0
    while True:
        level = levels[-1]
        inner = tree.left[level] >= 0
        positions = first + np.arange(len(level))
        children_at = first + len(level) + 2 * (np.cumsum(inner) - 1)
        lefts.append(np.where(inner, children_at, positions))
        if not inner.any():
            break
        first += len(level)
        kept = level[inner]
        levels.append(np.column_stack([tree.left[kept], tree.right[kept]]).ravel())
    return np.concatenate(levels), np.concatenate(lefts)
