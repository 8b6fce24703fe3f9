"""A service on a real socket, and callers that speak HTTP byte by byte."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from incumbent.serve import Settings
from incumbent.serve.app import Application
from incumbent.serve.board import Board
from incumbent.serve.server import ServiceServer
from incumbent.serve.workers import bound


class Running:
    """A service in a thread of this process."""

    def __init__(self, site: Path, asleep: bool = False, **settings: Any) -> None:
        self._listening = bound("127.0.0.1", 0)
        self.port = int(self._listening.getsockname()[1])
        self.app = Application(Settings(site, **settings), asleep)
        self.board = Board(1)
        self._server = ServiceServer(self.app, self.board)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listening]))

    def connections(self) -> "list[Any]":
        """Those that are open, as the service holds them."""
        return list(self._server.server_state.connections)

    def do(self, act: "Callable[[], object]") -> None:
        """Do something in the service's own loop."""
        done = threading.Event()
        (held, *_) = self.connections()
        held.loop.call_soon_threadsafe(lambda: (act(), done.set()))
        assert done.wait(30)

    def stop(self) -> None:
        """Tell it to end, as a signal would."""
        self._server.should_exit = True

    def wait(self) -> None:
        """Until it has ended."""
        self._thread.join(30)
        assert not self._thread.is_alive()

    def post(self, path: str, document: Any) -> tuple[int, Any, dict[str, str]]:
        """One request on a connection of its own: status, document and headers of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.connect()
        except ConnectionResetError as error:  # the port was closed during the handshake: nothing was sent
            raise ConnectionRefusedError from error
        try:
            connection.request("POST", path, json.dumps(document), {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()

    def say(self, *pieces: bytes, patience: float = 30.0) -> bytes:
        """What the service says to these bytes until it hangs up, or has said nothing for so many seconds."""
        parts = [b""]
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                while part := connection.recv(65_536):
                    parts.append(part)
            except (ConnectionResetError, BrokenPipeError, TimeoutError):
                pass  # it hung up while we spoke, or keeps the connection for another request
        return b"".join(parts)


@contextmanager
def running(site: Path, **settings: Any) -> Iterator[Running]:
    """A service, until the end of the block."""
    service = Running(site, **settings)
    try:
        yield service
    finally:
        service.stop()
        service.wait()
