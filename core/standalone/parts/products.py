"""Models that multiply: linear ones, projections, networks, discriminants."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from core.standalone.parts.answers import logistic
from core.standalone.parts.base import check, product, sparse_product, total


def linear(x: Sequence[float], weights: Any, intercepts: Sequence[float]) -> list[float]:
    """Raw scores: the row times the weights of each, plus its intercept."""
    check(x)
    return [product(x, w) + b for w, b in zip(weights, intercepts)]


def sparse_linear(x: dict[int, float], weights: Any, intercepts: Sequence[float]) -> list[float]:
    """The same for values by position."""
    check(x.values())
    return [sparse_product(x, w) + b for w, b in zip(weights, intercepts)]


def projected(products: list[float], offset: Sequence[float], scale: Sequence[float]) -> list[float]:
    """Coordinates along the axes of a projection."""
    return [(z - o) / s for z, o, s in zip(products, offset, scale)]


def relu(z: float) -> float:
    """The positive part."""
    return 0.0 if z < 0.0 else z


def identity(z: float) -> float:
    """The number itself."""
    return z


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "identity": identity,
    "logistic": logistic,
    "relu": relu,
    "tanh": math.tanh,
}


def hidden(z: list[float], activation: str, weights: Any, biases: Sequence[float]) -> list[float]:
    """One more layer of a network: activation, then a product."""
    active = [ACTIVATIONS[activation](v) for v in z]
    return [product(active, w) + b for w, b in zip(weights, biases)]


def quadratic(x: Sequence[float], classes: Sequence[tuple[float, Any, Any]]) -> list[float]:
    """Log posteriors of Gaussians, each with its own covariance: start, means, whitening axes."""
    check(x)
    joint = []
    for start, means, axes in classes:
        moved = [v - m for v, m in zip(x, means)]
        along = [product(moved, axis) for axis in axes]
        joint.append(start - 0.5 * product(along, along))
    return joint


def gaussian(x: Sequence[float], classes: Sequence[tuple[float, Any, Any]]) -> list[float]:
    """Joint log-likelihoods of independent normal features: start, means, variances."""
    check(x)
    joint = []
    for start, means, variances in classes:
        apart = total((v - m) * (v - m) / s for v, m, s in zip(x, means, variances))
        joint.append(start - 0.5 * apart)
    return joint
