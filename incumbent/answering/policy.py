"""The input policy of one version: what happens to numbers out of range, categories unseen, and nulls.

By default everything passes, and the model takes it as its estimator would. A value may be clipped to the
range of the training rows, or made null, or filled in; a row may be kept from the model and sent down the
chain (``fallback``), or past every version to the rules and the baseline (``rules``). One row and many are
treated alike.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

from incumbent.columns import Coded
from incumbent.schema import InputColumn

if TYPE_CHECKING:
    import numpy as np

    from incumbent.bundle import Bundle
    from incumbent.columns import Array

_STRONGER = {"fallback": 0, "rules": 1}


class Kept(NamedTuple):
    """A row that the policy keeps from the model: why, and where it goes (``fallback`` or ``rules``)."""

    reason: str
    to: str

    def and_also(self, other: "Kept") -> "Kept":
        """Both reasons; the farther of the two ways."""
        further = max(self.to, other.to, key=_STRONGER.__getitem__)
        return Kept(f"{self.reason}, {other.reason}", further)


class ColumnPolicy:
    """What is done with the values of one column.

    Parameters
    ----------
    column : InputColumn
    settings : mapping
        ``out_of_range``, ``unseen``, ``null``, ``min``, ``max``, ``categories``, ``fill``: what was set.
    """

    def __init__(self, column: InputColumn, settings: Mapping[str, Any]) -> None:
        self.name = column.name
        self.low, self.high = _range(column, settings)
        self.known = frozenset(settings.get("categories") or column.categories)
        self.outside = settings.get("out_of_range", "pass") if self.low <= self.high else "pass"
        if column.kind == "category":
            self.outside = settings.get("unseen", "pass") if self.known else "pass"
        self.in_range = column.kind == "number"
        if column.kind not in ("number", "category"):
            self.outside = "pass"
        self.null = settings.get("null", "pass")
        self.usual = self.known | {None} if self.null == "pass" else self.known
        self.fill = settings.get("fill")
        wrong = "is out of range" if self.in_range else "has an unseen category"
        self._outside = Kept(f"{self.name} {wrong}", self.outside)
        self._null = Kept(f"{self.name} is null", self.null)

    @property
    def does_nothing(self) -> bool:
        """Whether every value passes."""
        return self.outside == "pass" and self.null == "pass"

    def value(self, value: Any) -> "tuple[Any, Kept | None]":
        """One value as the model gets it, and whether the row is kept from the model."""
        kept = None
        if self.outside != "pass" and value is not None and value == value and not self._is_inside(value):
            if self.outside == "clip":
                value = self._clipped(value)
            elif self.outside == "null":
                value = None
            else:
                kept = self._outside
        if self.null != "pass" and (value is None or value != value):
            if self.null == "fill":
                value = self.fill
            else:
                kept = kept.and_also(self._null) if kept else self._null
        return value, kept

    def array(self, column: "Array") -> "tuple[Array, list[tuple[np.ndarray, Kept]]]":
        """Many values as the model gets them, and which rows are kept from the model (masks)."""
        kept: "list[tuple[np.ndarray, Kept]]" = []
        if self.outside != "pass":
            outside = self._are_outside(column)
            if outside.any():
                if self.outside == "clip":
                    column = self._clipped_array(column)  # type: ignore[arg-type]
                elif self.outside == "null":
                    column = _without(column, outside)
                else:
                    kept.append((outside, self._outside))
        if self.null != "pass":
            null = nulls(column)
            if null.any():
                if self.null == "fill":
                    column = _filled(column, null, self.fill)
                else:
                    kept.append((null, self._null))
        return column, kept

    def _is_inside(self, value: Any) -> bool:
        if self.in_range:
            return bool(self.low <= value <= self.high)
        return value in self.known

    def _clipped(self, value: Any) -> Any:
        bound = self.low if value < self.low else self.high
        return int(bound) if isinstance(value, int) and float(bound).is_integer() else bound

    def _are_outside(self, column: "Array") -> "np.ndarray":
        import numpy as np

        if isinstance(column, Coded):
            unknown = np.array([*(value not in self.known for value in column.values), False], dtype=bool)
            found: "np.ndarray" = unknown[column.codes]  # code -1, null, is the last
            return found
        if not self.in_range:
            seen: "np.ndarray" = np.isin(column, np.array(sorted(self.known), dtype=np.float64))
            unseen: "np.ndarray" = ~(seen | nulls(column))
            return unseen
        if column.dtype.kind == "i":  # whole numbers are compared as such: exact beyond 2^53
            low, high = _whole_bounds(self.low, self.high)
            found = np.zeros(len(column), dtype=bool)
            if low is not None:
                found |= column < low
            if high is not None:
                found |= column > high
            return found
        with np.errstate(invalid="ignore"):
            values = column.astype(np.float64)
            found = (values < self.low) | (values > self.high)
        return found

    def _clipped_array(self, column: "np.ndarray") -> "np.ndarray":
        import numpy as np

        outside = self._are_outside(column)
        bounds = np.where(column < self.low, self.low, self.high)
        if column.dtype.kind == "i" and all(b.is_integer() for b in set(bounds[outside].tolist())):
            bounds = np.where(outside, bounds, 0.0).astype(np.int64)
        return np.where(outside, bounds, column)


class Policy:
    """The policies of the columns that one version reads; those that do nothing are left out."""

    def __init__(self, columns: "tuple[ColumnPolicy, ...]") -> None:
        self._columns = columns
        judged = [c for c in columns if c.outside != "pass"]
        self._ranges = tuple((c.name, c.low, c.high, c.null == "pass") for c in judged if c.in_range)
        self._known = tuple((c.name, c.usual) for c in judged if not c.in_range)
        self._never_null = tuple(c.name for c in columns if c.null != "pass" and c.outside == "pass")

    def row(self, row: Mapping[str, Any]) -> "tuple[Mapping[str, Any], Kept | None]":
        """A row as the model gets it (the caller's own stays as it is), and whether it is kept from it."""
        return (row, None) if self._is_usual(row) else self._treated(row)

    def _is_usual(self, row: Mapping[str, Any]) -> bool:
        """Whether nothing is to be done: quickly, as it is with nearly every row."""
        for name, low, high, may_be_null in self._ranges:
            value = row[name]
            if value is None:
                if not may_be_null:
                    return False
            elif not low <= value <= high:  # NaN too
                return False
        for name, usual in self._known:
            if row[name] not in usual:
                return False
        for name in self._never_null:
            value = row[name]
            if value is None or value != value:
                return False
        return True

    def _treated(self, row: Mapping[str, Any]) -> "tuple[Mapping[str, Any], Kept | None]":
        kept: "Kept | None" = None
        changed: "dict[str, Any]" = {}
        for column in self._columns:
            before = row[column.name]
            after, found = column.value(before)
            if after is not before:
                changed[column.name] = after
            if found is not None:
                kept = kept.and_also(found) if kept else found
        return ({**row, **changed} if changed else row), kept

    def table(self, columns: "Mapping[str, Array]") -> "tuple[dict[str, Array], dict[int, Kept]]":
        """Columns as the model gets them, and the rows that are kept from it, by position."""
        treated = dict(columns)
        kept: "dict[int, Kept]" = {}
        for column in self._columns:
            treated[column.name], found = column.array(treated[column.name])
            for mask, why in found:
                for at in mask.nonzero()[0].tolist():
                    kept[at] = kept[at].and_also(why) if at in kept else why
        return treated, kept


def policy_of(
    bundle: "Bundle", settings: "Mapping[str, Mapping[str, Any]]"
) -> "tuple[Policy | None, list[str]]":
    """The policy of a version: what was set for its columns, with its own ranges and categories.

    Parameters
    ----------
    bundle : Bundle
        Its schema has the ranges and categories of the training rows.
    settings : mapping
        By column name; ``*`` is the default of every column.

    Returns
    -------
    policy : Policy or None
        None where everything passes.
    mistakes : list of str
        What cannot be judged, as sentences.
    """
    default = settings.get("*", {})
    found, mistakes = [], []
    for column in bundle.input.columns:
        wanted = {**default, **settings.get(column.name, {})}
        mistake = _impossible(column, wanted, settings.get(column.name, {}), bundle)
        if mistake:
            mistakes.append(mistake)
            continue
        if wanted.get("null") == "fill" and wanted.get("fill") is None:
            wanted["fill"] = middle(column, bundle)
        policy = ColumnPolicy(column, wanted)
        if not policy.does_nothing:
            found.append(policy)
    return (Policy(tuple(found)) if found else None), mistakes


def _impossible(
    column: InputColumn, wanted: Mapping[str, Any], own: Mapping[str, Any], bundle: "Bundle"
) -> "str | None":
    """Why a policy cannot be applied to a column, if it cannot."""
    where = f"columns.{column.name}"
    if own.get("out_of_range", "pass") != "pass" and column.kind != "number":
        return f"{where}: a column of kind {column.kind} has no range"
    if own.get("unseen", "pass") != "pass" and column.kind != "category":
        return f"{where}: a column of kind {column.kind} has no categories"
    if column.kind == "number" and wanted.get("out_of_range", "pass") != "pass":
        low, high = _range(column, wanted)
        if low == math.inf:
            return f"{where}: no range is known; set min and max"
        if not low <= high:
            return f"{where}: nothing lies between min {low:g} and max {high:g}"
    if column.kind == "category" and wanted.get("unseen", "pass") != "pass" and not wanted.get("categories"):
        levels = bundle.profile().get("columns", {}).get(column.name, {}).get("levels", 0)
        if not column.categories or levels > len(column.categories):
            return f"{where}: not all categories of the training rows are known; set categories"
    for value in own.get("categories", ()) if column.kind == "category" else ():
        if not _fits(column, value):
            return f"{where}: {value!r} is no category of a column of {column.dtype}"
    if wanted.get("null") == "fill":
        fill = wanted.get("fill")
        if fill is None and middle(column, bundle) is None:
            return f"{where}: nothing is known to fill in; set fill"
        if fill is not None and not _fits(column, fill):
            return f"{where}: {fill!r} cannot be filled into a column of {column.dtype}"
    return None


def _fits(column: InputColumn, fill: Any) -> bool:
    if column.takes_text:
        return isinstance(fill, str)
    return column.dtype != "time" and isinstance(fill, (int, float)) and math.isfinite(fill)


def middle(column: InputColumn, bundle: "Bundle") -> Any:
    """What is filled in where a person has not said what: the median, or the commonest category."""
    if column.kind == "category":
        return column.categories[0] if column.categories else None
    if column.kind != "number":
        return None
    quantiles = bundle.profile().get("columns", {}).get(column.name, {}).get("quantiles") or [None]
    return quantiles[len(quantiles) // 2]


def nulls(column: "Array") -> "np.ndarray":
    """Which rows of a column are null."""
    import numpy as np

    if isinstance(column, Coded):
        return column.codes < 0
    if column.dtype.kind == "M":
        return np.isnat(column)
    if column.dtype.kind == "f":
        return np.isnan(column)
    return np.zeros(len(column), dtype=bool)


def _range(column: InputColumn, settings: Mapping[str, Any]) -> "tuple[float, float]":
    """From the smallest to the largest value; an empty range where neither is known."""
    low = settings.get("min", column.minimum)
    high = settings.get("max", column.maximum)
    if low is None and high is None:
        return math.inf, -math.inf
    return float(-math.inf if low is None else low), float(math.inf if high is None else high)


def _whole_bounds(low: float, high: float) -> "tuple[int | None, int | None]":
    """The bounds as whole numbers that fit 64 bits; None where every such number is inside."""
    limit = 2**63
    least = None if low <= -limit else min(math.ceil(low), limit - 1) if low < math.inf else limit - 1
    most = None if high >= limit else max(math.floor(high), -limit) if high > -math.inf else -limit
    return least, most


def _without(column: "Array", rows: "np.ndarray") -> "Array":
    import numpy as np

    if isinstance(column, Coded):
        return Coded(np.where(rows, np.int32(-1), column.codes), column.values)
    return np.where(rows, np.nan, column.astype(np.float64))


def _filled(column: "Array", rows: "np.ndarray", fill: Any) -> "Array":
    import numpy as np

    if isinstance(column, Coded):
        values = column.values if fill in column.values else (*column.values, fill)
        return Coded(np.where(rows, np.int32(values.index(fill)), column.codes), values)
    return np.where(rows, float(fill), column)


__all__ = ["ColumnPolicy", "Kept", "Policy", "middle", "nulls", "policy_of"]
