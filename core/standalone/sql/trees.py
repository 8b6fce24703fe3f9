"""Trees as SQL: nested CASE near the root, lists of rules below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.standalone.sql.features import LARGEST, Choice, Feature, Guards, Text
from core.standalone.sql.text import NoExpression, among, joined, number
from incumbent.native.trees.step import TOO_LARGE

if TYPE_CHECKING:
    from incumbent.native.trees.ensemble import Ensemble

#: Levels of nested CASE; below them a subtree is one CASE, a rule a leaf: SQLite's parser holds 100 symbols.
NESTED = 8
#: Ensembles with more leaves are too long for a statement.
MOST_LEAVES = 20_000


def check_size(ensemble: "Ensemble") -> None:
    """Refuse an ensemble whose statement no database would read.

    Raises
    ------
    NoExpression
    """
    leaves = int(ensemble.leaves().sum())
    if leaves > MOST_LEAVES:
        raise NoExpression(f"its {leaves:,} leaves are more than a statement can hold ({MOST_LEAVES:,})")


def tree_sums(
    ensemble: "Ensemble", x: "Sequence[Feature]", base: "Sequence[float]", guards: Guards
) -> "list[str]":
    """The sum of an ensemble for each output."""
    if any(isinstance(f, Text) for f in x):
        raise NoExpression("it compares text with a number")
    check_size(ensemble)
    _guard(ensemble, x, guards)
    terms: "list[list[str]]" = [[] for _ in base]
    for tree, root in enumerate(ensemble.roots.tolist()):
        width = int(ensemble.value.shape[1])
        writer = TreeWriter(ensemble, x)
        for k in range(width):
            terms[k if width > 1 else tree % len(base)].append(writer.nested(root, k))
    found = []
    for start, summands in zip(base, terms, strict=True):
        listed = [number(start), *summands] if start != 0.0 or not summands else summands
        found.append(joined(listed, "\n  + "))
    return found


def _guard(ensemble: "Ensemble", x: "Sequence[Feature]", guards: Guards) -> None:
    if ensemble.infinite and ensemble.missing:
        return
    if ensemble.infinite:
        raise NoExpression("its trees take infinite numbers and no null")
    most = number(math.nextafter(TOO_LARGE, 0.0)) if ensemble.single else LARGEST
    guards.finite(x, nulls=ensemble.missing, most=most)


class TreeWriter:
    """Writes the nodes of an ensemble over features.

    Parameters
    ----------
    ensemble : Ensemble
    x : sequence of Feature
    """

    def __init__(self, ensemble: "Ensemble", x: "Sequence[Feature]") -> None:
        self.ensemble = ensemble
        self.x = x

    def nested(self, node: int, output: int, level: int = 0) -> str:
        """A subtree as nested CASE."""
        ensemble = self.ensemble
        if ensemble.feature[node] < 0:
            return number(float(ensemble.value[node, output]))
        if level == NESTED:
            return self.flat(node, output)
        left = int(ensemble.left[node])
        then = self.nested(left, output, level + 1)
        otherwise = self.nested(left + 1, output, level + 1)
        return f"CASE WHEN {self.condition(node)} THEN {then} ELSE {otherwise} END"

    def flat(self, node: int, output: int) -> str:
        """A subtree as one CASE, a rule a leaf from left to right.

        A rule states only where its path turns left: the rules before it have taken every row that turns left
        where the path turns right.
        """
        rules: "list[str]" = []
        open_nodes: "list[tuple[int, tuple[str, ...]]]" = [(node, ())]
        while open_nodes:
            at, turns = open_nodes.pop()
            if self.ensemble.feature[at] >= 0:
                left = int(self.ensemble.left[at])
                open_nodes += [(left + 1, turns), (left, (*turns, self.condition(at)))]
            else:
                value = number(float(self.ensemble.value[at, output]))
                rules.append(f"WHEN {joined(turns, ' AND ')} THEN {value}" if turns else f"ELSE {value}")
        return f"CASE {' '.join(rules)} END"

    def condition(self, node: int) -> str:
        """Whether a row goes left; not true for null, unless null goes left."""
        ensemble = self.ensemble
        feature = self.x[int(ensemble.feature[node])]
        nulls_left = bool(ensemble.missing_left[node])
        threshold, category = float(ensemble.threshold[node]), int(ensemble.category[node])
        codes = np.flatnonzero(ensemble.sets[category]).tolist() if category >= 0 else None
        if isinstance(feature, Choice):
            mask = [
                nulls_left if v != v else v in codes if codes is not None else self._rounded(v) <= threshold
                for v in feature.values
            ]
            return feature.branches.where(mask)
        e = feature.expression
        if codes is not None:
            found = among(e, [number(float(c)) for c in codes]) if codes else "1 = 0"
        elif threshold == math.inf:
            found = f"{e} IS NOT NULL"
        else:
            found = f"{e} <= {number(self._raised(threshold))}"
        nullable = not hasattr(feature, "nullable") or feature.nullable
        return f"({e} IS NULL OR {found})" if nulls_left and nullable else found

    def _rounded(self, value: float) -> float:
        return float(np.float32(value)) if self.ensemble.single else value

    def _raised(self, threshold: float) -> float:
        """The largest float64 that is at most the threshold once it is rounded as the trees round."""
        return largest_below(threshold) if self.ensemble.single else threshold


def largest_below(threshold: float) -> float:
    """The largest float64 whose float32 is at most a threshold.

    Between a float32 and the next one, rounding is decided by the point midway; there, by the even neighbour.

    >>> import numpy as np
    >>> edge = largest_below(0.1)
    >>> float(np.float32(edge)) <= 0.1, float(np.float32(np.nextafter(edge, 1.0))) <= 0.1
    (True, False)
    """
    low = np.float32(threshold)
    if float(low) > threshold:
        low = np.nextafter(low, np.float32(-np.inf))
    high = np.nextafter(low, np.float32(np.inf))
    if not np.isfinite(high):
        return threshold
    middle = float(low) + (float(high) - float(low)) / 2.0
    return middle if float(np.float32(middle)) <= threshold else math.nextafter(middle, -math.inf)
