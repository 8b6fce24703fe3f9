"""The HTTP service: a site's models for software that does not speak Python (the extra ``serve``).

``python -m incumbent.serve production/local`` serves every model of a site folder; :func:`application` is the
same service as an ASGI application, for any server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incumbent.serve.app import Application
    from incumbent.serve.settings import Settings

__all__ = ["Settings", "application", "serve"]


def application(site: Any, **settings: Any) -> "Application":
    """The service of a site folder, or of one model's folder in it, as an ASGI application.

    Parameters
    ----------
    site : str or Path
    **settings
        As :class:`incumbent.serve.settings.Settings` has them.
    """
    from incumbent.serve.app import Application
    from incumbent.serve.settings import Settings

    return Application(Settings(site, **settings))


def serve(settings: "Settings") -> None:
    """Serve until a signal says otherwise; needs the main thread. Does not return: ends the process."""
    from incumbent.serve.workers import run

    run(settings)


def __getattr__(name: str) -> Any:
    if name == "Settings":
        from incumbent.serve.settings import Settings

        return Settings
    raise AttributeError(name)
