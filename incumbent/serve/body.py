"""Bodies of requests: read within a bound, and understood strictly."""

from __future__ import annotations

import json
import zlib
from typing import Any, Awaitable, Callable, Iterable, Mapping

import orjson

from incumbent.errors import InputError
from incumbent.plain import decimal_number, whole_number
from incumbent.serve.replies import Fault

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
#: What zlib is told of each way to pack a body.
_PACKED = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
#: Whole numbers beyond 64 bits come from orjson as the nearest float64, which is at least this.
_BEYOND_WHOLE = 2.0**63
#: Levels of nesting of a document that is read quickly.
_LEVELS = 32


class Gone(Exception):
    """The caller hung up before the request was complete."""


async def read_body(headers: "Mapping[bytes, bytes]", receive: Receive, most: int) -> bytes:
    """The whole body of a request, unpacked where it came packed.

    Raises
    ------
    Fault
        413 for one of more bytes than may be, 415 for one that is packed in another way than gzip or deflate.
    InputError
        For one that is not packed as it says.
    Gone
        Where the caller hung up.
    """
    coding = headers.get(b"content-encoding")
    body = await _as_sent(headers, receive, most)
    return body if coding is None else unpacked(coding, body, most)


def unpacked(coding: bytes, body: bytes, most: int) -> bytes:
    """A packed body as it was before, never more than so many bytes of it.

    Raises
    ------
    Fault
    InputError

    Examples
    --------
    >>> unpacked(b"gzip", zlib.compress(b"{}", wbits=31), 100)
    b'{}'
    """
    named = coding.strip().lower()
    if named in (b"identity", b""):
        return body
    if named not in _PACKED:
        raise Fault(
            415, f"the body is packed as {coding.decode('latin-1')[:40]!r}", "gzip and deflate are understood"
        )
    found = zlib.decompressobj(wbits=_PACKED[named])
    try:
        content = found.decompress(body, most + 1)
    except zlib.error:
        raise InputError(f"the body is not packed as {named.decode()}, as it says") from None
    if len(content) > most:
        raise _too_large(most)
    if not found.eof or found.unused_data:
        raise InputError(f"the body is not whole: it is packed as {named.decode()}")
    return content


async def _as_sent(headers: "Mapping[bytes, bytes]", receive: Receive, most: int) -> bytes:
    declared = headers.get(b"content-length", b"")
    if len(declared) > 15 or (declared.isdigit() and int(declared) > most):
        raise _too_large(most)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise _too_large(most)
        return body
    return await _rest(body, receive, most)


async def _rest(first: bytes, receive: Receive, most: int) -> bytes:
    parts, size = [first], len(first)
    while True:
        if size > most:
            raise _too_large(most)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body"):
            if size > most:
                raise _too_large(most)
            return b"".join(parts)


def _too_large(most: int) -> Fault:
    return Fault(
        413,
        f"the body is larger than {most:,} bytes",
        "send fewer rows at once",
        ((b"connection", b"close"),),
    )


def media_type(headers: "Mapping[bytes, bytes]") -> str:
    """What a body says that it is, without parameters.

    Examples
    --------
    >>> media_type({b"content-type": b"Application/JSON; charset=utf-8"})
    'application/json'
    """
    return headers.get(b"content-type", b"").split(b";", 1)[0].strip().lower().decode("latin-1")


def need_json(headers: "Mapping[bytes, bytes]") -> None:
    """Refuse a body that does not say it is JSON.

    Raises
    ------
    Fault
        415.
    """
    given = headers.get(b"content-type")
    if given == b"application/json":
        return
    kind = media_type(headers)
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        said = f"the content type is {kind!r}" if kind else "there is no content type"
        raise Fault(
            415, f"{said}: application/json is understood here", "send content-type: application/json"
        )


def read_json(body: bytes) -> Any:
    """A JSON document, understood strictly; a number that no float64 can hold is a ``TooLarge``.

    Raises
    ------
    InputError
        For what is no JSON: NaN and Infinity, a name twice in an object, too deep a nesting, bytes that are
        not UTF-8.

    Examples
    --------
    >>> read_json(b'{"distance": 30.5}')
    {'distance': 30.5}
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_strictly(body)
    return document if _is_certain(document, body) else _read_strictly(body)


def _is_certain(document: Any, body: bytes) -> bool:
    """Whether orjson has surely read what was written: it keeps the last of equal names, and rounds.

    A name that stands twice is in the body, but not in the document: there are more quotes than its texts
    need. Escapes may be quotes, and so leave it open.
    """
    if b"\\" in body:
        return False
    texts = 0
    level: "list[Any]" = [[document]]
    for _ in range(_LEVELS):
        below: "list[Any]" = []
        for group in level:
            values: "Iterable[Any]" = group
            if group.__class__ is dict:
                texts += len(group)
                values = group.values()
            for value in values:
                kind = value.__class__
                if kind is float:
                    if not -_BEYOND_WHOLE < value < _BEYOND_WHOLE:
                        return False
                elif kind is str:
                    texts += 1
                elif kind is dict or kind is list:
                    below.append(value)
        if not below:
            return body.count(b'"') == 2 * texts
        level = below
    return False


def _read_strictly(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"the body is not UTF-8 text, at byte {error.start}") from None
    try:
        return _decode(text)
    except RecursionError:
        raise InputError("the body is nested too deeply") from None
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"the body is not JSON: {error}") from None


def _no_constant(name: str) -> Any:
    raise InputError(
        f"the body is not JSON: {name} is no JSON number", "send null for a value that is not known"
    )


def _object(pairs: "list[tuple[str, Any]]") -> "dict[str, Any]":
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: "set[str]" = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(f"the body has the name {twice!r} twice in one object")
    return found


_decode = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_no_constant,
    parse_float=decimal_number,
    parse_int=whole_number,
).decode
