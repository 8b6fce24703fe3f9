"""What a stress test puts under load: a published folder in this process, or behind the HTTP service."""

from __future__ import annotations

import json
import time
from typing import Any, Mapping, Protocol, Sequence

from incumbent.predictor import Predictor

#: Seconds that the prediction log has to write what waits.
_LONGEST_REST = 2.0
#: Seconds in which a service, which cannot be asked, commits its log (:data:`incumbent.log.writer.INTERVAL`).
_REST = 0.5


class Target(Protocol):
    """What is put under load."""

    def send(self, rows: "Sequence[Mapping[str, Any]]") -> int:
        """Have rows predicted; how many another link than the champion answered. Raises where it fails."""

    def rest(self) -> None:
        """Wait until nothing is left to be done of what was sent: what waits in a buffer is no leak."""


class PredictorTarget:
    """A published folder, opened in this process."""

    def __init__(self, folder: str) -> None:
        self._predictor = Predictor.open(folder)

    def send(self, rows: "Sequence[Mapping[str, Any]]") -> int:
        if len(rows) == 1:
            return int(self._predictor.predict(rows[0]).route != "champion")
        return sum(p.route != "champion" for p in self._predictor.predict_many(rows))

    def rest(self) -> None:
        until = time.monotonic() + _LONGEST_REST
        while time.monotonic() < until and (self._predictor.status()["log"] or {}).get("waiting"):
            time.sleep(0.01)


class HttpTarget:
    """A model behind the HTTP service: one caller on a connection that stays.

    Parameters
    ----------
    url : str
        Where rows are posted to.
    """

    def __init__(self, url: str) -> None:
        from http.client import HTTPConnection
        from urllib.parse import urlsplit

        parts = urlsplit(url)
        self._path = parts.path
        self._connection = HTTPConnection(str(parts.hostname), parts.port, timeout=60.0)

    def send(self, rows: "Sequence[Mapping[str, Any]]") -> int:
        body = json.dumps(rows[0] if len(rows) == 1 else list(rows), default=_iso)
        try:
            self._connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            said = json.loads(answer.read())
        except OSError:
            self._connection.close()  # the next request opens it again
            raise
        if answer.status != 200:
            raise RuntimeError(f"status {answer.status}: {said.get('error')}")
        return sum(p["route"] != "champion" for p in (said if isinstance(said, list) else [said]))

    def rest(self) -> None:
        time.sleep(_REST)


def _iso(value: Any) -> str:
    return str(value.isoformat())
