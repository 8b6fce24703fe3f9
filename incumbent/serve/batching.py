"""Rows that wait at the same time are predicted together; nobody waits for company.

What is quick (our own algorithms, in microseconds) is predicted on the event loop: a row at once, or with
those that arrived in the same turn of the loop, whichever costs less. What is slow (a child process) is
predicted in a thread; while it is at work the next rows collect, and go together.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Sequence

from incumbent.serve.pace import Pace
from incumbent.serve.replies import Fault

if TYPE_CHECKING:
    from incumbent.prediction import Prediction
    from incumbent.predictor import Predictor

#: Rows that go together at most.
MOST_TOGETHER = 512
#: A request of more rows than these is predicted in a thread, so that others need not wait for it.
MOST_ON_LOOP = 64
THREADS = 4


class _Waiting(NamedTuple):
    """A row in line, and where its prediction is awaited."""

    row: "Mapping[str, Any]"
    answer: "asyncio.Future[Prediction]"


class Threads:
    """A few threads for what takes long; begun when first asked for, so that a process can fork before."""

    def __init__(self) -> None:
        self._pool: "ThreadPoolExecutor | None" = None

    async def run(self, work: "Callable[..., Any]", *arguments: Any) -> Any:
        """Do something in a thread."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, "incumbent-serve")
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    def close(self) -> None:
        """Let the threads end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


class Batcher:
    """The rows of one model, on their way to its predictor.

    Parameters
    ----------
    predictor : Predictor
    threads : Threads
    seconds : float
        That an answer may take.
    together : callable
        Told how many rows went together, each time.
    """

    def __init__(
        self, predictor: "Predictor", threads: Threads, seconds: float, together: "Callable[[int], None]"
    ) -> None:
        self.predictor = predictor
        self._threads = threads
        self._seconds = seconds
        self._tell = together
        self._pace = Pace()
        self._waiting: "list[_Waiting]" = []
        self._busy = False
        self._work: "asyncio.Task[None] | None" = None

    @property
    def waiting(self) -> int:
        """Rows that wait."""
        return len(self._waiting)

    @property
    def is_immediate(self) -> bool:
        """Whether the next row is best predicted by itself, at once."""
        return not self._pace.together and self.predictor.is_quick

    def immediately(self, row: "Mapping[str, Any]") -> "Prediction":
        """Predict a row on the spot.

        Raises
        ------
        InputError
            For a malformed row.
        """
        found = self.predictor.predict(row)
        self._pace.took_alone(found.seconds)
        return found

    async def one(self, row: "Mapping[str, Any]") -> "Prediction":
        """Predict a row.

        Raises
        ------
        InputError
            For a malformed row.
        Fault
            504 where it takes too long.
        """
        if self.is_immediate:
            return self.immediately(row)
        predictor = self.predictor
        quick = predictor.is_quick
        if not quick and predictor.input.columns:
            predictor.input.check_row(row)  # a malformed one shall not wait, nor make others wait
        loop = asyncio.get_running_loop()
        answer: "asyncio.Future[Prediction]" = loop.create_future()
        self._waiting.append(_Waiting(row, answer))
        if self._busy:
            return await self._in_time(loop, answer)
        self._busy = True
        if quick:
            loop.call_soon(self._on_loop)
            return await answer
        self._work = loop.create_task(self._in_threads())
        return await self._in_time(loop, answer)

    async def many(self, rows: Any, count: int) -> "list[Prediction]":
        """Predict the rows of one request.

        Parameters
        ----------
        rows : sequence of mappings, or mapping of columns
        count : int
        """
        return await self._do(self.predictor.predict_many, rows, count)

    async def by_version(self, version: int, rows: Any, count: int) -> "list[Prediction]":
        """Have the rows of one request predicted by exactly one version."""
        return await self._do(lambda given: self.predictor.predict_version(version, given), rows, count)

    async def _do(
        self, work: "Callable[[Any], list[Prediction]]", rows: Any, count: int
    ) -> "list[Prediction]":
        self._tell(count)
        if count <= MOST_ON_LOOP and self.predictor.is_quick:
            return work(rows)
        try:
            done: "list[Prediction]" = await asyncio.wait_for(self._threads.run(work, rows), self._seconds)
        except asyncio.TimeoutError:
            raise self._too_late() from None
        return done

    async def _in_time(
        self, loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[Prediction]"
    ) -> "Prediction":
        def expire() -> None:
            if not answer.done():
                answer.set_exception(self._too_late())

        timer = loop.call_later(self._seconds, expire)
        try:
            return await answer
        finally:
            timer.cancel()

    def _too_late(self) -> Fault:
        return Fault(504, f"there was no answer within {self._seconds:g} s", "try again, or send fewer rows")

    # -- those that wait

    def _on_loop(self) -> None:
        self._busy = False
        waiting, self._waiting = self._waiting, []
        for at in range(0, len(waiting), MOST_TOGETHER):
            self._answer(waiting[at : at + MOST_TOGETHER])

    async def _in_threads(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                wanted = [w for w in batch if not w.answer.done()]
                if wanted:
                    found = await self._threads.run(self._predicted, [row for row, _ in wanted])
                    self._tell(len(wanted))
                    _hand_out(wanted, found)
        finally:
            self._busy = False

    def _answer(self, batch: "list[_Waiting]") -> None:
        began = time.perf_counter()
        _hand_out(batch, self._predicted([row for row, _ in batch]))
        seconds = time.perf_counter() - began
        self._tell(len(batch))
        self._pace.took_together(len(batch), seconds)

    def _predicted(self, rows: "Sequence[Mapping[str, Any]]") -> "list[Prediction | Exception]":
        """What the predictor says to each row: a prediction, or why there is none."""
        if len(rows) > 1:
            try:
                return list(self.predictor.predict_many(rows))
            except Exception:
                pass  # one of the rows is malformed, however: each is asked for itself
        return [self._single(row) for row in rows]

    def _single(self, row: "Mapping[str, Any]") -> "Prediction | Exception":
        try:
            return self.predictor.predict(row)
        except Exception as error:  # handed to whoever asked for this row
            return error


def _hand_out(batch: "list[_Waiting]", found: "list[Prediction | Exception]") -> None:
    for (_, answer), said in zip(batch, found):
        if answer.done():
            continue
        if isinstance(said, Exception):
            answer.set_exception(said)
        else:
            answer.set_result(said)
