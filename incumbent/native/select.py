"""Feature selection: what every selector of scikit-learn is once it has been fitted."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from incumbent.native.blocks import Features
from incumbent.native.step import Arrays, Step, refuse_row, register


@register
class Select(Step):
    """Some of the features.

    Parameters
    ----------
    positions : sequence of int
        Which, increasing.
    features : int
        Of how many.
    missing : str
        What else the selector looks at: ``refused`` (NaN and infinities), or ``passed`` (nothing).
    """

    kind = "select"

    def __init__(self, positions: Sequence[int], features: int, missing: str) -> None:
        self.positions = [int(p) for p in positions]
        self.features = features
        self.missing = missing

    def apply(self, x: Features) -> Features:
        checked = x.finite() if self.missing == "refused" else x
        return checked.select(self.positions)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        if self.missing == "refused":
            refuse_row(x)
        return [x[p] for p in self.positions]

    def pulled(self, weights: Sequence[Sequence[float]]) -> "list[list[float]]":
        found = []
        for of_output in weights:
            spread = [0.0] * self.features
            for position, weight in zip(self.positions, of_output, strict=True):
                spread[position] += weight  # a bag may draw a feature twice
            found.append(spread)
        return found

    def names(self, names: Sequence[str]) -> "list[str]":
        return [names[p] for p in self.positions]

    def dtypes(self, dtypes: Sequence[str]) -> "list[str]":
        return [dtypes[p] for p in self.positions]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        kept = set(self.positions)
        return {
            "step": self.kind,
            "missing": self.missing,
            "features": self.features,
            "positions": self.positions,
            "selected": self.names(names),
            "dropped": [n for i, n in enumerate(names) if i not in kept],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Select":
        return cls(document["positions"], document["features"], document["missing"])
