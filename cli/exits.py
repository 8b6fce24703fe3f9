"""Exit codes, all of them."""

from __future__ import annotations

from incumbent import errors

DONE = 0  # done, or pass (warn and thin too, unless --strict)
FAILED = 1  # a verdict of fail
USAGE = 2  # the command makes no sense as written
REFUSED = 3  # a gate or a precondition says no
UNDONE = 4  # the work could not be done: missing or bad input, an unreadable bundle
INTERRUPTED = 130


def of_error(error: errors.IncumbentError) -> int:
    """The exit code of an error.

    Examples
    --------
    >>> of_error(errors.DataError("no file matches data/*.csv"))
    4
    """
    if isinstance(error, errors.UsageError):
        return USAGE
    if isinstance(error, errors.RefusedError):
        return REFUSED
    if isinstance(error, errors.Interrupted):
        return INTERRUPTED
    return UNDONE


def of_verdict(verdict: str | None, strict: bool = False) -> int:
    """The exit code of a verdict.

    Examples
    --------
    >>> of_verdict("warn"), of_verdict("warn", strict=True), of_verdict("fail"), of_verdict("error")
    (0, 1, 1, 4)
    """
    if verdict == "error":
        return UNDONE
    if verdict == "fail" or (strict and verdict in ("warn", "thin")):
        return FAILED
    return DONE
