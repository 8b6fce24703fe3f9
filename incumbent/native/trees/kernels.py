"""The inner loops, as plain functions that numba can compile (see ``engine.py``).

They are also valid Python, so what they do can be tested without a compiler.
"""

from __future__ import annotations

from typing import Any


def rank(
    values: Any, thresholds: Any, before: Any, most: int, low: float, scale: float, missing: int, out: Any
) -> None:
    """Count the thresholds below each value: from the grid of :class:`~.bins.Ranker`, or by halving.

    Parameters
    ----------
    values : ndarray of float64, shape (rows,)
    thresholds : ndarray of float64
        Sorted, and infinity after them.
    before : ndarray of intp, shape (cells,)
        Thresholds in the cells before each.
    most : int
        Thresholds in the fullest cell; below 0 where halving is faster than the grid.
    low, scale : float
        Turn a value into its cell.
    missing : int
        What a missing value gets.
    out : ndarray of uint32, shape (rows,)
    """
    last = len(before) - 1
    for r in range(len(values)):
        value = values[r]
        if value != value:
            out[r] = missing
            continue
        if most < 0:
            found, above = 0, len(thresholds) - 1
            while found < above:
                middle = (found + above) // 2
                if thresholds[middle] < value:
                    found = middle + 1
                else:
                    above = middle
        else:
            at = (value - low) * scale
            cell = 0
            if at >= last:
                cell = last
            elif at > 0.0:
                cell = int(at)
            found = before[cell]
            while value > thresholds[found]:
                found += 1
        out[r] = found


def sum_masks(
    table: Any, used: Any, offsets: Any, bins: Any, spread: Any, shift: Any, values: Any, out: Any, first: int
) -> None:
    """Narrow down the leaf of every tree by the masks of its sources, and add its value.

    Parameters
    ----------
    table : ndarray of uint32 or uint64, shape (places, trees)
        Leaves that remain possible, a bit each.
    used : ndarray of intp
        The sources that these trees look at, of all.
    offsets : ndarray of uint32
        First place of each of them in ``table``; unsigned, so that no sign needs to be looked at.
    bins : ndarray of uint32, shape (sources, rows)
        Each row's place within each source.
    spread, shift : unsigned scalars of the table's type
        Turn a single bit into its place in ``values``.
    values : ndarray of float64, shape (trees, leaves, values)
    out : ndarray of float64, shape (rows, outputs)
        Added to from output ``first`` on, tree by tree.
    """
    rows = bins.shape[1]
    trees = table.shape[1]
    width = values.shape[2]
    alive = table[0].copy()
    for r in range(rows):
        begin = offsets[0] + bins[used[0], r]
        for t in range(trees):
            alive[t] = table[begin, t]
        s = 1
        while s + 7 < len(used):  # eight at a time: what is alive is loaded and stored once for all of them
            a, b = offsets[s] + bins[used[s], r], offsets[s + 1] + bins[used[s + 1], r]
            c, d = offsets[s + 2] + bins[used[s + 2], r], offsets[s + 3] + bins[used[s + 3], r]
            e, f = offsets[s + 4] + bins[used[s + 4], r], offsets[s + 5] + bins[used[s + 5], r]
            g, h = offsets[s + 6] + bins[used[s + 6], r], offsets[s + 7] + bins[used[s + 7], r]
            for t in range(trees):
                some = table[a, t] & table[b, t] & table[c, t] & table[d, t]
                alive[t] &= some & table[e, t] & table[f, t] & table[g, t] & table[h, t]
            s += 8
        while s < len(used):
            last = offsets[s] + bins[used[s], r]
            for t in range(trees):
                alive[t] &= table[last, t]
            s += 1
        if width == 1:
            total = out[r, first]
            for t in range(trees):
                alive[t] *= spread  # stored back, so that the product is cut to the table's type
            for t in range(trees):
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


def walk_row(
    roots: Any,
    feature: Any,
    threshold: Any,
    left: Any,
    missing_left: Any,
    category: Any,
    sets: Any,
    values: Any,
    row: Any,
    out: Any,
) -> None:
    """Walk one row down every tree, and add the values of the leaves.

    Parameters
    ----------
    roots, feature, threshold, left, missing_left, category, sets, values : ndarray
        As :class:`~.ensemble.Ensemble` has them.
    row : ndarray of float64, shape (features,)
    out : ndarray of float64, shape (outputs,)
        Added to, tree by tree; tree ``t`` adds to output ``t % (outputs // values)`` and those that follow.
    """
    width = values.shape[1]
    groups = len(out) // width
    codes = sets.shape[1]
    for t in range(len(roots)):
        at = roots[t]
        column = feature[at]
        while column >= 0:
            value = row[column]
            if value != value:
                goes_left = missing_left[at]
            elif category[at] >= 0:
                goes_left = False
                if 0 <= value < codes:
                    code = int(value)
                    goes_left = code == value and sets[category[at], code]
            else:
                goes_left = value <= threshold[at]
            at = left[at] + (not goes_left)
            column = feature[at]
        first = t % groups
        for k in range(width):
            out[first + k] += values[at, k]
