"""What every native step is, and the registry by which a coefficients file finds it.

A fitted pipeline is a tree of steps. Each step can apply itself to many rows (numpy) and to one row (plain
Python numbers, microseconds), and writes itself as a readable document. Conversion from fitted estimators
lives in ``incumbent.fitting.convert``, never here: production needs no scikit-learn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from operator import mul
from pkgutil import iter_modules
from typing import Any, Callable, ClassVar, Mapping, Sequence

import numpy as np

from incumbent.errors import BundleError
from incumbent.native.blocks import Features


class Refused(Exception):
    """This row is one that the original estimator refuses; its scores are NaN."""


class Arrays:
    """The arrays of a coefficients file: small ones are written in it, big ones as ``.npy`` beside it.

    ``store`` is asked when a document is written (it answers what stands in the document), ``load`` when it
    is read. See ``incumbent/native/coefficients.py`` for the one that bundles use.
    """

    def store(self, name: str, array: Any, *labels: "Sequence[Any] | None") -> Any:
        """What stands in the document for an array; ``labels[i]`` names the entries of axis ``i``."""
        raise NotImplementedError

    def load(self, written: Any) -> np.ndarray:
        """The array again, equal to the last bit."""
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

    def dtypes(self, dtypes: Sequence[str]) -> list[str]:
        """Types of the features that come out, given those that go in (as in ``InputColumn.dtype``)."""
        return ["float64"] * self.width(len(dtypes))

    def width(self, inputs: int) -> int:
        """How many features come out, given how many go in."""
        return len(self.names([str(i) for i in range(inputs)]))

    def dot_row(self, weights: Sequence[Sequence[float]]) -> "Callable[[Sequence[Any]], list[float]]":
        """This step followed by a dot product, made into one function of a row when a model is loaded.

        Parameters
        ----------
        weights : one sequence of numbers an output, each as long as the features that come out

        Returns
        -------
        function
            Of the plain values that go in, one sum an output. A step whose features are mostly zero answers
            without writing the zeros out. A row that is to be refused raises, or gives a sum that is not
            finite.
        """
        row = self.row
        if len(weights) == 1:
            only = list(weights[0])

            def one(x: Sequence[Any]) -> list[float]:
                return [sum(map(mul, row(x), only))]

            return one
        lists = [list(w) for w in weights]

        def several(x: Sequence[Any]) -> list[float]:
            found = row(x)
            return [sum(map(mul, found, w)) for w in lists]

        return several

    def fused(self, before: "Step") -> "Callable[[Sequence[Any]], list[Any]] | None":
        """``row(before.row(x))`` as one quicker function of x, where there is one (linear models)."""
        return None

    def pulled(self, weights: Sequence[Sequence[float]]) -> "list[list[float]] | None":
        """Weights of the features that go in, for weights of those that come out, where that is all it takes.

        Whoever uses them goes through ``row`` again where a sum is not finite: a row may have to be refused.
        """
        return None

    def joined(self, after: "Step") -> "Step | None":
        """This step and the one after it as one quicker step for single rows, where there is one."""
        return None


class Predictor(Step):
    """The last step: features in, scores out.

    ``scores`` is one of ``numbers`` (regression, shape (rows,)), ``probabilities`` (rows, classes) or
    ``decisions`` ((rows,) for two classes, (rows, classes) for more).
    """

    scores: str

    def apply(self, x: Features) -> Features:  # a predictor inside a stack: its scores as features
        from incumbent.native.blocks import Dense

        found = self.predict(x)
        found = found[:, None] if found.ndim == 1 else found
        return x.with_blocks(Dense(found)).refuse(np.isnan(found).any(axis=1))

    def row(self, x: Sequence[Any]) -> list[Any]:
        return self.predict_row(x)

    @abstractmethod
    def predict(self, x: Features) -> np.ndarray:
        """Scores of many rows.

        Rows that this step itself refuses are NaN; those in ``x.refused`` may be anything: who applied the
        steps before (a pipeline) sets them to NaN.
        """

    @abstractmethod
    def predict_row(self, x: Sequence[Any]) -> list[float]:
        """Scores of one row: one number, or one a class."""


def refuse_row(values: Sequence[float], allow_nan: bool = False) -> None:
    """Refuse a row of numbers that holds an infinity (or NaN, unless it is allowed).

    Raises
    ------
    Refused
    """
    total = sum(values)
    if total - total == 0.0:
        return
    for value in values:
        if value - value != 0.0 and not (allow_nan and value != value):
            raise Refused(f"{value} is not a finite number")


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
        _import_all()
    if kind not in KINDS:
        raise BundleError(
            f"the coefficients hold a step {kind!r} that this Incumbent does not know",
            hint="the bundle was made by a newer Incumbent: update this one",
        )
    return KINDS[kind].from_document(document, arrays)


def _import_all() -> None:
    import incumbent.native as package

    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
