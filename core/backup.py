"""``backup`` and ``restore``: a workspace in one file, at one consistent moment, and back.

The file is a zip archive with a manifest of the sha256 of everything in it: a copy of the store, the bundles
that the store knows, and what is published below the workspace. The store and the pointers of production are
taken while nobody else writes; bundles never change, so they follow afterwards. Specs and pipeline files are
not in it (they are the maintainer's, and live in git; every revision of a spec is in the store); secrets are
not either, since the store has only references to them.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from core.workspace import MARKER, Workspace
from incumbent.errors import BundleError, RefusedError, UsageError, WorkError
from incumbent.files import file_names, sha256_file, sync_folder

FORMAT = 1
MANIFEST = "manifest.json"
STORE = f"{MARKER}/incumbent.db"
_SQLITE = b"SQLite format 3\0"

Progress = Callable[[float | None, str], None]


def _silent(fraction: float | None, note: str) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class _Part:
    name: str  # in the archive, and relative to the workspace
    path: Path  # where its bytes are now


@dataclass(frozen=True)
class _Contents:
    parts: list[_Part]
    models: int
    versions: int
    damaged: list[str]  # hashes of bundles that cannot be copied as they were made


def backup(workspace: Workspace, file: str | Path, progress: Progress = _silent) -> dict[str, Any]:
    """Write a workspace into one new file.

    Parameters
    ----------
    file : path
        Must not exist; it appears only when it is whole.
    progress : callable, optional

    Returns
    -------
    dict
        ``path``, ``bytes``, ``files``, ``models``, ``versions``, and ``damaged``: hashes of the versions
        whose bundles are missing or not as they were made, and so are not in it.

    Raises
    ------
    RefusedError
        If the file exists.
    WorkError
        Where it cannot be written.
    """
    target = _plain(file)
    if target.exists():
        raise RefusedError(f"{target} exists already", hint="choose another name for the backup")
    if not target.parent.is_dir():
        raise WorkError(f"a backup cannot be made at {target}: there is no such folder")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    workspace.cache.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="backup-", dir=workspace.cache) as scratch:
            progress(0.0, "the store")
            contents = _collected(workspace, Path(scratch))
            _write(partial, contents, progress)
        os.replace(partial, target)
        sync_folder(target.parent)
    except OSError as error:
        raise WorkError(
            f"the backup {target} could not be written: {error.strerror or error}",
            hint="make room on the disk, or name another place; nothing was left behind",
        ) from None
    except sqlite3.Error as error:
        raise WorkError(f"a database below production cannot be copied: {error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return {
        "path": str(target),
        "bytes": target.stat().st_size,
        "files": len(contents.parts),
        "models": contents.models,
        "versions": contents.versions,
        "damaged": contents.damaged,
    }


def _plain(path: str | Path) -> Path:
    """A whole path without detours, as messages name it."""
    return Path(os.path.abspath(Path(path).expanduser()))


def _collected(workspace: Workspace, scratch: Path) -> _Contents:
    with workspace.store() as store:
        with store.transaction():  # nobody swaps meanwhile
            store.backup(scratch / "store.db")
            parts = [_Part(STORE, scratch / "store.db"), *_published(workspace, scratch)]
        hashes = sorted(store.versions.hashes())
        models = len(store.models.list(include_archived=True))
    damaged = []
    for version_hash in hashes:
        try:
            bundle = workspace.bundle(version_hash)
        except BundleError:
            damaged.append(version_hash)
            continue
        place = bundle.path.relative_to(workspace.root).as_posix()
        parts += [_Part(f"{place}/{name}", bundle.path / name) for name in file_names(bundle.path)]
    return _Contents(parts, models, len(hashes), damaged)


def _published(workspace: Workspace, scratch: Path) -> Iterator[_Part]:
    """What is published, and what has come home of the prediction log; databases as consistent copies."""
    for folder in (workspace.root / "production", workspace.marker / "traffic"):
        for name in sorted(file_names(folder)) if folder.is_dir() else ():
            path = folder / name
            if name.endswith(("-wal", "-shm", "-journal")) or not path.is_file():
                continue  # of a database, which is copied with what they hold
            relative = path.relative_to(workspace.root).as_posix()
            if _is_database(path):
                copied = scratch / f"{len(list(scratch.iterdir()))}.db"
                reading = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
                with closing(reading) as source, closing(sqlite3.connect(copied)) as target:
                    source.backup(target)
                path = copied
            yield _Part(relative, path)


def _is_database(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def _write(partial: Path, contents: _Contents, progress: Progress) -> None:
    parts = contents.parts
    hashes: dict[str, str] = {}
    with partial.open("xb") as opened:
        os.chmod(partial, 0o600)
        with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for done, part in enumerate(parts):
                progress(done / len(parts), part.name)
                archive.write(part.path, part.name)
                hashes[part.name] = sha256_file(part.path)
            manifest = {"format": FORMAT, "files": hashes, "damaged": contents.damaged}
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        opened.flush()
        os.fsync(opened.fileno())


def restore(
    file: str | Path, folder: str | Path, force: bool = False, progress: Progress = _silent
) -> dict[str, Any]:
    """Make a workspace of a backup.

    Everything is unpacked and compared with its hashes beside the place where it shall lie, and moved there
    only then. With ``force`` what is there already is not deleted but moved aside.

    Parameters
    ----------
    file : path
        As :func:`backup` wrote it.
    folder : path
        The workspace to make.
    force : bool
        Replace the workspace that is there.

    Returns
    -------
    dict
        ``path``, ``files``, ``models``, ``versions``, ``damaged``, and ``aside``: where the former workspace
        lies (None without).

    Raises
    ------
    RefusedError
        Where there is a workspace, or something published, already.
    WorkError
        For a file that is no backup, is damaged, or comes from a newer Incumbent.
    """
    source, root = _plain(file), _plain(folder)
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file, not a folder", hint="name a folder for the workspace")
    there = [name for name in (MARKER, "production") if (root / name).exists()]
    if there and not force:
        raise RefusedError(
            f"{root} has a {there[0]} folder already",
            hint="name an empty folder, or replace it with --force (it is moved aside, not deleted)",
        )
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incumbent-restore-", dir=root) as scratch:
            unpacked = Path(scratch)
            manifest = _unpack(source, unpacked, progress)
            files: dict[str, str] = manifest["files"]
            counts = _settled(unpacked, manifest["damaged"])
            aside = _moved_aside(root, there) if there else None
            for name in sorted({PurePosixPath(name).parts[0] for name in files}):
                os.replace(unpacked / name, root / name)
    except OSError as error:
        raise WorkError(f"{root} could not be restored: {error.strerror or error}") from None
    return {"path": str(root), "files": len(files), **counts, "aside": None if aside is None else str(aside)}


def _unpack(source: Path, target: Path, progress: Progress) -> dict[str, Any]:
    """Unpack what the manifest lists, and nothing else; the manifest."""
    hint = "take an older backup, or copy this one again from where it was kept"
    try:
        with zipfile.ZipFile(source) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            if manifest["format"] > FORMAT:
                raise WorkError(f"the backup {source} was written by a newer Incumbent", "upgrade Incumbent")
            for done, (name, expected) in enumerate(manifest["files"].items()):
                progress(done / len(manifest["files"]), name)
                place = target / _inside(name, source)
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as packed, place.open("xb") as opened:
                    shutil.copyfileobj(packed, opened)
                if sha256_file(place) != expected:
                    raise WorkError(f"the backup {source} is damaged: {name} is not as it was written", hint)
    except FileNotFoundError:
        raise WorkError(f"there is no file {source}", hint="`incumbent backup FILE` writes one") from None
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        raise WorkError(f"{source} is not a whole backup: {error}", hint) from None
    return manifest


def _inside(name: str, source: Path) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.parts[0] not in (MARKER, "production"):
        raise WorkError(f"{source} is not a backup: it would write {name}")
    return path


def _settled(unpacked: Path, damaged: list[str]) -> dict[str, Any]:
    """Open what was unpacked as the workspace that it will be: whole, with nobody at work in it."""
    workspace = Workspace(unpacked)
    for place in (workspace.bundles, workspace.logs, workspace.cache):
        place.mkdir(parents=True, exist_ok=True)
    (workspace.marker / ".gitignore").write_text("*\n", "utf-8")
    with workspace.store() as store:
        wrong = store.integrity_check()
        if wrong:
            raise WorkError(f"the store in the backup is damaged: {wrong[0]}", "take an older backup")
        store.runs.interrupt_dead(lambda pid: False)
        hashes = store.versions.hashes()
        for version_hash in hashes - set(damaged):
            workspace.bundle(version_hash)
        models = len(store.models.list(include_archived=True))
    return {"models": models, "versions": len(hashes), "damaged": damaged}


def _moved_aside(root: Path, names: list[str]) -> Path:
    from store.clock import now

    aside = root / f".incumbent-before-{now()[:19].replace(':', '')}"
    aside.mkdir()
    for name in names:
        os.replace(root / name, aside / name)
    return aside
