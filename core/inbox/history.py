"""The newest rows of history, predicted by the champion as a back-test does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.data.hold_out import HoldOut
from core.inbox.seen import Seen

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.workspace import Workspace
    from incumbent.bundle import Bundle
    from incumbent.columns import Columns
    from store import Store
    from store.records import Version

#: Rows that are looked at.
NEWEST_ROWS = 20_000


def newest(
    workspace: Workspace,
    store: Store,
    spec: ModelSpec,
    version: Version,
    bundle: Bundle,
    cancelled: Callable[[], bool] = lambda: False,
) -> Seen | None:
    """The newest rows that the version has not learned from, with what it says; None without such rows.

    Raises
    ------
    DataError
        Where the data cannot be read.
    """
    from core.data import to_columns, to_frame
    from core.scoring import open_scorer, trusted
    from core.versions.rows import source_of

    source = source_of(workspace, store, spec)
    described = {c.name: c.kind for c in source.describe().columns}
    absent = [name for name in bundle.input.names if name not in described and name != source.last_known]
    if absent or spec.target not in described:
        return None
    names = [name for name, kind in described.items() if kind != "ignore"]
    if source.last_known in bundle.input.names:
        names.append(source.last_known)
    table = source.newest(NEWEST_ROWS, columns=names)
    frame = to_frame(table)
    later = _unseen_by(version, spec, frame, to_columns(table))
    if not later.any():
        return None
    table, frame = table.filter(later), frame[later].reset_index(drop=True)
    with open_scorer(
        workspace, bundle.path, python=spec.python, trusted=trusted(store), cancelled=cancelled
    ) as scorer:
        scores = scorer.scores(to_columns(table))
    return _seen(spec, version, bundle, frame, scores)


def _unseen_by(version: Version, spec: ModelSpec, frame: pd.DataFrame, columns: Columns) -> np.ndarray:
    """Which rows come after everything that shaped the version, or were held out; none where nobody knows."""
    rule = HoldOut.from_document(version.held_out)
    if rule is not None and set(rule.columns) <= set(columns):
        return rule.mask(columns)
    ends = [_naive(text) for text in (version.trained_until, version.touched_until) if text is not None]
    if spec.time is None or not ends:
        return np.zeros(len(frame), dtype=bool)
    found: np.ndarray = (frame[spec.time] >= max(ends)).to_numpy(dtype=bool)
    return found


def _times(spec: ModelSpec, frame: pd.DataFrame) -> np.ndarray:
    if spec.time is None:
        return np.full(len(frame), None, dtype=object)
    return np.array([moment.isoformat() for moment in frame[spec.time]], dtype=object)


def _naive(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _seen(spec: ModelSpec, version: Version, bundle: Bundle, frame: pd.DataFrame, scores: np.ndarray) -> Seen:
    count, output = len(frame), bundle.output
    decided = output.decide(scores)
    sound = np.isfinite(scores.reshape(count, -1)).all(axis=1)
    values: np.ndarray = (
        decided.astype(object)
        if output.task == "regression"
        else np.array(
            [output.classes[code] if code >= 0 else None for code in decided.tolist()], dtype=object
        )
    )
    actual = frame[spec.target]
    left_out = {spec.target, *spec.private}
    refused = f"version {version.number} has no answer for this row"
    return Seen(
        source="history",
        version=version.number,
        output=output,
        inputs=frame[[name for name in frame.columns if name not in left_out]],
        value=np.where(sound, values, None),  # type: ignore[call-overload]
        probabilities=scores if output.scores == "probabilities" else None,
        route=np.where(sound, "champion", "baseline").astype(object),
        reason=np.where(sound, None, refused),  # type: ignore[call-overload]
        actual=actual.astype(object).where(actual.notna(), None).to_numpy(dtype=object),
        at=_times(spec, frame),
        asked=bundle.input.names,
    )
