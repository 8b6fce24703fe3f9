"""How this program is called: what a person can type again."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

NAME = "incumbent"


def program(absolute: bool = False) -> str:
    """The name where the shell finds it, else the path by which it was called now (``make`` does so).

    Parameters
    ----------
    absolute : bool
        A path that also holds in another folder.

    Examples
    --------
    >>> program().endswith("incumbent")
    True
    """
    called = sys.argv[0] if sys.argv else ""
    if Path(called).name != NAME or "/" not in called or _is_same(shutil.which(NAME), called):
        return NAME
    return shlex.quote(str(Path(called).absolute()) if absolute else called)


def _is_same(found: str | None, called: str) -> bool:
    try:
        return found is not None and Path(found).samefile(called)
    except OSError:
        return False
