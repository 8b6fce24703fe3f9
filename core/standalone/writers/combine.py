"""Predictors made of predictors: averages, one against the rest, stacks, calibration, transformed targets."""

from __future__ import annotations

from core.standalone.code import Code, Value
from core.standalone.writers import write, writes
from core.standalone.writers.compose import beside
from incumbent.native.calibrate import Calibrated, Isotonic, Sigmoid, Tempered
from incumbent.native.combine import Average, OneAgainstRest, Stack
from incumbent.native.step import Predictor
from incumbent.native.target import Retransformed


def _members(members: "list[tuple[str, Predictor]]", x: Value, code: Code) -> "list[str]":
    found = []
    for label, member in members:
        code.comment(label)
        found.append(code.named("member", write(member, x, code).text))
    return found


@writes(Average)
def average(step: Average, x: Value, code: Code) -> Value:
    members = _members(step.members, x, code)
    weights = code.numbers("member_weights", step._factors, [label for label, _ in step.members])
    return Value(code.assign("mean", code.call("average", code.listing(members), weights)), 0)


@writes(OneAgainstRest)
def one_against_rest(step: OneAgainstRest, x: Value, code: Code) -> Value:
    last = code.listing(f"{m}[-1]" for m in _members(step.members, x, code))
    if step.scores == "decisions":
        return Value(code.assign("z", last), 0)
    return Value(code.assign("answer_row", code.call("against_rest", last)), 0)


@writes(Stack)
def stack(step: Stack, x: Value, code: Code) -> Value:
    members = _members(step.members, x, code)
    text = code.assign("stacked", code.call("as_features", code.listing(members)))
    features = Value(text, len(step.columns), tuple(step.columns))
    code.comment("the last model of the stack")
    return write(step.last, beside([features, x], code) if step.passthrough else features, code)


@writes(Calibrated)
def calibrated(step: Calibrated, x: Value, code: Code) -> Value:
    member = code.named("member", write(step.member, x, code).text)
    found = []
    for i, curve in enumerate(step.curves):
        score = f"{member}[-1]" if len(step.curves) == 1 else f"{member}[{i}]"
        if isinstance(curve, Sigmoid):
            slope, offset = code.number(curve.slope), code.number(curve.offset)
            found.append(code.call("sigmoid_curve", score, slope, offset))
        else:
            assert isinstance(curve, Isotonic)
            scores = code.numbers("curve_scores", curve.scores)
            probabilities = code.numbers("curve", curve.probabilities)
            found.append(code.call("isotonic_curve", score, scores, probabilities))
    return Value(code.assign("answer_row", code.call("calibrated", code.listing(found))), 0)


@writes(Tempered)
def tempered(step: Tempered, x: Value, code: Code) -> Value:
    member = write(step.member, x, code).text
    probabilities = step.member.scores == "probabilities"
    text = code.call("tempered", member, code.number(step.factor), probabilities)
    return Value(code.assign("answer_row", text), 0)


@writes(Retransformed)
def retransformed(step: Retransformed, x: Value, code: Code) -> Value:
    member = write(step.member, x, code).text
    value = code.assign("value", code.call("answered", f"{member}[0]"))
    for how in step.inverses:
        value = code.assign("value", _back(how, code.call("finite_or_nan", value), code))
    return Value(f"[{value}]", 0)


def _back(how: "dict[str, object]", value: str, code: Code) -> str:
    kind = how["how"]
    if kind == "function":
        return code.call("back_by_function", value, repr(how["name"]))
    if kind in ("stretch", "squeeze"):
        part = {"stretch": "back_stretched", "squeeze": "back_squeezed"}[str(kind)]
        return code.call(part, value, code.number(how["factor"]), code.number(how["offset"]))  # type: ignore[arg-type]
    if kind in ("yeo-johnson", "box-cox"):
        part = {"yeo-johnson": "back_yeo_johnson", "box-cox": "back_box_cox"}[str(kind)]
        return code.call(part, value, code.number(how["lambda"]))  # type: ignore[arg-type]
    import numpy as np

    points: list[float] = list(how["quantiles"])  # type: ignore[call-overload]
    levels = code.numbers("levels", np.linspace(0.0, 1.0, len(points)))
    normal = how["distribution"] == "normal"
    return code.call("back_from_quantiles", value, code.numbers("quantile_points", points), levels, normal)
