"""Days that are over come home: from the SQLite files of a site into one Parquet part a day.

A roll may be killed at any moment and repeated at any time. It writes Parquet, syncs it, writes the JSON file
that makes the part, and only then deletes the files that it was made of; files that a part already holds are
deleted by the next roll.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.traffic.counting import Counted, counted
from core.traffic.parts import Part, Rows, new_name, parts, progress
from core.traffic.places import Place
from core.traffic.tables import outcome_schema, outcome_table, prediction_schema, prediction_table
from incumbent.errors import WorkError
from incumbent.files import sync_folder
from incumbent.log.closing import remove_if_unchanged
from incumbent.log.file import EmptyFile, file_day
from incumbent.log.reader import LogReader

#: Seconds since its last change until a file of a day that is over is taken to be finished.
GRACE = 600.0
#: Rows of a row group.
GROUP_ROWS = 100_000
#: Different in nearly every row: as a dictionary they are no smaller, and are read back more slowly.
_OWN = ("id", "key")
#: Files that are open at once: more of one day become several parts.
MOST_FILES = 200


@dataclass(frozen=True)
class Rolled:
    """What a roll did: parts made, predictions and outcomes in them, files deleted, and what went wrong."""

    parts: int = 0
    predictions: int = 0
    outcomes: int = 0
    deleted: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: Rolled) -> Rolled:
        return Rolled(
            self.parts + other.parts,
            self.predictions + other.predictions,
            self.outcomes + other.outcomes,
            self.deleted + other.deleted,
            self.problems + other.problems,
        )


def roll(place: Place, now: float | None = None, everything: bool = False) -> Rolled:
    """Bring home what is finished at a site.

    Parameters
    ----------
    now : float
        Seconds since 1970; the present by default.
    everything : bool
        Files of today, too: whoever writes them goes on in another file.

    Raises
    ------
    OSError
        Where nothing can be written at home.
    """
    moment = time.time() if now is None else now
    today = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
    finished = [path for path in place.files() if everything or _is_over(path, today, moment)]
    if not finished:
        return Rolled()
    place.home.mkdir(parents=True, exist_ok=True)
    _forget_remains(place.home)
    done = Rolled()
    for day in sorted({file_day(path) for path in finished}):
        own = [path for path in finished if file_day(path) == day]
        over = [path for path in own if _is_over(path, today, moment)]
        for start in range(0, len(over), MOST_FILES):
            done += _roll_day(place.home, day, over[start : start + MOST_FILES])
        for path in own:
            if path not in over:  # it may be written on, and its counts have to be told from others then
                done += _roll_day(place.home, day, [path])
    return done


def _is_over(path: Path, today: str, now: float) -> bool:
    try:
        return file_day(path) < today and now - path.stat().st_mtime >= GRACE
    except FileNotFoundError:
        return False


def _roll_day(home: Path, day: str, paths: Sequence[Path]) -> Rolled:
    there = parts(home)
    known = progress(there)
    problems: list[str] = []
    empty = []
    with ExitStack() as stack:
        readers: list[LogReader] = []
        for path in paths:
            try:
                readers.append(stack.enter_context(LogReader.open(path)))
            except EmptyFile:
                empty.append(path)
            except WorkError as error:
                problems.append(str(error))
        last = {reader.path: reader.last() for reader in readers}
        new = [reader for reader in readers if _is_new(reader, last[reader.path], known)]
        made = _make_part(home, day, new, known, there) if new else None
    done = Rolled(problems=tuple(problems))
    if made is not None:
        predictions, outcomes = (0 if r is None else r.count for r in (made.predictions, made.outcomes))
        done += Rolled(1, predictions, outcomes)
        known = progress(parts(home))
    for path in [*last, *empty]:
        try:
            done += Rolled(deleted=int(remove_if_unchanged(path, *known.get(path.name, (0, 0)))))
        except (WorkError, OSError) as error:  # it is home; deleting it is tried again tomorrow
            done += Rolled(problems=(f"{path} is home and cannot be deleted: {error}",))
    return done


def _is_new(reader: LogReader, last: tuple[int, int], known: dict[str, tuple[int, int]]) -> bool:
    """Whether a file holds what is not home; it may hold counts alone, where a share of the rows is kept."""
    done = known.get(reader.path.name)
    if done is None and last == (0, 0):
        return bool(reader.counts("hours") or reader.counts("lost"))
    return last != (done or (0, 0))


def _make_part(
    home: Path,
    day: str,
    readers: Sequence[LogReader],
    known: dict[str, tuple[int, int]],
    there: Sequence[Part],
) -> Part | None:
    part = Part(home, new_name(home, day), None, None, {})
    after = {reader.path.name: known.get(reader.path.name, (0, 0)) for reader in readers}
    written = _write_predictions(part.predictions_path, readers, after)
    told = _write_outcomes(part.outcomes_path, readers, after)
    sources = {
        name: (max(written[1].get(name, 0), after[name][0]), max(told[1].get(name, 0), after[name][1]))
        for name in after
    }
    sync_folder(home)
    made = Part(
        home,
        part.name,
        predictions=written[0],
        outcomes=told[0],
        sources=sources,
        **_together([counted(reader, there) for reader in readers]),
    )
    made.write()
    return made


Written = tuple[Rows | None, dict[str, int]]


def _write_predictions(
    path: Path, readers: Sequence[LogReader], after: dict[str, tuple[int, int]]
) -> Written:
    ends = {reader.path.name: reader.last()[0] for reader in readers}
    schema = prediction_schema(readers)
    last: dict[str, int] = {}
    rows: Rows | None = None
    with _Writer(path, schema) as writer:
        for reader in readers:
            name = reader.path.name
            for piece in reader.pieces(after[name][0], size=GROUP_ROWS, upto=ends[name]):
                table = prediction_table(piece, schema)
                writer.add(table)
                rows = _with(rows, table)
                last[name] = piece.last
    return rows, last


def _write_outcomes(path: Path, readers: Sequence[LogReader], after: dict[str, tuple[int, int]]) -> Written:
    schema = outcome_schema(readers)
    last: dict[str, int] = {}
    rows: Rows | None = None
    with _Writer(path, schema) as writer:
        for reader in readers:
            found = reader.outcomes(after[reader.path.name][1])
            if found:
                table = outcome_table(found, schema)
                writer.add(table)
                rows = _with(rows, table)
                last[reader.path.name] = found[-1][0]
    return rows, last


class _Writer:
    """A Parquet file that is there only if a row was written; small tables are gathered to row groups."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._file: Any = None

    def __enter__(self) -> _Writer:
        return self

    def add(self, table: pa.Table) -> None:
        """Write some rows, now or with the next ones."""
        self._waiting.append(table)
        if sum(table.num_rows for table in self._waiting) >= GROUP_ROWS:
            self._flush()

    def __exit__(self, kind: object, *raised: object) -> None:
        if kind is None and self._waiting:
            self._flush()
        if self._file is not None:
            self._file.close()
            _sync(self._path)

    def _flush(self) -> None:
        if self._file is None:
            self._file = pq.ParquetWriter(
                self._path,
                self._schema,
                compression="zstd",
                use_dictionary=[f.name for f in self._schema if f.name not in _OWN and _is_text(f.type)],
            )
        self._file.write_table(pa.concat_tables(self._waiting))
        self._waiting = []


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _with(rows: Rows | None, table: pa.Table) -> Rows:
    found = pc.min_max(table.column("at").cast(pa.int64())).as_py()
    if rows is None:
        return Rows(table.num_rows, found["min"], found["max"])
    return Rows(rows.count + table.num_rows, min(rows.first, found["min"]), max(rows.last, found["max"]))


def _together(found: Sequence[Counted]) -> dict[str, Any]:
    """What several files have counted, as a part has it."""
    hours: Counter[tuple[int, int, str, int]] = Counter()
    reasons: Counter[tuple[int, str, str]] = Counter()
    seconds: Counter[int] = Counter()
    lost = 0
    for each in found:
        hours.update(each.hours)
        reasons.update(each.reasons)
        seconds.update(each.seconds)
        lost += sum(count for _, count in each.lost)
    return {
        "hours": tuple(sorted((*key, count) for key, count in hours.items())),
        "reasons": tuple(sorted((*key, count) for key, count in reasons.items())),
        "seconds": (min(seconds), max(seconds)) if seconds else None,
        "peak": max(seconds.values(), default=0),
        "lost": lost,
    }


def _forget_remains(home: Path) -> None:
    """Delete the Parquet files of rolls that were killed: no part names them."""
    named = {part.name for part in parts(home)}
    for path in home.glob("*.parquet"):
        if path.name.rsplit(".", 2)[0] not in named:
            path.unlink()
