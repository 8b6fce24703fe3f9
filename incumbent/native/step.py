"""What every native step is, and the registry by which a coefficients file finds it.

A fitted pipeline is a tree of steps. Each step can apply itself to many rows (numpy) and to one row (plain
Python numbers, microseconds), and writes itself as a readable document. Conversion from fitted estimators
lives in ``incumbent.fitting.convert``, never here: production needs no scikit-learn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Mapping, Sequence

import numpy as np

from incumbent.errors import BundleError
from incumbent.native.blocks import Features


class Refused(Exception):
    """This row is one that the original estimator refuses; its scores are NaN."""


class Arrays:
    """The arrays of a coefficients file: small ones are written in it, big ones as ``.npy`` beside it.

    ``store`` is asked when a document is written (it answers what stands in the document), ``load`` when it is
    read. See ``incumbent/native/coefficients.py`` for the one that bundles use.
    """

    def store(self, name: str, array: np.ndarray) -> Any:
        raise NotImplementedError

    def load(self, written: Any) -> np.ndarray:
        raise NotImplementedError


class Step(ABC):
    """A transformer: features in, features out."""

    kind: ClassVar[str]

    @abstractmethod
    def apply(self, x: Features) -> Features:
        """Many rows."""

    @abstractmethod
    def row(self, x: Sequence[Any]) -> list[Any]:
        """One row: ``width`` plain values in (None or NaN is null), plain values out.

        Raises
        ------
        Refused
            Where the original estimator would raise.
        """

    @abstractmethod
    def document(self, arrays: Arrays, names: Sequence[str]) -> dict[str, Any]:
        """The step as readable plain data, numbers beside the names of the features that they belong to."""

    @classmethod
    @abstractmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Step":
        """The step again, equal to the last bit."""

    def names(self, names: Sequence[str]) -> list[str]:
        """Names of the features that come out, given those that go in."""
        return list(names)


class Predictor(Step):
    """The last step: features in, scores out.

    ``scores`` is one of ``numbers`` (regression, shape (rows,)), ``probabilities`` (rows, classes) or
    ``decisions`` ((rows,) for two classes, (rows, classes) for more).
    """

    scores: ClassVar[str] | str

    def apply(self, x: Features) -> Features:  # a predictor inside a stack: its scores as features
        from incumbent.native.blocks import Dense

        found = self.predict(x)
        return x.with_blocks(Dense(found.reshape(x.rows, -1)))

    def row(self, x: Sequence[Any]) -> list[Any]:
        return self.predict_row(x)

    @abstractmethod
    def predict(self, x: Features) -> np.ndarray:
        """Scores of many rows. Rows in ``x.refused`` are set to NaN by the caller."""

    @abstractmethod
    def predict_row(self, x: Sequence[Any]) -> list[float]:
        """Scores of one row: one number, or one a class."""


KINDS: dict[str, type[Step]] = {}


def register(step: type[Step]) -> type[Step]:
    """Class decorator: makes a step known by its ``kind``."""
    if step.kind in KINDS:
        raise ValueError(f"two native steps are called {step.kind!r}")
    KINDS[step.kind] = step
    return step


def build(document: Mapping[str, Any], arrays: Arrays) -> Step:
    """The step that a document describes.

    Raises
    ------
    BundleError
        For a kind that this version of Incumbent does not know.
    """
    kind = document.get("step")
    if kind not in KINDS:
        raise BundleError(
            f"the coefficients hold a step {kind!r} that this Incumbent does not know",
            hint="the bundle was made by a newer Incumbent: update this one",
        )
    return KINDS[kind].from_document(document, arrays)
