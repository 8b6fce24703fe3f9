"""A workspace: a folder with ``.incumbent/`` in it, found by walking up, as git finds a repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incumbent.errors import UsageError, WorkError

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from store import Store

MARKER = ".incumbent"
VARIABLE = "INCUMBENT_WORKSPACE"


@dataclass(frozen=True)
class Workspace:
    """Where everything of a workspace lies.

    Parameters
    ----------
    root : Path
        Absolute; what relative paths in specs and in the store are relative to.
    """

    root: Path

    @classmethod
    def find(cls, start: "str | Path | None" = None, explicit: "str | Path | None" = None) -> "Workspace":
        """The workspace that a command means.

        Parameters
        ----------
        start : path, optional
            Where to begin walking up; the current folder by default.
        explicit : path, optional
            What ``--workspace`` said; it wins over ``INCUMBENT_WORKSPACE``, which wins over walking up.

        Raises
        ------
        WorkError
            Where there is none; the hint says how to make one.
        """
        named = explicit or os.environ.get(VARIABLE)
        if named:
            return cls.open(named, said_by="--workspace" if explicit else VARIABLE)
        at = Path(start or Path.cwd()).absolute()
        for folder in (at, *at.parents):
            if (folder / MARKER).is_dir():
                return cls(folder)
        raise WorkError(
            f"there is no workspace in {at} or above it",
            hint="make one with `incumbent init`, or name one with --workspace",
        )

    @classmethod
    def open(cls, path: "str | Path", said_by: str = "") -> "Workspace":
        """The workspace in exactly this folder."""
        folder = Path(path).expanduser().absolute()
        if folder.name == MARKER:
            folder = folder.parent
        if not (folder / MARKER).is_dir():
            origin = f" ({said_by})" if said_by else ""
            raise WorkError(
                f"{folder}{origin} is not a workspace: it has no {MARKER} folder",
                hint=f"make it one with `incumbent init {path}`",
            )
        return cls(folder)

    @classmethod
    def create(cls, path: "str | Path") -> "Workspace":
        """Make a folder a workspace, with an empty store; harmless where it is one already.

        Raises
        ------
        UsageError
            Where the path is a file.
        """
        folder = Path(path).expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file, not a folder", hint="name a folder for the workspace")
        found = cls(folder)
        try:
            for place in (found.bundles, found.logs, found.cache):
                place.mkdir(parents=True, exist_ok=True)
            (found.marker / ".gitignore").write_text("*\n", "utf-8")
        except OSError as error:
            raise WorkError(f"cannot make a workspace in {folder}: {error.strerror}") from None
        with found.store(create=True):
            return found

    @property
    def marker(self) -> Path:
        """The folder ``.incumbent``."""
        return self.root / MARKER

    @property
    def store_path(self) -> Path:
        """The one SQLite file."""
        return self.marker / "incumbent.db"

    @property
    def bundles(self) -> Path:
        """One folder a version, named by its hash."""
        return self.marker / "bundles"

    @property
    def logs(self) -> Path:
        """What runs printed."""
        return self.marker / "logs"

    @property
    def cache(self) -> Path:
        """What can be made again: may be deleted at any time when nothing runs."""
        return self.marker / "cache"

    def log(self, run: int) -> Path:
        """Where a run's output goes."""
        return self.logs / f"run-{run}.log"

    def store(self, create: bool = False) -> "Store":
        """The store, opened; the caller closes it (it is a context manager)."""
        from store import Store  # sqlite3 is only wanted by commands that read something

        return Store.open(self.store_path, create=create)

    def bundle_path(self, version_hash: str) -> Path:
        """The folder of a version's bundle."""
        return self.bundles / version_hash

    def bundle(
        self, version_hash: str, verify: bool = True, trusted: "Mapping[str, Any] | None" = None
    ) -> "Bundle":
        """A version's bundle, opened and compared with its hashes."""
        from incumbent.bundle import Bundle

        folder = self.bundle_path(version_hash)
        return Bundle.open(folder, verify=verify, expect=version_hash, trusted=trusted)

    def path(self, relative: "str | Path") -> Path:
        """A path as specs have it (relative to the root, or absolute), made absolute."""
        return Path(os.path.normpath(self.root / Path(relative).expanduser()))

    def relative(self, path: "str | Path") -> str:
        """A path as specs have it: relative to the root where it lies inside, else absolute."""
        absolute = Path(os.path.normpath(Path(path).expanduser().absolute()))
        try:
            return absolute.relative_to(self.root).as_posix()
        except ValueError:
            return str(absolute)
