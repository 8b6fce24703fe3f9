"""Nulls: filled in, and pointed at."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.columns import Array, Coded
from incumbent.native.blocks import EXACT, Block, Dense, Features, Raw, column_of, numbers
from incumbent.native.coefficients import distinct, number, read_number, read_value, value
from incumbent.native.scale import Affine
from incumbent.native.step import Arrays, Refused, Step, refuse_row, register


def is_null(found: Any) -> bool:
    """Whether a value is None or NaN."""
    return found is None or found != found


class Missing:
    """What counts as missing: null, or one value (then null itself is refused).

    Parameters
    ----------
    marker : object
        None or NaN: null. Else the number or text that stands for a missing value.
    """

    def __init__(self, marker: Any = None) -> None:
        self.marker = marker
        self.null = is_null(marker)

    def mask(self, column: Array) -> np.ndarray:
        """Which rows of a column are missing."""
        if isinstance(column, Coded):
            if self.null:
                return np.asarray(column.codes < 0)
            at = [i for i, v in enumerate(column.values) if v == self.marker]
            return np.asarray(np.isin(column.codes, at))
        values = numbers(column)
        return np.asarray(np.isnan(values) if self.null else values == self.marker)

    def refusals(self, column: Array) -> np.ndarray:
        """Which rows of a column are refused: infinities, and null where something else means missing."""
        if isinstance(column, Coded):
            return np.zeros(len(column), dtype=bool) if self.null else np.asarray(column.codes < 0)
        values = numbers(column)
        return np.asarray(np.isinf(values) if self.null else ~np.isfinite(values))

    def row(self, x: Sequence[Any]) -> "list[bool]":
        """Which values of one row are missing.

        Raises
        ------
        Refused
        """
        refuse_row([v for v in x if v is not None and v.__class__ is not str], allow_nan=self.null)
        if self.null:
            return [v is None or v != v for v in x]
        if None in x:
            raise Refused("null")
        return [v == self.marker for v in x]


@register
class Impute(Step):
    """Missing values replaced, feature by feature; a feature without a fill is left out.

    Parameters
    ----------
    fills : sequence of float, str or None
        What replaces a missing value of each feature.
    missing : object
        What counts as missing (see :class:`Missing`).
    indicators : sequence of int
        Features that also get an indicator, after all others.
    """

    kind = "impute"

    def __init__(self, fills: Sequence[Any], missing: Any = None, indicators: Sequence[int] = ()) -> None:
        self.fills = list(fills)
        self.missing = Missing(missing)
        self.indicators = list(indicators)
        self.kept = [i for i, fill in enumerate(self.fills) if fill is not None]
        self._plain = self.missing.null and len(self.kept) == len(self.fills) and not self.indicators
        self._numbers = self._plain and all(isinstance(f, float) for f in self.fills)
        self._fills = np.array(self.fills if self._numbers else ())

    def apply(self, x: Features) -> Features:
        if self._numbers and all(_fits_float(block) for block in x.blocks):
            values = x.dense()
            return x.with_blocks(Dense(np.where(np.isnan(values), self._fills, values))).finite()
        columns = [column_of(x, i) for i in range(x.width)]
        refused = np.zeros(x.rows, dtype=bool)
        masks = []
        for column in columns:
            refused |= self.missing.refusals(column)
            masks.append(self.missing.mask(column))
        blocks: list[Block] = []
        for i in self.kept:
            blocks.append(_filled(columns[i], masks[i], self.fills[i]))
        if self.indicators:
            blocks.append(Dense(np.stack([masks[i] for i in self.indicators], axis=1).astype(np.float64)))
        return x.with_blocks(*blocks).refuse(refused)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        if self._numbers:
            found = [v if v == v else f for v, f in zip(x, self.fills)]
            refuse_row(found)
            return found
        missing = self.missing.row(x)
        if self._plain:
            return [f if gone else v for v, gone, f in zip(x, missing, self.fills)]
        out = [self.fills[i] if missing[i] else x[i] for i in self.kept]
        return out + [1.0 if missing[i] else 0.0 for i in self.indicators]

    def joined(self, after: Step) -> "Step | None":
        return after.filled(self.fills) if self._numbers and type(after) is Affine else None

    def names(self, names: Sequence[str]) -> "list[str]":
        return [names[i] for i in self.kept] + [f"missingindicator_{names[i]}" for i in self.indicators]

    def dtypes(self, dtypes: Sequence[str]) -> "list[str]":
        kept = [dtypes[i] if dtypes[i] == "text" else "float64" for i in self.kept]
        return kept + ["float64"] * len(self.indicators)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        fills = dict(
            zip(distinct(names), ([value(f)] if isinstance(f, str) else number(f) for f in self.fills))
        )
        document: dict[str, Any] = {"step": self.kind, "fill": fills}
        if not self.missing.null:
            document["missing"] = value(self.missing.marker)
        if self.indicators:
            document["indicators"] = self.indicators
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Impute":
        fills = [f[0] if isinstance(f, list) else read_number(f) for f in document["fill"].values()]
        return cls(fills, read_value(document.get("missing")), document.get("indicators", ()))


def _fits_float(block: Block) -> bool:
    """Whether a block's values are numbers that float64 has without rounding."""
    if not isinstance(block, Raw):
        return True
    column = block.column
    if isinstance(column, Coded) or column.dtype.kind != "i":
        return not isinstance(column, Coded)
    return len(column) == 0 or bool(column.min() >= -EXACT and column.max() <= EXACT)


def _filled(column: Array, mask: np.ndarray, fill: Any) -> Block:
    if isinstance(column, Coded):
        if not mask.any():
            return Raw(column)
        values = column.values if fill in column.values else (*column.values, fill)
        return Raw(Coded(np.where(mask, np.int32(values.index(fill)), column.codes), values))
    if column.dtype.kind == "i" and not mask.any():
        return Raw(column)
    return Raw(np.where(mask, fill, numbers(column)))


@register
class Indicate(Step):
    """Which values are missing.

    Parameters
    ----------
    features : sequence of int
        Those that get an indicator.
    missing : object
        What counts as missing (see :class:`Missing`).
    strict : bool
        Refuse a row where another feature is missing.
    """

    kind = "indicate"

    def __init__(self, features: Sequence[int], missing: Any = None, strict: bool = False) -> None:
        self.features = list(features)
        self.missing = Missing(missing)
        self.strict = strict

    def apply(self, x: Features) -> Features:
        out = np.zeros((x.rows, len(self.features)))
        refused = np.zeros(x.rows, dtype=bool)
        for i in range(x.width):
            column = column_of(x, i)
            refused |= self.missing.refusals(column)
            mask = self.missing.mask(column)
            if i in self.features:
                out[:, self.features.index(i)] = mask
            elif self.strict:
                refused |= mask
        return x.with_blocks(Dense(out)).refuse(refused)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        missing = self.missing.row(x)
        if self.strict and any(gone and i not in self.features for i, gone in enumerate(missing)):
            raise Refused("missing where training had no missing value")
        return [1.0 if missing[i] else 0.0 for i in self.features]

    def names(self, names: Sequence[str]) -> "list[str]":
        return [f"missingindicator_{names[i]}" for i in self.features]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "features": self.features,
            "of": [names[i] for i in self.features],
            "missing": value(self.missing.marker),
            "strict": self.strict,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Indicate":
        return cls(document["features"], read_value(document["missing"]), document["strict"])
