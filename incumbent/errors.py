"""The exception tree of Incumbent.

    IncumbentError
    ├── InputError (also a ValueError)   a row or a request that is not of the form asked for
    ├── UsageError                       a command or setting that makes no sense as written
    ├── RefusedError                     a gate or a precondition says no
    ├── WorkError                        the work could not be done: missing or bad input
    │   ├── DataError                    the data source
    │   ├── BundleError                  a bundle that is damaged, unreadable or not to be trusted
    │   ├── FittingError                 the user's own training code, or a file that does not load
    │   └── StoreError                   the SQLite file
    └── Interrupted                      a person, or a signal, asked to stop

Every error carries what was wrong and where (``message``) and what to do next (``hint``).
Exit codes belong to the command line (``cli/exits.py``), not to the errors.
"""

from __future__ import annotations

import errno
import os
import re


class IncumbentError(Exception):
    """Something that a person can understand and answer.

    Parameters
    ----------
    message : str
        What was wrong, and where. One sentence, no trailing full stop needed.
    hint : str, optional
        What to do next.

    Examples
    --------
    >>> str(IncumbentError("no model named 'flihgts'", hint="did you mean 'flights'?"))
    "no model named 'flihgts' (did you mean 'flights'?)"
    """

    kind = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InputError(IncumbentError, ValueError):
    """A row or a request that is not of the form asked for: the caller's to mend."""

    kind = "input"


class UsageError(IncumbentError):
    """A command, file or setting that makes no sense as written."""

    kind = "usage"


class RefusedError(IncumbentError):
    """A gate or a precondition says no."""

    kind = "refused"


class WorkError(IncumbentError):
    """The work could not be done."""

    kind = "work"


class DataError(WorkError):
    """The data source is missing, unreadable or not what the model's spec says."""

    kind = "data"


class NothingLoggedError(DataError):
    """Production has logged nothing yet that could be looked at."""


class BundleError(WorkError):
    """A bundle is damaged, unreadable or not to be trusted."""

    kind = "bundle"


class FittingError(WorkError):
    """The user's own training code failed, or a fitted model's file does not load."""

    kind = "fitting"


class StoreError(WorkError):
    """The SQLite file cannot be used."""

    kind = "store"


class Interrupted(IncumbentError):
    """A person, or a signal, asked to stop."""

    kind = "interrupted"


def reason_of(error: Exception) -> str:
    """Why a file could not be read or written, in words without numbers and without its name again.

    Examples
    --------
    >>> import errno
    >>> reason_of(IsADirectoryError(errno.EISDIR, "Is a directory", "data"))
    'Is a directory'
    """
    if isinstance(error, UnicodeDecodeError):
        return f"it is not {error.encoding.upper()} text, byte {error.start + 1} is the first that is not"
    if re.fullmatch(r"\d+ requested and \d+ written", str(error)):  # numpy's words for a write cut short
        return os.strerror(errno.ENOSPC)
    return getattr(error, "strerror", None) or str(error)
