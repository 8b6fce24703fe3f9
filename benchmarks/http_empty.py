"""An application that answers every request with the same few bytes: what a server and the machine cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

_BODY = (
    b'{"id":"5f0c8e1b7a44-2a","value":0,"probabilities":{"0":0.81,"1":0.19},"version":3,"route":"champion"}'
)
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]


async def empty(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Read the request, and answer."""
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})
