"""Finding a value among known categories: in a batch by codes, in a row by a dictionary."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.columns import Array, Coded
from incumbent.native.coefficients import read_value, value
from incumbent.native.step import Refused

#: Stands for a value that the original estimator refuses.
REFUSE = -2
#: How a file says what becomes of values never seen, where that is no position.
_WORDS = {REFUSE: "refused", -1: "none"}
_POSITIONS = {word: position for position, word in _WORDS.items()}


class Lookup:
    """Which position a value has among categories; null and values never seen have one too.

    Parameters
    ----------
    categories : sequence
        Text, numbers, booleans; None or NaN among them is null.
    positions : sequence of int
        What each category becomes.
    unknown : int
        What a value becomes that is none of them (also null, unless it is one); :data:`REFUSE` to refuse it.
    finite : bool
        Whether infinities are refused.

    Examples
    --------
    >>> lookup = Lookup(["UA", "AA", None], [0, 1, 2], unknown=REFUSE)
    >>> lookup.one("AA"), lookup.one(None)
    (1, 2)
    """

    def __init__(
        self, categories: Sequence[Any], positions: Sequence[int], unknown: int, finite: bool = False
    ) -> None:
        self.categories = list(categories)
        self.positions = list(positions)
        self.unknown = unknown
        self.finite = finite
        self.null = unknown
        self.table: dict[Any, int] = {}
        for category, position in zip(self.categories, self.positions):
            if category is None or category != category:
                if self.null == unknown or category is not None:  # NaN goes before None
                    self.null = position
            else:
                self.table[category] = position
        found = {k: p for k, p in self.table.items() if not isinstance(k, str)}
        whole = all(isinstance(k, int) and not isinstance(k, bool) and abs(k) < 2**63 for k in found)
        self._keys = np.array(sorted(found), dtype=np.int64 if whole else np.float64)
        self._at = np.array([found[k] for k in sorted(found)], dtype=np.int32)

    def one(self, found: Any) -> int:
        """Position of one value.

        Raises
        ------
        Refused
        """
        position = self.table.get(found)
        return self.other(found) if position is None else position

    def other(self, found: Any) -> int:
        """Position of a value that is no category, or null."""
        position = self.null if found is None or found != found else self.unknown
        if position == REFUSE:
            raise Refused(f"{found!r} is not one of the categories")
        if self.finite and found.__class__ is float and found - found != 0.0 and found == found:
            raise Refused(f"{found!r} is not a finite number")
        return position

    def many(self, column: Array) -> "tuple[np.ndarray, np.ndarray | None]":
        """Positions of a column (int32, -1 for refused), and which rows are refused."""
        codes = self._text(column) if isinstance(column, Coded) else self._numbers(column)
        bad = codes == REFUSE
        if not bad.any():
            return codes, None
        codes[bad] = -1
        return codes, bad

    def _text(self, column: Coded) -> np.ndarray:
        get, unknown = self.table.get, self.unknown
        if len(column.values) > 2 * len(column.codes):  # a small part of a long column: not all of its values
            found, inverse = np.unique(column.codes, return_inverse=True)
            used = [self.null if c < 0 else get(column.values[c], unknown) for c in found.tolist()]
            return np.array(used, dtype=np.int32)[inverse]
        table = [get(v, unknown) for v in column.values]
        return np.asarray(np.array([*table, self.null], dtype=np.int32)[column.codes])

    def _numbers(self, column: np.ndarray) -> np.ndarray:
        keys = self._keys
        if column.dtype.kind in "bu" or (column.dtype.kind == "i") != (keys.dtype.kind == "i"):
            column, keys = column.astype(np.float64), keys.astype(np.float64)
        codes = np.full(len(column), self.unknown, dtype=np.int32)
        if len(keys):
            at = np.minimum(np.searchsorted(keys, column), len(keys) - 1)
            np.copyto(codes, self._at[at], where=keys[at] == column)
        if column.dtype.kind == "f":
            codes[np.isnan(column)] = self.null
            if self.finite:
                codes[np.isinf(column)] = REFUSE
        return codes

    def map(self, to: "Callable[[int], Any]") -> "tuple[dict[Any, Any], Callable[[Any], Any]]":
        """A dictionary from values to ``to(position)``, and a function for values that are not in it."""
        other = self.other
        results = {p: to(p) for p in {*self.positions, self.unknown, self.null} if p != REFUSE}
        return {k: results[p] for k, p in self.table.items()}, lambda v: results[other(v)]

    def document(self) -> "dict[str, Any]":
        """Plain data; positions are left out where they count from zero."""
        document: dict[str, Any] = {"categories": [value(c) for c in self.categories]}
        if self.positions != list(range(len(self.categories))):
            document["positions"] = self.positions
        unknown = _WORDS.get(self.unknown, self.unknown)
        return {**document, "unknown": unknown, "finite": self.finite}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Lookup":
        categories = [read_value(c) for c in document["categories"]]
        positions = document.get("positions", list(range(len(categories))))
        unknown = _POSITIONS.get(document["unknown"], document["unknown"])
        return cls(categories, positions, unknown, document["finite"])
