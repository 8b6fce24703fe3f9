"""A child process that opens a bundle once and predicts until it is told to stop."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.process import Cancelled, never
from core.serving_child import ServingChild
from core.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns


class PredictionChild(ServingChild):
    """A child process that opens a bundle once and predicts: for algorithms that run a user's code.

    Parameters
    ----------
    workspace : Workspace
    bundle : Path
        The bundle's folder.
    python : str, optional
        The interpreter that the model's spec names.
    trusted : mapping, optional
        ``types`` and ``sources`` that a person has trusted.
    log : Path, optional
    """

    does = "predicted"

    def __init__(
        self,
        workspace: Workspace,
        bundle: Path,
        python: str | None = None,
        trusted: Mapping[str, Any] | None = None,
        log: Path | None = None,
    ) -> None:
        job = {"job": "predict", "bundle": str(bundle), "trusted": dict(trusted or {})}
        super().__init__(workspace, job, python, log)
        self._asked = 0

    def predict(
        self, columns: Columns, *, time_limit: float | None = None, cancelled: Cancelled = never
    ) -> np.ndarray:
        """Scores of many rows, as :meth:`incumbent.bundle.Bundle.predict` gives them."""
        import numpy as np

        from incumbent.columns import row_count, write_columns

        self._asked += 1
        given = self.folder / f"columns-{self._asked}"
        answer = self.folder / f"scores-{self._asked}.npy"
        write_columns(given, columns)
        request = {"columns": str(given), "rows": row_count(columns), "out": str(answer)}
        self.ask(request, time_limit=time_limit, cancelled=cancelled)
        scores = np.load(answer, allow_pickle=False)
        shutil.rmtree(given, ignore_errors=True)
        answer.unlink()
        return np.asarray(scores)
