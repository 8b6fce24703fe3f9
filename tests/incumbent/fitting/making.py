"""Small trainings and registrations in this process: what a child would do with the same job."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from incumbent.bundle import Bundle
from incumbent.columns import Columns, encode, write_columns
from incumbent.fitting.register import register
from incumbent.fitting.train import train
from incumbent.fitting.trust import all_that_it_holds

#: Where modules lie that are nobody's pipeline.
INSTALLED = tuple(str(place) for place in (sys.prefix, sys.base_prefix, Path(__file__).parents[3]))

KINDS = {
    "when": "time",
    "id": "number",
    "distance": "number",
    "hour": "number",
    "carrier": "category",
    "night": "boolean",
    "note": "text",
    "late": "number",
}


def rows(count: int = 400, seed: int = 0) -> dict[str, Any]:
    """A table with a time, a key, numbers with nulls, a category with nulls, a text and a target."""
    rng = np.random.default_rng(seed)
    distance = rng.normal(1000, 300, count)
    carrier = rng.choice(["UA", "AA", "DL", "Zürich ☃"], count)
    late = (distance / 1000 + (carrier == "UA") + rng.normal(0, 0.6, count) > 1.4).astype(np.int64)
    words = np.where(late == 1, "bad weather", "clear sky")
    gaps = rng.random(count) < 0.05
    start = np.datetime64("2013-01-01", "us")
    return {
        "when": start + np.arange(count) * np.timedelta64(3_600_000_000, "us"),
        "id": np.arange(count),
        "distance": np.where(gaps, np.nan, distance),
        "hour": np.arange(count) % 24,
        "carrier": encode([None if gap else str(c) for gap, c in zip(np.roll(gaps, 7), carrier)]),
        "night": np.arange(count) % 24 < 6,
        "note": encode([f"{w} number {i % 7}" for i, w in enumerate(words)]),
        "late": late,
    }


def job(folder: Path, columns: Columns, **changes: Any) -> dict[str, Any]:
    """A job's document, its columns written beside it."""
    write_columns(folder / "columns", columns)
    (folder / "out").mkdir()
    document = {
        "job": "train",
        "folder": str(folder),
        "model": "flights",
        "task": "classification",
        "target": "late",
        "positive": 1,
        "time": "when",
        "key": "id",
        "kinds": KINDS,
        "seed": 0,
        "collection": {"rows": 0},
        "trusted": {},
        "trained": {"since": None, "until": None},
    }
    return {**document, **changes}


def trained(
    folder: Path, source: str, columns: Columns | None = None, **changes: Any
) -> tuple[Bundle, dict[str, Any]]:
    """Train with a pipeline file of this source; the bundle and the job's result."""
    user = folder / "user"
    user.mkdir(parents=True, exist_ok=True)
    path = user / changes.pop("file", "flights.py")
    path.write_text(source)
    with own_modules_only():
        result = train(
            job(
                folder,
                rows() if columns is None else columns,
                pipeline=str(path),
                user_folder=str(user),
                **changes,
            ),
            lambda share, note: None,
        )
        bundle = Bundle.open(folder / "out" / "bundle")
        opened = Bundle.open(bundle.path, trusted=all_that_it_holds(bundle))
        opened.algorithm()
    return opened, result


def registered(
    folder: Path, file: Path, columns: Columns | None = None, **changes: Any
) -> tuple[Bundle, dict[str, Any]]:
    """Register a file; the bundle and the job's result."""
    folder.mkdir(parents=True, exist_ok=True)
    with own_modules_only():
        result = register(
            job(folder, rows() if columns is None else columns, path=str(file), **changes),
            lambda share, note: None,
        )
    return Bundle.open(folder / "out" / "bundle", trusted=result["needs"]), result


@contextmanager
def own_modules_only() -> Iterator[None]:
    """Forget what a pipeline file imported from its own folder."""
    path, modules = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            origin = getattr(sys.modules[name], "__file__", None)
            if isinstance(origin, str) and not origin.startswith(INSTALLED):
                del sys.modules[name]
