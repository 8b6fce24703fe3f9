"""TLS: the service's certificate, read again when it is renewed."""

from __future__ import annotations

import logging
import os
import ssl
from datetime import datetime, timezone
from pathlib import Path

from incumbent.errors import WorkError
from incumbent.serve.validity import trouble_with

log = logging.getLogger("incumbent")


class Certificate:
    """A certificate with its key, as new connections use it.

    Parameters
    ----------
    certificate : str or Path
        PEM: the certificate, and those between it and the root.
    key : str or Path, optional
        PEM, without a password; None where it is in the same file.

    Raises
    ------
    WorkError
        Where they cannot be used.
    """

    def __init__(self, certificate: "str | Path", key: "str | Path | None" = None) -> None:
        self._files = [Path(certificate), *([Path(key)] if key is not None else [])]
        self._seen = self._stamps()
        self.context = self._load()

    def warn(self) -> None:
        """Say where it has expired, or will soon."""
        try:
            text = self._files[0].read_text("ascii", "replace")
        except OSError:
            return
        if trouble := trouble_with(text, datetime.now(timezone.utc)):
            log.warning("the certificate %s %s", self._files[0], trouble)

    def renew(self) -> None:
        """Read the files again where they have changed; what cannot be used leaves the old one in place."""
        now = self._stamps()
        if now == self._seen:
            return
        self._seen = now
        try:
            self.context = self._load()
        except WorkError as error:
            log.error("the old certificate stays: %s", error)
        else:
            log.info("the certificate %s was renewed", self._files[0])
            self.warn()

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        certificate, key = self._files[0], self._files[-1]
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
            raise WorkError(
                f"the certificate {certificate} with the key {key} cannot be used: {why}",
                hint="both are PEM files, the key without a password",
            ) from None
        return context

    def _stamps(self) -> "list[tuple[int, int, int]]":
        found = []
        for file in self._files:
            try:
                stat = os.stat(file)
                found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
            except OSError:
                found.append((0, 0, 0))
        return found


def _no_password() -> str:
    """Nobody sits at a terminal to type one."""
    raise ValueError("the key has a password")


__all__ = ["Certificate"]
