"""Estimates and series of blocks as bytes, for the store's cache of slices that were measured once.

One line of JSON (with the format's number), then float64 values, little-endian. To raise the format: add one
to ``FORMAT``, keep reading the older ones, and keep a packed example of each under test.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.statistics.estimate import Estimate
from incumbent.errors import StoreError

FORMAT = 2
#: Those that are read. In the first, labels that only count were written out.
READ = (1, 2)

_PLAIN = ("value", "low", "high", "n", "blocks", "unit", "rarer", "key", "degrees", "reason")


@dataclass(frozen=True, eq=False)
class BlockSeries:
    """One number for each block, in the blocks' order.

    Parameters
    ----------
    labels : tuple of str
    values : ndarray of float64, shape (blocks,)
    sizes : ndarray of float64, shape (blocks,)
        Rows, or weight, behind each value.
    """

    labels: tuple[str, ...]
    values: NDArray[np.float64]
    sizes: NDArray[np.float64]


def pack(estimates: Mapping[str, Estimate], series: Mapping[str, BlockSeries] | None = None) -> bytes:
    """Estimates with their replicates, and series, as bytes.

    Parameters
    ----------
    estimates : mapping of str to Estimate
    series : mapping of str to BlockSeries, optional

    Examples
    --------
    >>> one = Estimate(0.7, None, None, n=9, blocks=2, replicates=np.array([0.6, 0.8]))
    >>> unpack(pack({"auc": one}))[0]["auc"].replicates.tolist()
    [0.6, 0.8]
    """
    arrays: list[NDArray[np.float64]] = []
    head: dict[str, Any] = {"format": FORMAT, "estimates": {}, "series": {}}
    for name, e in estimates.items():
        plain = {key: getattr(e, key) for key in _PLAIN}
        plain["replicates"] = None if e.replicates is None else len(e.replicates)
        if e.replicates is not None:
            arrays.append(e.replicates)
        if e.labels:  # once for all that have the same blocks
            head.setdefault("labels", {})[e.key] = list(e.labels)
        head["estimates"][name] = plain
    for name, s in (series or {}).items():
        counts = s.labels == numbered(len(s.labels))
        head["series"][name] = len(s.labels) if counts else list(s.labels)
        arrays += [s.values, s.sizes]
    text = json.dumps(head, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n" + b"".join(a.astype("<f8").tobytes() for a in arrays)


def unpack(payload: bytes) -> tuple[dict[str, Estimate], dict[str, BlockSeries]]:
    """What :func:`pack` packed.

    Raises
    ------
    StoreError
        The bytes are of another format, or damaged.
    """
    text, _, raw = payload.partition(b"\n")
    try:
        head = json.loads(text)
        if head["format"] not in READ:
            raise StoreError(f"measurements are packed in format {head['format']}, this code reads {READ}")
        reader = _Reader(np.frombuffer(raw, "<f8").astype(np.float64))
        labels = {key: tuple(found) for key, found in head.get("labels", {}).items()}
        estimates = {}
        for name, plain in head["estimates"].items():
            length = plain.pop("replicates")
            replicates = None if length is None else reader.take(length)
            estimates[name] = Estimate(**plain, replicates=replicates, labels=labels.get(plain["key"], ()))
        series = {}
        for name, told in head["series"].items():
            blocks = numbered(told) if isinstance(told, int) else tuple(told)
            series[name] = BlockSeries(blocks, reader.take(len(blocks)), reader.take(len(blocks)))
        reader.close()
    except (ValueError, KeyError, TypeError) as error:
        message = f"packed measurements are damaged: {error}"
        raise StoreError(message, hint="measure the slice again") from error
    return estimates, series


@lru_cache(maxsize=64)
def numbered(count: int) -> tuple[str, ...]:
    """The labels of blocks that only have numbers.

    >>> numbered(3)
    ('0', '1', '2')
    """
    return tuple(map(str, range(count)))


class _Reader:
    def __init__(self, values: NDArray[np.float64]) -> None:
        self._values = values
        self._at = 0

    def take(self, count: int) -> NDArray[np.float64]:
        taken = self._values[self._at : self._at + count]
        if len(taken) != count:
            raise ValueError("values are missing")
        self._at += count
        return taken

    def close(self) -> None:
        if self._at != len(self._values):
            raise ValueError("values are left over")
