"""Projections to fewer dimensions: principal components and truncated singular values."""

from __future__ import annotations

from functools import cached_property
from operator import mul
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Dense, Features
from incumbent.native.products import product
from incumbent.native.step import Arrays, Step, refuse_row, register

#: Components of more numbers than this are not kept as Python numbers, for single rows.
LARGE = 1_000_000


@register
class Project(Step):
    """``(x @ components.T - offset) / scale``.

    Parameters
    ----------
    components : ndarray, shape (dimensions, features)
    offset : ndarray, shape (dimensions,)
    scale : ndarray, shape (dimensions,)
    prefix : str
        What the dimensions are called, before their number.
    """

    kind = "project"

    def __init__(self, components: np.ndarray, offset: np.ndarray, scale: np.ndarray, prefix: str) -> None:
        self.components = np.ascontiguousarray(components, dtype=np.float64)
        self.offset = np.asarray(offset, dtype=np.float64)
        self.scale = np.asarray(scale, dtype=np.float64)
        self.prefix = prefix
        self._weights = np.ascontiguousarray(self.components.T)
        self._moves: list[tuple[float, float]] = list(
            zip(self.offset.tolist(), self.scale.tolist(), strict=True)
        )

    @cached_property
    def _axes(self) -> "list[list[float]]":
        return self.components.tolist()  # type: ignore[no-any-return]

    def apply(self, x: Features) -> Features:
        z, refused = product(x, self._weights)
        with np.errstate(all="ignore"):
            found = x.with_blocks(Dense((z - self.offset) / self.scale))
        return found if refused is None else found.refuse(refused)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x)
        if self.components.size > LARGE:
            return self._moved((np.array(x, dtype=np.float64) @ self._weights).tolist())
        return self._moved([sum(map(mul, x, axis)) for axis in self._axes])

    def fused(self, before: Step) -> "Callable[[Sequence[Any]], list[Any]] | None":
        if self.components.size > LARGE:
            return None
        products = before.dot_row(self._axes)

        def one(x: Sequence[Any]) -> "list[Any]":
            found = products(x)
            total = sum(found)
            if total - total != 0.0:
                return self.row(before.row(x))
            return self._moved(found)

        return one

    def _moved(self, products: "list[float]") -> "list[Any]":
        return [(z - offset) / scale for z, (offset, scale) in zip(products, self._moves, strict=True)]

    def names(self, names: Sequence[str]) -> "list[str]":
        return [f"{self.prefix}{i}" for i in range(len(self.offset))]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        dimensions = self.names(names)
        return {
            "step": self.kind,
            "prefix": self.prefix,
            "offset": arrays.store("offset", self.offset, dimensions),
            "scale": arrays.store("scale", self.scale, dimensions),
            "components": arrays.store("components", self.components, dimensions, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Project":
        return cls(
            arrays.load(document["components"]),
            arrays.load(document["offset"]),
            arrays.load(document["scale"]),
            document["prefix"],
        )
