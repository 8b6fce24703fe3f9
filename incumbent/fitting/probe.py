"""The job ``probe``: opens a published folder as production does, and asks it row by row and in batches.

What to ask lies in ``asks.jsonl``, a line each: ``{"row": …}`` or ``{"rows": […]}``. The answers go to
``out/answers.jsonl``, a line each, written at once: where the process dies, the first ask without an answer
is the one that killed it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Mapping

from incumbent.errors import InputError
from incumbent.fitting.jobs import Progress
from incumbent.fitting.values import read_value
from incumbent.predictor import Prediction, Predictor

#: Seconds that a champion may take to come back after a row that killed its process.
COMES_BACK = 10.0
#: Exit code of a process that ended itself because an ask took too long.
TOO_LONG = 75


def probe(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Answer every ask.

    Parameters
    ----------
    job : mapping
        ``production`` (the published folder), ``ordinary`` (a row that the champion can answer, or null),
        ``seconds`` (the longest that one ask may take), ``log`` (whether the predictions are logged).
    progress : callable
    """
    folder = Path(job["folder"])
    asker = Asker(Predictor.open(job["production"], log=job["log"]), read_value(job["ordinary"]))
    watch = _Watch(job["seconds"])
    asks = (folder / "asks.jsonl").read_text("utf-8").splitlines()
    with open(folder / "out" / "answers.jsonl", "w", encoding="utf-8") as file:
        for at, line in enumerate(asks):
            with watch:
                answer = asker.answer(read_value(json.loads(line)))
            file.write(json.dumps(answer) + "\n")
            file.flush()
            if at % 100 == 0:
                progress(at / len(asks), f"{at} of {len(asks)} rows and batches")
    return {"answered": len(asks)}


class Asker:
    """A predictor whose champion gets an ordinary row after each that it could not answer.

    A circuit breaker counts failures in a row: what one row did must not be the answer of the next. Where the
    champion does not even answer the ordinary one, the row before has killed the process that it runs in.
    """

    def __init__(self, predictor: Predictor, ordinary: Any) -> None:
        self._predictor = predictor
        self._ordinary = ordinary

    def answer(self, ask: "Mapping[str, Any]") -> "dict[str, Any]":
        """The answer to one ask: ``answers``, or why there are none (``refused``, ``raised`` or ``died``)."""
        try:
            if "row" in ask:
                found = [self._predictor.predict(ask["row"])]
            else:
                found = self._predictor.predict_many(ask["rows"])
        except InputError as error:
            return {"refused": error.message}
        except Exception as error:  # that is what is asked: does anything but a clean refusal come out?
            return {"raised": f"{type(error).__name__}: {error}"}
        stood_in = next((p for p in found if p.route != "champion"), None)
        if stood_in is not None and self._ordinary is not None and not self._answers():
            self._wait()
            return {"died": str(stood_in.reason)}
        return {"answers": list(map(_document, found))}

    def _answers(self) -> bool:
        """Whether the champion answers an ordinary row."""
        return self._predictor.predict(self._ordinary).route == "champion"

    def _wait(self) -> None:
        """Wait for the champion, whose process is being started again."""
        until = time.monotonic() + COMES_BACK
        while not self._answers() and time.monotonic() < until:
            time.sleep(0.05)


def _document(prediction: Prediction) -> "dict[str, Any]":
    return {
        "value": _plain(prediction.value),
        "probabilities": prediction.probabilities,
        "version": prediction.version,
        "route": prediction.route,
        "reason": prediction.reason,
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


class _Watch:
    """Ends the process when the block takes longer than allowed: what hangs in compiled code cannot be raised
    out of."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: "float | None" = None
        threading.Thread(target=self._look, daemon=True).start()

    def __enter__(self) -> None:
        self._until = time.monotonic() + self._seconds

    def __exit__(self, *_: object) -> None:
        self._until = None

    def _look(self) -> None:
        while True:
            time.sleep(min(0.2, self._seconds / 4))
            until = self._until
            if until is not None and time.monotonic() > until:
                os._exit(TOO_LONG)
