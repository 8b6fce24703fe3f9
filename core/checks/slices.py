"""Measuring one slice of history for several versions: read once, predict once a version, measure.

A slice is a partition or a window. What is found is packed as bytes, so that it can come back from another
process and be kept: a slice measured once is not measured again.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checks.cut import Cut
from core.metrics.catalogue import resolve
from core.metrics.custom import NO_CUSTOM, CustomMetrics
from core.spec import ModelSpec
from core.timeline import as_period
from core.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np

    from core.checks.own_metrics import OwnMeasurer
    from core.checks.sampling import Truth
    from core.data import Source
    from core.metrics.sample import Sample
    from core.scoring import Scorer
    from core.statistics.estimate import Estimate
    from core.statistics.packing import BlockSeries
    from incumbent.bundle import Bundle
    from incumbent.columns import Array, Columns

#: Raised when measuring changes: what was measured before is then measured again.
FORMAT = 4
#: From so many predictions on, the versions on a slice are measured at the same time.
TOGETHER = 50_000
REFUSED = "refused"  # pseudo-metric: rows that the version could not answer
LOSSES = "losses"  # the series that the early warning watches


@dataclass(frozen=True)
class Slice:
    """A stretch of history.

    Parameters
    ----------
    label : str
        The partition's, or ``window``.
    since, until : datetime or None
    fingerprint : str
        Of its content as of the run's moment.
    rows, labelled : int
        As of the run's moment; of a window they are not counted.
    window : bool
        Whether it is a window, which may lie across partitions.
    """

    label: str
    since: datetime | None
    until: datetime | None
    fingerprint: str
    rows: int = 0
    labelled: int = 0
    window: bool = False


@dataclass(frozen=True)
class Wish:
    """One version on the rows of a slice that a rule chooses (None: all of them)."""

    number: int
    hash: str
    cut: Cut | None = None


@dataclass(frozen=True)
class Setting:
    """What is equal for all slices of a run. Plain enough to be sent to another process.

    ``trusted`` are types and sources that a person has trusted; ``segments`` are columns (``carrier``), or
    one value of a column (``carrier=UA``).
    """

    root: Path
    spec: Mapping[str, Any]
    metrics: tuple[str, ...]
    segments: tuple[str, ...]
    as_of: datetime | None
    baseline: str | None  # hash of the trivial baseline's bundle
    trusted: Mapping[str, Any] = field(default_factory=dict)
    custom: CustomMetrics = NO_CUSTOM

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Those of the metrics that are the model's own."""
        return tuple(name for name in self.metrics if resolve(name, self.custom).kind == "custom")

    @cached_property
    def shares_days(self) -> bool:
        """Whether partitions may have days in common: they are no periods, and the rows have times."""
        spec = ModelSpec.from_document(self.spec)
        return spec.time is not None and spec.group is None and as_period(spec.partition) is None

    @property
    def key(self) -> str:
        """What tells the settings of one process apart."""
        return json.dumps([str(self.root), self.spec, self.fingerprint(), str(self.as_of)], default=str)

    def fingerprint(self) -> str:
        """Of everything that decides how a slice is measured, but for the version and the rows.

        The order of the metrics does not: a requirement on a metric that is measured anyway costs nothing.
        """
        spec = ModelSpec.from_document(self.spec)
        cost = None if spec.cost is None else [spec.cost.fp, spec.cost.fn]
        parts = [
            FORMAT, sorted(self.metrics), sorted(self.segments), spec.target, str(spec.positive), spec.time,
            spec.group, spec.weight, cost, self.baseline, *([self.custom.digest] if self.own else []),
            *(["blocks told"] if self.shares_days else []),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def data_key(piece: Slice, wish: Wish) -> str:
    """What identifies the rows that a wish is measured on."""
    return piece.fingerprint if wish.cut is None else f"{piece.fingerprint}@{wish.cut.key}"


def measure_slice(setting: Setting, piece: Slice, wishes: tuple[Wish, ...]) -> list[tuple[Wish, bytes]]:
    """Measure several versions on one slice. Runs in any process.

    Returns
    -------
    list of (Wish, bytes)
        In the order of the wishes; the bytes are those of :func:`core.statistics.packing.pack`.
    """
    return _measurer(setting).measure(piece, wishes)


_OPEN: dict[tuple[str, int], Measurer] = {}  # by what is measured, and thread
_BUNDLES: dict[str, Bundles] = {}  # by what is measured


def _measurer(setting: Setting) -> Measurer:
    """This thread's measurer of a run, so that bundles and catalogues are opened once."""
    key = setting.key, threading.get_ident()
    if key not in _OPEN:
        _OPEN[key] = Measurer(setting, bundles=_BUNDLES.setdefault(setting.key, Bundles()))
    return _OPEN[key]


def close_measurers(setting: Setting) -> None:
    """End what :func:`measure_slice` opened in any thread of this process; nothing may be at work."""
    for key in [key for key in list(_OPEN) if key[0] == setting.key]:
        _OPEN.pop(key).close()
    _BUNDLES.pop(setting.key, None)


class Bundles:
    """Bundles that several threads predict with, each opened once."""

    def __init__(self) -> None:
        self._open: dict[str, Bundle] = {}
        self._lock = threading.Lock()

    def get(self, version_hash: str, folder: Path, trusted: Mapping[str, Any]) -> Bundle:
        """The bundle of this hash, which is in a folder."""
        from incumbent.bundle import Bundle

        with self._lock:
            if version_hash not in self._open:
                self._open[version_hash] = Bundle.open(folder, expect=version_hash, trusted=trusted)
            return self._open[version_hash]


class Measurer:
    """A source and open scorers, for one slice after another.

    Parameters
    ----------
    setting : Setting
    threads : int
        How many versions are measured at the same time.
    bundles : Bundles, optional
        Those that other measurers of the setting predict with.
    """

    def __init__(self, setting: Setting, threads: int = 1, bundles: Bundles | None = None) -> None:
        from contextlib import ExitStack

        self.setting = setting
        self.threads = threads
        self._bundles = bundles or Bundles()
        self.spec = ModelSpec.from_document(setting.spec)
        self.workspace = Workspace(setting.root)
        self._stack = ExitStack()
        self._scorers: dict[str, Scorer] = {}

    def __enter__(self) -> Measurer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what was opened."""
        self._stack.close()

    @cached_property
    def source(self) -> Source:
        """The model's data."""
        return open_model_source(self.workspace, self.spec)

    def scorer(self, version_hash: str) -> Scorer:
        """The scorer of a bundle, opened once."""
        from core.scoring import open_scorer

        if version_hash not in self._scorers:
            folder = self.workspace.bundle_path(version_hash)
            if not folder.is_dir():
                folder = refit_folder(self.workspace, version_hash)
            self._scorers[version_hash] = self._stack.enter_context(
                open_scorer(
                    self.workspace,
                    folder,
                    python=self.spec.python,
                    trusted=self.setting.trusted,
                    bundle=self._bundles.get(version_hash, folder, self.setting.trusted),
                )
            )
        return self._scorers[version_hash]

    @cached_property
    def own(self) -> OwnMeasurer:
        """What computes the model's own metrics."""
        from core.checks.own_metrics import OwnMeasurer

        made = OwnMeasurer(self.workspace, self.spec, self.setting.custom)
        self._stack.callback(made.close)
        return made

    def measure(self, piece: Slice, wishes: tuple[Wish, ...]) -> list[tuple[Wish, bytes]]:
        """Every wish on the slice."""
        import numpy as np

        from core.checks.sampling import Truth, labelled_rows
        from incumbent.columns import row_count, take

        rows = self._read(piece, wishes)
        sound = labelled_rows(rows[self.spec.target])
        if not sound.all():
            rows = take(rows, np.flatnonzero(sound))
        whole = Truth(self.spec, self._judged_columns(rows))
        cuts = {cut: self._chosen(whole, rows, cut) for cut in dict.fromkeys(w.cut for w in wishes)}
        found: dict[Wish, bytes] = {}

        def work(version_hash: str) -> None:
            scores = self._scores(version_hash, rows) if row_count(rows) else None
            for wish in (w for w in wishes if w.hash == version_hash):
                found[wish] = self._measured(wish, *cuts[wish.cut], scores)

        self._each(work, list(dict.fromkeys(w.hash for w in wishes)), row_count(rows))
        return [(wish, found[wish]) for wish in wishes]

    def _each(self, work: Callable[[str], None], hashes: Sequence[str], rows: int) -> None:
        """Do the work of every version, several at a time where that pays."""
        if self.threads < 2 or rows * len(hashes) < TOGETHER or self.setting.own:
            for version_hash in hashes:
                work(version_hash)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(work, hashes))  # raises what one of them raised

    def _judged_columns(self, rows: dict[str, Array]) -> dict[str, Array]:
        """The columns that measuring looks at, which are few beside those that predicting does."""
        if self.setting.own:
            return rows
        return {name: rows[name] for name in self._beside_inputs()}

    def _beside_inputs(self) -> list[str]:
        spec = self.spec
        named = [spec.target, spec.time, spec.group, spec.weight]
        named += [segment.partition("=")[0] for segment in self.setting.segments]
        return [name for name in dict.fromkeys(named) if name is not None]

    def _chosen(self, whole: Truth, rows: Columns, cut: Cut | None) -> tuple[Truth, np.ndarray | None]:
        """The rows that count, and which they are (None: all of them)."""
        if cut is None:
            return whole, None
        chosen = cut.positions(rows, self.spec.time)
        return whole.at(chosen), chosen

    def _read(self, piece: Slice, wishes: tuple[Wish, ...]) -> dict[str, Array]:
        needed = self._beside_inputs()
        if self.setting.own:
            needed += [column.name for column in self.source.describe().columns]
        for wish in wishes:
            needed += self.scorer(wish.hash).bundle.input.names
            needed += [] if wish.cut is None else wish.cut.columns
        return read_slice(self.source, piece, self.setting.as_of, list(dict.fromkeys(needed)))

    def _scores(self, version_hash: str, rows: Columns) -> np.ndarray:
        return self.scorer(version_hash).scores(rows)

    def _measured(
        self, wish: Wish, truth: Truth, chosen: np.ndarray | None, scores: np.ndarray | None
    ) -> bytes:
        from core.checks.pooling import keep
        from core.checks.sampling import segments
        from core.statistics.packing import pack

        if scores is not None and chosen is not None:
            scores = scores[chosen]
        if scores is None or not len(scores):
            return pack(_nothing(self.setting.metrics))
        sample, found = self._estimates(wish, truth, scores)
        for segment in self.setting.segments:
            column, _, value = segment.partition("=")
            for name, positions in segments(truth.rows[column], column, value or None):
                _, part = self._estimates(wish, truth.at(positions), scores[positions])
                found.update({f"{metric}\t{name}": estimate for metric, estimate in part.items()})
        return pack(found, {**keep(sample), **self._losses(wish, truth.rows, sample)})

    def _losses(self, wish: Wish, rows: Columns, sample: Sample) -> dict[str, BlockSeries]:
        """The losses that the early warning watches: of spans of time, whatever the blocks are."""
        import numpy as np

        from core.metrics.losses import bounded_losses
        from core.statistics.blocks import choose_blocks
        from core.statistics.precision import TIMELY

        if self.spec.group is not None and self.spec.time is not None:
            sample = replace(sample, blocks=choose_blocks(np.asarray(rows[self.spec.time]), None, sample.n))
        if sample.blocks.unit not in TIMELY:
            return {}
        output = self.scorer(wish.hash).bundle.output
        if output.task == "classification":
            return {LOSSES: bounded_losses(sample)}
        if output.low is None or output.high is None or output.high <= output.low:
            return {}
        return {LOSSES: bounded_losses(sample, scale=output.high - output.low)}

    def _estimates(self, wish: Wish, truth: Truth, scores: np.ndarray) -> tuple[Sample, dict[str, Estimate]]:
        import numpy as np

        from core.checks.own_metrics import joined
        from core.checks.sampling import answer, sample_of
        from core.metrics.measure import measure
        from core.statistics.estimate import Estimate
        from core.statistics.precision import TIMELY

        bundle = self.scorer(wish.hash).bundle
        fallback = np.array([0.0])
        if self.setting.baseline is not None:
            fallback = np.asarray(self.scorer(self.setting.baseline).bundle.algorithm().predict_row({}))
        answered = answer(scores, fallback)
        sample = sample_of(truth, bundle.output, answered.scores)
        own = self.setting.own
        found = measure(sample, [name for name in self.setting.metrics if name not in own])
        if own:
            found.update(self.own.measure(bundle.output, truth.rows, sample, own))
        if self.setting.shares_days and sample.blocks.unit in TIMELY:
            told = {blocks.key: blocks.labels for blocks in (sample.blocks, joined(sample.blocks))}
            found = {name: replace(e, labels=told.get(e.key, ())) for name, e in found.items()}
        found[REFUSED] = Estimate(float(answered.refused), None, None, sample.n)
        return sample, found


def _nothing(metrics: tuple[str, ...]) -> dict[str, Estimate]:
    from core.statistics.estimate import Estimate

    return {name: Estimate(None, None, None, 0, reason="no labelled rows") for name in metrics}


def refit_folder(workspace: Workspace, version_hash: str) -> Path:
    """Where a walk-forward keeps a bundle that is no version."""
    return workspace.cache / "walk-forward" / version_hash


def open_model_source(workspace: Workspace, spec: ModelSpec) -> Source:
    """The data source of a model."""
    from core.data import open_source

    return open_source(spec, workspace.root)


def read_slice(source: Source, piece: Slice, as_of: datetime | None, names: list[str]) -> dict[str, Array]:
    """The rows of a slice, with these columns."""
    if piece.window:
        return source.read_columns(piece.since, piece.until, as_of, names)
    return source.partition_columns(piece.label, as_of, names, piece.since, piece.until)
