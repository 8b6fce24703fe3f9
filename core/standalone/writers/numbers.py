"""Numbers: scaling, thresholds, functions, nulls, bins, products, quantiles, splines."""

from __future__ import annotations

from dataclasses import replace

from core.standalone.code import Code, Value
from core.standalone.writers import made, writes
from incumbent.native.elementwise import Binarize, Function, Power
from incumbent.native.expand import Bins, Polynomial
from incumbent.native.impute import Impute, Indicate, Missing
from incumbent.native.quantile import MARGIN, Quantiles
from incumbent.native.scale import Affine
from incumbent.native.spline import Splines


@writes(Affine)
def affine(step: Affine, x: Value, code: Code) -> Value:
    keeps_zeros = step.center is None and step.offset is None and step.clip is None
    if not (x.sparse and keeps_zeros):
        x = code.dense(x)
    named = {}
    for part in step.parts:
        array = getattr(step, part)
        if array is not None:
            named[part] = code.numbers(part, array, x.names)
    if x.sparse:
        return code.step("sparse_scaled", x, **named)
    if step.clip is not None:
        named["clip"] = f"({', '.join(code.number(v) for v in step.clip)})"
    return code.step("affine", x, **named)


@writes(Binarize)
def binarize(step: Binarize, x: Value, code: Code) -> Value:
    return code.step("above", code.dense(x), code.number(step.threshold))


@writes(Function)
def function(step: Function, x: Value, code: Code) -> Value:
    return code.step("mapped", code.dense(x), repr(step.function))


@writes(Power)
def power(step: Power, x: Value, code: Code) -> Value:
    x = code.dense(x)
    part = {"box-cox": "box_cox", "yeo-johnson": "yeo_johnson"}[step.method]
    return code.step(part, x, code.numbers("powers", step.lambdas, x.names))


@writes(Impute)
def impute(step: Impute, x: Value, code: Code) -> Value:
    x = code.dense(x)
    all_numbers = all(isinstance(f, float) for f in step.fills)
    if step.missing.null and all_numbers and not step.indicators:
        text = code.call("filled_numbers", x.text, code.numbers("fills", step.fills, x.names))
        return replace(x, text=code.assign("filled_row", text))
    row = code.named("row_values", x.text)
    gone = code.assign("gone", _missing(step.missing, row, code))
    fills = code.constant("fills", code.listing(code.literal(f) for f in step.fills))
    kept, marked = code.positions(step.kept), code.positions(step.indicators)
    return made(step, x, code.assign("filled_row", code.call("filled", row, gone, fills, kept, marked)))


@writes(Indicate)
def indicate(step: Indicate, x: Value, code: Code) -> Value:
    gone = code.assign("gone", _missing(step.missing, code.dense(x).text, code))
    text = code.call("indicators", gone, code.positions(step.features), only=step.strict)
    return made(step, x, code.assign("missing_row", text))


def _missing(missing: Missing, row: str, code: Code) -> str:
    return code.call("missing", row, *(() if missing.null else (code.literal(missing.marker),)))


@writes(Bins)
def bins(step: Bins, x: Value, code: Code) -> Value:
    x = code.dense(x)
    cuts = code.table("cuts", [c.tolist() for c in step.cuts])
    found = code.assign("bins", code.call("binned", x.text, cuts))
    if step.labels is None:
        return made(step, x, code.assign("bin_row", f"[float(code) for code in {found}]"))
    widths = code.listing(str(len(labels)) for labels in step.labels)
    return made(step, x, code.assign("bin_row", code.call("bin_indicators", found, widths)))


@writes(Polynomial)
def polynomial(step: Polynomial, x: Value, code: Code) -> Value:
    x = code.dense(x)
    factors = code.constant("factors", code.listing(map(str, step._factors)))
    text = code.call("polynomial", x.text, factors, code.positions(step._kept), step.bias)
    return made(step, x, code.assign("products", text))


@writes(Quantiles)
def quantiles(step: Quantiles, x: Value, code: Code) -> Value:
    x = code.dense(x)
    points = code.table("quantile_points", step.quantiles.tolist())
    levels = code.numbers("levels", step.levels)
    assert MARGIN == 1e-7  # as the part has it
    return code.step("quantiles", x, points, levels, step.normal)


@writes(Splines)
def splines(step: Splines, x: Value, code: Code) -> Value:
    x = code.dense(x)
    columns = []
    for basis in step.bases:
        knots = code.numbers("knots", basis.knots)
        edges = "None" if basis.edges is None else code.table("edges", basis.edges.tolist())
        columns.append(f"({knots}, {basis.beyond!r}, {edges})")
    listed = code.constant("spline_columns", code.listing(columns))
    text = code.call("splines", x.text, listed, step.bases[0].degree, step.bias, step.zeros)
    return made(step, x, code.assign("spline_row", text))
