"""What there is of some places' logs at one moment: parts at home, and files that are not home yet.

Files are opened before parts are listed: a roll makes its part before it deletes the files, so no row is
missed, and what a part tells of its sources says which rows of an open file are in it, so none comes twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from core.traffic.parts import Part, parts, progress
from core.traffic.places import Place
from incumbent.errors import WorkError
from incumbent.log.file import EmptyFile
from incumbent.log.reader import LogReader


class Open(NamedTuple):
    """A file that is not home, or not all of it: its rows after these numbers are wanted."""

    reader: LogReader
    after_prediction: int
    after_outcome: int


@dataclass(frozen=True)
class Snapshot:
    """The parts and the open files of some places; ``problems`` are files that cannot be read."""

    parts: tuple[Part, ...]
    files: tuple[Open, ...]
    problems: tuple[str, ...] = ()


@contextmanager
def snapshot(places: Sequence[Place]) -> Iterator[Snapshot]:
    """Everything of some places, open while inside."""
    with ExitStack() as stack:
        found: list[Part] = []
        files: list[Open] = []
        problems: list[str] = []
        for place in places:
            readers = list(_readers(place, stack, problems))
            own = parts(place.home)
            done = progress(own)
            for reader in readers:
                after = done.get(reader.path.name)
                if after is None or reader.last() != after:
                    files.append(Open(reader, *(after or (0, 0))))
            found += own
        yield Snapshot(tuple(found), tuple(files), tuple(problems))


def _readers(place: Place, stack: ExitStack, problems: list[str]) -> Iterator[LogReader]:
    for path in place.files():
        try:
            reader = LogReader.open(path)
        except EmptyFile:
            continue
        except WorkError as error:
            if path.exists():
                problems.append(error.message)
            continue
        yield stack.enter_context(reader)
