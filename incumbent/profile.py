"""The distribution of every column that a version learned from (``profile.json``).

Numbers keep 1,001 quantiles (every tenth of a percent): drift is later measured against them to within
1e-3 in probability without the training rows, for some 20 kB a column; a grid of 101 would blur tails
tenfold. Values that several rows share are kept with their exact ranks (``ties``), and the outermost tenth
of a percent with quantiles of its own (``tails``). Categories keep their 1,000 commonest levels and the sum
of the others. Readers take what is there: profiles of earlier releases lack ``ties``, ``tails``,
``languages`` and ``vocabulary``.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping

import numpy as np

from incumbent.columns import Coded, Columns, row_count
from incumbent.errors import BundleError
from incumbent.language import language_shares, script_shares, words_of

FORMAT = 1
QUANTILES = 1_001
BINS = 50
MOST_LEVELS = 1_000
MOST_WORDS = 100
MOST_VOCABULARY = 5_000
#: Probabilities beyond the grid's outermost cells, from either end.
TAILS = (1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4)
MOST_TEXTS = 50_000  # words are counted in so many distinct texts at most


def profile(columns: Columns, kinds: "Mapping[str, str] | None" = None) -> "dict[str, Any]":
    """Describe the distribution of every column.

    Parameters
    ----------
    columns : Columns
        The training rows.
    kinds : mapping of column name to kind, optional
        ``number``, ``category``, ``text``, ``time`` or ``boolean``; by default what the array is (coded
        columns are categories). Columns of kind ``ignore`` are left out.

    Returns
    -------
    dict
        Strict JSON: ``{"format", "rows", "columns": {name: {"kind", "count", "nulls", …}}}``. ``count`` is of
        values that are not null. Numbers, of finite values: ``min``, ``max``, ``mean``, ``deviation`` (with
        n − 1), ``infinite``, ``distinct`` (up to 1,000, else null), ``quantiles`` (numpy's linear method),
        ``histogram`` with ``edges`` and ``counts``, ``ties`` (up to 1,000 distinct values, else the
        quantiles that several rows share: ``values``, and how many rows lie ``below`` and ``through`` them),
        ``tails``. Categories: ``levels``, ``categories`` (commonest first), ``other``.
        Text: ``length`` and ``words`` (as numbers), ``scripts`` (shares of letters), ``languages`` (shares of
        texts), ``commonest`` words, ``vocabulary`` (more of them, and the ``share`` of words that are in it).
        Times: ``min`` and ``max`` as ISO 8601.

    Examples
    --------
    >>> import numpy as np
    >>> found = profile({"x": np.array([1.0, 3.0, np.nan])})["columns"]["x"]
    >>> found["count"], found["nulls"], found["mean"], found["quantiles"][500]
    (2, 1, 2.0, 2.0)
    """
    kinds = kinds or {}
    found = {}
    for name, column in columns.items():
        kind = kinds.get(name) or _kind(column)
        if kind != "ignore":
            found[name] = {"kind": kind, **_column(column, kind)}
    return {"format": FORMAT, "rows": row_count(columns), "columns": found}


def check_profile(document: "Mapping[str, Any]") -> "Mapping[str, Any]":
    """The document itself.

    Raises
    ------
    BundleError
        Where it is of a format that this code does not know.
    """
    if document.get("format") != FORMAT:
        raise BundleError(
            f"profile.json is of format {document.get('format')!r}, not {FORMAT}",
            hint="use the version of Incumbent that wrote it, or a newer one",
        )
    return document


def _kind(column: "np.ndarray | Coded") -> str:
    if isinstance(column, Coded):
        return "category"
    return {"M": "time", "b": "boolean"}.get(column.dtype.kind, "number")


def _column(column: "np.ndarray | Coded", kind: str) -> "dict[str, Any]":
    if isinstance(column, Coded):
        return _texts(column) if kind == "text" else _levels(column)
    if column.dtype.kind == "M":
        return _times(column)
    if column.dtype.kind == "b":
        true = int(column.sum())
        return {"count": len(column), "nulls": 0, "mean": true / len(column) if len(column) else None}
    return _numbers(column)


def _numbers(column: "np.ndarray") -> "dict[str, Any]":
    values = column.astype(np.float64)
    nulls = int(np.isnan(values).sum())
    finite = values[np.isfinite(values)]
    known: "dict[str, Any]" = {
        "count": len(values) - nulls,
        "nulls": nulls,
        "infinite": len(values) - nulls - len(finite),
        "min": None,
        "max": None,
        "mean": None,
        "deviation": None,
        "distinct": 0,
        "quantiles": [],
        "histogram": {"edges": [], "counts": []},
        "ties": {"values": [], "below": [], "through": []},
        "tails": {"low": [], "high": []},
    }
    if not len(finite):
        return known
    ordered = np.sort(finite)
    distinct = 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
    with np.errstate(over="ignore", invalid="ignore"):
        known["mean"] = _json(finite.mean())
        known["deviation"] = _json(finite.std(ddof=1)) if len(finite) > 1 else None
        grid = _quantiles(ordered, np.linspace(0.0, 1.0, QUANTILES))
        low, high = _tails(ordered)
        known["quantiles"] = [_json(q) for q in grid]
        known["tails"] = {"low": [_json(q) for q in low], "high": [_json(q) for q in high]}
    known["ties"] = _ties(ordered, grid)
    known["histogram"] = _histogram(ordered)
    known.update(min=float(ordered[0]), max=float(ordered[-1]))
    known["distinct"] = distinct if distinct <= MOST_LEVELS else None
    return known


def _quantiles(ordered: "np.ndarray", probabilities: "np.ndarray") -> "np.ndarray":
    """Linear interpolation between order statistics (Hyndman & Fan 1996, type 7), of sorted values."""
    place = probabilities * (len(ordered) - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, len(ordered) - 1)
    part = place - below
    low, high = ordered[below], ordered[above]
    between: "np.ndarray" = np.where(low == high, low, low * (1 - part) + high * part)
    return between


def _tails(ordered: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Quantiles beyond the grid's outermost cells, ascending; none where those cells hold a row or two."""
    if len(ordered) < 2 * QUANTILES:
        return np.empty(0), np.empty(0)
    probabilities = np.array(TAILS)
    return _quantiles(ordered, probabilities), _quantiles(ordered, 1 - probabilities[::-1])


def _ties(ordered: "np.ndarray", grid: "np.ndarray") -> "dict[str, list[Any]]":
    """Every value where they are few, else the grid's that several rows share; with how many rows lie below,
    and below or at, each."""
    distinct = ordered[np.r_[True, ordered[1:] != ordered[:-1]]]
    few = len(distinct) <= MOST_LEVELS
    values = distinct if few else np.unique(grid)
    below = np.searchsorted(ordered, values, side="left")
    through = np.searchsorted(ordered, values, side="right")
    kept = through - below > (0 if few else 1)
    return {
        "values": values[kept].tolist(),
        "below": below[kept].tolist(),
        "through": through[kept].tolist(),
    }


def _histogram(ordered: "np.ndarray") -> "dict[str, list[Any]]":
    """Counts in equal bins from the smallest to the largest value; the last bin holds the largest."""
    low, high = float(ordered[0]), float(ordered[-1])
    if low == high:
        return {"edges": [low, high], "counts": [len(ordered)]}
    steps = np.linspace(0.0, 1.0, BINS + 1)
    edges = low * (1 - steps) + high * steps
    edges[0], edges[-1] = low, high
    cuts = np.searchsorted(ordered, edges[:-1], side="left")
    counts = np.diff(np.r_[cuts, len(ordered)])
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _levels(column: Coded) -> "dict[str, Any]":
    counts, nulls = _counts(column)
    present = sorted(
        ((int(n), str(v)) for v, n in zip(column.values, counts) if n), key=lambda e: (-e[0], e[1])
    )
    return {
        "count": len(column) - nulls,
        "nulls": nulls,
        "levels": len(present),
        "categories": {value: n for n, value in present[:MOST_LEVELS]},
        "other": sum(n for n, _ in present[MOST_LEVELS:]),
    }


def _counts(column: Coded) -> "tuple[np.ndarray, int]":
    nulls = int((column.codes < 0).sum())
    return np.bincount(column.codes[column.codes >= 0], minlength=len(column.values)), nulls


def _texts(column: Coded) -> "dict[str, Any]":
    counts, nulls = _counts(column)
    present = np.flatnonzero(counts)
    texts = [str(column.values[i]) for i in present]
    times = counts[present]
    lengths = np.array([len(t) for t in texts], np.float64)
    step = max(1, -(-len(texts) // MOST_TEXTS))
    split = [words_of(t) for t in texts[::step]]
    words: "Counter[str]" = Counter()
    for found, n in zip(split, times[::step].tolist()):
        for word in found:
            words[word] += n
    ranked = sorted(words.items(), key=lambda e: (-e[1], e[0]))
    total, known = sum(words.values()), sum(n for _, n in ranked[:MOST_VOCABULARY])
    word_counts = np.array([len(w) for w in split], np.float64)
    return {
        "count": len(column) - nulls,
        "nulls": nulls,
        "distinct": len(texts),
        "length": _numbers(np.repeat(lengths, times)),
        "words": _numbers(np.repeat(word_counts, times[::step])),
        "scripts": script_shares(texts[::step]),
        "languages": language_shares(split, times[::step].tolist()),
        "commonest": dict(ranked[:MOST_WORDS]),
        "vocabulary": {
            "words": [word for word, _ in ranked[:MOST_VOCABULARY]],
            "share": known / total if total else None,
        },
        "sampled": 1 / step,  # the share of distinct texts whose words were counted
    }


def _times(column: "np.ndarray") -> "dict[str, Any]":
    known = column[~np.isnat(column)]
    ends = [None, None] if not len(known) else [str(known.min()), str(known.max())]
    return {"count": len(known), "nulls": len(column) - len(known), "min": ends[0], "max": ends[1]}


def _json(value: "np.floating | float") -> "float | None":
    """A finite number, else None: JSON has no infinity."""
    return float(value) if np.isfinite(value) else None
