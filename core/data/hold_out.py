"""Rows held out of training, of a model without a time column: the rows themselves say which they are.

Without time there is no "later" to judge a version by, so a share of the rows is left out when it is trained.
A row's place is a hash of its group, else of its key, else of everything that is known of it but the target:
equal rows stay on one side, whatever their order, however many come, and in whatever type a source
writes them (``7``, ``7.0`` and ``"7"`` are one value). Two versions that hold out the same share hold out
the same rows, and so are compared on what neither has seen. Where the partitions are files, or values of a
column, one that came after training is unseen as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from incumbent.columns import Array, Coded, Columns, row_count

if TYPE_CHECKING:
    import numpy as np

    from core.data.records import Described
    from core.spec import ModelSpec

#: The share that is held out where the spec says nothing.
USUAL_SHARE = 0.2


@dataclass(frozen=True)
class HoldOut:
    """A rule that says which rows a version was not trained on.

    Parameters
    ----------
    columns : tuple of str
        Whose values decide where a row lies.
    share : float
        Of the rows, 0 (it was trained on all of them) to 1 (none of them shaped it).
    seen : tuple of str
        Partitions that there were when it was trained; empty where partitions say nothing.

    Examples
    --------
    >>> import numpy as np
    >>> rule = HoldOut(("id",), 0.2)
    >>> held = rule.mask({"id": np.arange(10_000)})
    >>> bool(0.18 < held.mean() < 0.22)
    True
    >>> bool((held == rule.mask({"id": np.arange(10_000).astype(float)})).all())
    True
    """

    columns: tuple[str, ...]
    share: float
    seen: tuple[str, ...] = ()

    def mask(self, rows: Columns) -> np.ndarray:
        """Which rows are held out, shape (rows,)."""
        import numpy as np

        if not 0.0 < self.share < 1.0:
            return np.full(row_count(rows), self.share >= 1.0)
        found: np.ndarray = places(rows, self.columns) < self.share
        return found

    def document(self) -> dict[str, Any]:
        """As plain data, for the store and the lineage."""
        return {"share": self.share, "by": list(self.columns), "partitions": list(self.seen)}

    @staticmethod
    def from_document(document: Mapping[str, Any] | None) -> HoldOut | None:
        """What :meth:`document` described."""
        if document is None:
            return None
        seen = tuple(document.get("partitions", ()))
        return HoldOut(tuple(document["by"]), float(document["share"]), seen)

    @staticmethod
    def of(spec: ModelSpec, described: Described, share: float | None = None) -> HoldOut | None:
        """What a model's next version holds out; None where it has a time column.

        Parameters
        ----------
        described : Described
            The data that it is trained on.
        share : float, optional
            Instead of the spec's, or the usual one.
        """
        if spec.time is not None:
            return None
        if share is None:
            share = USUAL_SHARE if spec.hold_out is None else spec.hold_out
        seen = () if spec.partition == "all" else tuple(p.label for p in described.partitions if p.rows)
        named = spec.group or spec.key
        if named is not None:
            return HoldOut((named,), share, seen)
        left_out = {spec.target, spec.weight}
        by = [c.name for c in described.columns if c.name not in left_out and c.kind != "ignore"]
        return HoldOut(tuple(by) if share else (), share if by else 0.0, seen)


def places(rows: Columns, names: Sequence[str]) -> np.ndarray:
    """Where each row lies between 0 and 1, shape (rows,): uniform over distinct rows, the same everywhere."""
    import numpy as np

    mixed = np.zeros(len(rows[names[0]]), dtype=np.uint64)
    for name in names:
        mixed = _mixed(mixed ^ _bits(rows[name]))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _bits(column: Array) -> np.ndarray:
    """64 bits for each value, equal for equal values."""
    import numpy as np

    if isinstance(column, Coded):
        table = np.array([*(_bits_of(v) for v in column.values), _NULL], dtype=np.uint64)
        found: np.ndarray = table[column.codes]
        return found
    array = np.asarray(column)
    if array.dtype.kind == "M":
        return array.astype("datetime64[us]").view(np.uint64)
    numbers = array.astype(np.float64) + 0.0  # a negative zero is a zero
    return np.where(np.isnan(numbers), np.uint64(_NULL), numbers.view(np.uint64))


_NULL = 0x7FF8_0000_0000_0000  # the bits of a NaN


def _bits_of(value: Any) -> int:
    """The bits of one text: of the number that it writes, where it writes one."""
    import numpy as np

    words = {"true": 1.0, "false": 0.0}
    text = str(value)
    try:
        number = words[text.lower()] if text.lower() in words else float(text)
    except ValueError:
        return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return _NULL if number != number else int(np.array(number + 0.0).view(np.uint64))


def _mixed(bits: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195), after its step."""
    import numpy as np

    bits = bits + np.uint64(0x9E37_79B9_7F4A_7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    mixed: np.ndarray = bits ^ (bits >> np.uint64(31))
    return mixed
