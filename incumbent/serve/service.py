"""What a service does, whatever server carries its requests: each function answers one kind of request."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

import incumbent
from incumbent.errors import IncumbentError, InputError
from incumbent.outcome import outcome_of
from incumbent.predictor import Predictor
from incumbent.serve.batching import Batcher, Threads
from incumbent.serve.body import media_type, need_json, read_json
from incumbent.serve.inference import Asked, answered, chosen, metadata, read_request
from incumbent.serve.invocations import read_csv, read_invocation
from incumbent.serve.metrics import KIND, Metrics
from incumbent.serve.models import Models
from incumbent.serve.replies import LONGEST_ID, Fault, Reply, check_count, encoded, reply

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from incumbent.prediction import Prediction
    from incumbent.schema import OutputSchema
    from incumbent.serve.settings import Settings

log = logging.getLogger("incumbent")

#: Share of the requests under way that may be of one model.
_ONE_MODELS = 0.75
#: Models whose child processes start at the same time: each has a bound on the seconds that loading may take.
WAKERS = 8


class Call(NamedTuple):
    """A request: its headers, what its path says, and its body."""

    headers: "Mapping[bytes, bytes]"
    path: "Mapping[str, str]"
    body: bytes


class Service:
    """The models of a site, and what may be asked of them."""

    def __init__(self, settings: "Settings", asleep: bool = False) -> None:
        self.settings = settings
        self.models = Models(settings.site, asleep)
        self.metrics = Metrics()
        self.threads = Threads()
        self.under_way = 0
        #: The same by model.
        self.line: "Counter[str]" = Counter()
        self.draining = False
        self._batchers: "dict[str, Batcher]" = {}
        self._looking: "asyncio.Task[None] | None" = None
        self._waking: "dict[str, asyncio.Future[None]]" = {}

    def leave(self, model: str) -> None:
        """A request of a model is answered."""
        self.line[model] -= 1
        if not self.line[model]:
            del self.line[model]

    def is_full(self, model: str) -> bool:
        """Whether too many requests are under way for another one of this model.

        One model's take three quarters of the places at most, where there are several models: one that is
        slow does not keep callers from the others.
        """
        places = self.settings.waiting
        own = places if len(self.models) < 2 else max(1, int(places * _ONE_MODELS))
        return self.under_way > places or self.line[model] > own

    async def look(self, seconds: float = 1.0) -> None:
        """See whether there are new models, in a thread: opening one may take long, and is not waited for."""
        if self._looking is None:
            if self.draining or not self.models.is_due:
                return
            self._looking = asyncio.get_running_loop().create_task(self._look())
        await asyncio.wait({self._looking}, timeout=seconds)

    async def _look(self) -> None:
        try:
            await self.threads.run(self.models.look)
        except (IncumbentError, OSError) as error:  # the folder is gone; what is open answers
            log.error("new models cannot be looked for: %s", error)
        finally:
            self._looking = None

    async def wake(self) -> None:
        """Start what runs in child processes, of several models at the same time.

        A model cannot be asked before, and says that it is not ready.
        """
        names = self.models.asleep()
        if not names:
            return
        wakers = ThreadPoolExecutor(min(len(names), WAKERS), "incumbent-wakers")
        loop = asyncio.get_running_loop()
        for name in names:
            waking = self._waking[name] = loop.run_in_executor(wakers, self.models.wake, name)
            waking.add_done_callback(lambda _, name=name: self._waking.pop(name))  # type: ignore[misc]
        wakers.shutdown(wait=False)
        await asyncio.wait(list(self._waking.values()))

    def wake_no_more(self) -> None:
        """End what is being started."""
        for name in self._waking:
            self.models.get(name).close()

    async def _predictor(self, name: str) -> Predictor:
        if name not in self.models:
            await self._awake(name)
        return self.models.get(name)

    async def _awake(self, name: str) -> None:
        waking = self._waking.get(name)
        if waking is None:
            return await self.look()
        await asyncio.wait({waking}, timeout=self.settings.seconds)
        if self.draining or not waking.done():
            raise Fault(
                503, f"the model {name!r} is being loaded", "come again", headers=((b"retry-after", b"1"),)
            )

    async def _known(self, name: str) -> Predictor:
        """A model's predictor, perhaps before it can be asked."""
        if name not in self.models and name not in self._waking:
            await self.look()
        return self.models.get(name)

    def close(self) -> None:
        """Write what waits to be logged, and let everything go."""
        self.threads.close()
        self.models.close()

    # -- rows, plainly

    async def predict(self, call: Call) -> Reply:
        """A row (an object) or rows (an array of objects): a prediction for each."""
        need_json(call.headers)
        document = read_json(call.body)
        name = call.path["model"]
        batcher = self._batchers.get(name) or self.batcher(name, await self._predictor(name))
        if isinstance(document, Mapping):
            said = await batcher.one(document)
            self.metrics.prediction(name, said)
            return Reply(200, encoded(said.document()))
        if not isinstance(document, list):
            raise InputError("the body is neither a row (an object) nor rows (an array of objects)")
        return reply([said.document() for said in await self._many(name, document, len(document))])

    def predict_at_once(self, call: Call) -> "Reply | None":
        """A prediction for a row; None where that has to wait for something, or is no row.

        Raises
        ------
        IncumbentError
            As :meth:`predict`.
        """
        name = call.path["model"]
        batcher = self._immediate(name)
        if batcher is None or call.body[:1] != b"{":
            return None
        need_json(call.headers)
        said = batcher.immediately(read_json(call.body))
        self.metrics.prediction(name, said)
        return Reply(200, encoded(said.document()))

    async def outcomes(self, call: Call) -> Reply:
        """What turned out to be true of predictions: ``id`` and ``actual``, one or an array of them."""
        need_json(call.headers)
        document = read_json(call.body)
        predictor = await self._predictor(call.path["model"])
        listed = document if isinstance(document, list) else [document]
        check_count(len(listed), self.settings.rows)
        outputs = [bundle.output for bundle in predictor.versions.values()]
        outcomes = [_outcome(given, at, outputs) for at, given in enumerate(listed)]
        for id, actual in outcomes:
            predictor.outcome(id, actual)
        return reply({"accepted": len(outcomes)}, 202)

    async def invocations(self, call: Call) -> Reply:
        """Rows in the forms that MLflow takes, or as CSV: the values."""
        name = call.path.get("model") or self.models.only()
        schema = (await self._predictor(name)).input
        if media_type(call.headers) == "text/csv":
            rows = read_csv(call.body, schema, self.settings.rows)
        else:
            need_json(call.headers)
            rows = read_invocation(read_json(call.body), schema, self.settings.rows)
        found = await self._many(name, rows, len(rows))
        return reply({"predictions": [said.value for said in found]})

    # -- the Open Inference Protocol

    async def infer(self, call: Call) -> Reply:
        """Rows as tensors."""
        name, version = call.path["model"], _version(call.path)
        predictor = await self._predictor(name)
        bundle = _published(predictor.versions, version)
        asked = read_request(call.headers, call.body, self.settings.rows)
        if asked.count == 1 and version is None:
            found = [await self.batcher(name, predictor).one(asked.row())]
            self.metrics.prediction(name, found[0])
        else:
            found = await self._many(name, asked.columns, asked.count, version)
        champion = next(iter(predictor.versions), None) if version is None else version
        return _inferred(asked, name, found, champion, bundle)

    def infer_at_once(self, call: Call) -> "Reply | None":
        """The answer to one row as tensors; None where that has to wait for something, or are more rows.

        Raises
        ------
        IncumbentError
            As :meth:`infer`.
        """
        name = call.path["model"]
        batcher = self._immediate(name)
        if batcher is None:
            return None
        asked = read_request(call.headers, call.body, self.settings.rows)
        if asked.count != 1 or asked.outputs:
            return None
        bundle = _published(batcher.predictor.versions, None)
        said = batcher.immediately(asked.row())
        self.metrics.prediction(name, said)
        return _inferred(asked, name, [said], None, bundle)

    async def server_metadata(self, call: Call) -> Reply:
        """The server's name, version and extensions."""
        return reply(
            {"name": "incumbent", "version": incumbent.__version__, "extensions": ["binary_tensor_data"]}
        )

    async def live(self, call: Call) -> Reply:
        """Whether the process answers at all."""
        return reply({"live": True})

    async def ready(self, call: Call) -> Reply:
        """Whether every published model can be asked."""
        await self.look()
        ready = not (self.draining or self.models.broken or self._waking)
        return reply({"ready": ready}, 200 if ready else 503)

    async def model_metadata(self, call: Call) -> Reply:
        """A model's versions, inputs and outputs."""
        predictor = await self._known(call.path["model"])
        version = _version(call.path)
        _published(predictor.versions, version)
        return reply(metadata(call.path["model"], predictor, version))

    async def model_ready(self, call: Call) -> Reply:
        """Whether a model, or one of its versions, can be asked."""
        name = call.path["model"]
        predictor = await self._known(name)
        _published(predictor.versions, _version(call.path))
        ready = not (self.draining or name in self._waking)
        return reply({"name": name, "ready": ready}, 200 if ready else 503)

    # -- about the service

    async def list_models(self, call: Call) -> Reply:
        """Every model, and how its predictor does."""
        await self.look()
        names = self.models.names
        return reply([{"name": name, **self.models.get(name).status()} for name in names])

    async def prometheus(self, call: Call) -> Reply:
        """Figures for Prometheus."""
        gauges = self.gauges()
        return Reply(200, await self.threads.run(self.metrics.text, self.under_way, gauges), KIND)

    async def openapi(self, call: Call) -> Reply:
        """The description of all this."""
        from incumbent.serve.openapi import description

        await self.look()
        return reply(description(self))

    def gauges(self) -> "dict[str, tuple[int, int]]":
        """Of each model its revision, and how many problems it has."""
        found = {}
        for name in self.models.names:
            predictor = self.models.get(name)
            found[name] = predictor.configuration.revision, len(predictor.problems)
        return found

    # -- in common

    def _immediate(self, name: str) -> "Batcher | None":
        """The line of a model that has been asked, where nobody has to stand in it now."""
        found = self._batchers.get(name)
        return None if found is None or not found.is_immediate else found

    def batcher(self, name: str, predictor: Predictor) -> Batcher:
        """The line in which a model's rows stand."""
        found = self._batchers.get(name)
        if found is None:
            found = self._batchers[name] = Batcher(
                predictor,
                self.threads,
                self.settings.seconds,
                lambda rows: self.metrics.together(name, rows),
            )
        return found

    async def _many(
        self, name: str, rows: Any, count: int, version: "int | None" = None
    ) -> "list[Prediction]":
        check_count(count, self.settings.rows)
        batcher = self.batcher(name, await self._predictor(name))
        if version is None:
            found = await batcher.many(rows, count)
        else:
            found = await batcher.by_version(version, rows, count)
        for said in found:
            self.metrics.prediction(name, said)
        return found


def _inferred(
    asked: Asked,
    model: str,
    found: "Sequence[Prediction]",
    champion: "int | None",
    bundle: "Bundle | None",
) -> Reply:
    """Predictions as tensors: of the version that made all of them, else of the champion."""
    answering = {said.version for said in found}
    who = answering.pop() if len(answering) == 1 else champion
    output = None if bundle is None else bundle.output
    return reply(answered(asked, model, "" if who is None else str(who), found, output))


def _published(versions: "Mapping[int, Any]", version: "int | None") -> Any:
    try:
        return chosen(versions, version)
    except InputError as error:
        raise Fault(404, error.message, error.hint) from None


def _version(path: "Mapping[str, str]") -> "int | None":
    said = path.get("version")
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise Fault(404, f"there is no version {said[:40]!r}", "versions are numbers")
    return int(said)


def _outcome(given: Any, at: int, outputs: "Sequence[OutputSchema]") -> "tuple[str, Any]":
    where = f"outcome {at}"
    if not isinstance(given, Mapping) or not {"id", "actual"} <= set(given):
        raise InputError(f"{where} lacks id or actual", 'such as {"id": "5f0c-2a", "actual": 1}')
    id, actual = given["id"], given["actual"]
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
        raise InputError(f"{where}: id is not the id of a prediction", "a prediction says its id")
    if not isinstance(actual, (str, int, float, bool)):
        raise InputError(f"{where}: actual is neither a number nor a class")
    try:
        return id, outcome_of(actual, outputs)
    except InputError as error:
        raise InputError(f"{where}: actual: {error.message}") from None
