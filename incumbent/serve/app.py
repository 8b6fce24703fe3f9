"""The service as an ASGI application: from a path to what answers it, and back."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any, Awaitable, Callable, Mapping, MutableMapping, cast

from starlette.routing import Match, Route

from incumbent.errors import IncumbentError, InputError
from incumbent.serve.body import Gone, read_body
from incumbent.serve.guard import Guard
from incumbent.serve.replies import Fault, Reply, encoded, overloaded, refusal
from incumbent.serve.service import Call, Service
from incumbent.serve.settings import Settings

log = logging.getLogger("incumbent")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AtOnce = Callable[["Mapping[bytes, bytes]", bytes], "Reply | None"]
Refuse = Callable[[int, str, str, "tuple[tuple[bytes, bytes], ...]"], Reply]


class Endpoint:
    """One kind of request: who may ask, whether it has a body, what answers.

    Parameters
    ----------
    service : Service
    guard : Guard
    is_open : bool
        Whether one may ask without a token.
    answer : callable
        From a :class:`Call` to a :class:`Reply`.
    has_body : bool
    refuse : callable
        How an error is written.
    at_once : callable, optional
        From a :class:`Call` to a :class:`Reply`, where that takes microseconds; None where it does not.
    """

    def __init__(
        self,
        service: Service,
        guard: Guard,
        is_open: bool,
        answer: "Callable[[Call], Awaitable[Reply]]",
        has_body: bool,
        refuse: Refuse = refusal,
        at_once: "Callable[[Call], Reply | None] | None" = None,
    ) -> None:
        self.name = answer.__name__
        self._service = service
        self._guard = guard
        self._is_open = is_open
        self._answer = answer
        self._has_body = has_body
        self._refuse = refuse
        self._at_once = at_once

    @property
    def answers_at_once(self) -> bool:
        """Whether there is a way to answer without waiting."""
        return self._at_once is not None

    def reply_at_once(
        self, path: "Mapping[str, str]", headers: "Mapping[bytes, bytes]", body: bytes
    ) -> "Reply | None":
        """The answer to a request that is there as a whole, as :meth:`run` would give it.

        None where something has to be waited for, and where something is wrong: :meth:`run` says what.
        """
        service = self._service
        if self._at_once is None or service.draining or service.is_full(path["model"]):
            return None
        if b"content-encoding" in headers or len(body) > service.settings.body:
            return None
        began = time.perf_counter()
        try:
            self._guard.check_names(headers)
            self._guard.check(headers)
            found = self._at_once(Call(headers, path, body))
        except Exception:  # whoever waits for an answer hears of it
            return None
        if found is not None:
            service.metrics.request(self.name, found.status, time.perf_counter() - began)
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.run(scope, receive, send, scope.get("path_params", {}))

    async def run(self, scope: Scope, receive: Receive, send: Send, path: "Mapping[str, str]") -> None:
        """Answer one request."""
        began = time.perf_counter()
        service = self._service
        model = path.get("model", "")
        service.under_way += 1
        service.line[model] += 1
        try:
            found = await self._found(scope, receive, path)
        except Gone:
            return
        finally:
            service.under_way -= 1
            service.leave(model)
        await _send(found, send, service.draining)
        service.metrics.request(self.name, found.status, time.perf_counter() - began)

    async def _found(self, scope: Scope, receive: Receive, path: "Mapping[str, str]") -> Reply:
        settings = self._service.settings
        try:
            headers = dict(scope["headers"])
            self._guard.check_names(headers)
            if not self._is_open:
                self._guard.check(headers)
            if self._has_body and self._service.is_full(path.get("model", "")):
                raise overloaded()
            body = await read_body(headers, receive, settings.body) if self._has_body else b""
            return await self._answer(Call(headers, path, body))
        except Fault as fault:
            return self._refuse(fault.status, fault.message, fault.hint, fault.headers)
        except InputError as error:
            return self._refuse(400, error.message, error.hint, ())
        except IncumbentError as error:
            log.error("%s: %s", self.name, error)
            return self._refuse(500, error.message, error.hint, ())
        except Gone:
            raise
        except RecursionError:
            return self._refuse(400, "the body is nested too deeply", "", ())
        except Exception:
            log.exception("%s: an error of this service", self.name)
            return self._refuse(500, "an error of this service; its log says more", "", ())


class Application:
    """An ASGI application that serves a site's models.

    Parameters
    ----------
    settings : Settings
    asleep : bool
        Start no child processes before the lifespan begins, in a process forked from this one.

    Raises
    ------
    WorkError
        Where nothing is published.
    """

    def __init__(self, settings: Settings, asleep: bool = False) -> None:
        self.settings = settings
        self.service = Service(settings, asleep)
        self._routes = list(_routes(self.service, Guard(settings.token, settings.known_as)))
        #: The paths on which rows come, ready: a match of templates would cost as much as a prediction.
        self._straight: "dict[tuple[str, str], tuple[Endpoint, Mapping[str, str]]]" = {}
        #: What answers rows at once, by the path as it is sent.
        self.at_once: "dict[bytes, AtOnce]" = {}
        self.service.models.on_arrival(self._arrived)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            straight = self._straight.get((scope["path"], scope["method"]))
            if straight is not None:
                await straight[0].run(scope, receive, send, straight[1])
            else:
                await self._by_template(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _by_template(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed: "set[str]" = set()
        for route in self._routes:
            match, further = route.matches(scope)
            if match is Match.FULL:
                scope.update(further)
                return await route.app(scope, receive, send)
            if match is Match.PARTIAL:
                allowed |= route.methods or set()
        if allowed:
            listed = ", ".join(sorted(allowed))
            why = refusal(405, f"this path is for {listed}", headers=((b"allow", listed.encode()),))
        else:
            why = refusal(404, "there is nothing at this path", "GET /openapi.json says what there is")
        await _send(why, send, self.service.draining)
        self.service.metrics.request("none", why.status, 0.0)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.service.wake()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.service.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _arrived(self, model: str) -> None:
        for route in self._routes:
            if "{version}" not in route.path and "POST" in (route.methods or ()):
                path = route.path.replace("{model}", model)
                named = {"model": model} if "{model}" in route.path else {}
                endpoint = cast(Endpoint, route.endpoint)
                self._straight[path, "POST"] = endpoint, named
                if endpoint.answers_at_once:
                    self.at_once[path.encode()] = partial(endpoint.reply_at_once, named)


def _routes(service: Service, guard: Guard) -> "list[Route]":
    s = service
    get: "list[tuple[str, Callable[[Call], Awaitable[Reply]], bool]]" = [
        ("/v2", s.server_metadata, False),
        ("/v2/health/live", s.live, True),
        ("/v2/health/ready", s.ready, True),
        ("/ping", s.live, True),
        ("/health", s.live, True),
        ("/v2/models/{model}", s.model_metadata, False),
        ("/v2/models/{model}/ready", s.model_ready, False),
        ("/v2/models/{model}/versions/{version}", s.model_metadata, False),
        ("/v2/models/{model}/versions/{version}/ready", s.model_ready, False),
        ("/models", s.list_models, False),
        ("/metrics", s.prometheus, False),
        ("/openapi.json", s.openapi, False),
    ]
    post: "list[tuple[str, Callable[[Call], Awaitable[Reply]], Refuse]]" = [
        ("/models/{model}/outcomes", s.outcomes, refusal),
        ("/models/{model}/invocations", s.invocations, _as_mlflow),
        ("/invocations", s.invocations, _as_mlflow),
        ("/v2/models/{model}/versions/{version}/infer", s.infer, refusal),
    ]
    quick = [
        ("/models/{model}/predict", Endpoint(s, guard, False, s.predict, True, refusal, s.predict_at_once)),
        ("/v2/models/{model}/infer", Endpoint(s, guard, False, s.infer, True, refusal, s.infer_at_once)),
    ]
    return [
        *(Route(path, endpoint, methods=["POST"]) for path, endpoint in quick),
        *(Route(path, Endpoint(s, guard, all_, tell, False), methods=["GET"]) for path, tell, all_ in get),
        *(
            Route(path, Endpoint(s, guard, False, act, True, how), methods=["POST"])
            for path, act, how in post
        ),
    ]


_MLFLOW_CODES = {404: "RESOURCE_DOES_NOT_EXIST", 503: "TEMPORARILY_UNAVAILABLE"}


def _as_mlflow(
    status: int, message: str, hint: str, headers: "tuple[tuple[bytes, bytes], ...]" = ()
) -> Reply:
    """An error as MLflow's scoring server writes it."""
    code = _MLFLOW_CODES.get(status, "BAD_REQUEST" if status < 500 else "INTERNAL_ERROR")
    told = f"{message} ({hint})" if hint else message
    return Reply(status, encoded({"error_code": code, "message": told, "error": message}), headers=headers)


async def _send(found: Reply, send: Send, last: bool) -> None:
    headers = [
        (b"content-type", found.kind),
        (b"content-length", str(len(found.body)).encode()),
        *found.headers,
    ]
    if last:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body})
