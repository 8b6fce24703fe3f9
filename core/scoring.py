"""Scores of a version, by its production algorithm, wherever that has to run.

Our own algorithms run in this process. What loads a fitted estimator, or a user's own code, runs in a child
process with the model's interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incumbent.algorithms.base import kind
from incumbent.bundle import Bundle
from incumbent.columns import column, row_count

if TYPE_CHECKING:
    import numpy as np

    from core.prediction_child import PredictionChild
    from core.workspace import Workspace
    from incumbent.columns import Columns
    from store import Store

Cancelled = Callable[[], bool]


def trusted(store: Store) -> Mapping[str, Any]:
    """What a person has trusted in this workspace: ``types`` and ``sources``."""
    found = store.settings.get("trusted")
    return found if isinstance(found, dict) else {}


class Scorer:
    """Scores of one bundle; open it with :func:`open_scorer`."""

    def __init__(self, bundle: Bundle, child: PredictionChild | None, cancelled: Cancelled) -> None:
        self.bundle = bundle
        self._child = child
        self._cancelled = cancelled

    def scores(self, columns: Columns) -> np.ndarray:
        """Scores of many rows; NaN where the original estimator would refuse the row."""
        import numpy as np

        if self._child is None:
            return np.asarray(self.bundle.predict(columns, row_count(columns)))
        checked = self.bundle.input.check_columns(columns)
        return self._child.predict(checked, cancelled=self._cancelled)

    def row_scores(self, rows: Sequence[Mapping[str, Any]]) -> list[list[float]]:
        """Scores of rows one by one, by the algorithm's path for single rows.

        Raises
        ------
        InputError
            For a malformed row.
        """
        if self._child is None:
            return [list(self.bundle.predict_row(row)) for row in rows]
        rows = [self.bundle.input.plain_row(row) for row in rows]
        if not rows:
            return []
        columns = {n: column([row[n] for row in rows]) for n in self.bundle.input.names}
        found = self.scores(columns)
        return [list(map(float, line)) for line in found.reshape(len(rows), -1)]


@contextmanager
def open_scorer(
    workspace: Workspace,
    folder: Path,
    *,
    expect: str | None = None,
    python: str | None = None,
    trusted: Mapping[str, Any] | None = None,
    cancelled: Cancelled = lambda: False,
    log: Path | None = None,
    bundle: Bundle | None = None,
) -> Iterator[Scorer]:
    """Open the bundle in a folder for predictions.

    Parameters
    ----------
    folder : Path
        The bundle's.
    expect : str, optional
        The hash that it must have.
    python : str, optional
        The interpreter that the model's spec names, for what has to run in a child.
    trusted : mapping, optional
        As :func:`trusted` gives it.
    bundle : Bundle, optional
        It, where it is open already; any thread may predict with it.

    Raises
    ------
    BundleError
        For a damaged bundle.
    """
    bundle = bundle or Bundle.open(folder, expect=expect, trusted=trusted)
    if not kind(bundle.manifest.algorithm).runs_user_code:
        yield Scorer(bundle, None, cancelled)
        return
    from core.prediction_child import PredictionChild

    with PredictionChild(workspace, folder, python, trusted, log) as child:
        yield Scorer(bundle, child, cancelled)
