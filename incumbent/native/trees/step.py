"""Trees, forests and boosted trees as a native step."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Mapping, Sequence, Union

import numpy as np

from incumbent.native.blocks import Block, Features, OneHot, Raw, Sparse, numbers
from incumbent.native.chain import without
from incumbent.native.step import Arrays, Predictor, Refused, register
from incumbent.native.trees.documents import read_ensemble, write_ensemble
from incumbent.native.trees.ensemble import Ensemble
from incumbent.native.trees.links import LINKS
from incumbent.native.trees.masks import LARGEST, MaskScorer, fits, layout_of, table_bytes
from incumbent.native.trees.row import RowScorer
from incumbent.native.trees.walk import WalkScorer

#: Up to so many rows, walking them one by one beats preparing tables for many.
FEW = 32
#: Numbers from here on are infinite once rounded to float32 (half a unit above its largest).
TOO_LARGE = 2.0**128 - 2.0**103


@register
class Trees(Predictor):
    """The sum of many trees, and how it is read.

    Parameters
    ----------
    model : str
        The estimator that it was, for reading.
    ensemble : Ensemble
    answer : str
        A name in :data:`incumbent.native.trees.links.LINKS`.
    base : ndarray, shape (outputs,)
        What the sums begin with.
    divisor : float
        What the sums are divided by.
    labels : sequence of str
        What each sum is of: a class, or ``score``.
    """

    kind = "trees"

    def __init__(
        self,
        model: str,
        ensemble: Ensemble,
        answer: str,
        base: np.ndarray,
        divisor: float,
        labels: Sequence[str],
    ) -> None:
        self.model = model
        self.ensemble = ensemble
        self.answer = answer
        self.base = np.asarray(base, dtype=np.float64)
        self.divisor = float(divisor)
        self.labels = list(labels)
        self._answer = LINKS[answer]
        self.scores = self._answer.scores
        self._scorers: "dict[tuple[tuple[bool, int], ...], Union[MaskScorer, WalkScorer]]" = {}

    def predict(self, x: Features) -> np.ndarray:
        layout = layout_of(x)
        if x.rows <= FEW and layout not in self._scorers:
            return self._few(x)
        refused = self._refused(x)
        sums = np.tile(self.base, (x.rows, 1))
        self._scorer(layout).add(x, sums)
        if self.divisor != 1.0:
            sums /= self.divisor
        return without(self._answer.many(sums), refused)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        sums = self._row_scorer.scores(x)
        if self.divisor != 1.0:
            sums = [s / self.divisor for s in sums]
        return self._answer.one(sums)

    def scorer_for(self, x: Features) -> "MaskScorer | WalkScorer":
        """What sums the trees for rows like these."""
        return self._scorer(layout_of(x))

    def _scorer(self, layout: "tuple[tuple[bool, int], ...]") -> "MaskScorer | WalkScorer":
        found = self._scorers.get(layout)
        if found is None:
            small = fits(self.ensemble) and table_bytes(self.ensemble) <= LARGEST
            found = MaskScorer(self.ensemble, layout) if small else WalkScorer(self.ensemble)
            self._scorers[layout] = found
        return found

    @cached_property
    def _row_scorer(self) -> RowScorer:
        return RowScorer(self.ensemble, self.base.tolist())

    def _few(self, x: Features) -> np.ndarray:
        scores = np.full((x.rows, len(self._answer.one(self.base.tolist()))), np.nan)
        for i, row in enumerate(x.dense().tolist()):
            try:
                scores[i] = self.predict_row(row)
            except Refused:
                pass  # stays NaN
        return scores if self.scores == "probabilities" else scores[:, 0]

    def _refused(self, x: Features) -> "np.ndarray | None":
        """Rows that the original estimator refuses, shape (rows,)."""
        ensemble = self.ensemble
        if ensemble.missing and ensemble.infinite:
            return None
        limit = TOO_LARGE if ensemble.single else np.inf
        refused = np.zeros(x.rows, dtype=bool)
        for block in x.blocks:
            if not isinstance(block, OneHot):
                _refuse(refused, block, limit, ensemble.missing)
        return refused

    def decisions(self) -> "Trees":
        """The same trees with their sums as the answer.

        Raises
        ------
        NotImplementedError
            Where the sums are no decisions: forests, AdaBoost.
        """
        if self.answer not in ("logistic", "half_logistic", "softmax"):
            raise NotImplementedError(f"the decisions of {self.model} are not covered")
        return Trees(self.model, self.ensemble, "decision", self.base, self.divisor, self.labels)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "model": self.model,
            "answer": self.answer,
            "labels": self.labels,
            "base": arrays.store("trees.base", self.base, self.labels),
            "divisor": self.divisor,
            **write_ensemble(self.ensemble, arrays, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Trees":
        return cls(
            document["model"],
            read_ensemble(document, arrays),
            document["answer"],
            arrays.load(document["base"]),
            document["divisor"],
            document["labels"],
        )


def _refuse(refused: np.ndarray, block: "Block", limit: float, missing: bool) -> None:
    """Mark the rows of a block that hold a number beyond the limit, or none where one is needed."""
    if isinstance(block, Raw):
        values = numbers(block.column)
    else:
        values = block.data if isinstance(block, Sparse) else block.values  # type: ignore[union-attr]
    fine = np.abs(values) < limit
    if fine.all():
        return
    if missing:
        fine |= np.isnan(values)
    if isinstance(block, Sparse):
        owners = np.repeat(np.arange(len(refused)), np.diff(block.indptr))
        refused[owners[~fine]] = True
    else:
        refused |= ~(fine if fine.ndim == 1 else fine.all(axis=1))
