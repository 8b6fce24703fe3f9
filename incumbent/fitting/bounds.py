"""The job `bounds`: loads a bundle as production does, where it runs a user's code within limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from incumbent.answering.guarded import Guarded
from incumbent.answering.limits import read_limits
from incumbent.fitting.jobs import Progress


def bounds(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Load the bundle, and let it go.

    Parameters
    ----------
    job : mapping
        ``bundle`` (a folder), ``expect`` (its hash), ``trusted``, and ``limits`` as they are published.
    """
    limits, _ = read_limits(job["limits"])
    guarded = Guarded(
        Path(job["bundle"]), job["expect"], job["trusted"], limits.timeout, limits.start, limits.memory
    )
    guarded.begin()
    guarded.close()
    return {}
