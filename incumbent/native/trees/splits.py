"""What every split of every tree leaves possible, a bit a leaf, for all trees at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.native.trees.ensemble import Ensemble


class Splits:
    """Which leaves of its tree each node leads to, and each split leaves possible, a bit a leaf.

    Parameters
    ----------
    ensemble : Ensemble
    unsigned : type
        Unsigned integers of enough bits for the tree with the most leaves.

    Attributes
    ----------
    every : ndarray, shape (trees,)
        All leaves of each tree.
    below : ndarray, shape (nodes,)
        The leaves under each node; a leaf is under itself.
    if_left, if_right : ndarray, shape (nodes,)
        What remains possible where a row goes to that side (all leaves, for leaves).
    """

    def __init__(self, ensemble: Ensemble, unsigned: "type[np.unsignedinteger[Any]]") -> None:
        leaf, counts = ensemble.feature < 0, ensemble.leaves()
        self.all_bits = unsigned(np.iinfo(unsigned).max)
        self.every = self.all_bits >> (np.iinfo(unsigned).bits - counts).astype(unsigned)
        sizes = np.diff(ensemble.bounds())
        before: np.ndarray = np.cumsum(leaf) - leaf  # leaves of all trees before each node
        bit: np.ndarray = before - np.repeat(before[ensemble.roots], sizes)
        self.below = np.where(leaf, unsigned(1) << np.where(leaf, bit, 0).astype(unsigned), unsigned(0))
        depth = np.where(leaf, -1, ensemble.depths())
        for level in range(int(depth.max()), -1, -1):
            inner = np.flatnonzero(depth == level)
            self.below[inner] = self.below[ensemble.left[inner]] | self.below[ensemble.left[inner] + 1]
        every, left = np.repeat(self.every, sizes), ensemble.left
        right = np.where(leaf, left, left + 1)
        self.if_left = np.where(leaf, every, every & ~self.below[right])
        self.if_right = np.where(leaf, every, every & ~self.below[left])
