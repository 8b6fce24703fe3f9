"""What a data source tells about itself, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.spec import ColumnKind
from core.timeline import text_of


@dataclass(frozen=True)
class DataColumn:
    """One column: its kind, and the type its values have in memory (int64, float64, bool, text, time)."""

    name: str
    kind: ColumnKind
    dtype: str


@dataclass(frozen=True)
class Partition:
    """A slice of history: by time (bounds are the period's), by a column's value or by file (bounds are those
    of the rows' times, None without a time column). ``rows`` holds the unlabelled ones too."""

    label: str
    since: datetime | None
    until: datetime | None
    rows: int
    labelled: int


@dataclass(frozen=True)
class Described:
    """A data source as it lies there: columns, size, time range, classes, partitions, fingerprint.

    ``first`` and ``last`` are the oldest and the newest row's times; ``newest_labelled`` is the time of the
    newest row whose target is known. ``classes`` are the target's values as
    text with their counts (classification).
    """

    columns: tuple[DataColumn, ...]
    rows: int
    labelled: int
    files: int
    first: datetime | None
    last: datetime | None
    newest_labelled: datetime | None
    zoned: bool
    classes: tuple[tuple[str, int], ...]
    partitions: tuple[Partition, ...]
    fingerprint: str

    @property
    def unlabelled(self) -> int:
        """Rows without a target."""
        return self.rows - self.labelled

    def document(self) -> dict[str, Any]:
        """The same as plain JSON data."""
        return {
            "rows": self.rows,
            "labelled": self.labelled,
            "unlabelled": self.unlabelled,
            "files": self.files,
            "first": text_of(self.first, zoned=self.zoned),
            "last": text_of(self.last, zoned=self.zoned),
            "classes": dict(self.classes),
            "columns": [{"name": c.name, "kind": c.kind, "dtype": c.dtype} for c in self.columns],
            "partitions": [
                {
                    "partition": p.label,
                    "since": text_of(p.since, zoned=self.zoned),
                    "until": text_of(p.until, zoned=self.zoned),
                    "rows": p.rows,
                    "labelled": p.labelled,
                }
                for p in self.partitions
            ],
            "fingerprint": self.fingerprint,
        }
