"""One training: its pipeline, parameters and rows, and fitting on some of them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from incumbent.columns import Columns, read_columns, row_count, take
from incumbent.errors import DataError, FittingError
from incumbent.fitting.frame import known, model_input, target_values
from incumbent.fitting.inputs import IGNORED, Reads, schema_of
from incumbent.fitting.jobs import fail
from incumbent.fitting.parameters import merge
from incumbent.fitting.usercode import Pipeline, load_pipeline, seed_everything
from incumbent.schema import InputSchema


@dataclass
class Training:
    """One training as its parts become known.

    ``columns`` are the training rows in time order, ``target`` and ``weight`` beside them.
    """

    job: Mapping[str, Any]
    pipeline: Pipeline
    parameters: "dict[str, Any]"
    columns: Columns
    target: np.ndarray
    weight: "np.ndarray | None"
    times: "np.ndarray | None"
    kinds: Mapping[str, str]

    @property
    def task(self) -> str:
        return str(self.job["task"])

    def estimator(self) -> Any:
        """A new unfitted estimator; randomness begins at the seed each time."""
        seed_everything(self.job["seed"])
        try:
            built = self.pipeline.build(**self.parameters)
        except (Exception, SystemExit) as error:
            raise self.failed("build failed", error) from error
        if isinstance(built, type) or not hasattr(built, "fit"):
            returned = f"the class {built.__name__}" if isinstance(built, type) else type(built).__name__
            raise FittingError(
                f"`build` in {self.pipeline.path.name} returned {returned}, not an estimator",
                "return an unfitted scikit-learn estimator or pipeline",
            )
        return built

    def failed(self, what: str, error: BaseException, hint: str = "") -> FittingError:
        """An error of the user's code in words."""
        return fail(what, error, str(self.pipeline.path.parent), hint)


def prepare(job: Mapping[str, Any]) -> Training:
    """Import the pipeline and read the training rows."""
    seed_everything(job["seed"])
    pipeline = load_pipeline(job["pipeline"])
    parameters = merge(pipeline.parameters, job.get("set", {}))
    _check_build(pipeline, parameters)
    columns: Columns = read_columns(Path(job["folder"]) / "columns")
    labelled = known(columns[job["target"]])
    if not labelled.all():
        columns = take(columns, np.flatnonzero(labelled))
    if not row_count(columns):
        raise DataError(
            f"no training row has a known {job['target']!r}", "train on a longer range, or correct the data"
        )
    left_out = {job["target"], job.get("time"), job.get("key")}
    kinds: Mapping[str, str] = job["kinds"]
    features = {n: c for n, c in columns.items() if n not in left_out and kinds.get(n) != "ignore"}
    time, weight = job.get("time"), job.get("weight")
    return Training(
        job=job,
        pipeline=pipeline,
        parameters=parameters,
        columns=features,
        target=target_values(columns[job["target"]], job["task"]),
        weight=None if weight is None else np.asarray(columns[weight], dtype=np.float64),
        times=None if time is None else np.asarray(columns[time]),
        kinds=kinds,
    )


def _check_build(pipeline: Pipeline, parameters: Mapping[str, Any]) -> None:
    try:
        inspect.signature(pipeline.build).bind(**parameters)
    except TypeError as error:
        raise FittingError(
            f"`build` in {pipeline.path.name} does not take the parameters in PARAMS: {error}",
            "write one argument for each name in PARAMS",
        ) from None


def fit(training: Training, estimator: Any, chosen: Reads, rows: "np.ndarray | None") -> Any:
    """Fit an estimator on some rows (all by default) of the chosen columns."""
    columns = {n: training.columns[n] for n in chosen.names}
    target, weight = training.target, training.weight
    if rows is not None:
        columns, target = take(columns, rows), target[rows]
        weight = None if weight is None else weight[rows]
    given = model_input(columns, InputSchema(schema_of(columns, chosen, {}).columns, chosen.form))
    options = {} if weight is None else {_weight_argument(estimator): weight}
    try:
        estimator.fit(given, target, **options)
    except (Exception, SystemExit) as error:
        hint = _suspected(training, estimator, columns, error)
        raise training.failed("fitting failed", error, hint) from error
    return estimator


def _suspected(training: Training, estimator: Any, columns: Columns, error: BaseException) -> str:
    """What is likely to lie behind a failed fit; empty where nothing is known."""
    from sklearn.base import is_classifier, is_regressor

    if training.task == "classification" and is_regressor(estimator):
        return 'the pipeline ends with a regressor, and the spec has task = "classification"'
    if training.task == "regression" and is_classifier(estimator):
        return 'the pipeline ends with a classifier, and the spec has task = "regression"'
    void = [name for name, column in columns.items() if not known(column).any()]
    if void:
        return (
            f"no training row has a value of {', '.join(map(repr, void[:5]))}: "
            'leave it out, or write "ignore" for it under [columns]'
        )
    ignored = [name for name, kind in training.kinds.items() if kind == "ignore" and repr(name) in str(error)]
    if ignored:
        return f"the spec says to ignore {', '.join(map(repr, ignored))}: {IGNORED}"
    return ""


def _weight_argument(estimator: Any) -> str:
    from sklearn.utils.validation import has_fit_parameter

    last = estimator.steps[-1] if hasattr(estimator, "steps") else ("", estimator)
    if not has_fit_parameter(last[1], "sample_weight"):
        raise FittingError(
            f"{type(last[1]).__name__} takes no sample weights, and the spec has `weight`",
            "take `weight` out of the spec, or end the pipeline with an estimator that takes sample_weight",
        )
    return f"{last[0]}__sample_weight" if last[0] else "sample_weight"
