"""Both versions on the newest rows: whose outcome flips, how many, in which segments, with examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.workspace import Workspace
from incumbent.bundle import Bundle
from incumbent.errors import DataError, Interrupted

if TYPE_CHECKING:
    import numpy as np

    from core.spec import ModelSpec
    from incumbent.columns import Columns
    from store import Store

NEWEST_ROWS = 5000
EXAMPLES = 50
#: A segment is listed from so many rows on, and a column has segments up to so many levels.
FEWEST_ROWS = 20
MOST_LEVELS = 50
SEGMENTS = 20


def compare_decisions(
    workspace: Workspace,
    store: Store,
    model: str,
    bundles: tuple[Bundle, Bundle],
    most: int,
    cancelled: Callable[[], bool],
) -> dict[str, Any]:
    """Run two bundles on the newest rows.

    Returns
    -------
    dict
        ``rows``, ``since``, ``until``, ``flips`` and ``share`` (null for a regression), ``outcomes`` (from →
        to, with counts), ``mean_difference``, ``largest_difference``, ``segments``, ``examples``.

    Raises
    ------
    DataError
        Where the data cannot be read or lack a column of one of the versions.
    """
    from core.data import to_columns
    from core.versions.rows import source_of, spec_of
    from incumbent.columns import row_count

    spec = spec_of(store, model)
    source = source_of(workspace, store, spec)
    names = [c.name for c in source.describe().columns if c.kind != "ignore"]
    if any(source.last_known in bundle.input.names for bundle in bundles):
        names.append(source.last_known)
    columns = to_columns(source.newest(most, columns=names))
    if not row_count(columns):
        raise DataError("the data hold no row", "look at `data` in the spec")
    scores = []
    for bundle in bundles:
        if cancelled():
            raise Interrupted("stopped between two versions")
        scores.append(_scores(workspace, store, spec, bundle, columns, cancelled))
    return {**_times(spec, columns), **_compared(spec, bundles, columns, scores)}


def _scores(
    workspace: Workspace,
    store: Store,
    spec: ModelSpec,
    bundle: Bundle,
    columns: Columns,
    cancelled: Callable[[], bool],
) -> np.ndarray:
    from core.scoring import open_scorer, trusted

    absent = [name for name in bundle.input.names if name not in columns]
    if absent:
        raise DataError(f"the data lack the column {absent[0]!r}, which one of the versions reads")
    with open_scorer(
        workspace, bundle.path, python=spec.python, trusted=trusted(store), cancelled=cancelled
    ) as scorer:
        return scorer.scores(columns)


def _times(spec: ModelSpec, columns: Columns) -> dict[str, Any]:
    if spec.time is None:
        return {"since": None, "until": None}
    import numpy as np

    times = np.asarray(columns[spec.time])
    return {"since": times[0].astype(object).isoformat(), "until": times[-1].astype(object).isoformat()}


def _compared(
    spec: ModelSpec, bundles: tuple[Bundle, Bundle], columns: Columns, scores: list[np.ndarray]
) -> dict[str, Any]:
    import numpy as np

    values = [_values(bundle, found) for bundle, found in zip(bundles, scores, strict=True)]
    strengths = [_strength(bundle, found) for bundle, found in zip(bundles, scores, strict=True)]
    difference = strengths[1] - strengths[0]
    sound = np.isfinite(difference)
    classified = spec.task == "classification"
    flipped = np.array([a != b for a, b in zip(*values, strict=True)]) if classified else None
    order = np.argsort(-np.where(sound, np.abs(difference), np.inf), kind="stable")
    shown = order if flipped is None else order[flipped[order]]
    return {
        "rows": len(difference),
        "flips": None if flipped is None else int(flipped.sum()),
        "share": None if flipped is None else float(flipped.mean()),
        "outcomes": [] if flipped is None else _outcomes(values, flipped),
        "mean_difference": float(difference[sound].mean()) if sound.any() else None,
        "largest_difference": float(np.abs(difference[sound]).max()) if sound.any() else None,
        "segments": _segments(spec, columns, np.abs(difference) if flipped is None else flipped),
        "examples": [_example(int(at), spec, bundles, columns, values, strengths) for at in shown[:EXAMPLES]],
    }


def _values(bundle: Bundle, scores: np.ndarray) -> list[Any]:
    """Numbers, or classes as text; None where the version has no answer."""
    decided = bundle.decide(scores)
    if bundle.output.task == "regression":
        return [None if v != v else v for v in decided.tolist()]
    labels = [*bundle.output.labels, None]
    return [labels[code] for code in decided.tolist()]


def _strength(bundle: Bundle, scores: np.ndarray) -> np.ndarray:
    """One number a row: the number, the positive class's probability, or the likeliest class's."""
    if scores.ndim == 1:
        return scores
    at = bundle.output.positive_index
    strength: np.ndarray = scores.max(axis=1) if at is None else scores[:, at]
    return strength


def _outcomes(values: list[list[Any]], flipped: np.ndarray) -> list[dict[str, Any]]:
    counts: dict[tuple[Any, Any], int] = {}
    for a, b, flip in zip(*values, flipped.tolist(), strict=True):
        if flip:
            counts[a, b] = counts.get((a, b), 0) + 1
    listed = sorted(counts.items(), key=lambda item: -item[1])
    return [{"a": a, "b": b, "rows": count} for (a, b), count in listed]


def _segments(spec: ModelSpec, columns: Columns, changed: np.ndarray) -> list[dict[str, Any]]:
    """Levels of category columns in which most changes: by share of flips, or mean difference."""
    found = []
    for name in columns:
        if name in (spec.target, spec.time, spec.key):
            continue
        for level, rows in _levels(columns[name]):
            if len(rows) >= FEWEST_ROWS:
                share = float(changed[rows].mean())
                found.append({"column": name, "value": level, "rows": len(rows), "share": share})
                if changed.dtype == bool:
                    found[-1]["flips"] = int(changed[rows].sum())
    found.sort(key=lambda s: (-s["share"], s["column"], str(s["value"])))
    return [s for s in found if s["share"] > 0][:SEGMENTS]


def _levels(column: Any) -> list[tuple[Any, np.ndarray]]:
    import numpy as np

    from incumbent.columns import Coded

    if isinstance(column, Coded):
        used = np.unique(column.codes)
        if len(used) > MOST_LEVELS:
            return []
        names = [*column.values, None]
        return [(names[code], np.flatnonzero(column.codes == code)) for code in used.tolist()]
    if column.dtype.kind not in "bi":
        return []
    values = np.unique(column)
    if len(values) > MOST_LEVELS:
        return []
    return [(value.item(), np.flatnonzero(column == value)) for value in values]


def _example(
    at: int,
    spec: ModelSpec,
    bundles: tuple[Bundle, Bundle],
    columns: Columns,
    values: list[list[Any]],
    strengths: list[np.ndarray],
) -> dict[str, Any]:
    from incumbent.columns import take
    from incumbent.fitting.frame import plain_rows

    names = [n for n in columns if n != spec.target]
    row: Mapping[str, Any] = plain_rows(take(columns, slice(at, at + 1)), list(columns))[0]
    return {
        "row": {name: _plain(row[name]) for name in names},
        "actual": _actual(row.get(spec.target), spec),
        "a": values[0][at],
        "b": values[1][at],
        "a_score": _finite(strengths[0][at]),
        "b_score": _finite(strengths[1][at]),
    }


def _actual(value: Any, spec: ModelSpec) -> Any:
    """The truth; a class that is a whole number is one, though a column with unknown ones has floats."""
    plain = _plain(value)
    whole = spec.task == "classification" and isinstance(plain, float) and plain.is_integer()
    return int(plain) if whole else plain


def _finite(value: float) -> float | None:
    return float(value) if value == value and abs(value) != float("inf") else None


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return _finite(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
