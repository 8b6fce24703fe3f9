"""Who may ask: a token, compared in constant time."""

from __future__ import annotations

import hmac
from typing import Mapping

from incumbent.serve.replies import Fault


class Guard:
    """Lets those in who know the token; everybody where there is none."""

    def __init__(self, token: "str | None") -> None:
        self._expected = None if token is None else token.encode("ascii")

    def check(self, headers: "Mapping[bytes, bytes]") -> None:
        """Refuse a caller who does not know the token.

        Raises
        ------
        Fault
            401.
        """
        if self._expected is None:
            return
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), self._expected):
            return
        raise Fault(
            401,
            "this service wants a token",
            "send it as `Authorization: Bearer TOKEN`",
            ((b"www-authenticate", b'Bearer realm="incumbent"'),),
        )
