"""A part: the rows that one roll brought home, of one day, as Parquet, and beside it what is known of them.

    2026-11-22.0001.json                   what it holds, from which files, and how much traffic there was
    2026-11-22.0001.predictions.parquet
    2026-11-22.0001.outcomes.parquet       where there were any

The JSON file is written last, and so makes the part: Parquet files without it are remains of a roll that was
killed, which the next one overwrites.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from incumbent.errors import WorkError
from incumbent.files import atomic_write

FORMAT = 1
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{4,})\.json")


@dataclass(frozen=True)
class Rows:
    """The rows of one Parquet file: how many, and the stretch of time (nanoseconds, last inclusive)."""

    count: int
    first: int
    last: int

    def overlaps(self, since: int | None, until: int | None) -> bool:
        """Whether some of them may lie in a stretch."""
        return (since is None or self.last >= since) and (until is None or self.first < until)


@dataclass(frozen=True)
class Part:
    """What is known of a part.

    Parameters
    ----------
    sources : mapping of file name to (int, int)
        The files that it was made of, with the numbers of their last prediction and outcome.
    hours, reasons : tuples as :class:`incumbent.log.tally.Tally` has them, with the count last
    seconds : (first, last), seconds since 1970, or None
    peak : int
        The most predictions of one second.
    lost : int
        Predictions that sites dropped.
    pruned : bool
        Whether the rows have been deleted; the counts stay.
    """

    folder: Path
    name: str
    predictions: Rows | None
    outcomes: Rows | None
    sources: Mapping[str, tuple[int, int]]
    hours: tuple[tuple[int, int, str, int, int], ...] = ()
    reasons: tuple[tuple[int, str, str, int], ...] = ()
    seconds: tuple[int, int] | None = None
    peak: int = 0
    lost: int = 0
    pruned: bool = False
    format: int = field(default=FORMAT)

    @property
    def day(self) -> str:
        """The UTC day of the files that it was made of."""
        return self.name[:10]

    @property
    def predictions_path(self) -> Path:
        return self.folder / f"{self.name}.predictions.parquet"

    @property
    def outcomes_path(self) -> Path:
        return self.folder / f"{self.name}.outcomes.parquet"

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.json"

    def write(self) -> None:
        """Write what is known; from now on the part is there."""
        document = {key: value for key, value in asdict(self).items() if key not in ("folder", "name")}
        atomic_write(self.path, (json.dumps(document, separators=(",", ":")) + "\n").encode())

    def size(self) -> int:
        """Bytes of the rows."""
        paths = (self.predictions_path, self.outcomes_path)
        return sum(path.stat().st_size for path in paths if path.exists())

    def prune(self) -> None:
        """Delete the rows; what is counted stays."""
        replace(self, predictions=None, outcomes=None, pruned=True).write()
        self.predictions_path.unlink(missing_ok=True)
        self.outcomes_path.unlink(missing_ok=True)


def parts(home: Path) -> tuple[Part, ...]:
    """The parts that a site has at home, oldest day first.

    Raises
    ------
    WorkError
        For a file that is damaged, or of a newer format.
    """
    try:
        found = sorted(path for path in home.iterdir() if _NAME.fullmatch(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(_read(path, path.stat().st_mtime_ns) for path in found)


def progress(home_parts: tuple[Part, ...]) -> dict[str, tuple[int, int]]:
    """How far each source is home: file name → numbers of the last prediction and outcome."""
    done: dict[str, tuple[int, int]] = {}
    for part in home_parts:
        for source, (prediction, outcome) in part.sources.items():
            before = done.get(source, (0, 0))
            done[source] = (max(before[0], prediction), max(before[1], outcome))
    return done


def new_name(home: Path, day: str) -> str:
    """A name for another part of a day."""
    numbers = [int(m[2]) for p in parts(home) if (m := _NAME.fullmatch(p.path.name)) and p.day == day]
    return f"{day}.{max(numbers, default=0) + 1:04d}"


@lru_cache(maxsize=4096)
def _read(path: Path, _stamp: int) -> Part:
    try:
        document = json.loads(path.read_bytes())
        if document["format"] > FORMAT:
            raise WorkError(
                f"{path} is of format {document['format']}, this code reads {FORMAT}", hint="update incumbent"
            )
        return Part(
            folder=path.parent,
            name=path.name.removesuffix(".json"),
            predictions=_rows(document["predictions"]),
            outcomes=_rows(document["outcomes"]),
            sources={name: (int(p), int(o)) for name, (p, o) in document["sources"].items()},
            hours=tuple((h, v, r, b, c) for h, v, r, b, c in document["hours"]),
            reasons=tuple((h, r, t, c) for h, r, t, c in document["reasons"]),
            seconds=None if document["seconds"] is None else tuple(document["seconds"]),
            peak=document["peak"],
            lost=document["lost"],
            pruned=document["pruned"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WorkError(
            f"{path} is damaged: {error!r}", hint="move it away; the Parquet file beside it stays readable"
        ) from None


def _rows(document: Mapping[str, Any] | None) -> Rows | None:
    return None if document is None else Rows(document["count"], document["first"], document["last"])
