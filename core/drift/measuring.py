"""The figures of one window: every column of the profile, and what the version predicts for its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.drift.calendar import calendar_columns
from core.drift.compare import Compared, Statistics, compare, fits
from incumbent.columns import Columns, row_count

if TYPE_CHECKING:
    from core.drift.predicted import Predictions

#: Raised when the figures change their meaning: what was kept of past windows is then measured again.
FORMAT = 2
#: What the version's answers are called among the columns.
PREDICTION = "(prediction)"


@dataclass(frozen=True)
class Measured:
    """What was found in one window.

    Parameters
    ----------
    rows : int
    columns : mapping of str to Statistics
    calendar : frozenset of str
        Columns that say which time it is.
    drawn : mapping of str to pair of dict
        Distributions of the reference and of the window; only where they were asked for.
    new, vanished : mapping of str to what is new or missing among a column's categories
        Only where drawings were asked for.
    """

    rows: int
    columns: Mapping[str, Statistics]
    calendar: frozenset[str] = frozenset()
    drawn: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    new: Mapping[str, dict[str, int]] = field(default_factory=dict)
    vanished: Mapping[str, list[str]] = field(default_factory=dict)

    def payload(self) -> bytes:
        """The figures alone, as they are kept."""
        kept = {"rows": self.rows, "columns": self.columns, "calendar": sorted(self.calendar)}
        return json.dumps(kept).encode()

    @staticmethod
    def of_payload(payload: bytes) -> Measured:
        """What was kept."""
        kept = json.loads(payload)
        return Measured(kept["rows"], kept["columns"], frozenset(kept["calendar"]))


class WindowMeter:
    """Measures windows against one version's profile.

    Parameters
    ----------
    profile : mapping
        The profile's ``columns``, those to be looked at.
    time : str, optional
        The time column.
    predictions : Predictions, optional
        How the version answers, and the reference of its answers.
    """

    def __init__(
        self, profile: Mapping[str, Any], time: str | None, predictions: Predictions | None = None
    ) -> None:
        self.profile = profile
        self.time = time
        self.predictions = predictions

    @property
    def key(self) -> str:
        """What identifies the way of measuring, beside the version and the rows."""
        reference = None if self.predictions is None else self.predictions.reference
        parts = [FORMAT, sorted(self.profile), self.time, reference]
        return f"drift {hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]}"

    def measure(self, rows: Columns, *, draw: bool = False) -> Measured:
        """The figures of a window; with ``draw`` its distributions too."""
        compared = self._compared(rows)
        figures = {name: one.statistics() for name, one in compared.items()}
        timed = self.time is not None and self.time in rows
        calendar = calendar_columns(rows, str(self.time)) if timed else set()
        if not draw:
            return Measured(row_count(rows), figures, frozenset(calendar))
        return Measured(
            row_count(rows),
            figures,
            frozenset(calendar),
            {name: one.drawing() for name, one in compared.items()},
            {name: getattr(one, "new", {}) for name, one in compared.items()},
            {name: getattr(one, "vanished", []) for name, one in compared.items()},
        )

    def _compared(self, rows: Columns) -> dict[str, Compared]:
        found = {
            name: compare(known, rows[name])
            for name, known in self.profile.items()
            if name in rows and fits(known["kind"], rows[name])
        }
        if self.predictions is not None and row_count(rows):
            answers = self.predictions.answers(rows)
            if answers is not None:
                found[PREDICTION] = compare(self.predictions.reference, answers)
        return found
