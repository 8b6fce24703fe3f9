"""Worker processes: gunicorn keeps them, the load decides how many, all of them share what was loaded once.

The application is made before the first worker is forked, so that coefficients are in memory once; what runs
in child processes is started by each worker. The socket is bound before that, and every worker takes
connections from it.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, Callable

from incumbent.errors import UsageError, WorkError
from incumbent.serve.metrics import FOLDER, forget

try:
    from gunicorn.app.base import BaseApplication
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker
except ImportError as missing:
    raise UsageError(
        f"the package {missing.name} is not installed", hint="pip install 'incumbent-runtime[serve]'"
    ) from None

from incumbent.serve.board import Board
from incumbent.serve.figures import shared_figures
from incumbent.serve.scaling import Scale
from incumbent.serve.tls import Certificate

if TYPE_CHECKING:
    from incumbent.serve.app import Application
    from incumbent.serve.settings import Settings

log = logging.getLogger("incumbent")

#: Seconds after which a worker that gives no sign of life is replaced.
SILENCE = 60


class ServiceWorker(Worker):  # type: ignore[misc]
    """A worker process: an event loop, and uvicorn."""

    slot = 0

    def init_signals(self) -> None:
        """Leave signals to uvicorn, which comes later."""
        for name in self.SIGNALS:
            signal.signal(name, signal.SIG_DFL)

    def run(self) -> None:
        """Serve until told to end."""
        from incumbent.serve.server import ServiceServer

        server = ServiceServer(
            self.wsgi, self.app.board, self.slot, lambda: self._beat(server), self.app.say_where
        )
        server.config.load()
        asyncio.run(self._serve(server)) if sys.version_info < (3, 11) else self._run(server)

    def _beat(self, server: Any) -> None:
        """Give a sign of life; where nobody is left to see it, end, so that the address becomes free."""
        self.notify()
        if os.getppid() != self.ppid:
            server.should_exit = True

    def _run(self, server: Any) -> None:
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(self._serve(server))

    async def _serve(self, server: Any) -> None:
        server.capture_signals = _no_capture  # uvicorn would raise the signal again: no way to end with 0
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal: the keeper has it, too, and tells
        loop.add_signal_handler(signal.SIGTERM, server.handle_exit, signal.SIGTERM, None)
        loop.add_signal_handler(signal.SIGQUIT, _end_now, server)
        await server.serve(sockets=[listener.sock for listener in self.sockets])


def _no_capture() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def _end_now(server: Any) -> None:
    server.should_exit = server.force_exit = True


class Supervisor(Arbiter):  # type: ignore[misc]
    """gunicorn's keeper of workers, with as many as the load needs."""

    def handle_int(self) -> None:
        """Ctrl+C ends in good order, as SIGTERM does."""
        self.handle_term()

    def manage_workers(self) -> None:
        """Once a second: as many workers as there should be."""
        if self.WORKERS:
            busy = [standing.busy for standing in self.app.board.living()]
            self.num_workers = self.app.scale.wanted(busy, time.monotonic())
        super().manage_workers()


class Site(BaseApplication):  # type: ignore[misc]
    """What gunicorn is told of a service."""

    def __init__(
        self, settings: "Settings", listening: socket.socket, tell: "Callable[[str], object]"
    ) -> None:
        self._settings = settings
        self._address = listening.getsockname()
        self._listening = listening.detach()  # gunicorn closes it
        self._tell = tell
        self._told, token = os.pipe()
        os.set_blocking(self._told, False)
        os.write(token, b"1")  # whoever takes it out is the first that can be asked
        self._slots: "dict[int, int]" = {}
        self.board = Board(settings.most_workers + 2)  # one may come while another goes
        self.scale = Scale(settings.min_workers, settings.most_workers)
        super().__init__()

    def load_config(self) -> None:
        """Settings of gunicorn's."""
        settings = self._settings
        for name, value in {
            "bind": f"fd://{self._listening}",
            "workers": settings.min_workers,
            "worker_class": "incumbent.serve.workers.ServiceWorker",
            "preload_app": True,
            "timeout": SILENCE,
            "graceful_timeout": int(settings.drain) + 5,
            "loglevel": "error",
            "control_socket_disable": True,
            "proc_name": "incumbent serve",
            "pre_fork": self._before_fork,
            "child_exit": self._ended,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> "Application":
        """The application, made once and shared by every worker."""
        from incumbent.serve.app import Application

        application = Application(self._settings, asleep=True)
        gc.collect()
        gc.freeze()  # what was loaded is left where it is, so that its pages stay shared
        return application

    def run(self) -> None:
        """Serve until told to end; ends the process."""
        Supervisor(self).run()

    def say_where(self) -> None:
        """Say where the service is, in the worker that can be asked first; later ones say nothing."""
        try:
            os.read(self._told, 1)
        except BlockingIOError:
            return
        host, port = self._address[:2]
        at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._tell(f"{self._settings.scheme}://{at}")
        sys.stdout.flush()

    def _before_fork(self, arbiter: Any, worker: Any) -> None:
        worker.slot = next(slot for slot in range(self.board.slots) if slot not in self._slots.values())
        self._slots[worker.age] = worker.slot

    def _ended(self, arbiter: Any, worker: Any) -> None:
        slot = self._slots.pop(worker.age, None)
        if slot is not None:
            self.board.clear(slot)
        forget(worker.pid)


def run(settings: "Settings", tell: "Callable[[str], object]" = log.info) -> None:
    """Serve until a signal says otherwise; ends the process.

    Parameters
    ----------
    settings : Settings
    tell : callable
        Told the URL when every model can be asked, in a worker's process.

    Raises
    ------
    RefusedError
        Where others could reach it without a token.
    WorkError
        Where the address cannot be had, or nothing is published.
    """
    settings.check_reach()
    if settings.certificate is not None:
        Certificate(settings.certificate, settings.key).warn()  # said now, not by every worker
    listening = bound(settings.host, settings.port)
    with shared_figures() as figures:
        os.environ[FOLDER] = str(figures)  # before prometheus_client is imported
        Site(settings, listening, tell).run()


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises
    ------
    WorkError
        Where the address cannot be had.
    """
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        raise WorkError(
            f"{host}:{port} cannot be listened at: {error.strerror}", hint="choose another port with --port"
        ) from None
    listening.set_inheritable(True)
    return listening
