"""The HTTP service of a staged folder, for as long as a stress test asks it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import incumbent
from incumbent.errors import WorkError

#: Seconds that the service has to end.
PATIENCE = 30.0


class Served(NamedTuple):
    """Where rows are posted to, and the process that answers (with those that it starts)."""

    url: str
    process: int


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve a published folder with one worker process.

    Parameters
    ----------
    folder : Path
        Of one model at a site.

    Yields
    ------
    Served

    Raises
    ------
    WorkError
        Where the service does not begin.
    """
    from incumbent.production import read

    process = subprocess.Popen(
        [sys.executable, "-m", "incumbent.serve", str(folder), "--port", "0", "--max-workers", "1"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(incumbent.__file__).parents[1])},
    )
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        if not said.startswith("serving at "):
            raise WorkError(
                f"the service does not begin: {said.strip() or 'it said nothing'}",
                hint="it needs the extra `serve`: pip install 'incumbent[serve]'",
            )
        yield Served(f"{said.split()[-1]}/models/{read(folder).model}/predict", process.pid)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()
