"""What a behavioural case expects: a label, a value, or bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from incumbent.errors import UsageError

if TYPE_CHECKING:
    from incumbent.schema import OutputSchema

KEYS = ("label", "value", "tolerance", "min", "max", "class")
_NUMBERS = ("value", "tolerance", "min", "max")


def check_expectation(expect: Mapping[str, Any], output: OutputSchema | None = None) -> dict[str, Any]:
    """An expectation, checked: against what the model's versions answer, where that is known.

    Raises
    ------
    UsageError
        Saying which key makes no sense, and why.

    Examples
    --------
    >>> check_expectation({"min": 0.2, "max": 0.8})
    {'min': 0.2, 'max': 0.8}
    """
    unknown = [key for key in expect if key not in KEYS]
    if unknown:
        raise UsageError(f"a case cannot expect {unknown[0]!r}", hint=f"there are {', '.join(KEYS)}")
    found = {key: expect[key] for key in KEYS if expect.get(key) is not None}
    if not found.keys() & {"label", "value", "min", "max"}:
        raise UsageError("the case expects nothing", hint="say a label, a value, or bounds (min, max)")
    _check_numbers(found)
    if output is not None:
        _check_output(found, output)
    return found


def _check_numbers(found: dict[str, Any]) -> None:
    for key in _NUMBERS:
        value = found.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UsageError(f"{key} is {value!r}, which is no number")
    if "tolerance" in found and ("value" not in found or found["tolerance"] < 0):
        raise UsageError("a tolerance goes with a value, and is not below 0")
    if "min" in found and "max" in found and found["min"] > found["max"]:
        raise UsageError(f"min {found['min']:g} is above max {found['max']:g}: no answer lies between")
    if "class" in found and not found.keys() & {"value", "min", "max"}:
        raise UsageError("a class goes with bounds on its probability", hint="for its label: --label")


def _check_output(found: dict[str, Any], output: OutputSchema) -> None:
    if output.task == "regression":
        wrong = [key for key in ("label", "class") if key in found]
        if wrong:
            raise UsageError(f"a regression has no {wrong[0]}", hint="use a value, min or max")
        return
    for key in ("label", "class"):
        if key in found:
            found[key] = _known_class(found[key], output)
    bounds = [key for key in ("value", "min", "max") if key in found]
    if bounds and output.scores != "probabilities":
        raise UsageError("this model gives no probabilities: it can be bound to a label only")
    for key in bounds:
        if not 0 <= found[key] <= 1:
            raise UsageError(f"{key} is {found[key]:g}, but probabilities lie between 0 and 1")
    if bounds and "class" not in found and output.positive is None:
        raise UsageError(
            "it is not said which class's probability is meant", hint=f"classes: {', '.join(output.labels)}"
        )


def _known_class(value: Any, output: OutputSchema) -> Any:
    for label, known in zip(output.labels, output.classes, strict=True):
        if str(value) == label:
            return known
    raise UsageError(f"the model knows no class {value!r}", hint=f"it knows {', '.join(output.labels)}")
