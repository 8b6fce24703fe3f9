"""The two inner loops, as plain functions that numba can compile (see ``engine.py``).

They are also valid Python, so what they do can be tested without a compiler.
"""

from __future__ import annotations

from typing import Any


def sum_masks(table: Any, places: Any, spread: Any, shift: Any, values: Any, out: Any, first: int) -> None:
    """Narrow down the leaf of every tree by the masks of all sources, and add its value.

    Parameters
    ----------
    table : ndarray of uint32 or uint64, shape (places, trees)
        Leaves that remain possible, a bit each.
    places : ndarray of uint32, shape (rows, sources)
        Rows of ``table``.
    spread, shift : unsigned scalars of the table's type
        Turn a single bit into its place in ``values``.
    values : ndarray of float64, shape (trees, leaves, values)
    out : ndarray of float64, shape (rows, outputs)
        Added to from output ``first`` on, tree by tree.
    """
    rows, sources = places.shape
    trees = table.shape[1]
    width = values.shape[2]
    alive = table[0].copy()
    for r in range(rows):
        zero = places[r, 0]
        for t in range(trees):
            alive[t] = table[zero, t]
        for s in range(1, sources - 1, 2):
            one, two = places[r, s], places[r, s + 1]
            for t in range(trees):
                alive[t] &= table[one, t] & table[two, t]
        if sources % 2 == 0:
            last = places[r, sources - 1]
            for t in range(trees):
                alive[t] &= table[last, t]
        if width == 1:
            total = out[r, first]
            for t in range(trees):
                alive[t] *= spread  # stored back, so that the product is cut to the table's type
                total += values[t, alive[t] >> shift, 0]
            out[r, first] = total
        else:
            for t in range(trees):
                alive[t] *= spread
                leaf = alive[t] >> shift
                for k in range(width):
                    out[r, first + k] += values[t, leaf, k]


def sum_walk(roots: Any, nodes: Any, sets: Any, ranks: Any, values: Any, out: Any) -> None:
    """Walk every row down every tree, and add the value of the leaf.

    Parameters
    ----------
    roots : ndarray of int32, shape (trees,)
    nodes : ndarray of int32, shape (nodes, 3)
        Source (-1 in leaves), rank of the threshold (``-2 - set`` for categorical splits), left child.
    sets : ndarray of bool, shape (sets, codes)
        Ranks of categories that go left.
    ranks : ndarray of int32, shape (rows, sources)
    values : ndarray of float64, shape (nodes, values)
    out : ndarray of float64, shape (rows, outputs)
        Added to, tree by tree; tree ``t`` adds to output ``t % (outputs // values)`` and those that follow.
    """
    width = values.shape[1]
    groups = out.shape[1] // width
    for t in range(len(roots)):
        first = t % groups
        for r in range(len(ranks)):
            at = roots[t]
            source = nodes[at, 0]
            while source >= 0:
                limit = nodes[at, 1]
                if limit < -1:
                    at = nodes[at, 2] + (not sets[-2 - limit, ranks[r, source]])
                else:
                    at = nodes[at, 2] + (ranks[r, source] > limit)
                source = nodes[at, 0]
            for k in range(width):
                out[r, first + k] += values[at, k]
