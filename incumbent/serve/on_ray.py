"""The same service on Ray Serve, for those who outgrow one machine (the extra ``ray``).

Ray keeps the replicas, on as many machines as its cluster has, and its own autoscaling adds and removes them.
The site's folder must be readable on each of these machines; replicas write their logs there.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any, Callable

from incumbent.errors import UsageError

if TYPE_CHECKING:
    from incumbent.serve.settings import Settings

NAME = "incumbent"
#: Requests under way in a replica that Ray's autoscaling aims at.
UNDER_WAY = 16


def deployment(settings: "Settings") -> Any:
    """The service as an application of Ray Serve: what ``serve.run`` and ``serve deploy`` take.

    Parameters
    ----------
    settings : Settings
        ``min_workers`` and ``max_workers`` are replicas; ``waiting`` is what each of them may have under way.

    Raises
    ------
    UsageError
        Where Ray is not installed.
    """
    try:
        from ray import serve
    except ImportError:
        raise UsageError(
            "the package ray is not installed", hint="pip install 'incumbent-runtime[ray]'"
        ) from None

    def build() -> Any:
        """In the replica: what is open cannot be sent there."""
        from incumbent.serve.app import Application

        return Application(settings)

    @serve.deployment(
        name=NAME,
        max_ongoing_requests=settings.waiting,
        graceful_shutdown_timeout_s=settings.drain,
        autoscaling_config={
            "min_replicas": settings.min_workers,
            "max_replicas": settings.most_workers,
            "target_ongoing_requests": min(UNDER_WAY, settings.waiting),
        },
    )
    @serve.ingress(build)
    class Replica:
        """One process that serves the site."""

    return Replica.bind()  # type: ignore[attr-defined]


def run(settings: "Settings", tell: "Callable[[str], object]") -> None:
    """Serve on Ray until interrupted, or told to end (SIGTERM).

    Parameters
    ----------
    settings : Settings
    tell : callable
        Told the URL when the service is there.
    """
    settings.check_reach()
    if settings.certificate is not None:
        raise UsageError(
            "Ray's own proxy takes no certificate here", hint="put a proxy that has one in front"
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster that is started here reports to nobody
    application = deployment(settings)
    from ray import serve

    serve.start(http_options={"host": settings.host, "port": settings.port})
    before = signal.signal(signal.SIGTERM, _end)  # Ray's own aborts the process
    try:
        serve.run(application, name=NAME, route_prefix="/")
        tell(f"http://{settings.host}:{settings.port}")
        while True:
            time.sleep(1.0)
    finally:
        serve.shutdown()
        signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> None:
    raise SystemExit(0)
