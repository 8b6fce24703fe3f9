"""Files that are whole or absent: written beside their place, synced, then renamed into it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator

_CHUNK = 1 << 20
#: As :func:`_beside` names them.
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{12}\.new")


def sha256_bytes(data: bytes) -> str:
    """Hexadecimal sha256.

    Examples
    --------
    >>> sha256_bytes(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: "str | Path") -> str:
    """Hexadecimal sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def file_names(folder: "str | Path") -> "list[str]":
    """Every file below a folder, relative, with forward slashes, sorted. Links are listed, not followed."""
    root = Path(folder)
    found = []
    for at, _, names in os.walk(root):
        found += [(Path(at) / name).relative_to(root).as_posix() for name in names]
    return sorted(found)


def sha256_tree(folder: "str | Path") -> "dict[str, str]":
    """sha256 of every file below a folder, by relative name."""
    root = Path(folder)
    return {name: sha256_file(root / name) for name in file_names(root)}


def sync_folder(path: "str | Path") -> None:
    """Make the names in a folder durable (a no-op where folders cannot be opened, as on Windows)."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: "str | Path", data: bytes) -> None:
    """Write a file and make its bytes durable; not atomic by itself."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def atomic_write(path: "str | Path", data: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old bytes or the new ones.

    Parameters
    ----------
    path : path
        Its folder must exist.
    data : bytes
    """
    target = Path(path)
    beside = _beside(target)
    try:
        write_synced(beside, data)
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def copy_beside(path: "str | Path") -> "Path | None":
    """A synced copy beside a file, which a rename puts in its place; None where there is no such file."""
    target = Path(path)
    beside = _beside(target)
    try:
        write_synced(beside, target.read_bytes())
    except FileNotFoundError:
        return None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside


def write_where_new(path: "str | Path", data: bytes) -> None:
    """Write a file atomically, its folder too; one that holds these bytes already stays untouched."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_bytes() != data:
        atomic_write(target, data)


def copy_tree(source: "str | Path", target: "str | Path") -> None:
    """Copy a folder's files, synced; the copy appears under its name only when it is whole."""
    root = Path(source)
    with new_folder(target) as building:
        for name in file_names(root):
            (building / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, building / name)


@contextmanager
def new_folder(target: "str | Path") -> "Iterator[Path]":
    """A folder to fill, which takes the name ``target`` when the block ends without an error.

    Where another process made ``target`` meanwhile, theirs stays and ours is dropped: use it for folders
    whose content follows from their name.
    """
    place = Path(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    building = _beside(place)
    building.mkdir()
    try:
        yield building
        _sync_tree(building)
        try:
            os.rename(building, place)
        except OSError:
            if not place.is_dir():
                raise
        sync_folder(place.parent)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def forget_leftovers(folder: "str | Path", age: float = 3600.0) -> None:
    """Delete what writers that were killed have left beside their places; never fails.

    Parameters
    ----------
    age : float
        Seconds since its last change: what is younger, somebody may be writing.
    """
    oldest = time.time() - age
    with suppress(OSError):
        for path in [path for path in Path(folder).iterdir() if _LEFTOVER.fullmatch(path.name)]:
            with suppress(OSError):
                if path.lstat().st_mtime >= oldest:
                    continue
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.new")


def _sync_tree(folder: Path) -> None:
    for name in file_names(folder):
        if (folder / name).is_symlink():
            continue
        handle = os.open(folder / name, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    for at, _, _ in os.walk(folder):
        sync_folder(at)
