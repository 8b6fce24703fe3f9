"""KBinsDiscretizer, PolynomialFeatures, SplineTransformer."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts, known, require
from incumbent.native.expand import Bins, Polynomial
from incumbent.native.spline import Basis, Splines
from incumbent.native.step import Step


@converts("sklearn.preprocessing._discretization.KBinsDiscretizer")
def k_bins_discretizer(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"encode": ("onehot", "onehot-dense", "ordinal"), "dtype": (None, np.float64)})
    cuts = [np.array(edges[1:-1], dtype=np.float64) for edges in estimator.bin_edges_]
    if estimator.encode == "ordinal":
        return Bins(cuts)
    encoder = estimator._encoder
    labels = [[str(c) for c in categories] for categories in encoder.categories_]
    require(all(len(k) == len(c) + 1 for k, c in zip(labels, cuts)), estimator, "bins without an indicator")
    return Bins(cuts, labels)


@converts("sklearn.preprocessing._polynomial.PolynomialFeatures")
def polynomial_features(estimator: Any, inputs: Inputs) -> Step:
    degrees = (int(estimator._min_degree), int(estimator._max_degree))
    return Polynomial(len(inputs), degrees, bool(estimator.interaction_only), bool(estimator.include_bias))


@converts("sklearn.preprocessing._polynomial.SplineTransformer")
def spline_transformer(estimator: Any, inputs: Inputs) -> Step:
    known(
        estimator,
        {
            "extrapolation": ("constant", "linear", "continue", "error", "periodic"),
            "handle_missing": ("error", "zeros"),
        },
    )
    zeros = getattr(estimator, "handle_missing", "error") == "zeros"
    beyond = estimator.extrapolation
    require(estimator.degree >= 1, estimator, "degree=0")
    require(not (zeros and beyond in ("continue", "periodic")), estimator, "infinities go through splines")
    # scikit-learn 1.9 then takes other ends of the range for every feature after the first
    straight = beyond == "linear" and estimator.degree == 1 and len(inputs) > 1
    require(not straight, estimator, "linear extrapolation of several features with degree=1")
    bases = [_basis(spline, beyond) for spline in estimator.bsplines_]
    return Splines(bases, bool(estimator.include_bias), zeros)


def _basis(spline: Any, beyond: str) -> Basis:
    knots, degree = np.array(spline.t, dtype=np.float64), int(spline.k)
    if beyond not in ("constant", "linear"):
        return Basis(knots, degree, beyond, None)
    low, high = knots[degree], knots[-degree - 1]
    edges = np.array([spline(low), spline(low, nu=1), spline(high), spline(high, nu=1)])
    reach = degree
    if beyond == "constant":
        edges[1] = edges[3] = 0.0
    else:
        reach = max(degree, 2)  # a spline of degree 1 has a second slope at each end
    edges[:2, reach:] = 0.0
    edges[2:, : edges.shape[1] - reach] = 0.0
    return Basis(knots, degree, "edges", edges)
