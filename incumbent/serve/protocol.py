"""HTTP/1.1 by uvicorn and httptools, with bounds on how much and how slowly a caller may send and take."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Mapping, NamedTuple

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from incumbent.serve.replies import overloaded, refusal

if TYPE_CHECKING:
    from incumbent.serve.app import AtOnce
    from incumbent.serve.outbox import Outbox
    from incumbent.serve.settings import Settings

#: Seconds for a caller who was answered before everything was there to take that in, and so many bodies of
#: the largest size that are thrown away meanwhile.
LINGER_SECONDS, LINGER_BODIES = 5.0, 4


class Door:
    """The transport of a connection: answers may leave it with those of others, and it is closed slowly.

    Many callers read no answer before they have sent everything. A connection that is closed with bytes
    unread is reset, and the answer with it.
    """

    __slots__ = ("_connection", "_transport", "abort", "get_write_buffer_size", "is_lingering")

    def __init__(self, transport: Any, connection: "Bounded") -> None:
        self._transport = transport
        self._connection = connection
        self.is_lingering = False
        self.abort = transport.abort
        self.get_write_buffer_size = transport.get_write_buffer_size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes, after those that were to be sent soon."""
        self._connection.outbox.send()
        self._transport.write(data)

    def write_soon(self, data: bytes) -> None:
        """Send bytes together with those for other callers."""
        self._connection.outbox.add(self._connection.loop, self._transport, data)

    def is_closing(self) -> bool:
        """Whether nothing more is to be said."""
        return self.is_lingering or self._transport.is_closing()

    def close(self) -> None:
        """Close it, at once where the caller has sent everything, or has had the time."""
        self._connection.outbox.send()
        if self._connection.is_mid_request and not self.is_closing():
            self.linger()
        else:
            self._transport.close()

    def linger(self) -> None:
        """Let the caller send on, throw that away, and close."""
        self.is_lingering = True
        self._transport.set_protocol(Lingering(self._transport, self._connection))
        self._connection.flow.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()


class Lingering(asyncio.Protocol):
    """What is left of a connection once the answer is given: it listens a little, and understands nothing."""

    def __init__(self, transport: Any, connection: "Bounded") -> None:
        self._transport = transport
        self._connection = connection
        self._left = LINGER_BODIES * connection.settings.body
        self._end = connection.loop.call_later(LINGER_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._transport.abort()

    def pause_writing(self) -> None:
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        self._connection.resume_writing()

    def connection_lost(self, exc: "Exception | None") -> None:
        self._end.cancel()
        self._connection.connection_lost(exc)


class Request(NamedTuple):
    """A request that is arriving, and may be answered as soon as it is there."""

    answer: "AtOnce"
    headers: "list[tuple[bytes, bytes]]"
    body: "list[bytes]"


class Head:
    """The first lines of an answer that is well; uvicorn has a new date for them every second."""

    def __init__(self) -> None:
        self._of: object = None
        self._start = b""

    def __call__(self, common: "list[tuple[bytes, bytes]]", kind: bytes, length: int) -> bytes:
        """Those of a body of such a kind and length."""
        if common is not self._of:
            lines = [b"HTTP/1.1 200 OK", *(name + b": " + value for name, value in common), b"content-type: "]
            self._start, self._of = b"\r\n".join(lines), common
        return b"%b%b\r\ncontent-length: %d\r\n\r\n" % (self._start, kind, length)


class Bounded(HttpToolsProtocol):
    """A connection whose caller may not send headers without end, nor byte by byte, nor too many requests.

    A row that comes in one piece is answered on the spot, where nothing has to be waited for: a task, events
    and messages for it would cost more than its prediction. Everything else goes the way of ASGI.
    """

    settings: "Settings"
    #: What answers on the spot, by path.
    at_once: "ClassVar[Mapping[bytes, AtOnce]]"
    outbox: "ClassVar[Outbox]"
    head = Head()
    transport: Door  # type: ignore[assignment]

    @staticmethod
    def gone() -> None:
        """Called after each connection's end."""

    @staticmethod
    def refused(status: int) -> None:
        """Called with each answer that the application does not give."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transport = Door(transport, self)
        self._in_lines = False  # of headers, of chunks, of what follows the last chunk
        self._heard = 0
        self._once_more = b""
        self._at_work: Any = None
        self.last = False
        self._request: "Request | None" = None
        self._refusal: "tuple[int, str] | None" = None
        self._idle_since: "float | None" = None
        self._arriving: "float | None" = self.loop.time()  # nothing has come yet
        self._untaken, self._untaken_since = 0, self.loop.time()

    @property
    def _owes(self) -> bool:
        """Whether requests that came before the one that is arriving are still to be answered."""
        return any(not cycle.more_body for cycle in self._unanswered)

    @property
    def _unanswered(self) -> "list[Any]":
        """The request that is being answered, and those that wait behind it."""
        cycles = (self._at_work, *(cycle for cycle, _ in self.pipeline))
        return [cycle for cycle in cycles if cycle is not None and not cycle.response_complete]

    @property
    def is_mid_request(self) -> bool:
        """Whether the caller may still be sending: what was answered, or what comes behind it."""
        cycle = self.cycle
        return bool(self.pipeline) or (cycle is not None and cycle.response_complete and cycle.more_body)

    def connection_lost(self, exc: "Exception | None") -> None:
        self._answer_nobody()
        super().connection_lost(exc)
        self.gone()

    def _answer_nobody(self) -> None:
        """Give no more answers: nobody is there any more, or nothing more is to be said."""
        for cycle in self._unanswered:
            cycle.disconnected = True
        self.pipeline.clear()

    def eof_received(self) -> "bool | None":  # type: ignore[override]
        """The caller has said everything; whether the answer is still to be given."""
        self.outbox.send()  # else the transport closes now
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return None
        self.cycle.keep_alive = False
        return self.scheme == "http"  # TLS has no half of a connection

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        self._packet = len(data)
        self._has_moved = False
        self._read(data)
        if self._request is not None:
            self._go_on_slowly(self._request)  # the rest is still on its way
        if self._in_lines and not self._has_moved:  # else most of it was of bodies and requests before
            self._heard += len(data)
            if self._heard > self.settings.headers:
                self._refuse(431, self._too_long)

    def _read(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as found:
                head, self._once_more = self._once_more, b""
                data = head and head + data[found.args[0] :]
            except httptools.HttpParserError:
                return self.send_400_response("")

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._arriving = self.loop.time()
        self._idle_since = None
        self._in_lines = True
        self._heard = 0

    def on_chunk_header(self) -> None:
        self._in_lines = True
        self._heard = 0

    def on_headers_complete(self) -> None:
        self._in_lines = False
        if self._heard + self._packet > self.settings.headers and self._are_too_long():
            self._refuse(431, self._too_long)
            raise ValueError  # no more of this packet is read
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._once_more = self._without_upgrade()
            return
        if self.expect_100_continue and self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # such a caller knows nothing of it
        answer = self.at_once.get(self.url)
        if answer is not None and self._is_plain:
            self._request = Request(answer, self.headers, [])
        else:
            self._begin_slowly()
        self.headers = []  # what comes behind a body is none of them

    def _without_upgrade(self) -> bytes:
        """The head of a request that would go on in another protocol, if it were understood here.

        Some callers offer HTTP/2 with each request. The parser takes what follows such a head for the other
        protocol's; so it reads the request once more, without the offer.
        """
        parser = self.parser
        lines = [parser.get_method() + b" " + self.url + b" HTTP/" + parser.get_http_version().encode()]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    @property
    def _is_plain(self) -> bool:
        """Whether nothing is asked of this connection but an answer, and nobody waits for one before."""
        parser = self.parser
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not (
                self.transport.is_closing() or self.last or self.expect_100_continue or self.flow.write_paused
            )
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
        )

    def _begin_slowly(self) -> None:
        """Begin the request as uvicorn does."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def _go_on_slowly(self, request: Request) -> None:
        self._request = None
        if not self.transport.is_closing():
            self.headers = request.headers
            self._begin_slowly()
            self.headers = []
            for part in request.body:
                super().on_body(part)

    def _are_too_long(self) -> bool:
        """Whether headers of which the last bytes have come with others, of a body perhaps, are too long."""
        heard = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        return heard > self.settings.headers

    @property
    def _too_long(self) -> str:
        return f"the headers are larger than {self.settings.headers:,} bytes"

    def on_body(self, body: bytes) -> None:
        self._in_lines = False
        self._has_moved = True
        if self._request is None:
            super().on_body(body)
        else:
            self._request.body.append(body)

    def on_message_complete(self) -> None:
        if self._once_more:
            return
        self._arriving = None
        self._in_lines = False
        self._has_moved = True
        if self._request is not None:
            if self._answered(self._request):
                return
            self._go_on_slowly(self._request)
        super().on_message_complete()

    def _answered(self, request: Request) -> bool:
        """Answer on the spot, if that can be done."""
        found = request.answer(dict(request.headers), b"".join(request.body))
        if found is None:
            return False
        self._request = None
        common = self.server_state.default_headers
        self.transport.write_soon(self.head(common, found.kind, len(found.body)) + found.body)
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        return True

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._at_work = cycle
        if self.last:
            cycle.keep_alive = False  # and the answer says so
        if len(self.tasks) >= self.settings.waiting and cycle.scope["method"] == "POST":
            app = _overloaded
            self.refused(503)
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:  # :meth:`check` looks at all connections once a second
            self._unset_keepalive_if_required()
            self._idle_since = self.loop.time()
        if self._refusal is not None and not self._owes:
            self._hang_up(*self._refusal)

    def check(self, now: float) -> None:
        """Hang up on a caller whose request takes too long to arrive, or who does not take the answer."""
        if self._is_stuck(now):
            self._answer_nobody()
            self.transport.abort()
            return
        if self._idle_since is not None and now - self._idle_since > self.timeout_keep_alive:
            self.transport.close()
            return
        if self._arriving is None or now - self._arriving <= self.settings.seconds:
            return
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            return
        if self._owes:  # nothing more is read before they are answered
            self._arriving = now
            return
        self._refuse(408, f"the request did not arrive within {self.settings.seconds:g} s")

    def _is_stuck(self, now: float) -> bool:
        """Whether answers wait of which nothing has been taken for so long as a request may take."""
        waiting = self.transport.get_write_buffer_size()
        if not waiting or waiting != self._untaken:
            self._untaken, self._untaken_since = waiting, now
        return now - self._untaken_since > self.settings.seconds

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "this is not HTTP")

    def _refuse(self, status: int, why: str) -> None:
        """Say no to the request that is arriving, after the answers to those before it."""
        if self._refusal is not None:
            return
        self._refusal = status, why
        if self._owes:
            self.pipeline = deque(waiting for waiting in self.pipeline if not waiting[0].more_body)
        else:
            self._hang_up(status, why)

    def _hang_up(self, status: int, why: str) -> None:
        """An answer beside the application, and the end of the connection."""
        if self.transport.is_closing():
            return
        self._answer_nobody()
        body = refusal(status, why).body
        self.transport.write(
            b"HTTP/1.1 %d Refused\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%b" % (status, len(body), body)
        )
        self.refused(status)
        if status == 408:
            self.transport.close()
        else:
            self.transport.linger()


async def _overloaded(scope: Any, receive: Any, send: Any) -> None:
    """Instead of the application: come again."""
    fault = overloaded()
    body = refusal(fault.status, fault.message, fault.hint).body
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *fault.headers,
    ]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
