"""What a service is told: where, for whom, within which bounds."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from incumbent.errors import RefusedError, UsageError

#: The environment variable that holds the token unless another one is named.
TOKEN = "INCUMBENT_TOKEN"
#: Fewer characters than these could be guessed.
SHORTEST_TOKEN = 16
#: Names of this machine, for itself.
_LOOPBACK = ("localhost", ".localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Settings:
    """What a service is told.

    Parameters
    ----------
    site : str or Path
        A folder with one published folder a model, or one of those.
    host, port : str, int
        Where it listens; port 0 for any that is free.
    token : str, optional
        What every caller must send (``Authorization: Bearer …``); needed unless it listens on loopback only.
    min_workers, max_workers : int
        Processes; between the two the load decides. 0 for as many as there are processors.
    body : int
        Bytes of a request's body at most.
    rows : int
        Rows of a request at most.
    seconds : float
        For a request to arrive, and for an answer to be found.
    waiting : int
        Requests that may be under way in a worker; others are told to come again.
    headers : int
        Bytes of a request's line and headers at most.
    drain : float
        Seconds for what is under way when the service ends.
    hosts : tuple of str
        Names by which callers may know the service (:class:`incumbent.serve.guard.Hosts`), beside those of
        loopback. Without any: only these where it listens on loopback, and any name elsewhere.
    certificate, key : str or Path, optional
        For TLS (:class:`incumbent.serve.tls.Certificate`).
    """

    site: "str | Path"
    host: str = "127.0.0.1"
    port: int = 8080
    token: "str | None" = None
    min_workers: int = 1
    max_workers: int = 0
    body: int = 16 * 2**20
    rows: int = 10_000
    seconds: float = 10.0
    waiting: int = 1_000
    headers: int = 32 * 2**10
    drain: float = 30.0
    hosts: "tuple[str, ...]" = ()
    certificate: "str | Path | None" = None
    key: "str | Path | None" = None

    def __post_init__(self) -> None:
        for name in ("body", "rows", "waiting", "headers", "seconds", "drain"):
            if not getattr(self, name) > 0:  # NaN, too
                raise UsageError(f"{name} is {getattr(self, name)}: it must be more than 0")
        if not 0 <= self.port < 65_536:
            raise UsageError(f"port is {self.port}: it must be between 0 and 65535")
        if self.min_workers < 1 or self.most_workers < self.min_workers:
            raise UsageError(
                f"{self.min_workers} to {self.most_workers} workers: there must be one at least, "
                "and the most no fewer than the fewest"
            )
        if self.key is not None and self.certificate is None:
            raise UsageError("there is a key and no certificate", hint="--certificate FILE names it")
        if self.token is not None:
            self._take_token(self.token)

    def _take_token(self, token: str) -> None:
        """As callers can send it: HTTP takes the blanks at the ends of a header away."""
        token = token.strip()
        if not token:
            raise RefusedError("the token is empty", hint="`openssl rand -hex 24` gives one")
        if not token.isascii() or not token.isprintable():
            raise UsageError(
                "the token has other characters than printable ASCII, which no HTTP header can hold"
            )
        object.__setattr__(self, "token", token)

    @property
    def most_workers(self) -> int:
        """As many worker processes as there may be."""
        return self.max_workers or max(self.min_workers, os.cpu_count() or 1)

    @property
    def scheme(self) -> str:
        """``https`` where there is a certificate."""
        return "http" if self.certificate is None else "https"

    @property
    def known_as(self) -> "tuple[str, ...]":
        """Names by which callers may know it."""
        if not self.hosts and not is_loopback(self.host):
            return ("*",)
        return (*_LOOPBACK, self.host, *self.hosts)

    def check_reach(self) -> None:
        """Refuse to listen where others can reach it without a token.

        Raises
        ------
        RefusedError
            Without a token, or with one that is too short, anywhere but on loopback.
        """
        if is_loopback(self.host):
            return
        if not self.token:
            raise RefusedError(
                f"{self.host} can be reached from elsewhere, and there is no token",
                hint=f"put a long random text into the environment variable {TOKEN}, or listen on 127.0.0.1",
            )
        if len(self.token) < SHORTEST_TOKEN:
            raise RefusedError(
                f"the token has {len(self.token)} characters: that can be guessed",
                hint=f"take {SHORTEST_TOKEN} or more, such as `openssl rand -hex 24` gives",
            )

    def __repr__(self) -> str:
        return f"Settings({str(self.site)!r}, {self.host}:{self.port})"  # never the token


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
