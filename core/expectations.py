"""What a behavioural case expects: a label, a value, bounds, a direction or an invariance.

A direction says how the answer moves when one number of the row does; an invariance, which values of a column
make no difference to it (directional expectation and invariance tests of Ribeiro, Wu, Guestrin and Singh,
"Beyond accuracy: behavioral testing of NLP models with CheckList", ACL 2020).

>>> check_expectation({"direction": {"column": "distance", "by": 100, "answer": "not down"}})
{'direction': {'column': 'distance', 'by': 100, 'answer': 'not down'}}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from incumbent.errors import UsageError

if TYPE_CHECKING:
    from incumbent.schema import InputSchema, OutputSchema

KEYS = ("label", "value", "tolerance", "min", "max", "class", "direction", "invariant", "answered")
ANSWERS = ("up", "down", "not up", "not down")
#: Which way an answer goes, for people.
GOES = {"up": "rises", "down": "falls", "not up": "does not rise", "not down": "does not fall"}

_NUMBERS = ("value", "tolerance", "min", "max")
_BOUNDS = ("value", "min", "max")
_NEEDS_SCORES = (*_BOUNDS, "direction")
_ENOUGH = ("label", "value", "min", "max", "direction", "invariant", "answered")


def check_expectation(
    expect: Mapping[str, Any], output: OutputSchema | None = None, input: InputSchema | None = None
) -> dict[str, Any]:
    """An expectation, checked: against what the model's versions read and answer, where that is known.

    Parameters
    ----------
    expect : mapping
        ``label``; ``value`` with ``tolerance``; ``min`` and ``max``; ``direction`` (``column``, ``by`` or
        ``to``, ``answer``); ``invariant`` (``column``, ``values``, ``tolerance``); ``answered`` (true: the
        version itself answers, nobody stands in for it); ``class``: whose probability numbers are about.
    output : OutputSchema, optional
    input : InputSchema, optional

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
    if not found.keys() & set(_ENOUGH):
        raise UsageError(
            "the case expects nothing",
            hint="say a label, a value, bounds (min, max), a direction or an invariance",
        )
    _check_numbers(found)
    if found.get("answered", True) is not True:
        raise UsageError(f"answered is {found['answered']!r}: it is true, or not there")
    for key, check in _PARTS.items():
        if key in found:
            found[key] = check(found[key])
            _check_column(found[key]["column"], input)
    if output is not None:
        _check_output(found, output)
    return found


def _check_numbers(found: Mapping[str, Any]) -> None:
    for key in _NUMBERS:
        if key in found:
            _number(key, found[key])
    if "tolerance" in found and ("value" not in found or found["tolerance"] < 0):
        raise UsageError("a tolerance goes with a value, and is not below 0")
    if "min" in found and "max" in found and found["min"] > found["max"]:
        raise UsageError(f"min {found['min']:g} is above max {found['max']:g}: no answer lies between")
    if "class" in found and not found.keys() & {*_NEEDS_SCORES, "invariant"}:
        raise UsageError("a class goes with bounds on its probability", hint="for its label: --label")


def _number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"{name} is {value!r}, which is no number")


# -- direction and invariance


def _direction(given: Any) -> dict[str, Any]:
    found = _table("direction", given, ("column", "by", "to", "answer"))
    if found.get("answer") not in ANSWERS:
        raise UsageError(
            f"an answer does not go {found.get('answer')!r}", hint=f"it goes {', '.join(ANSWERS)}"
        )
    if ("by" in found) == ("to" in found):
        raise UsageError("a direction changes its column by a number or to a value", hint="say one of both")
    if "by" in found:
        _number("by", found["by"])
        if not found["by"]:
            raise UsageError("a direction changes its column by 0, which changes nothing")
    elif isinstance(found["to"], list | dict):
        raise UsageError(f"a direction changes its column to one value, not {found['to']!r}")
    return found


def _invariant(given: Any) -> dict[str, Any]:
    found = _table("invariant", given, ("column", "values", "tolerance"))
    values = found.get("values")
    if not isinstance(values, list | tuple) or not values or any(isinstance(v, list | dict) for v in values):
        raise UsageError("an invariance has a list of values that make no difference")
    if "tolerance" in found:
        _number("tolerance", found["tolerance"])
        if found["tolerance"] < 0:
            raise UsageError("a tolerance is not below 0")
    return {**found, "values": list(values)}


_PARTS: dict[str, Callable[[Any], dict[str, Any]]] = {"direction": _direction, "invariant": _invariant}


def _table(name: str, given: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise UsageError(f"{name} is {given!r}, not a table of {', '.join(keys)}")
    unknown = [key for key in given if key not in keys]
    if unknown:
        raise UsageError(f"{name} has no {unknown[0]!r}", hint=f"there are {', '.join(keys)}")
    # nothing but `to` may be null: a number that is not known is a value like others
    found = {key: given[key] for key in keys if key in given and (key == "to" or given[key] is not None)}
    if not isinstance(found.get("column"), str) or not found["column"]:
        raise UsageError(f"{name} does not say of which column")
    return found


def _check_column(column: str, input: InputSchema | None) -> None:
    if input is not None and column not in input.names:
        raise UsageError(
            f"the model reads no column {column!r}", hint=f"it reads {', '.join(input.names[:12])}"
        )


def changed_rows(row: Mapping[str, Any], expect: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that a case asks beside its own: of its direction, then of its invariance.

    Raises
    ------
    UsageError
        Where a column that is to move by a number holds none.

    Examples
    --------
    >>> changed_rows({"x": 1}, {"direction": {"column": "x", "by": 2, "answer": "up"}})
    [{'x': 3}]
    """
    found = []
    if direction := expect.get("direction"):
        column = direction["column"]
        found.append({**row, column: direction["to"] if "to" in direction else _moved(row, direction)})
    if invariant := expect.get("invariant"):
        found += [{**row, invariant["column"]: value} for value in invariant["values"]]
    return found


def _moved(row: Mapping[str, Any], direction: Mapping[str, Any]) -> Any:
    value = row.get(direction["column"])
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(
            f"{direction['column']} is {value!r}, which cannot be changed by {direction['by']:g}",
            hint="say a value that it changes to",
        )
    return value + direction["by"]


# -- against what versions answer


def _check_output(found: dict[str, Any], output: OutputSchema) -> None:
    if output.task == "regression":
        wrong = [key for key in ("label", "class") if key in found]
        if wrong:
            raise UsageError(f"a regression has no {wrong[0]}", hint="use a value, min or max")
        return
    for key in ("label", "class"):
        if key in found:
            found[key] = _known_class(found[key], output)
    numeric = [key for key in _NEEDS_SCORES if key in found]
    if numeric and output.scores != "probabilities":
        raise UsageError("this model gives no probabilities: it can be bound to a label only")
    for key in (key for key in _BOUNDS if key in found):
        if not 0 <= found[key] <= 1:
            raise UsageError(f"{key} is {found[key]:g}, but probabilities lie between 0 and 1")
    if numeric and "class" not in found and output.positive is None:
        raise UsageError(
            "it is not said which class's probability is meant", hint=f"classes: {', '.join(output.labels)}"
        )


def _known_class(value: Any, output: OutputSchema) -> Any:
    for label, known in zip(output.labels, output.classes, strict=True):
        if str(value) == label:
            return known
    raise UsageError(f"the model knows no class {value!r}", hint=f"it knows {', '.join(output.labels)}")


# -- for people


def words(expect: Mapping[str, Any], kind: str = "behavioural") -> str:
    """An expectation in a few words.

    Examples
    --------
    >>> words({"min": 0.2, "class": "yes"})
    'at least 0.2 for yes'
    >>> words({"direction": {"column": "distance", "by": -5.5, "answer": "not up"}})
    'does not rise with distance -5.5'
    >>> words({"invariant": {"column": "carrier", "values": ["AA", "UA"]}, "label": "late"})
    'says late, the same for carrier AA, UA'
    """
    if kind == "golden":
        return f"exactly {expect.get('value')}"
    parts = [f"says {expect['label']}"] if "label" in expect else []
    if "value" in expect:
        parts.append(f"{expect['value']:g}" + _give_or_take(expect))
    parts += [f"at least {expect['min']:g}"] if "min" in expect else []
    parts += [f"at most {expect['max']:g}"] if "max" in expect else []
    if direction := expect.get("direction"):
        parts.append(f"{GOES[direction['answer']]} with {moved(direction)}")
    if invariant := expect.get("invariant"):
        values = ", ".join(map(str, invariant["values"][:6])) + ("…" if len(invariant["values"]) > 6 else "")
        parts.append(f"the same for {invariant['column']} {values}" + _give_or_take(invariant))
    parts += ["answered by the version itself"] if expect.get("answered") else []
    return ", ".join(parts) + (f" for {expect['class']}" if "class" in expect else "")


def moved(direction: Mapping[str, Any]) -> str:
    """What a direction does to its column: ``distance +100``, or ``distance = 100``."""
    if "by" in direction:
        return f"{direction['column']} {direction['by']:+g}"
    return f"{direction['column']} = {direction['to']}"


def _give_or_take(expect: Mapping[str, Any]) -> str:
    return f" ± {expect['tolerance']:g}" if "tolerance" in expect else ""
