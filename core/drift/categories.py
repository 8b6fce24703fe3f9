"""Categories of a window against a reference: new and vanished levels, PSI, Jensen–Shannon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.drift.sizes import jensen_shannon, stability
from incumbent.columns import Coded

Floats = NDArray[np.float64]

#: A level is rare where fewer rows than this are to be expected in the window; rare levels are pooled.
FEWEST_EXPECTED = 5.0
#: Levels that are drawn, and new or vanished ones that are named.
DRAWN = 30


@dataclass(frozen=True)
class CategoryReference:
    """A distribution of categories.

    Parameters
    ----------
    levels : mapping of str to int
        Rows of each level, commonest first.
    other : int
        Rows of the levels beyond those.
    nulls : int
    """

    levels: Mapping[str, int]
    other: int
    nulls: int

    @property
    def count(self) -> int:
        """Rows with a value."""
        return sum(self.levels.values()) + self.other

    @property
    def null_share(self) -> float:
        """Share of the rows that have no value."""
        rows = self.count + self.nulls
        return self.nulls / rows if rows else 0.0

    @staticmethod
    def of_profile(known: Mapping[str, Any]) -> CategoryReference:
        """The reference that one column of a profile keeps."""
        return CategoryReference(known["categories"], int(known["other"]), int(known["nulls"]))


class CategoryWindow:
    """A window of categories, counted by the reference's levels."""

    def __init__(self, reference: CategoryReference, column: Coded) -> None:
        self.reference = reference
        self.rows = len(column)
        self.nulls = int((column.codes < 0).sum())
        found = np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
        self.counts = {str(v): int(n) for v, n in zip(column.values, found, strict=False) if n}

    @property
    def new(self) -> dict[str, int]:
        """Levels that the reference has not seen, with counts, commonest first.

        None can be called new where the reference did not keep all of its own.
        """
        if self.reference.other:
            return {}
        fresh = {v: n for v, n in self.counts.items() if v not in self.reference.levels}
        return dict(sorted(fresh.items(), key=lambda e: (-e[1], e[0])))

    @property
    def vanished(self) -> list[str]:
        """Levels of the reference of which at least :data:`FEWEST_EXPECTED` rows were to be expected, and
        none came; commonest first."""
        total, known = sum(self.counts.values()), self.reference.count
        return [
            level
            for level, n in self.reference.levels.items()
            if level not in self.counts and n * total >= FEWEST_EXPECTED * known
        ]

    def statistics(self) -> dict[str, float | int | None]:
        """Everything about the window that is one figure; see :mod:`core.drift.sizes` for the distances."""
        count = self.rows - self.nulls
        null_share = self.nulls / self.rows if self.rows else 0.0
        found: dict[str, float | int | None] = {
            "rows": self.rows,
            "null_share": null_share,
            "null_change": null_share - self.reference.null_share,
            "levels": len(self.counts),
        }
        if not count or not self.reference.count:
            return found
        psi = stability(*self._pooled())
        new = self.new
        found |= {
            "new_share": sum(new.values()) / count,
            "new_levels": len(new),
            "vanished_levels": len(self.vanished),
            "psi": psi.corrected,
            "psi_raw": psi.raw,
            "psi_bias": psi.bias,
            "jensen_shannon": jensen_shannon(*self._level_by_level()),
        }
        return found

    def drawing(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Shares of the commonest levels of either side, in the reference's order."""
        count = max(self.rows - self.nulls, 1)
        shown = list(self.reference.levels)[:DRAWN]
        shown += [level for level in self.new if level not in shown][: DRAWN // 3]
        known = max(self.reference.count, 1)
        return (
            {"levels": shown, "shares": [self.reference.levels.get(v, 0) / known for v in shown]},
            {"levels": shown, "shares": [self.counts.get(v, 0) / count for v in shown]},
        )

    def _level_by_level(self) -> tuple[Floats, Floats]:
        """Counts of every level of either side; what the reference did not keep is one level."""
        levels = list(dict.fromkeys([*self.reference.levels, *self.new]))
        p = [self.reference.levels.get(v, 0) for v in levels] + [self.reference.other]
        q = [self.counts.get(v, 0) for v in levels]
        return np.array(p, float), np.array([*q, sum(self.counts.values()) - sum(q)], float)

    def _pooled(self) -> tuple[Floats, Floats]:
        """Counts with the rare and the new levels in one bin.

        A level is rare by what the reference lets expect of the smaller side.
        """
        p, q = self._level_by_level()
        expected = p / p.sum() * min(p.sum(), q.sum())
        rare = expected < FEWEST_EXPECTED
        return np.r_[p[~rare], p[rare].sum()], np.r_[q[~rare], q[rare].sum()]
