"""An algorithm that cannot be trusted to return, in a child process that is killed when it does not.

The child has a budget of time for every request and a bound on its memory. After a kill or a crash, or where
the memory is used up by what the model keeps, another one is started while callers are told, at once, that it
is not there; threads share one child, one request at a time, and none waits longer than its own budget.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from incumbent.algorithms.base import Raised
from incumbent.answering import wire
from incumbent.errors import BundleError

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns

log = logging.getLogger("incumbent")

#: Whether processes can be guarded here at all (a socket is handed down, as Unix does it).
POSSIBLE = os.name == "posix"
#: Rows for which a request has its time once; more rows have more time.
ROWS = 1_000
_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path[0] = {root!r}; from incumbent.answering.child import main; main({descriptor})"


class NotThere(Exception):
    """The child could not be asked: busy, or being started again. Not the model's failure."""


class ModelFailed(Exception):
    """The model raised an error for what it was given."""


class ModelStopped(Exception):
    """The model did not return in time, or its process ended."""


class Guarded:
    """Scores from a bundle's algorithm in a child process. May be used from several threads.

    Parameters
    ----------
    folder : Path
        The bundle's.
    expect : str
        Its hash.
    trusted : mapping
        What a person has trusted at the site.
    timeout : float
        Seconds for a request of up to :data:`ROWS` rows.
    start : float
        Seconds to load the bundle.
    memory : int
        MiB beyond what the interpreter takes; 0 for no bound.
    """

    def __init__(
        self,
        folder: Path,
        expect: str,
        trusted: Mapping[str, Any],
        timeout: float,
        start: float,
        memory: int,
    ) -> None:
        self.timeout = timeout
        self.start = start
        self._job = {
            "bundle": str(Path(folder).resolve()),
            "expect": expect,
            "trusted": dict(trusted),
            "memory": memory,
            "seconds": start,
        }
        self._child: "Child | None" = None
        self._lock = threading.Lock()
        self._loading: "Child | None" = None
        self._starting: "threading.Thread | None" = None
        self._start_failed = ""
        self._closed = False

    def begin(self) -> None:
        """Start the child and wait until it has loaded the bundle.

        Raises
        ------
        BundleError
            Where it does not load, or not in time.
        """
        child = self._loaded()
        with self._lock:
            if self._closed:
                child.end()
            else:
                self._child = child

    @property
    def is_asleep(self) -> bool:
        """Whether there is no child, and none is being started."""
        return self._child is None and self.state == "stopped" and not self._closed

    def wake(self) -> None:
        """Start the child where there is none, as after a fork, and wait until it is there.

        Raises
        ------
        BundleError
            As :meth:`begin`.
        """
        if self._child is None and not self._closed:
            self.begin()

    def predict(self, columns: "Columns", rows: int) -> "np.ndarray":
        """Scores of many rows.

        Raises
        ------
        NotThere, ModelFailed, ModelStopped
        """
        return self.explained(columns, rows)[0]

    def explained(self, columns: "Columns", rows: int) -> "tuple[np.ndarray, dict[int, Raised]]":
        """The same; and what the model raised, by row."""
        seconds = self.timeout * max(1.0, rows / ROWS)
        until = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise NotThere("its process is busy")
        try:
            if self._child is None:
                self._start_again()
                why = f": {self._start_failed}" if self._start_failed else ""
                raise NotThere(f"its process is being started again{why}")
            try:
                return self._child.ask(columns, rows, seconds, until)
            finally:
                if self._child.is_spent:
                    self._child.end()
                    self._child = None
                    self._start_again()
        finally:
            self._lock.release()

    @property
    def state(self) -> str:
        """``running``, ``starting`` or ``stopped``."""
        if self._child is not None:
            return "running"
        begins = self._loading is not None or (self._starting is not None and self._starting.is_alive())
        return "starting" if begins else "stopped"

    def close(self) -> None:
        """End the child, also one that is being started; harmless a second time."""
        self._closed = True
        child, self._child = self._child, None
        for each in (child, self._loading):
            if each is not None:
                each.end()

    def after_fork(self) -> None:
        """In a forked child: the process belongs to the parent; this one starts its own when asked."""
        self._lock = threading.Lock()
        self._loading = self._starting = None
        child, self._child = self._child, None
        if child is not None:
            child.leave()

    def _start_again(self) -> None:
        """Start another child in a thread, unless one is being started."""
        if self._closed or (self._starting is not None and self._starting.is_alive()):
            return
        starting = threading.Thread(target=self._started, name="incumbent-restart", daemon=True)
        self._starting = starting
        starting.start()

    def _loaded(self) -> "Child":
        """Another child that has loaded the bundle."""
        child = self._loading = Child()
        try:
            if self._closed:
                child.end()
            child.load(self._job, self.start)
        finally:
            self._loading = None
        return child

    def _started(self) -> None:
        try:
            child = self._loaded()
        except (BundleError, OSError) as error:
            if self._closed:
                return  # killed with all the rest
            self._start_failed = str(error)
            log.error("the model's process does not start: %s", error)
            return
        self._start_failed = ""
        with self._lock:
            if self._closed:
                child.end()
            else:
                self._child = child


class Child:
    """One child process, which loads its bundle first. Not for use from several threads at once.

    ``is_spent`` says that it is of no more use: it did not return, has ended, or its model keeps most of its
    memory and lacks more.
    """

    def __init__(self) -> None:
        self.is_spent = False
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START.format(root=_ROOT, descriptor=theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C is for the software around us; killed with all it started
            )
        self._end = weakref.finalize(self, _end, self._process, self._socket, os.getpid())

    def load(self, job: Mapping[str, Any], start: float) -> None:
        """Have it load a bundle within so many seconds.

        Raises
        ------
        BundleError
        """
        until = time.monotonic() + start
        try:
            wire.send(self._socket, job, until=until)
            said, _ = wire.receive(self._socket, until)
        except TimeoutError:
            self.end()
            raise BundleError(
                f"the bundle {job['bundle']} was not loaded within {start:g} seconds",
                hint="raise the limit start_s, or find out what its code does when it is imported",
            ) from None
        except (EOFError, OSError):
            self._wait_for_end()
            raise BundleError(
                f"the process that loads the bundle {job['bundle']} ended: {_how(self._process)}",
                hint="what it said is on standard error; the limit memory_mb bounds its memory",
            ) from None
        if "error" in said:
            self.end()
            raise BundleError(said["error"], said["hint"])

    def ask(
        self, columns: "Columns", rows: int, seconds: float, until: float
    ) -> "tuple[np.ndarray, dict[int, Raised]]":
        """Scores of many rows and what was raised, or the reason why there are none."""
        listed, body = wire.pack(columns)
        try:
            request = {"columns": listed, "rows": rows, "seconds": seconds}
            wire.send(self._socket, request, body, until)
            said, scores = wire.receive(self._socket, until)
        except TimeoutError:
            self.is_spent = True
            raise ModelStopped(f"no answer within {seconds:g} seconds") from None
        except (EOFError, OSError):
            self.is_spent = True
            self._wait_for_end()
            raise ModelStopped(f"its process ended: {_how(self._process)}") from None
        if "spent" in said:
            self.is_spent = True
            log.warning("the model keeps most of the memory of its process: another one is started")
        if "error" in said:
            raise ModelFailed(said["error"])
        raised = {at: Raised(why, refusal) for at, why, refusal in said["raised"]}
        return wire.unpacked_scores(said["shape"], scores), raised

    def _wait_for_end(self) -> None:
        """Its side of the socket is closed: a moment later it has ended, and said how."""
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            log.warning("the model's process closed its socket and went on; it is killed")
        self.end()

    def end(self) -> None:
        """Kill the process and what it started."""
        self._end()

    def leave(self) -> None:
        """Forget the process without ending it."""
        self._end.detach()
        self._socket.close()
        self._process.returncode = 0  # it is not ours to wait for


def _end(process: "subprocess.Popen[bytes]", connection: socket.socket, owner: int) -> None:
    connection.close()
    if os.getpid() != owner:
        return
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
        process.wait()


def _how(process: "subprocess.Popen[bytes]") -> str:
    """How a process ended."""
    code = process.returncode
    if code is None:
        return "unknown"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
