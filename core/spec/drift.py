"""``[drift]``: what the drift check allows a column, where that is not left to past windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.reader import Reader

#: A column by a word instead of limits: not judged at all, or as one that says which time it is.
WORDS = ("ignore", "calendar")
#: Statistics that may be given a limit.
STATISTICS = (
    "psi", "ks", "wasserstein", "wasserstein_relative", "shift", "mean_change", "outside", "null_change",
    "null_share", "new_share", "new_levels", "vanished_levels", "jensen_shannon", "unknown_share",
    "unknown_change", "language_distance", "script_distance", "common_words_distance",
)  # fmt: skip

DriftSpec = Mapping[str, "str | Mapping[str, float]"]


def read_drift(reader: Reader | None) -> dict[str, str | Mapping[str, float]]:
    """Column → ``ignore``, ``calendar``, or limits by statistic."""
    found: dict[str, str | Mapping[str, float]] = {}
    for name, value in {} if reader is None else dict(reader.table).items():
        assert reader is not None
        if isinstance(value, Mapping):
            limits = _limits(reader, name)
            if limits:
                found[name] = limits
        else:
            word = reader.one_of(name, WORDS)
            if word is not None:
                found[name] = word
    return found


def _limits(reader: Reader, name: str) -> dict[str, float]:
    inner = reader.inner(name)
    assert inner is not None
    inner.known(STATISTICS)
    if not inner.table:
        reader.wrong(name, 'a table such as { psi = 0.3 }, or "ignore" or "calendar"')
    limits = {}
    for statistic in STATISTICS:
        if statistic not in inner.table:
            continue
        limit = inner.number(statistic, lambda v: v >= 0, "a number, 0 or more")
        if limit is not None:
            limits[statistic] = limit
    return limits


def write_drift(drift: DriftSpec) -> dict[str, Any]:
    """The same as plain data."""
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in drift.items()}
