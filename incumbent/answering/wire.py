"""Columns and scores between two processes: a header of JSON, then the arrays' bytes. Nothing is unpickled.

A message is two lengths of eight bytes, a header, and a body. The header of a request lists its columns;
the body is the arrays, one after the other.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import TYPE_CHECKING, Any, Mapping

from incumbent.columns import Coded

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Array, Columns

_LENGTHS = struct.Struct(">QQ")


def send(
    to: socket.socket, header: Mapping[str, Any], body: bytes = b"", until: "float | None" = None
) -> None:
    """Send one message; ``until`` (of ``time.monotonic``) is when the time is up.

    Raises
    ------
    TimeoutError
        Where the other side does not take it in time.
    """
    written = json.dumps(header).encode()
    _limit(to, until)
    to.sendall(_LENGTHS.pack(len(written), len(body)) + written + body)


def receive(source: socket.socket, until: "float | None" = None) -> "tuple[dict[str, Any], bytes]":
    """Receive one message.

    Raises
    ------
    TimeoutError
        Where it is not there in time.
    EOFError
        Where the other side is gone.
    """
    header, body = _LENGTHS.unpack(_exactly(source, _LENGTHS.size, until))
    found: "dict[str, Any]" = json.loads(_exactly(source, header, until))
    return found, _exactly(source, body, until)


def _exactly(source: socket.socket, count: int, until: "float | None") -> bytes:
    found = bytearray(count)
    view = memoryview(found)
    while len(view):
        _limit(source, until)
        got = source.recv_into(view)
        if not got:
            raise EOFError("the other side is gone")
        view = view[got:]
    return bytes(found)


def _limit(end: socket.socket, until: "float | None") -> None:
    if until is None:
        end.settimeout(None)
        return
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    end.settimeout(left)


def pack(columns: "Columns") -> "tuple[list[dict[str, Any]], bytes]":
    """Columns as what a header says of them, and a body."""
    listed, parts = [], []
    for name, column in columns.items():
        array = column.codes if isinstance(column, Coded) else column
        entry: "dict[str, Any]" = {"name": name, "dtype": array.dtype.str}
        if isinstance(column, Coded):
            entry["values"] = list(column.values)
        content = array.tobytes()
        entry["bytes"] = len(content)
        listed.append(entry)
        parts.append(content)
    return listed, b"".join(parts)


def unpack(listed: "list[dict[str, Any]]", body: bytes) -> "dict[str, Array]":
    """The columns of a message.

    Examples
    --------
    >>> from incumbent.columns import column
    >>> unpack(*pack({"x": column([1.0, None]), "c": column(["a", None])}))["c"].values
    ('a',)
    """
    import numpy as np

    found: "dict[str, Array]" = {}
    start = 0
    for entry in listed:
        array = np.frombuffer(body[start : start + entry["bytes"]], np.dtype(entry["dtype"]))
        found[entry["name"]] = Coded(array, tuple(entry["values"])) if "values" in entry else array
        start += entry["bytes"]
    return found


def packed_scores(scores: "np.ndarray") -> "tuple[list[int], bytes]":
    """Scores as a shape and bytes."""
    import numpy as np

    array = np.ascontiguousarray(scores, dtype=np.float64)
    return list(array.shape), array.tobytes()


def unpacked_scores(shape: "list[int]", body: bytes) -> "np.ndarray":
    """Scores of a shape and bytes."""
    import numpy as np

    return np.frombuffer(body, np.float64).reshape(shape)
