"""``python -m incumbent.fitting JOB.json``: runs one job beside a user's code.

The job's folder gets ``result.json`` (the result, or an error in words), ``progress.jsonl`` and whatever
files the job makes below ``out/``. Exit code 0 where a result was written, error or not.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the job in the file named by the one argument."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m incumbent.fitting JOB.json\n")
        return 2
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with open(arguments[0], encoding="utf-8") as file:
        job = json.load(file)
    from incumbent.fitting.jobs import run

    run(job)
    return 0


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
