"""Trees: walked one after the other."""

from __future__ import annotations

import base64
import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from typing import Any

from core.standalone.parts.base import NAN, Refused


def block(code: str, text: str) -> Any:
    """Many numbers from a packed text: base64 of zlib of little-endian bytes; ``code`` as for arrays."""
    found: Any = array(code)
    found.frombytes(zlib.decompress(base64.b64decode(text)))
    if sys.byteorder == "big":
        found.byteswap()
    return found


def rows_of(numbers: Any, width: int) -> list[Any]:
    """A table from the numbers of all its rows."""
    return [numbers[at : at + width] for at in range(0, len(numbers), width)]


def prepared(x: Sequence[Any], single: bool, missing: bool, infinite: bool) -> list[float]:
    """A row as trees compare it: rounded to 32 bits where they do; what they do not take is refused."""
    found = [NAN if v is None else float(v) for v in x]
    if single:
        form = f"{len(found)}f"
        try:
            found = list(struct.unpack(form, struct.pack(form, *found)))
        except OverflowError:
            raise Refused("a number is too large for the model") from None
    for v in found:
        if v != v and not missing:
            raise Refused("the model takes no null")
        if v == v and v - v != 0.0 and not infinite:
            raise Refused("the model takes no infinite number")
    return found


class Forest:
    """Trees as flat lists, one node a place; the right child stands behind the left one.

    A node with a feature asks whether the row's value is at most the threshold (or, where it has a category,
    is in that set of codes) and goes left if so; ``nulls_left`` says where a null goes. A node without a
    feature (-1) is a leaf: its ``width`` values are added to the sums.
    """

    def __init__(
        self,
        roots: Any,
        feature: Any,
        threshold: Any,
        left: Any,
        nulls_left: Any,
        values: Any,
        width: int = 1,
        category: Any = None,
        sets: Any = (),
    ) -> None:
        self.roots, self.feature, self.threshold, self.left = roots, feature, threshold, left
        self.nulls_left, self.values, self.width = nulls_left, values, width
        self.category, self.sets = category, sets

    def leaf(self, at: int, x: Sequence[float]) -> int:
        """The leaf that a row comes to, from the root ``at``."""
        feature, left = self.feature, self.left
        column = feature[at]
        while column >= 0:
            value = x[column]
            if value != value:
                goes_left = self.nulls_left[at]
            elif self.category is not None and self.category[at] >= 0:
                goes_left = value in self.sets[self.category[at]]
            else:
                goes_left = value <= self.threshold[at]
            at = left[at] if goes_left else left[at] + 1
            column = feature[at]
        return at

    def sums(self, x: Sequence[float], base: Sequence[float]) -> list[float]:
        """The sums of all trees: those of one value a leaf take turns at the scores."""
        found, values, width = list(base), self.values, self.width
        for tree, root in enumerate(self.roots):
            at = self.leaf(root, x) * width
            for k in range(width):
                found[(tree + k) % len(found) if width == 1 else k] += values[at + k]
        return found


def divided(sums: list[float], divisor: float) -> list[float]:
    """Every sum divided by one number."""
    return [s / divisor for s in sums]
