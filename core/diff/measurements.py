"""What the last back-tests measured of two versions, partition by partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store import Store
    from store.records import Measurement

#: Measurements of a version that are looked through for its last back-test.
_LOOKED = 2000


def compare_measurements(store: Store, model: str, a: int, b: int) -> list[dict[str, Any]]:
    """Metric values of both versions in their last back-test, the overall row first; empty without one."""
    first, second = _last_backtest(store, model, a), _last_backtest(store, model, b)
    keys = [key for key in first if key in second]
    keys.sort(key=lambda key: (key[0] is not None, key[0] or "", key[1]))
    return [
        {
            "partition": partition,
            "metric": metric,
            "a": _figure(first[partition, metric]),
            "b": _figure(second[partition, metric]),
        }
        for partition, metric in keys
    ]


def _figure(m: Measurement) -> dict[str, Any]:
    return {"value": m.value, "low": m.low, "high": m.high, "n": m.n, "in_sample": m.in_sample}


def _last_backtest(store: Store, model: str, version: int) -> dict[tuple[str | None, str], Measurement]:
    page = store.measurements.history(model, check="backtest", version=version, limit=_LOOKED)
    rows: tuple[Measurement, ...] = page.rows
    newest = rows[0].run if rows else None
    return {(m.partition, m.metric): m for m in rows if m.run == newest and m.segment is None}
