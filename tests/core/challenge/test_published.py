"""The last stage on a machine that stalls: who is late once is asked once more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import incumbent
from core.challenge.published import answered_elsewhere
from incumbent.prediction import Prediction
from store.records import Case

ROW = {"distance": 20.0}
CASE = Case(7, "late", 2, "golden", ROW, {}, "sampled", "", True, "", "", None)


class Stalling:
    """Predictors of which the first ones are opened while the machine stalls."""

    def __init__(self, stalls: int, reason: str) -> None:
        self.stalls = stalls
        self.reason = reason
        self.opened = 0

    def __call__(self, folder: Path) -> Stalling:
        self.opened += 1
        return self

    def __enter__(self) -> Stalling:
        return self

    def __exit__(self, *_: object) -> None: ...

    def predict(self, row: Any) -> Prediction:
        if self.opened <= self.stalls:
            return Prediction("no", None, None, "baseline", self.reason, "1")
        return Prediction("yes", None, 2, "champion", None, "1")


@pytest.mark.parametrize(
    ("stalls", "reason", "opened", "said"),
    [
        (0, "", 1, ""),
        (1, "version 2: no answer within 1 seconds", 2, ""),
        (2, "version 2: no answer within 1 seconds", 2, "no answer within 1 seconds"),
        (1, "version 2: division by zero", 1, "case 7 is answered by the baseline: version 2: division"),
    ],
)
def test_who_is_late_once_is_asked_once_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stalls: int, reason: str, opened: int, said: str
) -> None:
    site = Stalling(stalls, reason)
    monkeypatch.setattr(incumbent, "open", site)
    found = answered_elsewhere(tmp_path, [CASE])
    assert said in found and bool(said) == bool(found)
    assert site.opened == opened
