"""One worker's server: uvicorn's; connections go to workers with fewer, and are let go in good order."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import TYPE_CHECKING, Any, Callable

from uvicorn import Config, Server

from incumbent.serve.board import Board, Standing
from incumbent.serve.outbox import Outbox
from incumbent.serve.protocol import Bounded
from incumbent.serve.scaling import Work, excess
from incumbent.serve.tls import Certificate

if TYPE_CHECKING:
    from incumbent.serve.app import Application

log = logging.getLogger("incumbent")

#: Connections that a worker may have more than another one; it then leaves new ones to that for so many
#: seconds, and does so anew after so many.
SLACK, COURTESY, FORGETFUL = 1, 0.02, 1.0
#: Seconds for a caller to answer that its TLS connection ends: many never do.
GOODBYE = 1.0
#: Seconds that idle connections have, when the service ends, to send what is on its way.
FAREWELL = 0.5
#: Requests that wait on average in a worker that is not busy itself, but its models are.
_WAITING = 2.0


class ServiceServer(Server):
    """Serves an application from sockets that it may share with other workers.

    Parameters
    ----------
    application : Application
    board : Board, optional
        Where it says how it does.
    slot : int
        Its own place on the board.
    beat : callable, optional
        Called about once a second.
    awake : callable, optional
        Called when every model has been loaded.
    """

    def __init__(
        self,
        application: "Application",
        board: "Board | None" = None,
        slot: int = 0,
        beat: "Callable[[], None] | None" = None,
        awake: "Callable[[], None] | None" = None,
    ) -> None:
        settings, metrics = application.settings, application.service.metrics
        super().__init__(
            Config(
                application,
                interface="asgi3",
                http=type(
                    "Bounded",
                    (Bounded,),
                    {
                        "settings": settings,
                        "at_once": application.at_once,
                        "outbox": Outbox(),
                        "gone": staticmethod(self._count),
                        "refused": staticmethod(lambda status: metrics.request("none", status, 0.0)),
                    },
                ),
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="error",  # what a caller does wrong is the caller's to know
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=max(1, round(settings.drain)),
            )
        )
        self._service = application.service
        self._patience = settings.seconds
        self._certificate = (
            None if settings.certificate is None else Certificate(settings.certificate, settings.key)
        )
        self._board = board if board is not None else Board(1)
        self._slot = slot
        self._beat = beat
        self._awake = awake
        self._waking: "asyncio.Task[None] | None" = None
        self._doors: "list[socket.socket]" = []
        self._is_open = False
        self._work = Work()
        self._under_way = 0.0
        self._look: "asyncio.Task[None] | None" = None
        self._welcoming: "dict[asyncio.Protocol, asyncio.Task[None]]" = {}
        self._left_since = 0.0

    async def startup(self, sockets: "list[socket.socket] | None" = None) -> None:
        """Load what is to be loaded; take connections meanwhile, unless other workers are there for them."""
        assert sockets is not None
        self.servers = []
        self._doors = sockets
        for listening in sockets:
            listening.setblocking(False)
        self._waking = asyncio.get_running_loop().create_task(self._wake())
        self._open_where_needed()
        self.started = True

    async def _wake(self) -> None:
        await self.lifespan.startup()
        self._open()
        if self._awake is not None and not self.should_exit:
            self._awake()

    def _open_where_needed(self) -> None:
        """Take connections at once where nobody else would say that this worker lives."""
        if not self._board.living(but=self._slot):
            self._open()

    def _open(self) -> None:
        if self._is_open or self.should_exit:
            return
        self._is_open = True
        for listening in self._doors:
            self._listen(listening)
        self._tell()

    def _listen(self, listening: socket.socket) -> None:
        asyncio.get_running_loop().add_reader(listening.fileno(), self._come, listening)

    def _come(self, listening: socket.socket) -> None:
        """Take those who wait, but leave them for a moment to another worker that has fewer connections.

        While somebody waits, this is called in every turn of the loop.
        """
        if self._has_more:
            now = time.monotonic()
            if now - self._left_since > FORGETFUL:
                self._left_since = now
            if now - self._left_since < COURTESY:
                return
        self._left_since = 0.0
        while self._accept(listening) and not self._has_more:
            pass

    @property
    def _connections(self) -> int:
        known = self.server_state.connections
        return len(known) + len(self._welcoming.keys() - known)

    @property
    def _has_more(self) -> bool:
        own = self._connections
        return any(own > standing.connections + SLACK for standing in self._board.living(but=self._slot))

    def _accept(self, listening: socket.socket) -> bool:
        """Take one connection, where there is one."""
        try:
            accepted, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False  # another worker was quicker, or the caller thought better of it
        except OSError as error:  # no file descriptors left: those who wait shall wait a little longer
            log.error("a connection cannot be accepted: %s", error)
            loop = asyncio.get_running_loop()
            loop.remove_reader(listening.fileno())
            loop.call_later(1.0, self._again, listening)
            return False
        accepted.setblocking(False)
        connection = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        self._welcoming[connection] = asyncio.get_running_loop().create_task(
            self._welcome(connection, accepted)
        )
        self._count()
        return True

    def _again(self, listening: socket.socket) -> None:
        if not self.should_exit and listening.fileno() >= 0:
            self._listen(listening)

    def _count(self) -> None:
        """Say how many connections there are, whenever one comes or goes: the others go by it."""
        self._board.connected(self._slot, self._connections)

    async def _welcome(self, connection: asyncio.Protocol, accepted: socket.socket) -> None:
        tls: "dict[str, Any]" = {}
        if self._certificate is not None:
            tls = {
                "ssl": self._certificate.context,
                "ssl_handshake_timeout": self._patience,
                "ssl_shutdown_timeout": GOODBYE,
            }
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, accepted, **tls)
        except OSError:  # gone already, or no TLS
            accepted.close()
        finally:
            del self._welcoming[connection]
            self._count()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: how it does; once a second: who is too slow, who has too much."""
        self._under_way += 0.2 * (self._service.under_way - self._under_way)
        if counter % 10 == 0:
            if self._is_open:
                self._tell()
            else:
                self._open_where_needed()
            self._service.metrics.now(self._service.under_way, self._service.gauges())
            self._shed()
            if self._service.models.is_due:
                self._look = asyncio.get_running_loop().create_task(self._service.look(0.0))
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                connection.check(now)  # type: ignore[union-attr]
            if self._beat is not None:
                self._beat()
            if self._certificate is not None:
                self._certificate.renew()
        return await super().on_tick(counter)

    def _tell(self) -> None:
        busy = self._work.share()
        if self._under_way > _WAITING:
            busy = 1.0
        self._board.write(self._slot, Standing(1.0, self._connections, busy, self._service.under_way))

    def _shed(self) -> None:
        """Ask callers to come again, to a worker that has fewer."""
        others = [standing.connections for standing in self._board.living()]
        connections = list(self.server_state.connections)
        for connection in connections[: excess(len(connections), others)]:
            connection.last = True  # type: ignore[union-attr]

    async def shutdown(self, sockets: "list[socket.socket] | None" = None) -> None:
        """Let callers go: each answer is their connection's last; then nobody new is let in.

        Callers who were quicker than the news are still served. The listening socket is closed before what
        is slow is waited for, so that whoever comes then is refused at once, and may go elsewhere.
        """
        self._service.draining = True
        await self._while_connected(FAREWELL)
        for listening in sockets or []:
            while self._is_open and self._accept(listening):
                pass  # who stands in the system's line already
            asyncio.get_running_loop().remove_reader(listening.fileno())
            listening.close()
        self._board.clear(self._slot)  # nobody leaves a connection to it any more
        await self._while_connected(FAREWELL)
        self._service.wake_no_more()
        await super().shutdown(sockets)
        if self.force_exit:  # who is under way is not waited for, but what they were told is written
            await self.lifespan.shutdown()
        self._service.metrics.now(0, {})

    async def _while_connected(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (self.server_state.connections or self._welcoming) and time.monotonic() < until:
            await asyncio.sleep(0.05)
