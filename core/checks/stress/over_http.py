"""The HTTP service of a staged folder, for as long as a stress test asks it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import incumbent
from incumbent.errors import WorkError

#: Seconds that the service has to end.
PATIENCE = 30.0


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a published folder with one worker process.

    Parameters
    ----------
    folder : Path
        Of one model at a site.

    Yields
    ------
    str
        Where rows are posted to.

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
        yield f"{said.split()[-1]}/models/{read(folder).model}/predict"
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()
