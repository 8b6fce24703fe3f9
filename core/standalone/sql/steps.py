"""Transformers as SQL: features in, features out. What is not here has no expression."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from core.standalone.sql.features import Choice, Cuts, Feature, Guards, Keys, Number, Text
from core.standalone.sql.text import NoExpression, number, string
from incumbent.native.blocks import EXACT
from incumbent.native.chain import Chain, Passthrough
from incumbent.native.compose import Columns, Union
from incumbent.native.elementwise import FUNCTIONS, Binarize, Function
from incumbent.native.encode import Encode, OneHotEncode
from incumbent.native.expand import Bins, Polynomial
from incumbent.native.impute import Impute, Indicate
from incumbent.native.lookup import REFUSE, Lookup
from incumbent.native.scale import Affine
from incumbent.native.select import Select
from incumbent.native.step import Step

Transform = Callable[[Any, "list[Feature]", Guards], "list[Feature]"]


def transformed(step: Step, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    """What a transformer makes of features.

    Raises
    ------
    NoExpression
        Naming the step.
    """
    transform = TRANSFORMS.get(type(step))
    if transform is None:
        raise NoExpression(f"the step {step.kind!r} has no SQL form")
    return transform(step, x, guards)


def _chain(step: Chain, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    for part in step.steps:
        x = transformed(part, x, guards)
    return x


def _columns(step: Columns, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    return [f for _, at, part in step.parts for f in transformed(part, [x[i] for i in at], guards)]


def _union(step: Union, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    found: list[Feature] = []
    for (_, part), weight in zip(step.parts, step.weights, strict=True):
        made = transformed(part, x, guards)
        found += made if weight is None else [_times(f, weight) for f in made]
    return found


def _times(feature: Feature, weight: float) -> Feature:
    if isinstance(feature, Choice):
        return feature.mapped(lambda v: v * weight)
    e = numeric(feature)
    assert isinstance(e, Number)
    return Number(f"({e.expression} * {number(weight)})", e.nullable, e.infinite, e.known_by)


def _select(step: Select, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    if step.missing == "refused":
        x = guards.finite(x)
    return [x[p] for p in step.positions]


def numeric(feature: Feature) -> "Number | Choice":
    """A feature that is no text."""
    if isinstance(feature, Text):
        raise NoExpression("it calculates with text")
    return feature


def _impute(step: Impute, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    if not step.missing.null:
        raise NoExpression("a SimpleImputer with a marker of its own for missing values has no SQL form")
    x = guards.finite(x, nulls=True)
    found = [_filled(x[i], step.fills[i]) for i in step.kept]
    return found + [_null_indicator(x[i]) for i in step.indicators]


def _filled(feature: Feature, fill: Any) -> Feature:
    if isinstance(feature, Choice):
        return Choice(feature.branches, tuple(fill if v != v else v for v in feature.values))
    if isinstance(feature, Text):
        return Text(f"COALESCE({feature.expression}, {string(fill)})")
    if not feature.nullable:
        return feature
    return Number(
        f"COALESCE({feature.expression}, {number(fill)})", nullable=False, infinite=feature.infinite
    )


def _null_indicator(feature: Feature) -> Choice:
    if isinstance(feature, Choice):
        return Choice(feature.branches, tuple(float(v != v) for v in feature.values))
    return Choice(Keys(feature.expression, ()), (1.0, 0.0))


def _indicate(step: Indicate, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    if not step.missing.null:
        raise NoExpression("a MissingIndicator with a marker of its own has no SQL form")
    x = guards.finite(x, nulls=True)
    if step.strict:
        for i, feature in enumerate(x):
            if i not in step.features:
                guards.add(f"{feature.expression} IS NOT NULL")
    return [_null_indicator(x[i]) for i in step.features]


def _affine(step: Affine, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    x = guards.finite(x, nulls=True)
    return [_moved(step, i, f) for i, f in enumerate(x)]


def _moved(step: Affine, i: int, feature: Feature) -> Feature:
    if isinstance(feature, Choice):
        return feature.mapped(lambda v: _move(step, i, v))
    e = numeric(feature)
    assert isinstance(e, Number)
    text = e.expression
    for part, sign in zip(step.parts, "-/*+", strict=True):
        array = getattr(step, part)
        if array is not None:
            text = f"({text} {sign} {number(float(array[i]))})"
    if step.clip is not None:
        low, high = map(number, step.clip)
        text = f"CASE WHEN {text} < {low} THEN {low} WHEN {text} > {high} THEN {high} ELSE {text} END"
    return Number(text, e.nullable, infinite=False, column=e.known_by)


def _move(step: Affine, i: int, v: float) -> float:
    if step.center is not None:
        v = v - float(step.center[i])
    if step.scale is not None:
        v = v / float(step.scale[i])
    if step.factor is not None:
        v = v * float(step.factor[i])
    if step.offset is not None:
        v = v + float(step.offset[i])
    return v if step.clip is None else min(max(v, step.clip[0]), step.clip[1])


def _binarize(step: Binarize, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    return [_above(f, step.threshold) for f in guards.finite(x)]


def _above(feature: Feature, threshold: float) -> Feature:
    if isinstance(feature, Choice):
        return feature.mapped(lambda v: float(v > threshold))
    text = f"CASE WHEN {feature.expression} > {number(threshold)} THEN 1e0 ELSE 0e0 END"
    return Number(text, nullable=False, infinite=False)


#: Functions of a number, and the condition under which each has a value.
_CALLS: "dict[str, tuple[str, str]]" = {
    "log": ("LN({0})", "{0} > 0e0"),
    "sqrt": ("SQRT({0})", "{0} >= 0e0"),
    "exp": ("EXP({0})", ""),
    "absolute": ("ABS({0})", ""),
    "square": ("({0} * 1e0 * {0})", ""),
    # Kahan's formula: as exact near zero as log1p
    "log1p": (
        "CASE WHEN (1e0 + {0}) = 1e0 THEN {0} * 1e0 ELSE LN(1e0 + {0}) * ({0} / ((1e0 + {0}) - 1e0)) END",
        "{0} > -1e0",
    ),
}


def _function(step: Function, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    return [_called(step.function, numeric(f), guards) for f in x]


def _called(name: str, feature: "Number | Choice", guards: Guards) -> Feature:
    if isinstance(feature, Choice):
        return feature.mapped(lambda v: _or_nan(FUNCTIONS[name], v))
    if name not in _CALLS:
        raise NoExpression(f"the function {name} has no portable SQL form")
    call, condition = (text.format(feature.expression) for text in _CALLS[name])
    if condition:
        guards.add(f"({feature.expression} IS NULL OR {condition})" if feature.nullable else condition)
    return Number(call, feature.nullable, infinite=True, column=feature.known_by)


def _or_nan(function: Callable[[float], float], v: float) -> float:
    try:
        return function(v)
    except (ValueError, OverflowError):
        raise NoExpression("a function of a category's number has no value") from None


def _one_hot(step: OneHotEncode, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    found: list[Feature] = []
    for feature, lookup, labels in zip(x, step.lookups, step.labels, strict=True):
        choice = _looked_up(feature, lookup, guards)
        for at in range(len(labels)):
            found.append(choice.mapped(lambda p, at=at: float(p == at)))  # type: ignore[misc]
    return found


def _encode(step: Encode, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    found: list[Feature] = []
    for feature, lookup, values in zip(x, step.lookups, step.values, strict=True):
        choice = _looked_up(feature, lookup, guards)
        table = values.tolist()
        for k in range(len(step.outputs)):
            found.append(choice.mapped(lambda p, t=table, k=k: t[int(p)][k]))  # type: ignore[misc]
    return found


def _looked_up(feature: Feature, lookup: Lookup, guards: Guards) -> Choice:
    """Positions by branch; a value that is refused is guarded against, and stands as 0."""
    if isinstance(feature, Choice):
        return _guarded(feature.branches, [_position(lookup, v) for v in feature.values], guards)
    keys = [k for k in lookup.table if isinstance(k, str) == isinstance(feature, Text)]
    branches = Keys(feature.expression, tuple(map(_literal, keys)))
    if lookup.finite and isinstance(feature, Number):
        guards.finite([feature], nulls=True)
    return _guarded(branches, [*(lookup.table[k] for k in keys), lookup.null, lookup.unknown], guards)


def _guarded(branches: Any, positions: "list[int]", guards: Guards) -> Choice:
    if REFUSE in positions:
        guards.add(branches.where([p != REFUSE for p in positions]))
    return Choice(branches, tuple(0.0 if p == REFUSE else float(p) for p in positions))


def _position(lookup: Lookup, value: float) -> int:
    known = lookup.table.get(value)
    return known if known is not None else lookup.null if value != value else lookup.unknown


def _literal(key: Any) -> str:
    if isinstance(key, str):
        return string(key)
    return str(key) if isinstance(key, int) and abs(key) > EXACT else number(float(key))


def _bins(step: Bins, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    found: list[Feature] = []
    for i, (feature, cuts) in enumerate(zip(guards.finite(x), step.cuts, strict=True)):
        edges = tuple(cuts.tolist())
        if isinstance(feature, Choice):  # such as what an indicator of nulls says
            codes = feature.mapped(lambda v, edges=edges: float(bisect_right(edges, v)))  # type: ignore[misc]
        else:
            branches = Cuts(feature.expression, edges)
            codes = Choice(branches, tuple(map(float, range(branches.count))))
        if step.labels is None:
            found.append(codes)
        else:
            for at in range(len(step.labels[i])):
                found.append(codes.mapped(lambda p, at=at: float(p == at)))  # type: ignore[misc]
    return found


def _polynomial(step: Polynomial, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    sound = [numeric(f) for f in guards.finite(x)]
    found: list[Feature] = []
    for product in step.products:
        text = " * ".join(["1e0", *(sound[i].expression for i in product)])
        found.append(Number(f"({text})", nullable=False, infinite=False))
    return found


def _passthrough(step: Passthrough, x: "list[Feature]", guards: Guards) -> "list[Feature]":
    return x


TRANSFORMS: "dict[type[Step], Transform]" = {
    Affine: _affine,
    Binarize: _binarize,
    Bins: _bins,
    Chain: _chain,
    Columns: _columns,
    Encode: _encode,
    Function: _function,
    Impute: _impute,
    Indicate: _indicate,
    OneHotEncode: _one_hot,
    Passthrough: _passthrough,
    Polynomial: _polynomial,
    Select: _select,
    Union: _union,
}
