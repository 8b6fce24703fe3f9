"""What turned out to be true, as a model's target has it: one rule for everybody who tells it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Iterable, Sequence

from incumbent.errors import InputError
from incumbent.plain import TooLarge, is_null, number_in, plain

if TYPE_CHECKING:
    from incumbent.schema import OutputSchema

_SHOWN = 20
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def outcome_of(actual: Any, outputs: "Iterable[OutputSchema]") -> Any:
    """A told outcome as the target has it: a number, or a class.

    Of a model of two classes it is one of the two. Of one of more, it may be a class that has come up since
    training, of the same kind (text or number); no version can have been right about it.

    Parameters
    ----------
    actual : object
        ``1``, ``1.0``, ``"1"`` and, where the classes are numbers, True are one class. Null is given back.
    outputs : iterable of OutputSchema
        Of the versions that are known; without any, every outcome is taken as it is.

    Raises
    ------
    InputError
        For what is no finite number of a regression, or no class.

    Examples
    --------
    >>> from incumbent.schema import OutputSchema
    >>> outcome_of("1.0", [OutputSchema("classification", "probabilities", (0, 1), 1)])
    1
    >>> outcome_of("ship", [OutputSchema("classification", "probabilities", ("bus", "rail", "tram"))])
    'ship'
    """
    value = plain(actual)
    if is_null(value):
        return None
    known = tuple(outputs)
    if any(output.task == "regression" for output in known):
        return _number(value)
    classes = tuple(dict.fromkeys(label for output in known for label in output.classes))
    if not classes:
        return value
    meant = _meant(value, classes)
    if meant in classes:
        return classes[classes.index(meant)]
    two = all(output.positive is not None for output in known if output.classes)
    of_their_kind = isinstance(meant, str if isinstance(classes[0], str) else (int, float))
    if two or not of_their_kind:
        raise InputError(f"{actual!r:.60} is no class of the model: {_listed(classes)}")
    return meant


def _number(value: Any) -> Any:
    number = number_in(value) if isinstance(value, str) else value
    if isinstance(number, TooLarge):
        raise InputError(f"{number!r:.60} is larger than any float64")
    if not isinstance(number, (int, float)):
        raise InputError(f"{value!r:.60} is not a number")
    try:
        finite = math.isfinite(number)
    except OverflowError:
        raise InputError("it is a number that is larger than any float64") from None
    if not finite:
        raise InputError(f"{number!r} is no number that anything can be")
    return number


def _meant(value: Any, classes: "Sequence[Any]") -> Any:
    """The value as the classes are: a boolean, a number or a text; as it is where it is none."""
    if all(isinstance(label, bool) for label in classes):
        return _BOOLEANS.get(_text(value).lower(), value)
    if any(isinstance(label, str) for label in classes):
        text = _text(value)
        return text if text in classes else value
    if isinstance(value, bool):
        return int(value)
    return number_in(value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _listed(classes: "Sequence[Any]") -> str:
    named = ", ".join(map(str, classes[:_SHOWN]))
    return f"{named} and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else named


__all__ = ["outcome_of"]
