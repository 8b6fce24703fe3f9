"""The job ``predict``: opens a bundle once and answers requests until its input ends.

A request is a line of JSON on standard input: ``columns`` (a folder), ``rows``, ``out`` (where the scores
go, as ``.npy``). The answer is a line on what was standard output: ``{}``, or ``{"error": …}``. Whatever the
user's code prints goes to standard error.
"""

from __future__ import annotations

import json
import os
from typing import Any, Mapping

import numpy as np

from incumbent.bundle import Bundle
from incumbent.columns import read_columns
from incumbent.fitting.jobs import Progress, in_words


def serve(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Answer until standard input ends."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the user's code reads nothing
    os.dup2(2, 1)
    opened: "Bundle | None" = None
    answered = 0
    for line in requests:
        try:
            if opened is None:
                opened = Bundle.open(job["bundle"], trusted=job["trusted"])
            _answer(opened, json.loads(line))
            document: "dict[str, Any]" = {}
        except (Exception, SystemExit) as error:
            document = {"error": in_words(error, job["bundle"])}
        answers.write(json.dumps(document) + "\n")
        answers.flush()
        answered += 1
    return {"answered": answered}


def _answer(bundle: Bundle, request: Mapping[str, Any]) -> None:
    columns = read_columns(request["columns"])
    scores = np.asarray(bundle.predict(columns, request["rows"]), dtype=np.float64)
    np.save(request["out"], scores, allow_pickle=False)
