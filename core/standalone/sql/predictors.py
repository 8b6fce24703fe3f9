"""Predictors as SQL: the expression of one of their scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.standalone.sql.features import Branches, Choice, Feature, Guards, sql_value
from core.standalone.sql.steps import numeric, transformed
from core.standalone.sql.text import NoExpression, joined, number
from core.standalone.sql.trees import tree_sums
from incumbent.native.calibrate import Calibrated, Isotonic, Sigmoid
from incumbent.native.chain import PredictingChain
from incumbent.native.combine import Average
from incumbent.native.constant import Constant
from incumbent.native.linear import Linear
from incumbent.native.step import Predictor
from incumbent.native.trees.step import Trees

Scored = Callable[[Any, "list[Feature]", int, Guards], str]


def scored(step: Predictor, x: "list[Feature]", output: int, guards: Guards) -> str:
    """The expression of one score: a number, or the probability of class ``output``.

    Raises
    ------
    NoExpression
        Naming the step.
    """
    score = SCORED.get(type(step))
    if score is None:
        raise NoExpression(f"the step {step.kind!r} has no SQL form")
    return score(step, x, output, guards)


def _chain(step: PredictingChain, x: "list[Feature]", output: int, guards: Guards) -> str:
    return scored(step.last, transformed(step.before, x, guards), output, guards)


def _constant(step: Constant, x: "list[Feature]", output: int, guards: Guards) -> str:
    return number(step.values[output])


def _linear(step: Linear, x: "list[Feature]", output: int, guards: Guards) -> str:
    sound = [numeric(f) for f in guards.finite(x)]
    raw = [
        product_sum(sound, weights, start)
        for weights, start in zip(step.coefficients.tolist(), step.intercepts.tolist(), strict=True)
    ]
    return answered(step.answer, raw, output)


def product_sum(x: "Sequence[Any]", weights: "Sequence[float]", start: float) -> str:
    """``start + x · weights``; choices among the same branches are one CASE."""
    terms = [number(start)]
    at = 0
    while at < len(x):
        feature = x[at]
        if not isinstance(feature, Choice):
            if weights[at] != 0.0:
                terms.append(f"{feature.expression} * {number(weights[at])}")
            at += 1
            continue
        totals = [0.0] * feature.branches.count
        branches: Branches = feature.branches
        while at < len(x) and isinstance(x[at], Choice) and x[at].branches == branches:
            totals = [t + _zero_null(v) * weights[at] for t, v in zip(totals, x[at].values, strict=True)]
            at += 1
        if any(totals):
            terms.append(branches.case([sql_value(t) for t in totals]))
    return joined(terms, "\n  + ")


def _zero_null(value: float) -> float:
    return 0.0 if value != value else value  # such rows are guarded against


def _trees(step: Trees, x: "list[Feature]", output: int, guards: Guards) -> str:
    sums = tree_sums(step.ensemble, x, step.base.tolist(), guards)
    if step.divisor != 1.0:
        sums = [f"({s}) / {number(step.divisor)}" for s in sums]
    return answered(step.answer, sums, output)


#: The exponential of anything smaller is no float64 but 0.
_SMALLEST = "-7.45e2"


def answered(answer: str, raw: "list[str]", output: int) -> str:
    """A score from raw ones."""
    if answer in ("number", "decision", "average"):
        return raw[output]
    if answer == "exp":
        return _of_all(
            [raw[output]], f"CASE WHEN {_score(0)} < {_SMALLEST} THEN 0e0 ELSE EXP({_score(0)}) END"
        )
    if answer == "logistic" and len(raw) == 1:
        return _of_all(raw, _second(_logistic(f"-{_score(0)}"), output))
    if answer in ("half_logistic", "softmax") and len(raw) == 1:
        return _of_all(raw, _second(_logistic(f"-2e0 * {_score(0)}"), output))
    if answer in ("softmax", "posterior"):
        return _of_all(raw, _softmax(len(raw), output))
    if answer == "samme":
        return _of_all(raw, _softmax(len(raw), output, f" / {number(float(len(raw) - 1))}"))
    if answer == "logistic":
        return _of_all(raw, _share([_logistic(f"-{_score(k)}") for k in range(len(raw))], output))
    raise NoExpression(f"the link {answer!r} has no SQL form")


def _exp(power: str) -> str:
    """The exponential of a power of probabilities, where a database may refuse what overflows or vanishes.

    Beyond the bounds a probability is 0 or 1 to 299 digits.
    """
    large = f"WHEN {power} > 6.9e2 THEN 1e300"
    return f"CASE {large} WHEN {power} < {_SMALLEST} THEN 0e0 ELSE EXP({power}) END"


def _logistic(power: str) -> str:
    return f"1e0 / (1e0 + {_exp(power)})"


def _second(probability: str, output: int) -> str:
    return probability if output == 1 else f"1e0 - {probability}"


def _score(k: int) -> str:
    return f"score_{k}"


def _softmax(count: int, output: int, divided: str = "") -> str:
    terms = [
        "1e0" if k == output else _exp(f"({_score(k)} - {_score(output)}){divided}") for k in range(count)
    ]
    return f"1e0 / ({joined(terms, ' + ')})"


def _share(parts: "list[str]", output: int) -> str:
    return f"({parts[output]}) / ({joined([f'({p})' for p in parts], ' + ')})"


def _of_all(raw: "list[str]", expression: str) -> str:
    """An expression of all raw scores, each computed once: a subquery without a table."""
    listed = ",\n".join(f"{z} AS {_score(k)}" for k, z in enumerate(raw))
    return f"(SELECT {expression} FROM (SELECT\n{listed}) AS scores)"


def _average(step: Average, x: "list[Feature]", output: int, guards: Guards) -> str:
    terms = [
        f"({scored(member, x, output, guards)}) * {number(weight)}"
        for (_, member), weight in zip(step.members, step._factors, strict=True)
    ]
    return f"({joined(terms, ' + ')}) / {number(float(step._total))}"


def _calibrated(step: Calibrated, x: "list[Feature]", output: int, guards: Guards) -> str:
    if len(step.curves) != 1:
        raise NoExpression("calibration of more than two classes has no SQL form")
    member = scored(step.member, x, 1 if step.member.scores == "probabilities" else 0, guards)
    curve = step.curves[0]
    if isinstance(curve, Sigmoid):
        scaled = f"{number(curve.slope)} * ({member}) + {number(curve.offset)}"
        return _of_all([scaled], _second(_logistic(_score(0)), output))
    assert isinstance(curve, Isotonic)
    return _second(_of_all([member], _isotonic(curve)), output)


def _isotonic(curve: Isotonic) -> str:
    xs, ys, z = curve.scores, curve.probabilities, _score(0)
    whens = [f"WHEN {z} <= {number(xs[0])} THEN {number(ys[0])}"]
    for x0, x1, y0, y1 in zip(xs, xs[1:], ys, ys[1:]):  # noqa: B905  # one shorter
        slope = (y1 - y0) / (x1 - x0)
        whens.append(f"WHEN {z} < {number(x1)} THEN {number(slope)} * ({z} - {number(x0)}) + {number(y0)}")
    return f"CASE {' '.join(whens)} WHEN {z} >= {number(xs[-1])} THEN {number(ys[-1])} END"


SCORED: "dict[type[Predictor], Scored]" = {
    Average: _average,
    Calibrated: _calibrated,
    Constant: _constant,
    Linear: _linear,
    PredictingChain: _chain,
    Trees: _trees,
}
