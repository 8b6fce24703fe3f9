"""Who may ask: a token, compared in constant time, and the names by which the service is known."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Mapping, Sequence
from urllib.parse import urlsplit

from incumbent.serve.replies import Fault

#: Any name will do.
ANY = "*"
_REMEMBERED = 256


class Guard:
    """Lets those in who know the token, and who asked for this service by a name of its own.

    Parameters
    ----------
    token : str, optional
        None where everybody may ask.
    hosts : sequence of str
        Names by which the service is known.
    """

    def __init__(self, token: "str | None", hosts: "Sequence[str]" = (ANY,)) -> None:
        self._expected = None if token is None else token.encode("ascii")
        self._hosts = Hosts(hosts)

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

    def check_names(self, headers: "Mapping[bytes, bytes]") -> None:
        """Refuse what a page of somebody else's makes a browser ask.

        Raises
        ------
        Fault
            403.
        """
        self._hosts.check(headers)


class Hosts:
    """The names by which a service is known, against pages that have a browser ask it (DNS rebinding).

    A page can have its own name resolve to 127.0.0.1, and read what the service answers; but the browser
    then says that name in ``Host``, and says in ``Origin`` whose page it is. An address instead of a name
    cannot be made to resolve elsewhere, and is let through in ``Host``.

    Parameters
    ----------
    names : sequence of str
        ``*`` for any; ``.example.org`` for every name below it.

    Examples
    --------
    >>> hosts = Hosts(("localhost", ".example.org"))
    >>> hosts.is_known("localhost"), hosts.is_known("models.example.org"), hosts.is_known("evil.org")
    (True, True, False)
    """

    def __init__(self, names: "Sequence[str]") -> None:
        self._any = ANY in names
        self._names = frozenset(name.lower() for name in names if not name.startswith("."))
        self._below = tuple(name.lower() for name in names if name.startswith("."))
        self._good: "set[bytes]" = set()

    def check(self, headers: "Mapping[bytes, bytes]") -> None:
        """Refuse another host, or a page of another origin.

        Raises
        ------
        Fault
            403.
        """
        if self._any:
            return
        host = headers.get(b"host")
        if host is not None and host not in self._good:
            name = _name(host)
            if not (self.is_known(name) or _is_address(name)):
                raise self._refusal(f"this service is not known as {name[:100]!r}")
            if len(self._good) < _REMEMBERED:
                self._good.add(host)
        origin = headers.get(b"origin")
        if origin is not None:
            page = origin.decode("latin-1")
            if not self.is_known(_host_of(page)):
                raise self._refusal(f"pages of {page[:100]!r} may not ask this service")

    def is_known(self, name: str) -> bool:
        """Whether this is one of the service's names."""
        return name in self._names or name.endswith(self._below)

    @staticmethod
    def _refusal(why: str) -> Fault:
        return Fault(403, why, "start it with --allow-host NAME, if that is one of its names")


def _name(host: bytes) -> str:
    """A host without its port."""
    return _host_of("//" + host.decode("latin-1"))


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


__all__ = ["ANY", "Guard", "Hosts"]
