"""What an algorithm is: the code that turns rows and coefficients into scores.

The one rule for rows that an algorithm cannot answer (the original estimator would raise): their scores are
NaN, in a batch as for one row. What happens then (a fallback, an error) is the predictor's to decide, not the
algorithm's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Protocol

from incumbent.errors import BundleError

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns


class Algorithm(Protocol):
    """Turns rows into scores; made once from a bundle's folder, then used from any thread."""

    name: str

    def predict(self, columns: "Columns", rows: int) -> "np.ndarray":
        """Scores of many rows, float64.

        Shape (rows,) for numbers and for the decisions of two classes, else (rows, classes); the meaning is
        in the bundle's ``OutputSchema.scores``: ``numbers``, ``probabilities`` or ``decisions``.
        """
        ...

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row: one number, or one a class (two for a binary classifier with probabilities)."""
        ...


class Raised(NamedTuple):
    """What an estimator raised for a row.

    ``refusal`` says that it was a ``ValueError``: what estimators say of a row that they do not take (a null,
    an unseen category). Anything else is a failure of their code.
    """

    why: str
    refusal: bool

    @classmethod
    def of(cls, error: Exception) -> "Raised":
        """In one line.

        Examples
        --------
        >>> Raised.of(ValueError("Input X contains NaN.\\nMore of it."))
        Raised(why='ValueError: Input X contains NaN.', refusal=True)
        """
        first = str(error).strip().partition("\n")[0]
        return cls(f"{type(error).__name__}: {first}"[:_LONGEST], isinstance(error, ValueError))


#: Characters of what was raised that go into a prediction's reason.
_LONGEST = 200


def explained(
    algorithm: Algorithm, columns: "Columns", rows: int
) -> "tuple[np.ndarray, Mapping[int, Raised]]":
    """Scores of many rows; and what was raised, by row, where the algorithm can tell."""
    own = getattr(algorithm, "explained", None)
    return (algorithm.predict(columns, rows), {}) if own is None else own(columns, rows)


#: What rounding to float32 may do to the answers of one row: more is no rounding.
FLOAT32 = 1e-5


@dataclass(frozen=True)
class Kind:
    """An algorithm by name, and how it is made from a bundle's folder."""

    name: str
    open: "Callable[..., Algorithm]"  # (folder, input, output, manifest[, trusted where it runs user code])
    runs_user_code: bool  # needs a child process that can be killed
    needs: tuple[str, ...] = ()  # packages beyond numpy
    rounding: float = 1e-9  # how far a row alone may be from the same row among others, and a sum from one

    @property
    def returns(self) -> bool:
        """Whether it can be trusted to return: our own code; anything else is run where it can be killed."""
        return self.name in _OURS


_OURS = ("native", "baseline", "rules", "recorded")


def kinds() -> dict[str, Kind]:
    """Every algorithm, by name. Modules are imported when one is opened."""
    return {
        "native": Kind("native", _late("native", "open_native"), False),
        "baseline": Kind("baseline", _late("baseline", "open_baseline"), False),
        "rules": Kind("rules", _late("rules", "open_rules"), False, ("simpleeval",)),
        "recorded": Kind("recorded", _late("recorded", "open_recorded"), False),
        "sklearn": Kind(
            "sklearn", _late("sklearn", "open_sklearn"), True, ("scikit-learn", "skops"), FLOAT32
        ),
        "onnx": Kind("onnx", _late("onnx", "open_onnx"), False, ("onnxruntime",), FLOAT32),
        "booster": Kind("booster", _late("booster", "open_booster"), False, ("treelite",)),
    }


def _late(module: str, function: str) -> Callable[..., Any]:
    def opener(*arguments: Any) -> Any:
        from importlib import import_module

        return getattr(import_module(f"incumbent.algorithms.{module}"), function)(*arguments)

    return opener


def kind(name: str) -> Kind:
    """The algorithm of this name.

    Raises
    ------
    BundleError
        For a name that this version does not know.
    """
    try:
        return kinds()[name]
    except KeyError:
        raise BundleError(
            f"the bundle asks for the algorithm {name!r}, which this Incumbent does not know",
            hint=f"it knows {', '.join(sorted(kinds()))}; update Incumbent if the bundle is newer",
        ) from None
