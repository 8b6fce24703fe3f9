"""From when until when a certificate is valid: the few bytes of it that say so (X.509, RFC 5280, 4.1)."""

from __future__ import annotations

import re
import ssl
from datetime import datetime, timedelta, timezone

#: A certificate that has only so long to go is told of.
SOON = timedelta(days=14)
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION, _UTC_TIME = 0xA0, 0x17


def trouble_with(text: str, now: datetime) -> str:
    """What is wrong with the time of the first certificate in a PEM file; empty where nothing is known to be.

    Parameters
    ----------
    text : str
        The file's.
    now : datetime
        Aware.
    """
    try:
        since, until = _validity(ssl.PEM_cert_to_DER_cert(_CERTIFICATE.findall(text)[0]))
    except (ValueError, IndexError):
        return ""
    if now < since:
        return f"is not valid before {since:%d %b %Y %H:%M} UTC: callers will not go on"
    if now >= until:
        return f"expired on {until:%d %b %Y %H:%M} UTC: callers will not go on"
    return f"expires on {until:%d %b %Y %H:%M} UTC: renew it" if until - now < SOON else ""


def _validity(der: bytes) -> "tuple[datetime, datetime]":
    _, certificate, _ = _part(der)
    _, signed, _ = _part(certificate)
    kind, _, rest = _part(signed)
    fields = rest if kind == _VERSION else signed  # the version may be left out
    for _ in ("number", "algorithm", "issuer"):
        _, _, fields = _part(fields)
    _, period, _ = _part(fields)
    since_kind, since, rest = _part(period)
    until_kind, until, _ = _part(rest)
    return _time(since_kind, since), _time(until_kind, until)


def _part(data: bytes) -> "tuple[int, bytes, bytes]":
    """The first part of an encoding: its kind and content; and what follows it."""
    length, begin = data[1], 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[2:begin], "big")
    return data[0], data[begin : begin + length], data[begin + length :]


def _time(kind: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if kind == _UTC_TIME:  # two digits of the year, of 1950 to 2049
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)
