"""From a fitted scikit-learn estimator to native steps.

Each family has a file here; a converter is found by the qualified name of the estimator's exact class, so a
subclass is never taken for its parent, and scikit-learn is not imported before an estimator is at hand. What
cannot be done exactly raises :class:`Unsupported`, and the version runs with the next algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Callable, Mapping, Sequence

from incumbent.errors import FittingError
from incumbent.native.step import Predictor, Step
from incumbent.schema import InputSchema


class Unsupported(FittingError):
    """The native algorithm does not cover this estimator exactly.

    Parameters
    ----------
    what : str
        The estimator or its parameter.
    why : str
    """

    kind = "unsupported"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}", hint="the version runs with the sklearn algorithm instead")
        self.what = what
        self.why = why


@dataclass(frozen=True)
class Inputs:
    """The features that go into an estimator.

    Parameters
    ----------
    names : tuple of str
    dtypes : tuple of str
        As in ``InputColumn.dtype``: ``float64``, ``int64``, ``bool``, ``text`` or ``time``.
    form : str
        As in ``InputSchema.form``: ``frame``, ``array`` or ``text``; what steps make is an ``array``.
    """

    names: "tuple[str, ...]"
    dtypes: "tuple[str, ...]"
    form: str = "frame"

    def __len__(self) -> int:
        return len(self.names)

    def select(self, positions: Sequence[int]) -> "Inputs":
        """Only these features, in this order."""
        return replace(
            self,
            names=tuple(self.names[i] for i in positions),
            dtypes=tuple(self.dtypes[i] for i in positions),
        )

    def after(self, step: Step) -> "Inputs":
        """The features that a step makes of these."""
        return Inputs(tuple(step.names(self.names)), tuple(step.dtypes(self.dtypes)), "array")


Converter = Callable[[Any, Inputs], Step]
_CONVERTERS: "dict[str, tuple[Converter, bool]]" = {}


def converts(*names: str, takes: str = "numbers") -> "Callable[[Converter], Converter]":
    """Decorator: this function converts estimators of these exact classes.

    Parameters
    ----------
    names : str
        As :func:`qualified` has them (several where scikit-learn moved a class).
    takes : str
        ``numbers`` (the default: text and times as input are Unsupported) or ``anything``.
    """
    if takes not in ("numbers", "anything"):
        raise ValueError(takes)

    def decorator(function: Converter) -> Converter:
        for name in names:
            if name in _CONVERTERS:
                raise ValueError(f"two converters for {name}")
            _CONVERTERS[name] = (function, takes == "anything")
        return function

    return decorator


def convert(estimator: Any, schema: InputSchema) -> Step:
    """A fitted estimator as native steps.

    Raises
    ------
    Unsupported
        Naming what is not covered, and why.
    """
    return convert_step(estimator, Inputs(schema.names, tuple(c.dtype for c in schema.columns), schema.form))


def convert_step(estimator: Any, inputs: Inputs) -> Step:
    """A part of a fitted estimator, given the features that go into it."""
    name = qualified(estimator)
    if not _CONVERTERS:
        _import_all()
    if name not in _CONVERTERS:
        raise Unsupported(name, "not one of the estimators that the native algorithm covers")
    function, takes_anything = _CONVERTERS[name]
    if not takes_anything:
        for column, dtype in zip(inputs.names, inputs.dtypes):
            if dtype in ("text", "time"):
                raise Unsupported(name, f"takes the column {column!r}, which is {dtype}, as numbers")
    expected = getattr(estimator, "n_features_in_", None)
    if expected is not None and expected != len(inputs):
        raise Unsupported(name, f"was fitted on {expected} features and is given {len(inputs)}")
    return function(estimator, inputs)


def convert_predictor(estimator: Any, inputs: Inputs) -> Predictor:
    """A part of a fitted estimator that predicts."""
    step = convert_step(estimator, inputs)
    if not isinstance(step, Predictor):
        raise Unsupported(qualified(estimator), "makes no predictions")
    return step


def covered() -> "tuple[str, ...]":
    """Qualified names of every estimator that has a converter."""
    if not _CONVERTERS:
        _import_all()
    return tuple(sorted(_CONVERTERS))


def qualified(estimator: Any) -> str:
    """The qualified name of an estimator's exact class."""
    return f"{type(estimator).__module__}.{type(estimator).__qualname__}"


def require(condition: Any, estimator: Any, why: str) -> None:
    """Raise :class:`Unsupported` unless the condition holds."""
    if not condition:
        raise Unsupported(qualified(estimator), why)


def known(estimator: Any, allowed: "Mapping[str, Sequence[Any]]") -> None:
    """Raise :class:`Unsupported` for a parameter that has none of the values that are covered."""
    for parameter, values in allowed.items():
        found = getattr(estimator, parameter, values[0])
        if not any(found is v or (type(found) is type(v) and found == v) for v in values):
            raise Unsupported(qualified(estimator), f"{parameter}={found!r:.80} is not covered")


def _import_all() -> None:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
