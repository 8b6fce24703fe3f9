"""Jobs that stay: requests in, answers out, a line of JSON each, until their input ends.

Requests come on standard input, answers go to what was standard output: the answer, or ``{"error": …}``.
Whatever the user's code prints goes to standard error, and it reads nothing.
"""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Mapping, Protocol

from incumbent.fitting.jobs import in_words


class Answerer(Protocol):
    """What a job has opened to answer with."""

    def answer(self, request: Mapping[str, Any]) -> "dict[str, Any]":
        """The answer to one request, as plain data."""
        ...


def answer_requests(open_it: Callable[[], Answerer], user_folder: str) -> "dict[str, Any]":
    """Answer until standard input ends; what is needed is opened with the first request.

    An error is an answer in words, after which the next request may come.
    """
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    opened: "Answerer | None" = None
    answered = 0
    for line in requests:
        try:
            if opened is None:
                opened = open_it()
            document = opened.answer(json.loads(line))
        except (Exception, SystemExit) as error:
            document = {"error": in_words(error, user_folder)}
        answers.write(json.dumps(document) + "\n")
        answers.flush()
        answered += 1
    return {"answered": answered}
