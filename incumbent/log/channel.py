"""The way to the scribe, a process that writes the log of others: one call at a time, each with its answer.

Where there is one, its address is told once (:func:`through`), before the processes that shall use it are
forked. A portion whose answer never came may have been written, and is written again.
"""

from __future__ import annotations

import os
import pickle
import socket
import struct
from pathlib import Path
from typing import Any, NamedTuple, Sequence

from incumbent.log.folder import Appended
from incumbent.log.settings import Settings

#: Seconds after which a scribe that does not answer is taken for gone.
PATIENCE = 30.0
_SIZE = struct.Struct("<QQ")

_address: "str | None" = None


def through(address: "str | None") -> None:
    """Have logs that are opened from now on written by the scribe at an address; None: by themselves."""
    global _address
    _address = address


class Unreachable(Exception):
    """There is no scribe, or it is gone before it has answered."""


class Request(NamedTuple):
    """What the scribe is asked to do: see :meth:`Channel.append`."""

    folder: str
    settings: Settings
    lost: int
    names: "Sequence[tuple[str, ...]]"


class Answer(NamedTuple):
    """What became of it: ``failed`` says why nothing could be written; ``warnings`` are for a person."""

    written: int
    dropped: int
    failed: "str | None"
    warnings: "Sequence[str]"


class Channel:
    """A connection to the scribe, made when it is needed. Not for use from several threads at once."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._socket: "socket.socket | None" = None

    @classmethod
    def open(cls) -> "Channel | None":
        """The way to the scribe of this process, if there is one."""
        return None if _address is None else cls(_address)

    def append(
        self, folder: Path, settings: Settings, lost: int, names: "Sequence[tuple[str, ...]]", packed: bytes
    ) -> "tuple[Appended, Sequence[str]]":
        """Have packed items added to a log, and what there is to warn of.

        Raises
        ------
        OSError
            Where the scribe could not write them.
        Unreachable
        """
        try:
            if self._socket is None:
                self._socket = _connected(self._address)
            send(self._socket, Request(os.path.abspath(folder), settings, lost, names), packed)
            answer, _ = receive(self._socket)
        except (OSError, EOFError) as error:
            self.close()
            raise Unreachable(str(error)) from None
        if answer.failed is not None:
            raise OSError(answer.failed)
        return Appended(answer.written, answer.dropped), answer.warnings

    def close(self) -> None:
        """Let the connection go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def send(connection: socket.socket, head: Any, body: bytes = b"") -> None:
    """Send a message: an object that is small, and bytes."""
    packed = pickle.dumps(head, 5)
    connection.sendall(_SIZE.pack(len(packed), len(body)) + packed)
    if body:
        connection.sendall(body)


def receive(connection: socket.socket) -> "tuple[Any, bytearray]":
    """A message.

    Raises
    ------
    EOFError
        Where the other side is gone.
    """
    head, body = _SIZE.unpack(_received(connection, _SIZE.size))
    return pickle.loads(_received(connection, head)), _received(connection, body)


def _received(connection: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    rest = memoryview(buffer)
    while rest:
        count = connection.recv_into(rest)
        if not count:
            raise EOFError("the other side is gone")
        rest = rest[count:]
    return buffer


def _connected(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(PATIENCE)
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection
