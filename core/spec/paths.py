"""Paths in a spec: relative to the workspace where they lie inside, so that it can be moved."""

from __future__ import annotations

import os
from pathlib import Path

_SQLITE = "sqlite:///"


def rewrite_path(path: str, folder: Path, root: Path) -> str:
    """A path written relative to ``folder``, relative to ``root`` where it lies inside, else absolute.

    Links are not followed (an interpreter in a virtual environment is one) and globs are kept.

    Examples
    --------
    >>> rewrite_path("../data/*.csv", Path("/w/models"), Path("/w"))
    'data/*.csv'
    >>> rewrite_path("../../ml/bin/python", Path("/w/models"), Path("/w"))
    '/ml/bin/python'
    """
    absolute = os.path.normpath(os.path.join(os.path.abspath(folder), os.path.expanduser(path)))
    base = os.path.abspath(root)
    if absolute == base or absolute.startswith(base.rstrip(os.sep) + os.sep):
        return Path(os.path.relpath(absolute, base)).as_posix()
    return absolute


def rewrite_url(url: str, folder: Path, root: Path) -> str:
    """The same for the file in a SQLite URL; other URLs stay as they are.

    Examples
    --------
    >>> rewrite_url("sqlite:///ops.db", Path("/w/models"), Path("/w"))
    'sqlite:///models/ops.db'
    """
    if not url.startswith(_SQLITE) or url in (_SQLITE, _SQLITE + ":memory:"):
        return url
    path, mark, query = url.removeprefix(_SQLITE).partition("?")
    return _SQLITE + rewrite_path(path, folder, root) + mark + query
