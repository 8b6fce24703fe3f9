"""A house of one's own, and software that predicts in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import incumbent
from core.inbox.gathering import Gathered, gather
from core.workspace import Workspace

ROW = {"distance": 20.0, "wind": 10.0, "carrier": "bus"}


def ask(
    house: Workspace, rows: Iterable[Mapping[str, Any]], actual: Any = None, model: str = "late"
) -> list[incumbent.Prediction]:
    """Predict rows at ``local``, and tell what was true where that is given."""
    with incumbent.open(house.root / "production" / "local" / model) as predictor:
        found = [predictor.predict(row) for row in rows]
        for prediction in found if actual is not None else ():
            predictor.outcome(prediction.id, actual)
    return found


def gathered(house: Workspace, model: str = "late", now: datetime | None = None) -> Gathered:
    """One look for surprising rows."""
    with house.store() as store:
        return gather(house, store, model, now)
