"""Functions of single numbers, bins, polynomials, splines."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)

from .conformance import Case
from .data import frame, matrix, with_nulls

X = matrix()
NULLS = with_nulls(X)
POSITIVE = np.abs(X) + 0.1
FRAME = frame(nulls=False)[["distance", "delay", "month"]]
REPEATED = np.round(matrix(columns=2), 0)

CASES = [
    Case("binarizer", Binarizer(threshold=0.5), X),
    Case("function-none", FunctionTransformer(), FRAME),
    *(Case(f"function-{f.__name__}", FunctionTransformer(f), FRAME) for f in (np.log1p, np.sqrt, np.exp)),
    Case("function-square", FunctionTransformer(np.square), X),
    Case("power", PowerTransformer(), NULLS),
    Case("power-plain", PowerTransformer(standardize=False), X),
    Case("power-box-cox", PowerTransformer("box-cox"), POSITIVE),
    Case("power-box-cox-plain", PowerTransformer("box-cox", standardize=False), POSITIVE),
    Case("quantile", QuantileTransformer(n_quantiles=40), NULLS),
    Case("quantile-normal", QuantileTransformer(n_quantiles=30, output_distribution="normal"), NULLS),
    Case("quantile-repeated", QuantileTransformer(n_quantiles=50, output_distribution="normal"), REPEATED),
    *(
        Case(
            f"bins-{encode}-{strategy}",
            KBinsDiscretizer(4, encode=encode, strategy=strategy, quantile_method="averaged_inverted_cdf"),
            FRAME,
        )
        for encode, strategy in (("onehot", "quantile"), ("onehot-dense", "uniform"), ("ordinal", "kmeans"))
    ),
    Case("polynomial", PolynomialFeatures(3), X[:, :3]),
    Case("polynomial-interactions", PolynomialFeatures(2, interaction_only=True, include_bias=False), FRAME),
    Case("polynomial-degrees", PolynomialFeatures((2, 3)), X[:, :2]),
    *(
        Case(f"spline-{e}", make_pipeline(StandardScaler(), SplineTransformer(5, extrapolation=e)), X)
        for e in ("constant", "linear", "error", "periodic")
    ),
    Case("spline-continue", SplineTransformer(4, degree=2, extrapolation="continue", include_bias=False), X),
    Case("spline-straight", SplineTransformer(4, degree=1, extrapolation="linear"), FRAME[["month"]]),
    Case("spline-quantile", SplineTransformer(5, knots="quantile", handle_missing="zeros"), NULLS),
    Case("spline-repeated", SplineTransformer(6, knots="quantile"), np.round(REPEATED / 8)),
]
