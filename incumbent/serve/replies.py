"""What goes back to a caller: JSON, and every error as ``{"error": sentence}``."""

from __future__ import annotations

import json
from typing import Any, Mapping, NamedTuple

import orjson

from incumbent.errors import IncumbentError

JSON = b"application/json"
#: Characters of a prediction's id at most, where a caller says one.
LONGEST_ID = 200

#: JSON without the numbers that it does not have; those become null where answers are made.
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Reply(NamedTuple):
    """An answer as bytes."""

    status: int
    body: bytes
    kind: bytes = JSON
    headers: "tuple[tuple[bytes, bytes], ...]" = ()


class Fault(IncumbentError):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        Of HTTP.
    message, hint : str
        As every error has them.
    headers : tuple of (bytes, bytes)
        That go with the answer.
    """

    kind = "request"

    def __init__(
        self, status: int, message: str, hint: str = "", headers: "tuple[tuple[bytes, bytes], ...]" = ()
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.headers = headers


def encoded(document: Any) -> bytes:
    """A document as JSON."""
    try:
        return orjson.dumps(document)
    except TypeError:  # whole numbers beyond 64 bits, half a character
        return _encode(document).encode("ascii")


def reply(document: Any, status: int = 200) -> Reply:
    """A document as an answer.

    Examples
    --------
    >>> reply({"ready": True}).body
    b'{"ready":true}'
    """
    return Reply(status, encoded(document))


def refusal(
    status: int, message: str, hint: str = "", headers: "tuple[tuple[bytes, bytes], ...]" = ()
) -> Reply:
    """An error as an answer: ``error`` as the Open Inference Protocol has it, and what to do next."""
    document: "Mapping[str, Any]" = {"error": message, "hint": hint} if hint else {"error": message}
    return Reply(status, encoded(document), JSON, headers)


def check_count(count: int, most: int) -> None:
    """Refuse more rows than may be, before anything is made of each of them.

    Raises
    ------
    Fault
        413.
    """
    if count > most:
        raise Fault(413, f"there are more than {most:,} rows", "send fewer at once")


def overloaded(seconds: int = 1) -> Fault:
    """Too much to do: the caller is told when to come again."""
    return Fault(
        503,
        "too many requests are waiting",
        f"try again in {seconds} s, or start with more workers",
        ((b"retry-after", str(seconds).encode()),),
    )
