"""The job ``predict``: opens a bundle once and answers requests until its input ends.

A request names ``columns`` (a folder), ``rows`` and ``out`` (where the scores go, as ``.npy``).
"""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from incumbent.bundle import Bundle
from incumbent.columns import read_columns
from incumbent.fitting.jobs import Progress
from incumbent.fitting.serving import answer_requests


def serve(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Answer until standard input ends."""
    return answer_requests(lambda: _Opened(Bundle.open(job["bundle"], trusted=job["trusted"])), job["bundle"])


class _Opened:
    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def answer(self, request: Mapping[str, Any]) -> "dict[str, Any]":
        columns = read_columns(request["columns"])
        scores = np.asarray(self._bundle.predict(columns, request["rows"]), dtype=np.float64)
        np.save(request["out"], scores, allow_pickle=False)
        return {}
