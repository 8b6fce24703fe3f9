"""Fills a workspace with plausible, clearly synthetic history through the store's door."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from core.workspace import Workspace
from store import Store
from store.records import Measurement, NewCase, Verdict

MONTHS = tuple(f"2013-{month:02d}" for month in range(1, 13))
METRICS = ("roc_auc", "log_loss")


def fill(path: Path, models: int = 2, nights: int = 30, extra: int = 0) -> Workspace:
    """A workspace with models ``alpha``, ``beta``, …: two versions, a back-test, now-tests, alerts, a night.

    Parameters
    ----------
    nights : int
        Now-tests a model.
    extra : int
        So many more measurements of old back-tests in all, for benchmarks.
    """
    workspace = Workspace.create(path)
    with workspace.store() as store:
        for number in range(models):
            _model(store, name_of(number), number, nights)
        if extra:
            _extra(store, models, extra)
    return workspace


def name_of(number: int) -> str:
    """alpha, beta, gamma, then model-3 and so on.

    >>> name_of(1), name_of(7)
    ('beta', 'model-7')
    """
    return ("alpha", "beta", "gamma")[number] if number < 3 else f"model-{number}"


def _model(store: Store, name: str, number: int, nights: int) -> None:
    noise = random.Random(number)
    store.models.apply(name, {"name": name, "metric": "roc_auc", "target": "late"}, who="ada")
    for version, until in ((0, "2013-04-01"), (1, "2013-04-01"), (2, "2013-07-01")):
        algorithm, origin = ("native", "trained") if version else ("baseline", "baseline")
        store.versions.add(
            name,
            f"{name} {version}",
            algorithm,
            origin,
            trained_since="2013-01-01",
            trained_until=until,
            trained_rows=1000 * (version + 1),
            agreement={"max_difference": 3e-16, "rows": 256},
        )
    store.production.add(name, champion=1, who="ada", why="the first one that we had")
    store.production.mark_published(name, 1)
    store.requirements.set(name, "roc_auc", min=0.6, who="ada", why="promised")
    store.requirements.set(name, "log_loss", max=0.7, who="ada", why="promised")
    store.cases.add_many(name, [NewCase("golden", {"x": n}, {"value": n / 7}, version=1) for n in range(5)])
    for check, cron in (("nowtest", "0 2 * * *"), ("regression", "15 2 * * *")):
        store.schedules.set(name, check, cron)
    falls = number % 2 == 0
    for night in range(nights):
        as_of = (date(2013, 12, 1) + timedelta(days=night)).isoformat()
        quality = 0.70 - (0.004 * night if falls else 0.0) + noise.gauss(0, 0.01)
        _nowtest(store, name, as_of, quality)
    _backtest(store, name, noise, falls)
    run = store.runs.enqueue(name, "regression", why="nightly", who="schedule")
    store.runs.claim(1, run.id)
    store.runs.conclude(
        run.id, "pass", "v1: 5 of 5 cases pass", {"versions": [{"version": 1, "verdict": "pass"}]}
    )
    if falls:
        store.alerts.open_or_confirm(name, f"{name} nowtest", "fail", "v1: roc_auc is below min 0.6", run.id)


def _verdict(quality: float) -> Verdict:
    return "pass" if quality > 0.62 else "warn" if quality > 0.6 else "fail"


def _nowtest(store: Store, name: str, as_of: str, quality: float) -> None:
    run = store.runs.enqueue(name, "nowtest", why="nightly", who="schedule", as_of=as_of)
    store.runs.claim(1, run.id)
    verdict = _verdict(quality)
    rows = [_measurement(name, 1, "nowtest", "window", metric, quality, verdict, as_of) for metric in METRICS]
    note = f"v1: roc_auc {quality:.3f}, 1,200 rows"
    store.runs.conclude(run.id, verdict, note, {"version": 1, "verdict": verdict}, rows)


def _backtest(store: Store, name: str, noise: random.Random, falls: bool) -> None:
    run = store.runs.enqueue(name, "backtest", why="nightly", who="schedule")
    store.runs.claim(1, run.id)
    rows = list(_history(name, noise, falls))
    better = {"outcome": "better", "champion": 1, "roc_auc": {"difference": 0.04, "low": 0.02, "high": 0.06}}
    judged = [{"version": 1, "verdict": "fail" if falls else "pass"}, {"version": 2, "verdict": "pass"}]
    if falls:
        judged[1]["comparison"] = better  # type: ignore[assignment]
    result = {"metric": "roc_auc", "verdict": judged[0]["verdict"], "versions": judged}
    store.runs.conclude(run.id, judged[0]["verdict"], "v1: judged over ten months", result, rows)  # type: ignore[arg-type]


def _history(name: str, noise: random.Random, falls: bool) -> Iterator[Measurement]:
    for version in (0, 1, 2):
        for at, month in enumerate(MONTHS):
            trained = 3 if version < 2 else 6
            quality = 0.5 if version == 0 else 0.70 + 0.02 * math.sin(at) - (0.012 * at if falls else 0)
            quality += noise.gauss(0, 0.004) + (0.04 if version == 2 else 0)
            for metric in METRICS:
                yield _measurement(
                    name, version, "backtest", month, metric, quality, _verdict(quality), None, at < trained
                )
        for metric in METRICS:
            yield _measurement(
                name, version, "backtest", None, metric, 0.66 + 0.03 * (version == 2), "pass", None
            )


def _measurement(
    name: str, version: int, check: str, partition: str | None, metric: str, quality: float,
    verdict: Verdict, as_of: str | None, in_sample: bool = False,
) -> Measurement:  # fmt: skip
    value = quality if metric == "roc_auc" else 1.25 - quality
    return Measurement(
        run=0, model=name, version=version, check=check, partition=partition, segment=None,
        since="2013-11-24", until="2013-12-01", metric=metric, value=value, low=value - 0.03,
        high=value + 0.03, n=1200, in_sample="in-sample" if in_sample else "no",
        verdict=None if in_sample else verdict, reason=None, as_of=as_of, when="",
    )  # fmt: skip


def _extra(store: Store, models: int, count: int) -> None:
    """Old back-tests: many measurements in few runs."""
    per_run = 20_000
    for at in range(math.ceil(count / per_run)):
        name = name_of(at % models)
        run = store.runs.enqueue(name, "backtest", why="nightly", who="schedule", as_of="2012-12-31")
        store.runs.claim(1, run.id)
        rows = (
            _measurement(
                name, 1, "backtest", f"2012-{n % 12 + 1:02d}", METRICS[n % 2], 0.7, "pass", "2012-12-31"
            )
            for n in range(min(per_run, count - at * per_run))
        )
        store.runs.conclude(run.id, "pass", "an old back-test", {"verdict": "pass", "versions": []}, rows)
