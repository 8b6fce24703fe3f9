"""A model's own metrics on a slice: computed in a child process, by the functions of its metrics file."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.metrics.custom import PREFIX, CustomMetrics
from core.metrics.metric import Metric
from core.serving_child import ServingChild
from core.statistics.blocks import Blocks
from core.statistics.estimate import Estimate
from core.statistics.jackknife import estimate
from incumbent.columns import Columns, write_columns
from incumbent.schema import OutputSchema

if TYPE_CHECKING:
    from core.metrics.sample import Sample
    from core.spec import ModelSpec
    from core.workspace import Workspace

#: Each metric is called once, and once without each block: more blocks than this are joined.
MOST_BLOCKS = 50
#: Seconds that the metrics of one slice may take.
TIME_LIMIT = 600.0


class MetricsChild(ServingChild):
    """A child process that imported a metrics file."""

    does = "computed the model's own metrics"


@dataclass
class OwnMeasurer:
    """The functions of one metrics file, for one slice after another; its child starts with the first."""

    workspace: Workspace
    spec: ModelSpec
    custom: CustomMetrics
    _stack: ExitStack = field(default_factory=ExitStack)
    _child: MetricsChild | None = None

    def close(self) -> None:
        """End the child; harmless a second time."""
        self._stack.close()
        self._child = None

    def measure(
        self, output: OutputSchema, rows: Columns, sample: Sample, names: Sequence[str]
    ) -> dict[str, Estimate]:
        """Values with their intervals, by the names that were asked for.

        Parameters
        ----------
        output : OutputSchema
            What the version's predictions are.
        rows : mapping of str to array
            All columns of the slice, the target among them; shape (rows,) each.
        sample : Sample
            Of the same rows.
        names : sequence of str
            Of the model's own metrics.

        Raises
        ------
        FittingError
            With the line of the metrics file, where a function fails or returns no number.
        """
        from core.metrics.catalogue import resolve

        metrics = {name: resolve(name, self.custom) for name in names}
        blocks = joined(sample.blocks)
        values = self._ask(output, rows, sample, blocks, [m.name for m in metrics.values()])
        return {name: self._estimate(m, values[m.name], sample, blocks) for name, m in metrics.items()}

    def _estimate(
        self, metric: Metric, values: Sequence[float | None], sample: Sample, blocks: Blocks
    ) -> Estimate:
        found = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
        value = None if values[0] is None else float(found[0])
        replicates = found[1:]
        if metric.name in self.custom.totals:
            replicates = replicates * (sample.n / np.maximum(sample.n - blocks.sizes, 1))
        return estimate(
            value,
            None if value is None else replicates,
            n=sample.n,
            unit=blocks.unit,
            key=blocks.key,
            rarer=None,
            bounds=metric.bounds,
            reason="" if value is not None else "it has no finite value",
        )

    def _ask(
        self, output: OutputSchema, rows: Columns, sample: Sample, blocks: Blocks, wanted: Sequence[str]
    ) -> dict[str, list[float | None]]:
        child = self._started()
        folder = child.folder / "slice"
        write_columns(folder / "rows", rows)
        write_columns(folder / "answers", _answers(self.spec.target, output, rows, sample, blocks))
        request: dict[str, Any] = {
            "rows": str(folder / "rows"),
            "answers": str(folder / "answers"),
            "classes": None if output.task == "regression" else list(output.classes),
            "blocks": blocks.count,
            "functions": [name.removeprefix(PREFIX) for name in wanted],
        }
        answer = child.ask(request, time_limit=TIME_LIMIT)
        shutil.rmtree(folder, ignore_errors=True)
        return {PREFIX + name: values for name, values in answer["values"].items()}

    def _started(self) -> MetricsChild:
        if self._child is None:
            job = {"job": "metrics", "metrics": self.custom.path}
            self._child = self._stack.enter_context(MetricsChild(self.workspace, job, self.spec.python))
        return self._child


def joined(blocks: Blocks) -> Blocks:
    """The same rows in at most :data:`MOST_BLOCKS` blocks: neighbours are joined.

    Examples
    --------
    >>> many = Blocks(np.arange(120), tuple(map(str, range(120))), "day")
    >>> few = joined(many)
    >>> few.count, few.codes[:5].tolist(), few.labels[:3]
    (50, [0, 0, 0, 1, 1], ('0', '3', '5'))
    """
    if blocks.count <= MOST_BLOCKS:
        return blocks
    runs = np.arange(blocks.count) * MOST_BLOCKS // blocks.count
    firsts = np.searchsorted(runs, np.arange(MOST_BLOCKS))
    return Blocks(runs[blocks.codes], tuple(blocks.labels[i] for i in firsts), blocks.unit)


def _answers(
    target: str, output: OutputSchema, rows: Columns, sample: Sample, blocks: Blocks
) -> dict[str, Any]:
    predicted = np.asarray(sample.predicted)
    found: dict[str, Any] = {
        "actual": rows[target],
        "predicted": predicted if output.task == "regression" else predicted.astype(np.int64),
        "block": blocks.codes,
    }
    if sample.probabilities is not None:
        for place in range(len(output.classes)):
            found[f"probability {place}"] = np.ascontiguousarray(sample.probabilities[:, place])
    return found
