"""Measuring slices for several versions: what is known is taken, the rest measured in parallel and kept."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from core.checks.slices import Measurer, Setting, Slice, Wish, close_measurers, data_key, measure_slice
from core.workspace import Workspace
from incumbent.errors import Interrupted, StoreError
from store.records import Measured

if TYPE_CHECKING:
    from core.statistics.estimate import Estimate
    from core.statistics.packing import BlockSeries
    from store import Store

#: Below so many predictions, opening all versions once for each thread costs more than it saves.
WORTH_THREADS = 400_000

Progress = Callable[[float | None, str], None]


class Measures(NamedTuple):
    """What was found on one slice: estimates by metric, and what was kept of its rows."""

    estimates: "dict[str, Estimate]"
    kept: "dict[str, BlockSeries]"


Found = dict[tuple[str, Wish], Measures]  # by slice label and wish


def measure_all(
    store: Store,
    setting: Setting,
    plan: Mapping[Slice, Sequence[Wish]],
    *,
    progress: Progress,
    cancelled: Callable[[], bool],
    jobs: int | None = None,
    unaltered: Collection[str] = (),
) -> Found:
    """Estimates of every wish of a plan.

    What was measured before on the same bundle, rows and metrics is taken from the store. The rest is
    measured slice by slice, in several threads where that pays; each slice is kept as soon as it is
    measured, so what is finished when a run is cancelled stays.

    Parameters
    ----------
    unaltered : collection of str, optional
        Hashes of bundles that are compared with their files also where all of theirs was measured before;
        whoever measures does that anyway.

    Raises
    ------
    Interrupted
        Where ``cancelled`` says so, between two slices.
    BundleError
        For a bundle that was altered.
    """
    metrics = setting.fingerprint()
    known = _known(store, metrics, plan)
    found: Found = {}
    open_slices: list[tuple[Slice, tuple[Wish, ...]]] = []
    for piece, wishes in plan.items():
        missing = []
        for wish in dict.fromkeys(wishes):
            measures = known.get((wish.hash, data_key(piece, wish), metrics))
            if measures is None:
                missing.append(wish)
            else:
                found[piece.label, wish] = measures
        if missing:
            open_slices.append((piece, tuple(missing)))
    for version_hash in set(unaltered) - {wish.hash for _, wishes in open_slices for wish in wishes}:
        Workspace(setting.root).bundle(version_hash)
    total = len(open_slices)
    done = 0
    with closing(_measured(setting, open_slices, jobs, cancelled)) as measured:
        for done, (piece, results) in enumerate(measured, start=1):
            store.measured.put_many(
                [Measured(w.hash, data_key(piece, w), metrics, payload) for w, payload in results]
            )
            found.update({(piece.label, w): _unpack(payload) for w, payload in results})
            progress(done / total, f"{piece.label}: {len(results)} measured")
    if done < total:
        raise Interrupted("stopped between two partitions", hint="what was measured is kept")
    return found


def _known(
    store: Store, metrics: str, plan: Mapping[Slice, Sequence[Wish]]
) -> dict[tuple[str, str, str], Measures]:
    keys = [(w.hash, data_key(piece, w), metrics) for piece, wishes in plan.items() for w in wishes]
    known = {}
    for key, payload in store.measured.get_many(dict.fromkeys(keys)).items():
        try:
            known[key] = _unpack(payload)
        except StoreError:
            continue  # packed by another release: measured again
    return known


def _unpack(payload: bytes) -> Measures:
    from core.statistics.packing import unpack

    return Measures(*unpack(payload))


def _measured(
    setting: Setting,
    work: Sequence[tuple[Slice, tuple[Wish, ...]]],
    jobs: int | None,
    cancelled: Callable[[], bool],
) -> Generator[tuple[Slice, list[tuple[Wish, bytes]]], None, None]:
    """Measure slice after slice until cancelled; what has been begun is finished."""
    going = itertools.takewhile(lambda _: not cancelled(), work)
    wanted = jobs or min(os.cpu_count() or 1, len(work))
    size = sum(piece.rows * len(wishes) for piece, wishes in work)
    if wanted <= 1 or len(work) < 2 or (jobs is None and size < WORTH_THREADS):
        with Measurer(setting, threads=jobs or os.cpu_count() or 1) as measurer:
            for piece, wishes in going:
                yield piece, measurer.measure(piece, wishes)
        return
    from joblib import Parallel, delayed

    parallel = Parallel(
        n_jobs=wanted, prefer="threads", return_as="generator_unordered", pre_dispatch="n_jobs"
    )
    with _one_thread_a_job():
        try:
            yield from parallel(delayed(_task)(setting, piece, wishes) for piece, wishes in going)
        finally:
            close_measurers(setting)


def _task(setting: Setting, piece: Slice, wishes: tuple[Wish, ...]) -> tuple[Slice, list[tuple[Wish, bytes]]]:
    return piece, measure_slice(setting, piece, wishes)


@contextmanager
def _one_thread_a_job() -> Iterator[None]:
    """Two jobs with two threads each are several times slower than two with one."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
