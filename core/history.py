"""What history screens show: measurements by page, and the picture of a back-test, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from incumbent.errors import UsageError
from store.records import InSample, Measurement, Requirement, Verdict

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Measurements of one back-test that a picture is made of, at most.
_MOST = 20_000


@dataclass(frozen=True)
class Point:
    """One version on one partition (or window)."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    in_sample: InSample
    verdict: Verdict | None
    reason: str | None

    @property
    def counts(self) -> bool:
        """Whether it says something about the version: not rows that shaped it, nor rows before those."""
        return self.in_sample in ("no", "part", "unknown")


@dataclass(frozen=True)
class Curve:
    """One metric of one version along the labels of a picture; None where it was not measured."""

    version: int
    points: tuple[Point | None, ...]
    overall: Point | None


@dataclass(frozen=True)
class Picture:
    """One metric of several versions over the same partitions or windows."""

    metric: str
    labels: tuple[str, ...]
    curves: tuple[Curve, ...]
    requirement: Requirement | None
    run: int | None
    when: str | None

    def curve(self, version: int) -> Curve | None:
        """The curve of a version."""
        return next((curve for curve in self.curves if curve.version == version), None)


def listing(
    workspace: Workspace,
    model: str,
    *,
    check: str | None = None,
    metric: str | None = None,
    version: int | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Measurements, newest first, as ``history --json`` prints them; what is None is not asked for.

    Raises
    ------
    UsageError
        If there is no such model or version, or the metric was never measured of this model.
    """
    with workspace.store() as store:
        if version is not None:
            store.versions.get(model, version)
        page = store.measurements.history(model, check=check, metric=metric, version=version, limit=limit)
        if metric is not None and not page.rows:
            _check_known(metric, store.measurements.metrics(model), model)
        return [document(measurement) for measurement in page.rows]


def _check_known(metric: str, measured: Sequence[str], model: str) -> None:
    if measured and metric not in measured:
        like = get_close_matches(metric, measured, 1)
        hint = f"did you mean {like[0]!r}?" if like else f"measured were {', '.join(measured)}"
        raise UsageError(f"{metric!r} was never measured of {model}", hint=hint)


def document(measurement: Measurement) -> dict[str, Any]:
    """A measurement as plain data."""
    return {
        "run": measurement.run,
        "check": measurement.check,
        "version": measurement.version,
        "when": measurement.when,
        "as_of": measurement.as_of,
        "partition": measurement.partition,
        "segment": measurement.segment,
        "metric": measurement.metric,
        "value": measurement.value,
        "low": measurement.low,
        "high": measurement.high,
        "n": measurement.n,
        "in_sample": measurement.in_sample,
        "verdict": measurement.verdict,
        "reason": measurement.reason,
    }


def backtest_pictures(store: Store, model: str) -> dict[str, Picture]:
    """Metric → picture of the last back-test; empty where there was none. The primary metric comes first."""
    last = store.runs.last(model, "backtest")
    if last is None:
        return {}
    rows = [m for m in store.measurements.of_run(last.id)[:_MOST] if m.segment is None]
    labels = tuple(dict.fromkeys(m.partition for m in rows if m.partition is not None))
    metrics = dict.fromkeys(m.metric for m in rows)
    primary = str((last.result or {}).get("metric", ""))
    ordered = [*(name for name in metrics if name == primary), *(name for name in metrics if name != primary)]
    live = store.requirements.live(model)
    return {
        name: Picture(
            name, labels, _curves([m for m in rows if m.metric == name], labels), _asked(live, name), last.id,
            last.finished,
        )
        for name in ordered
    }  # fmt: skip


def nowtest_picture(
    store: Store, model: str, metric: str, versions: Sequence[int], limit: int = 60
) -> Picture:
    """The latest now-tests of some versions, oldest first, one label a moment."""
    read = store.measurements.series
    series = {number: read(model, "nowtest", metric, number, limit) for number in versions}
    labels = tuple(sorted({_moment(m) for found in series.values() for m in found})[-limit:])
    curves = []
    for number, found in series.items():
        by_label = {_moment(m): _point(m, _moment(m)) for m in found}
        curves.append(Curve(number, tuple(by_label.get(label) for label in labels), None))
    asked = _asked(store.requirements.live(model), metric)
    return Picture(metric, labels, tuple(curves), asked, None, None)


def _asked(requirements: Sequence[Requirement], metric: str) -> Requirement | None:
    """The requirement on a metric, by whichever of its names."""
    from core.metrics import same_metric

    return next((r for r in requirements if r.segment is None and same_metric(r.metric, metric)), None)


def _curves(rows: Sequence[Measurement], labels: Sequence[str]) -> tuple[Curve, ...]:
    curves = []
    for version in sorted({m.version for m in rows}):
        mine = {m.partition: _point(m, m.partition or "") for m in rows if m.version == version}
        curves.append(Curve(version, tuple(mine.get(label) for label in labels), mine.get(None)))
    return tuple(curves)


def _point(m: Measurement, label: str) -> Point:
    return Point(label, m.value, m.low, m.high, m.n, m.in_sample, m.verdict, m.reason)


def _moment(m: Measurement) -> str:
    return (m.as_of or m.when)[:10]


def lineage(workspace: Workspace, version_hash: str) -> dict[str, Any]:
    """Where a version came from, as its bundle tells; empty where the bundle is gone or damaged.

    Only the file is read: nothing is verified, no algorithm is loaded.
    """
    import json

    try:
        found = json.loads((workspace.bundle_path(version_hash) / "lineage.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
