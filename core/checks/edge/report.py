"""What an edge test leaves: its document, its verdict and the figures that history keeps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checks.edge.holding import WeakSpot
from core.checks.whole import figure, speaker
from core.runs import Outcome
from store.records import Measurement, Verdict, Version

if TYPE_CHECKING:
    from core.runs import RunContext

#: Weak spots that the document lists of one version, and of one column; the others are counted.
MOST_LISTED = 200
MOST_OF_A_COLUMN = 8
#: Columns of a row, and characters of a text, that the document shows.
MOST_SHOWN = 80
LONGEST_TEXT = 120


@dataclass(frozen=True)
class ColumnSeen:
    """What became of one column.

    ``moved`` is the largest change of an answer over its usual values, ``jumped`` the largest at a small
    step (in probability, or as a share of the number or of the target's range).
    """

    column: str
    kind: str
    rows: int
    moved: float | None
    jumped: float | None


@dataclass(frozen=True)
class Tested:
    """One version after its edge test.

    ``became`` counts the edge rows that were ``answered``, ``refused``, that another link ``stood_in`` for,
    that were ``broken`` or ``unasked``; ``left_out`` the columns of a wide table that were not changed.
    """

    version: Version
    spots: tuple[WeakSpot, ...]
    rows: int
    became: Mapping[str, int]
    columns: tuple[ColumnSeen, ...]
    left_out: int

    @classmethod
    def broken(cls, version: Version, why: str) -> Tested:
        """A version that could not be staged."""
        spot = WeakSpot("", "bundle", "fail", why, "see `incumbent doctor`")
        return cls(version, (spot,), 0, {}, (), 0)

    @property
    def failed(self) -> int:
        """Edge rows and comparisons that fail outright."""
        return sum(spot.count for spot in self.spots if spot.severity == "fail")

    @property
    def weak(self) -> int:
        """Those that show a weak spot."""
        return sum(spot.count for spot in self.spots if spot.severity == "warn")

    @property
    def verdict(self) -> Verdict:
        if self.failed:
            return "fail"
        return "warn" if self.spots else "pass"

    @property
    def passed(self) -> int:
        """Edge rows of which everything holds."""
        return max(0, self.rows - self.failed - self.weak)

    @property
    def note(self) -> str:
        """The outcome in one line."""
        if not self.spots:
            return f"{self.rows} edge rows hold"
        first = min(self.spots, key=_rank)
        where = f"{first.column}, {first.kind}" if first.column else first.kind
        counted = [f"{self.failed} fail"] * bool(self.failed) + [f"{self.weak} are weak"] * bool(self.weak)
        return f"of {self.rows} edge rows {', '.join(counted)}; {where}: {shortened(first.reason, 200)}"


def conclude(context: RunContext, tested: Sequence[Tested]) -> Outcome:
    """The outcome of an edge run: the champion's verdict, or the worst of those that were named."""
    model = str(context.run.model)
    verdict, main = speaker(context, tested)
    versions = [_document(each) for each in tested]
    result = {
        "check": "edge",
        "model": model,
        "version": main.version.number,
        "verdict": verdict,
        "passed": sum(each.passed for each in tested),
        "failed": [failed for version in versions for failed in version["failed"]],
        "versions": versions,
    }
    rows = tuple(row for each in tested for row in _measurements(context, each))
    return Outcome(verdict, f"v{main.version.number}: {main.note}", result, rows)


def _document(tested: Tested) -> dict[str, Any]:
    listed = _listed(tested.spots)
    return {
        "version": tested.version.number,
        "verdict": tested.verdict,
        "note": tested.note,
        "rows": tested.rows,
        "became": dict(tested.became),
        "passed": tested.passed,
        "failed": [_failure(tested, spot) for spot in listed],
        "more": len(tested.spots) - len(listed),
        "columns": [_column(tested, seen) for seen in tested.columns],
        "columns_left_out": tested.left_out,
    }


def _listed(spots: Sequence[WeakSpot]) -> list[WeakSpot]:
    """The gravest first, so many of a column at most."""
    counts: dict[str, int] = {}
    chosen: list[WeakSpot] = []
    for spot in sorted(spots, key=_rank):
        counts[spot.column] = counts.get(spot.column, 0) + 1
        if counts[spot.column] <= MOST_OF_A_COLUMN and len(chosen) < MOST_LISTED:
            chosen.append(spot)
    return chosen


def _rank(spot: WeakSpot) -> tuple[bool, bool]:
    """Failures first; then what is wrong with rows as they come every day, before rows beyond the edge."""
    return spot.severity != "fail", spot.kind not in ("no influence", "category like unseen")


def _failure(tested: Tested, spot: WeakSpot) -> dict[str, Any]:
    return {
        "case": None,
        "version": tested.version.number,
        "column": spot.column or None,
        "kind": spot.kind,
        "also": list(spot.also),
        "severity": spot.severity,
        "reason": shortened(spot.reason, 400),
        "suggestion": spot.suggestion,
        "row": _row(spot),
        "whole": _row(spot) == spot.row,
        "before": spot.before,
        "got": plain(dict(spot.got)) or None,
    }


def _row(spot: WeakSpot) -> Any:
    """The row that shows it; of a very wide one the changed column and the first others."""
    if not isinstance(spot.row, Mapping) or len(spot.row) <= MOST_SHOWN:
        return plain(spot.row)
    names = [*([spot.column] if spot.column in spot.row else []), *spot.row]
    return plain({name: spot.row[name] for name in names[:MOST_SHOWN]})


def _column(tested: Tested, seen: ColumnSeen) -> dict[str, Any]:
    own = [spot for spot in tested.spots if spot.column == seen.column]
    return {
        "column": seen.column,
        "kind": seen.kind,
        "rows": seen.rows,
        "failed": sum(spot.severity == "fail" for spot in own),
        "weak": sum(spot.severity == "warn" for spot in own),
        "moved": seen.moved,
        "jumped": seen.jumped,
    }


def plain(value: Any) -> Any:
    """A value as strict JSON: what it has no number for as text, long texts shortened.

    Examples
    --------
    >>> plain({"x": float("-inf"), "y": b"\\x00", "z": "a" * 500})["x"]
    '-inf'
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return shortened(value, LONGEST_TEXT)
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else repr(value)


def shortened(text: str, most: int) -> str:
    """The beginning of a long text, with its length.

    >>> shortened("abcdef", 3)
    'abc… (6 characters)'
    """
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def _measurements(context: RunContext, tested: Tested) -> Iterator[Measurement]:
    figures = (
        ("edge_rows", tested.rows),
        ("edge_rows_failed", tested.failed),
        ("edge_rows_weak", tested.weak),
    )
    for metric, value in figures:
        yield figure(
            context,
            tested.version,
            metric,
            float(value),
            tested.rows,
            verdict=tested.verdict if metric == "edge_rows_failed" else None,
            reason=shortened(tested.note, 400),
        )
