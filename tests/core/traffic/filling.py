"""A workspace with a model, and logs of days gone by, written as production writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.spec import parse
from core.traffic.places import Place, places
from core.workspace import Workspace
from incumbent.log.appender import Appender
from incumbent.log.entries import Entry, OutcomeEntry
from incumbent.log.file import new_name
from incumbent.log.gathering import Portion, gathered
from incumbent.log.rows import row_of
from incumbent.log.tally import Tally
from store import Store

SPEC = """
name = "late"
task = "classification"
target = "late"
positive = "yes"
key = "ride"
data = "rides.csv"
"""


@contextmanager
def workspace(folder: Path, extra: str = "") -> Iterator[tuple[Workspace, Store]]:
    """A workspace with the model ``late``; ``extra`` are further lines of its spec."""
    made = Workspace.create(folder)
    with made.store() as store:
        store.models.apply("late", parse(SPEC + extra).document(), who="ann")
        yield made, store


def place(made: Workspace, store: Store, site: str = "local") -> Place:
    """Where ``late`` is logged."""
    (found,) = places(made, store, "late", site)
    return found


def at(text: str) -> int:
    """A moment (UTC) as nanoseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def prediction(id: str, moment: str, **told: Any) -> Entry:
    """A prediction of which only some things matter."""
    row = told.pop("row", {"distance": 12.5, "carrier": "bus"})
    known: dict[str, Any] = {
        "key": None, "value": "yes", "scores": [0.25, 0.75], "version": 1, "route": "champion",
        "reason": None, "seconds": 2e-5, "chance": None, **told,
    }  # fmt: skip
    return Entry(id=id, at=at(moment), names=tuple(row), values=tuple(row.values()), **known)


def outcome(id: str | None, actual: Any, moment: str, key: str | None = None) -> OutcomeEntry:
    """What turned out to be true, told at a moment."""
    return OutcomeEntry(id, key, actual, at(moment))


def write(
    folder: Path,
    day: str,
    *entries: Entry | OutcomeEntry,
    lost: int = 0,
    finished: bool = True,
    portion: int = 64,
) -> Path:
    """A file of the log as a process leaves it that began it on a day."""
    folder.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    predictions = [entry for entry in entries if isinstance(entry, Entry)]
    appender = Appender(folder / new_name(day))
    told = [entry for entry in entries if isinstance(entry, OutcomeEntry)]
    dropped = [at(f"{day}T12:00"), lost] if lost else []
    appender.append(portions(predictions, tally, portion), told, tally, dropped)
    appender.close()
    if finished:
        midnight = at(f"{day}T00:00") / 1e9 + 86_400
        os.utime(appender.path, (midnight, midnight))
    return appender.path


def portions(entries: Sequence[Entry], tally: Tally, size: int = 64) -> list[Portion]:
    """Predictions as they are written, counted."""
    found: list[Portion] = []
    for first in range(0, len(entries), size):
        some = gathered([row_of(entry) for entry in entries[first : first + size]])
        tally.update(some.tally)
        found += some.portions
    return found


def by_id(traffic: Any, *bounds: Any) -> dict[str, dict[str, Any]]:
    """Everything that a traffic reads: id → what is said of it and its inputs. An id comes once."""
    found: dict[str, dict[str, Any]] = {}
    for batch in traffic.read(*bounds):
        for told, inputs in zip(batch.meta.to_dict("records"), batch.inputs.to_dict("records"), strict=True):
            assert told["id"] not in found
            found[told["id"]] = {**told, "inputs": inputs}
    return found
