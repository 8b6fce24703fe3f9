"""Published folders made by hand: small native versions, and one whose code misbehaves on demand."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from incumbent.bundle import Bundle, write_bundle
from incumbent.fitting import skops_file
from incumbent.fitting.convert import convert
from incumbent.fitting.usercode import import_file
from incumbent.native.model import NativeModel
from incumbent.production import Baseline, Configuration, Link, point, stage
from incumbent.schema import InputColumn, InputSchema, OutputSchema

CARRIERS = ("bus", "rail", "tram")
SCHEMA = InputSchema(
    (
        InputColumn("distance", "number", "float64", 1.0, 90.0),
        InputColumn("stops", "number", "int64", 0.0, 40.0),
        InputColumn("carrier", "category", "text", categories=CARRIERS),
    )
)
OUTPUT = OutputSchema("classification", "probabilities", ("no", "yes"), "yes")
BASELINE = Baseline("no", (0.75, 0.25), ("no", "yes"))
ROW: dict[str, Any] = {"distance": 30.0, "stops": 4, "carrier": "bus"}

#: Answers 0.25 for everything, but for distances that are instructions.
ODD = """
import os
import time

import numpy as np
from sklearn.base import BaseEstimator

RAISE, HANG, NAN, HUGE, END, PRINT, REFUSE, SHAPE, NONSENSE, GREED, TELL = map(float, range(1, 12))


class Odd(BaseEstimator):
    def fit(self, frame, actual):
        self.classes_ = np.array(["no", "yes"])
        return self

    def predict_proba(self, frame):
        asked = set(frame["distance"])
        if RAISE in asked:
            raise RuntimeError("I do not want to")
        if TELL in asked:
            raise RuntimeError(f"what is {list(frame['carrier'])}?")
        if REFUSE in asked:
            raise ValueError("not such a one")
        if SHAPE in asked:
            return np.array([0.5, 0.5])
        if NONSENSE in asked:
            return np.where(frame[["distance"]] == NONSENSE, 7.0, [0.75, 0.25])
        while HANG in asked:
            pass
        if HUGE in asked:
            np.ones(10 * 2**30 // 8)
        while GREED in asked:
            self.__dict__.setdefault("kept", []).append(np.empty(2**22))
        if END in asked:
            os._exit(3)
        if PRINT in asked:
            print("to be read by nobody")
        yes = np.where(frame["distance"] == NAN, np.nan, 0.25)
        return np.column_stack([1 - yes, yes])
"""
RAISE, HANG, NAN, HUGE, END, PRINT, REFUSE, SHAPE, NONSENSE, GREED, TELL = map(float, range(1, 12))


@cache
def fitted(seed: int) -> Any:
    """A logistic regression behind an imputer, on rows of this seed."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "distance": random.uniform(1, 90, 300),
            "stops": random.integers(0, 41, 300),
            "carrier": random.choice(CARRIERS, 300),
        }
    )
    late = np.where(
        frame["distance"] + 20 * (frame["carrier"] == "bus") + random.normal(0, 9, 300) > 50, "yes", "no"
    )
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["distance", "stops"]),
        (OneHotEncoder(handle_unknown="ignore"), ["carrier"]),
    )
    return make_pipeline(columns, LogisticRegression(C=0.1 * (1 + seed))).fit(frame, late)


def native(folder: Path, seed: int = 0) -> Bundle:
    """A bundle of our own algorithm; another seed, another version."""
    step = convert(fitted(seed), SCHEMA)
    NativeModel(SCHEMA, step).save(folder / f"model-{seed}")  # type: ignore[arg-type]
    return write_bundle(
        folder / f"bundle-{seed}", model="late", algorithm="native", input=SCHEMA, output=OUTPUT,
        contents=folder / f"model-{seed}", profile={"format": 1, "rows": 300, "columns": {}},
    )  # fmt: skip


def odd(folder: Path, first: str = "") -> tuple[Bundle, dict[str, Any]]:
    """A bundle whose estimator does as the row says, and what a person has to trust for it.

    Parameters
    ----------
    first : str
        Code that is run whenever the estimator's is imported.
    """
    contents = folder / "odd"
    contents.mkdir()
    (contents / "pipeline.py").write_text(first + ODD)
    module = import_file(contents / "pipeline.py", "odd")
    skops_file.write(module.Odd().fit(None, None), contents)
    del sys.modules["odd"]
    bundle = write_bundle(
        folder / "bundle-odd", model="late", algorithm="sklearn", input=SCHEMA, output=OUTPUT,
        contents=contents, pipeline={"module": "odd", "file": "pipeline.py", "modules": []},
    )  # fmt: skip
    return bundle, {"types": ["odd.Odd"], "sources": [bundle.manifest.files["pipeline.py"]]}


def publish(site: Path, versions: Sequence[Bundle], **settings: Any) -> Configuration:
    """Publish bundles as versions 1, 2, …; the first is the champion unless something else is said.

    ``challenger``, ``shadows`` and ``fallback`` are numbers.
    """
    links = {number: Link(number, bundle.hash) for number, bundle in enumerate(versions, start=1)}
    revision = settings.pop("revision", 1)
    for name in ("shadows", "fallback"):
        settings[name] = tuple(links[number] for number in settings.get(name, ()))
    champion, challenger = settings.pop("champion", 1), settings.pop("challenger", None)
    configuration = Configuration(
        "late", "local", revision, links[champion], links.get(challenger),
        **{"baseline": BASELINE, **settings},
    )  # fmt: skip
    point(site, stage(site, configuration, {b.hash: b.path for b in versions}))
    return configuration


def told(prediction: Any) -> tuple[Any, ...]:
    """A prediction without its name and time."""
    return tuple(prediction[:5])


def same(one: Sequence[Any], other: Sequence[Any]) -> None:
    """Assert that two lists of predictions say the same, to the last bits of a batch's sums."""
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert (a.value, a.version, a.route, a.reason) == (b.value, b.version, b.route, b.reason)
        assert _close(a.probabilities, b.probabilities)


def _close(one: Mapping[str, float] | None, other: Mapping[str, float] | None) -> bool:
    if one is None or other is None:
        return one is other
    return list(one) == list(other) and np.allclose(list(one.values()), list(other.values()), rtol=1e-12)
