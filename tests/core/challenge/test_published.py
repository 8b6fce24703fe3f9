"""The last stage on a machine that stalls: a case that is late once is asked once more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import incumbent
from core.challenge.published import answered_elsewhere
from incumbent.prediction import Prediction
from store.records import Case

CASES = [
    Case(number, "late", 2, "golden", {"number": number}, {}, "sampled", "", True, "", "", None)
    for number in (7, 8)
]
LATE = "version 2: no answer within 1 seconds"


class Stalling:
    """Predictors, the first of which is opened at 1, that do not answer some cases themselves."""

    def __init__(self, not_answered: set[tuple[int, int]], reason: str) -> None:
        self.not_answered = not_answered
        self.reason = reason
        self.opened = 0

    def __call__(self, folder: Path) -> Stalling:
        self.opened += 1
        return self

    def __enter__(self) -> Stalling:
        return self

    def __exit__(self, *_: object) -> None: ...

    def predict(self, row: Any) -> Prediction:
        if (self.opened, row["number"]) in self.not_answered:
            return Prediction("no", None, None, "baseline", self.reason, "1")
        return Prediction("yes", None, 2, "champion", None, "1")


@pytest.mark.parametrize(
    ("not_answered", "reason", "opened", "said"),
    [
        (set(), "", 1, ""),
        ({(1, 7)}, LATE, 2, ""),
        ({(1, 7), (2, 8)}, LATE, 3, ""),
        ({(1, 7), (2, 7)}, LATE, 2, f"case 7 is answered by the baseline: {LATE}"),
        ({(1, 7), (2, 8), (3, 8)}, LATE, 3, f"case 8 is answered by the baseline: {LATE}"),
        ({(1, 7)}, "version 2: division by zero", 1,
         "case 7 is answered by the baseline: version 2: division by zero"),
    ],
)  # fmt: skip
def test_a_case_that_is_late_once_is_asked_once_more(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    not_answered: set[tuple[int, int]],
    reason: str,
    opened: int,
    said: str,
) -> None:
    site = Stalling(not_answered, reason)
    monkeypatch.setattr(incumbent, "open", site)
    assert answered_elsewhere(tmp_path, CASES) == said
    assert site.opened == opened
