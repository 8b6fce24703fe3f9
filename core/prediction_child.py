"""A child process that opens a bundle once and predicts until it is told to stop."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.process import TICK, Cancelled, crashed, end, last_lines, never, open_log, raise_error, start
from core.runtime import command
from core.workspace import Workspace
from incumbent.errors import FittingError, IncumbentError, Interrupted

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns


class PredictionChild:
    """A child process that opens a bundle once and answers requests: for algorithms that run a user's code.

    Use as a context manager. Not for use from several threads at once.

    Parameters
    ----------
    workspace : Workspace
    bundle : Path
        The bundle's folder.
    python : str, optional
        The interpreter that the model's spec names.
    trusted : mapping, optional
        ``types`` and ``sources`` that a person has trusted.
    """

    def __init__(
        self,
        workspace: Workspace,
        bundle: Path,
        python: str | None = None,
        trusted: Mapping[str, Any] | None = None,
        log: Path | None = None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="predict-", dir=workspace.cache))
        self._output = open_log(log, self._folder)
        self._began = self._output.tell()
        job = {"job": "predict", "bundle": str(bundle), "trusted": dict(trusted or {})}
        job["folder"] = str(self._folder)
        (self._folder / "job.json").write_text(json.dumps(job), "utf-8")
        arguments = command(workspace, python, str(self._folder / "job.json"))
        self._python = arguments[0]
        self._process = start(
            arguments, workspace, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._output
        )
        self._asked = 0

    def __enter__(self) -> PredictionChild:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def predict(
        self, columns: Columns, *, time_limit: float | None = None, cancelled: Cancelled = never
    ) -> np.ndarray:
        """Scores of many rows, as :meth:`incumbent.bundle.Bundle.predict` gives them."""
        import numpy as np

        from incumbent.columns import row_count, write_columns

        self._asked += 1
        given = self._folder / f"columns-{self._asked}"
        answer = self._folder / f"scores-{self._asked}.npy"
        write_columns(given, columns)
        request = {"columns": str(given), "rows": row_count(columns), "out": str(answer)}
        self._ask(request, time_limit, cancelled)
        scores = np.load(answer, allow_pickle=False)
        shutil.rmtree(given, ignore_errors=True)
        answer.unlink()
        return np.asarray(scores)

    def _ask(self, request: Mapping[str, Any], time_limit: float | None, cancelled: Cancelled) -> None:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        line = self._read_line(process.stdout, time_limit, cancelled)
        if not line.endswith(b"\n"):
            raise self._died()
        raise_error(json.loads(line))

    def _read_line(self, pipe: IO[bytes], time_limit: float | None, cancelled: Cancelled) -> bytes:
        import select

        until = None if time_limit is None else time.monotonic() + time_limit
        while not select.select([pipe], [], [], TICK)[0]:
            if cancelled():
                self.close()
                raise Interrupted("stopped while it predicted")
            if until is not None and time.monotonic() > until:
                self.close()
                message = f"predicting took longer than {time_limit:g} seconds"
                raise FittingError(message, "ask for fewer rows")
        return pipe.readline()

    def _died(self) -> IncumbentError:
        end(self._process)
        return crashed(
            self._process.returncode, self._python, last_lines(Path(self._output.name), self._began)
        )

    def close(self) -> None:
        """End the child and drop its files; harmless a second time."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        end(self._process)
        self._output.close()
        shutil.rmtree(self._folder, ignore_errors=True)
