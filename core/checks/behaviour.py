"""Whether answers are what a behavioural case expects.

An answer is a mapping: ``value``, ``probabilities`` by class name where there are any, and, where it came
through a published folder, ``route``, ``version`` and ``reason``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.expectations import GOES, moved

if TYPE_CHECKING:
    from incumbent.schema import OutputSchema

Answer = Mapping[str, Any]

#: Numbers that are no farther apart, relative to the larger, are equal.
SAME = 1e-9
#: Routes on which somebody answered for the version.
_STANDS_IN = ("fallback", "baseline")


def why_not(expect: Mapping[str, Any], answers: Sequence[Answer], output: OutputSchema) -> str:
    """Why answers are not what is expected; empty where they are.

    Parameters
    ----------
    expect : mapping
        As :func:`core.expectations.check_expectation` gives it.
    answers : sequence of mapping
        To the case's row, then to those of :func:`core.expectations.changed_rows`.
    output : OutputSchema
        The version's.

    Examples
    --------
    >>> from incumbent.schema import OutputSchema
    >>> why_not({"max": 3.0}, [{"value": 4.5}], OutputSchema("regression", "numbers"))
    'it says 4.5, expected at most 3'
    """
    return next(_faults(expect, answers, output), "")


def _faults(expect: Mapping[str, Any], answers: Sequence[Answer], output: OutputSchema) -> Iterator[str]:
    first, *others = answers
    if expect.get("answered") and first.get("route", "champion") != "champion":
        yield f"the version does not answer it, but {who(first)}: {first['reason']}"
    if "label" in expect and str(first["value"]) != str(expect["label"]):
        yield f"it says {first['value']}, expected {expect['label']}"
    if expect.keys() & {"value", "min", "max"}:
        yield from _outside(expect, number(expect, first, output))
    if "direction" in expect:
        yield from _wrong_way(expect, first, others.pop(0), output)
    if "invariant" in expect:
        yield from _differing(expect, first, others, output)


def who(answer: Answer) -> str:
    """Who answered, for people."""
    route = str(answer.get("route"))
    return f"v{answer['version']}" if route == "fallback" else f"the {route}"


def kept_away(answer: Answer) -> bool:
    """Whether the production configuration itself kept the row from the version, by its policy or rules."""
    reason = str(answer.get("reason") or "").split("; ")[0]
    return answer.get("route") == "rules" or reason.endswith("was not asked")


def unanswered(answer: Answer) -> str:
    """Why somebody stands in for a version that was asked; empty where it answered, or was not asked."""
    if answer.get("value") is None:
        return "no answer: the model refuses this row"
    if answer.get("route") in _STANDS_IN and not kept_away(answer):
        return f"no answer, {who(answer)} stands in: {answer['reason']}"
    return ""


def number(expect: Mapping[str, Any], answer: Answer, output: OutputSchema) -> "float | str":
    """What numbers are about: the value, or the probability of the class named (else of the positive one)."""
    if output.task == "regression":
        return float(answer["value"])
    probabilities = answer.get("probabilities")
    if probabilities is None:
        return "it gives no probabilities to hold against the bounds"
    name = str(expect.get("class", output.positive))
    if name not in probabilities:
        return f"it knows no class {name}; it knows {', '.join(probabilities)}"
    return float(probabilities[name])


def _outside(expect: Mapping[str, Any], says: "float | str") -> Iterator[str]:
    if isinstance(says, str):
        yield says
        return
    if "value" in expect:
        tolerance = expect.get("tolerance", SAME * max(1.0, abs(expect["value"])))
        if abs(says - expect["value"]) > tolerance:
            yield f"it says {says:.6g}, expected {expect['value']:.6g} ± {tolerance:g}"
    if "min" in expect and says < expect["min"]:
        yield f"it says {says:.6g}, expected at least {expect['min']:.6g}"
    if "max" in expect and says > expect["max"]:
        yield f"it says {says:.6g}, expected at most {expect['max']:.6g}"


def _wrong_way(
    expect: Mapping[str, Any], first: Answer, other: Answer, output: OutputSchema
) -> Iterator[str]:
    direction = expect["direction"]
    if missing := unanswered(other):
        yield f"with {moved(direction)}: {missing}"
        return
    before, after = number(expect, first, output), number(expect, other, output)
    if isinstance(before, str) or isinstance(after, str):
        yield before if isinstance(before, str) else str(after)
        return
    slack = SAME * max(abs(before), abs(after))
    right = {
        "up": after > before + slack,
        "down": after < before - slack,
        "not up": after <= before + slack,
        "not down": after >= before - slack,
    }
    if not right[direction["answer"]]:
        yield (
            f"with {moved(direction)} it goes from {before:.6g} to {after:.6g}, "
            f"expected: {GOES[direction['answer']]}"
        )


def _differing(
    expect: Mapping[str, Any], first: Answer, others: Sequence[Answer], output: OutputSchema
) -> Iterator[str]:
    invariant = expect["invariant"]
    for value, other in zip(invariant["values"], others, strict=True):
        where = f"with {invariant['column']} = {value}"
        if missing := unanswered(other):
            yield f"{where}: {missing}"
            continue
        apart = distance(expect, first, other, output)
        allowed = invariant.get("tolerance", SAME * _size(expect, first, output))
        if apart > allowed:
            yield f"{where} {said(other, expect, output)} instead of {said(first, expect, output)}" + (
                f", {apart:.3g} apart, allowed are {allowed:g}" if math.isfinite(apart) else ""
            )


def distance(expect: Mapping[str, Any], one: Answer, other: Answer, output: OutputSchema) -> float:
    """How far two answers are apart: in what is asked for, else in any class's probability; without
    probabilities infinitely far where the labels differ."""
    if output.task == "regression":
        return abs(float(one["value"]) - float(other["value"]))
    mine, its = one.get("probabilities"), other.get("probabilities")
    if not mine or not its:
        return 0.0 if str(one["value"]) == str(other["value"]) else math.inf
    names = [str(expect["class"])] if "class" in expect else list(mine)
    return max(abs(float(mine.get(name, 0.0)) - float(its.get(name, 0.0))) for name in names)


def _size(expect: Mapping[str, Any], answer: Answer, output: OutputSchema) -> float:
    return max(1.0, abs(float(answer["value"]))) if output.task == "regression" else 1.0


def said(answer: Answer, expect: Mapping[str, Any], output: OutputSchema) -> str:
    """An answer in a few words: the number that is asked about, or the label."""
    if output.task == "regression" or (
        answer.get("probabilities") and ("class" in expect or output.positive)
    ):
        found = number(expect, answer, output)
        return found if isinstance(found, str) else f"{found:.6g}"
    return str(answer["value"])
