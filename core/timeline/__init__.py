"""Time as Incumbent counts it: durations, calendar periods and their labels, windows, moments.

Standard library only at import. ``since`` is inclusive, ``until`` and ``as_of`` are exclusive, everywhere.
"""

from core.timeline.durations import Duration
from core.timeline.moments import now, parse_moment, text_of, zone
from core.timeline.periods import (
    PERIODS,
    PeriodKind,
    as_period,
    bounds,
    label,
    ordinal,
    ordinals,
    parse_label,
    start,
)
from core.timeline.windows import TICK, Window, earlier, label_known_by, trailing, window_length

__all__ = [
    "PERIODS", "TICK", "Duration", "PeriodKind", "Window", "as_period", "bounds", "earlier", "label",
    "label_known_by", "now", "ordinal", "ordinals", "parse_label", "parse_moment", "start", "text_of",
    "trailing", "window_length", "zone",
]  # fmt: skip
