"""What runs in the child process of a guarded algorithm: opens one bundle, answers until its parent is gone.

It limits its own memory, and ends itself where a request takes far longer than its time though nobody is left
to kill it. What the model's code prints goes to standard error.
"""

from __future__ import annotations

import faulthandler
import os
import socket
import sys
from pathlib import Path
from typing import Any, Mapping

from incumbent.answering import wire


def main(descriptor: int) -> None:
    """Serve the parent at the other end of a socket."""
    parent = socket.socket(fileno=descriptor)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)  # the model's code reads nothing
    os.dup2(2, 1)
    with os.fdopen(nowhere, "w") as unread:
        try:
            job, _ = wire.receive(parent)
            _watch(job["seconds"], unread)
            bundle = _opened(parent, job)
            taken = 0  # address space, once the model has answered
            while bundle is not None:
                faulthandler.cancel_dump_traceback_later()
                request, body = wire.receive(parent)
                _watch(request["seconds"], unread)
                said, content = _answer(bundle, request, body)
                if not _lacked_memory(said):
                    taken = taken or _address_space()
                elif taken and _keeps_most(taken):
                    said["spent"] = True
                wire.send(parent, said, content)
        except (EOFError, ConnectionError):
            return


def _watch(seconds: float, unread: Any) -> None:
    faulthandler.dump_traceback_later(2 * seconds + 5, exit=True, file=unread)


def _opened(parent: socket.socket, job: Mapping[str, Any]) -> Any:
    try:
        limit_memory(job["memory"])
        from incumbent.bundle import Bundle

        bundle = Bundle.open(job["bundle"], expect=job["expect"], trusted=job["trusted"])
        bundle.algorithm()
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        wire.send(parent, {"error": in_words(error), "hint": getattr(error, "hint", "")})
        return None
    wire.send(parent, {})
    return bundle


def _answer(bundle: Any, request: Mapping[str, Any], body: bytes) -> "tuple[dict[str, Any], bytes]":
    import numpy as np

    from incumbent.algorithms.base import explained

    try:
        columns = wire.unpack(request["columns"], body)
        found, raised = explained(bundle.algorithm(), columns, request["rows"])
        shape, content = wire.packed_scores(np.asarray(found, dtype=np.float64))
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        return {"error": in_words(error)}, b""
    return {"shape": shape, "raised": [(at, *told) for at, told in raised.items()]}, content


def _lacked_memory(said: Mapping[str, Any]) -> bool:
    told = [said["error"]] if "error" in said else [why for _, why, _ in said["raised"]]
    return any(why.startswith(MemoryError.__name__) for why in told)


def _keeps_most(before: int) -> bool:
    """Whether, between two requests, more than half is taken of the memory that was left before."""
    import resource

    bound, _ = resource.getrlimit(resource.RLIMIT_AS)
    return bound != resource.RLIM_INFINITY and 2 * (_address_space() - before) > bound - before


def in_words(error: BaseException) -> str:
    """An error as one sentence; those of Incumbent's own are sentences already."""
    from incumbent.errors import IncumbentError

    if isinstance(error, IncumbentError):
        return error.message
    return f"{type(error).__name__}: {error}".removesuffix(": ")[:500]


def limit_memory(mebibytes: int) -> None:
    """Bound the address space to what is taken now and so much more (where the system can)."""
    if not mebibytes:
        return
    try:
        import resource
    except ImportError:  # not a Unix
        return
    wanted = _address_space() + mebibytes * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (OSError, ValueError) as error:  # macOS refuses
        print(f"incumbent: the memory of this process cannot be limited: {error}", file=sys.stderr)  # noqa: T201


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
