"""What every other part uses: refusals, sums, products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

NAN = float("nan")
INF = float("inf")


class Refused(ValueError):
    """The model takes no such row: the estimator that it was would raise an error."""


def check(values: Iterable[Any], nulls: bool = False) -> None:
    """Refuse a row with an infinite number (or a null, unless nulls are taken)."""
    for value in values:
        if value - value != 0.0 and not (nulls and value != value):
            raise Refused("the model takes no " + ("null" if value != value else "infinite number"))


def total(values: Iterable[float]) -> float:
    """The sum, from left to right."""
    found = 0.0
    for value in values:
        found += value
    return found


def product(x: Sequence[float], weights: Sequence[float]) -> float:
    """The sum of values times weights, from left to right."""
    found = 0.0
    for value, weight in zip(x, weights):
        found += value * weight
    return found


def sparse_product(x: dict[int, float], weights: Sequence[float]) -> float:
    """The same for values by position; all others are zero."""
    found = 0.0
    for position, value in x.items():
        found += value * weights[position]
    return found


def dense(x: dict[int, float], width: int) -> list[float]:
    """Values by position as a list."""
    found = [0.0] * width
    for position, value in x.items():
        found[position] = value
    return found


def pick(x: Sequence[Any], positions: Sequence[int]) -> list[Any]:
    """The values at some positions."""
    return [x[i] for i in positions]


def sparse_pick(x: dict[int, float], positions: dict[int, int]) -> dict[int, float]:
    """The values at some positions, at their new positions."""
    return {positions[i]: v for i, v in x.items() if i in positions}


def shifted(x: Any, start: int) -> dict[int, float]:
    """A list, or values by position, as values by position that begin at ``start``."""
    pairs = x.items() if isinstance(x, dict) else enumerate(x)
    return {start + i: v for i, v in pairs}
