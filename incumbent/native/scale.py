"""Scaling: numbers moved and stretched, feature by feature."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Block, Dense, Features, OneHot, Sparse
from incumbent.native.step import Arrays, Step, refuse_row, register

Row = Callable[[Sequence[Any]], "list[float]"]


def scaled(x: Features, factor: np.ndarray, divide: bool = False) -> Features:
    """Every feature times (or divided by) its factor; what is sparse stays sparse."""
    blocks = []
    at = 0
    for block in x.blocks:
        part = factor[at : at + block.width]
        blocks.append(_scaled(block, part, divide, x))
        at += block.width
    return x.with_blocks(*blocks)


def _scaled(block: Block, factor: np.ndarray, divide: bool, x: Features) -> Block:
    if isinstance(block, OneHot):
        hot = block.codes >= 0
        indptr = np.concatenate([[0], np.cumsum(hot)])
        indices = block.codes[hot].astype(np.int64)
        block = Sparse(indptr, indices, np.ones(len(indices)), block.width)
    if isinstance(block, Sparse):
        by = factor[block.indices]
        data = block.data / by if divide else block.data * by
        return Sparse(block.indptr, block.indices, data, block.width)
    values = x.with_blocks(block).dense()
    return Dense(values / factor if divide else values * factor)


@register
class Affine(Step):
    """``(x - center) / scale``, then ``* factor + offset``; each of them may be absent.

    The operations are those of the estimator, in its order, so that results agree to the last bit.

    Parameters
    ----------
    label : str
        Whose numbers these are, for the reader of the file.
    center, scale, factor, offset : ndarray of float64, shape (features,), or None
    clip : (low, high) or None
        Bounds of what comes out.
    """

    kind = "affine"
    parts = ("center", "scale", "factor", "offset")

    def __init__(
        self,
        label: str,
        center: "np.ndarray | None" = None,
        scale: "np.ndarray | None" = None,
        factor: "np.ndarray | None" = None,
        offset: "np.ndarray | None" = None,
        clip: "tuple[float, float] | None" = None,
    ) -> None:
        self.label = label
        self.center, self.scale, self.factor, self.offset = center, scale, factor, offset
        self.clip = clip
        self._lists = [None if a is None else a.tolist() for a in (center, scale, factor, offset)]

    def apply(self, x: Features) -> Features:
        x = x.finite(allow_nan=True)
        if self.center is None and self.offset is None and self.clip is None:
            if self.scale is not None:
                x = scaled(x, self.scale, divide=True)
            return x if self.factor is None else scaled(x, self.factor)
        values = x.dense()
        values = values.copy() if self.center is None else values - self.center
        if self.scale is not None:
            values /= self.scale
        if self.factor is not None:
            values *= self.factor
        if self.offset is not None:
            values += self.offset
        if self.clip is not None:
            np.clip(values, *self.clip, out=values)
        return x.with_blocks(Dense(values))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x, allow_nan=True)
        center, scale, factor, offset = self._lists
        values: Any = x
        if center is not None:
            if scale is not None:
                values = [(v - c) / s for v, c, s in zip(values, center, scale)]
            else:
                values = [v - c for v, c in zip(values, center)]
        elif scale is not None:
            values = [v / s for v, s in zip(values, scale)]
        if factor is not None:
            values = [v * f for v, f in zip(values, factor)]
        if offset is not None:
            values = [v + o for v, o in zip(values, offset)]
        if self.clip is not None:
            low, high = self.clip
            values = [low if v < low else high if v > high else v for v in values]
        return list(values)

    def dot_row(self, weights: Sequence[Sequence[float]]) -> Row:
        if len(weights) > 1 or self.factor is not None or self.offset is not None or self.clip is not None:
            return super().dot_row(weights)
        summands = self.summands(weights[0])
        return lambda x: [sum([(v - c) * k for v, c, k in zip(x, *summands)])]

    def summands(self, weights: Sequence[float]) -> "tuple[list[float], list[float]]":
        """Centers, and weights over scales: a scaled number times its weight is ``(v - center) * factor``."""
        center = [0.0] * len(weights) if self.center is None else self.center.tolist()
        scale = [1.0] * len(weights) if self.scale is None else self.scale.tolist()
        return center, [w / s for w, s in zip(weights, scale)]

    def filled(self, fills: Sequence[float]) -> "Affine":
        """The same for single rows in which NaN has yet to be replaced."""
        return _Filled(self, fills)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        document: dict[str, Any] = {"step": self.kind, "of": self.label}
        for part in self.parts:
            array = getattr(self, part)
            if array is not None:
                document[part] = arrays.store(part, array, names)
        if self.clip is not None:
            document["clip"] = list(self.clip)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Affine":
        found = {p: arrays.load(document[p]) for p in cls.parts if p in document}
        clip = tuple(document["clip"]) if "clip" in document else None
        return cls(document["of"], clip=clip, **found)


class _Filled(Affine):
    """An affine step that replaces NaN first: what an imputer and a scaler do to a row, in one pass."""

    def __init__(self, step: Affine, fills: Sequence[float]) -> None:
        super().__init__(step.label, step.center, step.scale, step.factor, step.offset, step.clip)
        self._fills = list(fills)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        return super().row([v if v == v else f for v, f in zip(x, self._fills)])

    def dot_row(self, weights: Sequence[Sequence[float]]) -> Row:
        if len(weights) > 1 or self.factor is not None or self.offset is not None or self.clip is not None:
            return super().dot_row(weights)
        centers, factors = self.summands(weights[0])
        null = [(f - c) * k for f, c, k in zip(self._fills, centers, factors)]
        return lambda x: [
            sum([(v - c) * k if v == v else n for v, c, k, n in zip(x, centers, factors, null)])
        ]
