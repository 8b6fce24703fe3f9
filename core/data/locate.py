"""From the spec's ``data`` to the files that hold the rows, in their natural order."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path

from incumbent.errors import DataError

#: What a file's name must end with, and how it is read.
FORMATS = {
    ".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".tsv.gz": "csv",
    ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".ndjson": "jsonl", ".ndjson.gz": "jsonl",
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One file of a source: where it lies, what it is called in messages and the index, and its state."""

    path: Path
    name: str  # relative to the workspace where it lies inside
    format: str
    size: int
    modified: int  # nanoseconds

    @property
    def label(self) -> str:
        """The file's partition: its name without folder and endings."""
        return self.path.name[: -len(ending(self.path.name))]


def ending(name: str) -> str:
    """The known ending of a file's name, empty for a file that is not data.

    Examples
    --------
    >>> ending("rides.CSV.gz"), ending("notes.txt")
    ('.CSV.gz', '')
    """
    return max((name[-len(e) :] for e in FORMATS if name.lower().endswith(e)), key=len, default="")


def locate(pattern: str, root: Path) -> list[Item]:
    """The files that a path names: a file, a glob, or every data file in a folder.

    Raises
    ------
    DataError
        Where nothing is there, or a file is of no known format.
    """
    full = os.path.join(root, os.path.expanduser(pattern))
    if os.path.isfile(full):
        return [_item(full, root)]
    if os.path.isdir(full):
        found = [os.path.join(full, n) for n in os.listdir(full) if ending(n) and not n.startswith(".")]
        missing = f"the folder {pattern!r} holds no data file"
    elif glob.has_magic(pattern):
        found = [f for f in glob.glob(full, recursive=True) if os.path.isfile(f)]
        missing = f"no file matches {pattern!r}"
    else:
        found, missing = [], f"there is no file {pattern!r}"
    if not found:
        hint = _known_formats() if os.path.isdir(full) else _missing_hint(full)
        raise DataError(f"{missing} (looked in {root})", hint=hint)
    return [_item(path, root) for path in sorted(found, key=natural)]


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts ``part2`` before ``part10``, and numbers as numbers."""
    parts = re.split(r"(\d+)", text)
    return [(0, int(p), p) if p.isascii() and p.isdigit() else (1, 0, p) for p in parts if p]


def _item(path: str, root: Path) -> Item:
    known = ending(os.path.basename(path))
    name = os.path.relpath(path, root)
    if name.startswith(".."):
        name = os.path.abspath(path)
    if not known:
        raise DataError(f"{name} is of no known format", hint=_known_formats())
    state = os.stat(path)
    return Item(Path(path), name, FORMATS[known.lower()], state.st_size, state.st_mtime_ns)


def _known_formats() -> str:
    return "known are csv, csv.gz, tsv, parquet, jsonl and jsonl.gz"


def _missing_hint(full: str) -> str:
    from core.spec import closest

    folder, name = os.path.split(full)
    while folder and not os.path.isdir(folder):
        folder, name = os.path.split(folder)
    beside = sorted(n for n in os.listdir(folder) if not n.startswith(".")) if folder else []
    like = closest(name, beside)
    if like:
        return f"did you mean {like!r}?"
    return f"in {folder} there are: {', '.join(beside[:8])}" if beside else f"{folder} is empty"
