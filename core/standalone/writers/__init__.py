"""From native steps to Python statements: one writer a step, one file a family."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from core.standalone.code import READABLE, Code, NotWritten, Value
from incumbent.native.step import Predictor, Step

Writer = Callable[[Any, Value, Code], Value]
_WRITERS: dict[type[Step], Writer] = {}


def writes(*kinds: type[Step]) -> Callable[[Writer], Writer]:
    """Decorator: this function writes steps of exactly these classes."""

    def decorator(function: Writer) -> Writer:
        for kind in kinds:
            if kind in _WRITERS:
                raise ValueError(f"two writers for {kind.__name__}")
            _WRITERS[kind] = function
        return function

    return decorator


def write(step: Step, x: Value, code: Code) -> Value:
    """Write the statements of a step.

    Parameters
    ----------
    step : Step
    x : Value
        The row that goes into it.
    code : Code
        What the statements are added to.

    Returns
    -------
    Value
        The row (or the scores) that comes out.

    Raises
    ------
    NotWritten
        For a step that has no standalone form.
    """
    writer = writers().get(type(step))
    if writer is None:
        raise NotWritten(
            f"the native step {step.kind!r}",
            hint="export the bundle without --standalone and run it with incumbent-runtime",
        )
    return writer(step, x, code)


@cache
def writers() -> dict[type[Step], Writer]:
    """Every writer, by the class of its step."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return _WRITERS


def made(step: Step, x: Value, text: str, sparse: bool = False) -> Value:
    """What a transformer makes of a row, with its names where they are few."""
    if x.names is not None and not isinstance(step, Predictor):
        width = step.width(x.width)
        names = tuple(step.names(x.names)) if width <= READABLE else None
        return Value(text, width, names, sparse)
    return Value(text, step.width(x.width), None, sparse)
