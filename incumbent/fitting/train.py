"""The job ``train``: a pipeline file and training rows in, a bundle out."""

from __future__ import annotations

import inspect
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from incumbent.columns import Columns, read_columns, row_count, take
from incumbent.errors import DataError, FittingError
from incumbent.fitting import lineage
from incumbent.fitting.agreement import reference_rows
from incumbent.fitting.assemble import Material, assemble, candidates_of, truth_of
from incumbent.fitting.frame import frame_of, known, model_input, target_values
from incumbent.fitting.inputs import Reads, probe, reads, schema_of
from incumbent.fitting.jobs import Progress, fail
from incumbent.fitting.outputs import output_of, own_threshold, positive_of
from incumbent.fitting.parameters import merge
from incumbent.fitting.scores import classes_of, kind_of_scores, scorer
from incumbent.fitting.trust import all_that_it_holds
from incumbent.fitting.usercode import Pipeline, load_pipeline, own_modules, seed_everything
from incumbent.fitting.validation import FEWEST_ROWS, HELD_OUT, Fold, cheapest_threshold, folds, measure
from incumbent.profile import profile
from incumbent.schema import InputSchema

_COST_CUTS = (0.2, 0.4, 0.6, 0.8)


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
        if not hasattr(built, "fit"):
            raise FittingError(
                f"`build` in {self.pipeline.path.name} returned {type(built).__name__}, not an estimator",
                "return an unfitted scikit-learn estimator or pipeline",
            )
        return built

    def failed(self, what: str, error: BaseException) -> FittingError:
        """An error of the user's code in words."""
        return fail(what, error, str(self.pipeline.path.parent))


def train(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Fit, convert, compare, write; the bundle is ``out/bundle`` of the job's folder.

    Returns
    -------
    dict
        ``hash``, ``parameters``, ``tried``, ``needs`` (types and sources that the bundle's algorithm runs),
        ``warnings``, ``rows``.
    """
    progress(0.02, "importing the pipeline")
    training = prepare(job)
    progress(0.05, f"fitting {training.pipeline.path.name} on {len(training.target):,} rows")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        chosen, estimator = _fit_whole(training)
        progress(0.45, "validating on held-out rows")
        held_out = _held_out(training, chosen)
    for line in (told := lineage.warned(caught)):
        print(line, flush=True)  # noqa: T201 - a child's output is its run's log
    progress(0.75, "comparing the algorithms with the estimator")
    return _finish(training, chosen, estimator, held_out, told)


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


def _fit_whole(training: Training) -> "tuple[Reads, Any]":
    """Fit on all rows and the columns that the pipeline reads, as far as its structure tells."""
    estimator = training.estimator()
    frame = frame_of(take(training.columns, slice(0, 200)))
    if frame.shape[1] == 0:
        raise DataError("the data have no column to learn from", "only key, time and target were found")
    try:
        chosen = reads(estimator, frame, training.kinds)
    except (KeyError, ValueError, TypeError) as error:
        raise training.failed("the pipeline's columns cannot be resolved", error) from error
    absent = [n for n in _columns_wanted(estimator) if n not in training.columns]
    if absent:
        raise _absent(absent[0], training)
    fitted = fit(training, estimator, chosen, None)
    if chosen.form == "frame" and len(chosen.names) == frame.shape[1] and _has_own_code(fitted):
        rows = take({n: training.columns[n] for n in chosen.names}, slice(0, 64))
        chosen = Reads(probe(scorer(fitted, training.task), frame_of(rows)))
    return chosen, fitted


def _columns_wanted(estimator: Any) -> "list[str]":
    front = estimator.steps[0][1] if hasattr(estimator, "steps") else estimator
    wanted: "list[str]" = []
    for _, _, columns in getattr(front, "transformers", ()):
        listed = [columns] if isinstance(columns, str) else columns
        if isinstance(listed, (list, tuple)):
            wanted += [c for c in listed if isinstance(c, str)]
    return wanted


def _absent(name: str, training: Training) -> Exception:
    from difflib import get_close_matches

    job = training.job
    if name in (job["target"], job.get("time"), job.get("key")):
        role = "target" if name == job["target"] else "time" if name == job.get("time") else "key"
        return FittingError(
            f"{training.pipeline.path.name} reads the column {name!r}, which is the model's {role}",
            "a model learns from other columns; copy it to one of another name if it is known in time",
        )
    close = get_close_matches(name, list(training.columns), 1)
    return DataError(
        f"{training.pipeline.path.name} reads the column {name!r}, which the data do not have",
        f"did you mean {close[0]!r}?" if close else f"they have {', '.join(training.columns)}",
    )


def _has_own_code(estimator: Any) -> bool:
    listed = [step["class"] for step in lineage.steps(estimator)]
    return any(not c.startswith("sklearn.") or c.endswith(".FunctionTransformer") for c in listed)


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
        raise training.failed("fitting failed", error) from error
    return estimator


def _weight_argument(estimator: Any) -> str:
    from sklearn.utils.validation import has_fit_parameter

    last = estimator.steps[-1] if hasattr(estimator, "steps") else ("", estimator)
    if not has_fit_parameter(last[1], "sample_weight"):
        raise FittingError(
            f"{type(last[1]).__name__} takes no sample weights, and the spec has `weight`",
            "take `weight` out of the spec, or end the pipeline with an estimator that takes sample_weight",
        )
    return f"{last[0]}__sample_weight" if last[0] else "sample_weight"


@dataclass(frozen=True)
class HeldOut:
    """What was found on rows of the training range that a fold did not fit on."""

    folds: "tuple[Fold, ...]"
    scores: str
    classes: "tuple[Any, ...]"
    reason: str = ""


def _held_out(training: Training, chosen: Reads) -> HeldOut:
    rows = len(training.target)
    if rows < FEWEST_ROWS:
        return HeldOut((), "", (), f"{rows} rows are too few to hold some out (at least {FEWEST_ROWS})")
    seen: "dict[str, Any]" = {}

    def run(fitted: np.ndarray, scored: np.ndarray) -> np.ndarray:
        estimator = fit(training, training.estimator(), chosen, fitted)
        seen["scores"] = kind_of_scores(estimator, training.task)
        classes = classes_of(estimator) if training.task == "classification" else ()
        if seen.setdefault("classes", classes) != classes:
            raise FittingError("a fold lacks a class that another has")
        columns = take({n: training.columns[n] for n in chosen.names}, scored)
        schema = schema_of(columns, chosen, {})
        return scorer(estimator, training.task)(model_input(columns, schema))

    cuts = _COST_CUTS if training.job.get("cost") else (1.0 - HELD_OUT,)
    delay = float(training.job.get("label_delay_seconds") or 0.0)
    try:
        made = folds(training.times, rows, delay, cuts, run)
    except Exception as error:  # a fold may fail where the whole does not; the version stands, and says so
        return HeldOut((), "", (), f"a fold failed: {type(error).__name__}: {str(error).splitlines()[0]}")
    if not made:
        return HeldOut((), "", (), "the rows have too few distinct times to hold some out")
    return HeldOut(tuple(made), seen["scores"], seen["classes"])


def _threshold(
    training: Training, estimator: Any, held_out: HeldOut
) -> "tuple[float | None, dict[str, Any] | None]":
    """The decision threshold, and how it came about."""
    given, cost = training.job.get("threshold"), training.job.get("cost")
    if training.task != "classification":
        return None, None
    if given is not None:
        return float(given), {"threshold": float(given), "how": "given"}
    if cost is None:
        return own_threshold(estimator)
    classes = classes_of(estimator)
    if len(classes) != 2 or kind_of_scores(estimator, training.task) != "probabilities":
        raise FittingError(
            "a threshold can be tuned to a cost only for two classes with probabilities",
            "take `cost` out of the spec, or build a classifier with predict_proba",
        )
    if not held_out.folds:
        raise FittingError(
            f"the threshold cannot be tuned: {held_out.reason}", "set `threshold` instead of `cost`"
        )
    positive = positive_of(classes, training.job)
    at = classes.index(positive)
    scored = np.concatenate([f.scored for f in held_out.folds])
    score = np.concatenate([f.scores[:, at] for f in held_out.folds])
    actual = training.target[scored] == positive
    threshold, mean_cost = cheapest_threshold(actual, score, cost["fp"], cost["fn"])
    how = {
        "threshold": threshold,
        "how": "tuned",
        "cost": dict(cost),
        "mean_cost": mean_cost,
        "rows": len(scored),
    }
    return threshold, how


def _validation(training: Training, held_out: HeldOut) -> "dict[str, Any]":
    if not held_out.folds:
        return {"method": "none", "reason": held_out.reason}
    method = "expanding folds in time order" if len(held_out.folds) > 1 else "hold-out of the last rows"
    listed = []
    for fold in held_out.folds:
        actual = training.target[fold.scored]
        scores = measure(training.task, held_out.scores, held_out.classes, actual, fold.scores)
        entry: "dict[str, Any]" = {
            "rows_fitted": len(fold.fitted),
            "rows_scored": len(fold.scored),
            "scores": scores,
        }
        if training.times is not None:
            entry["since"] = str(training.times[fold.scored[0]])
            entry["until"] = str(training.times[fold.scored[-1]])
        listed.append(entry)
    return {"method": method, "folds": lineage.plain(listed)}


def _finish(
    training: Training, chosen: Reads, estimator: Any, held_out: HeldOut, warned: "list[str]"
) -> "dict[str, Any]":
    job, path = training.job, training.pipeline.path
    threshold, how = _threshold(training, estimator, held_out)
    schema = schema_of(training.columns, chosen, training.kinds)
    output = output_of(estimator, job, training.target, threshold)
    modules = own_modules(path.parent, path)
    story = {
        "format": lineage.FORMAT,
        "origin": "trained",
        "collection": job["collection"],
        "preprocessing": {
            "columns": list(schema.names),
            "form": schema.form,
            "unused": [n for n in training.columns if n not in schema.names],
            "steps": lineage.steps(estimator),
        },
        "selection": lineage.selections(estimator),
        "validation": _validation(training, held_out),
        "threshold": how,
        "parameters": lineage.plain(training.parameters),
        "seed": job["seed"],
        "weight": job.get("weight"),
        "pipeline": lineage.source_state(path, job.get("pipeline_name", path.name), modules),
        "warnings": warned,
        **lineage.environment(),
    }
    reference = reference_rows(training.columns, schema.names)
    material = Material(
        model=job["model"],
        input=schema,
        output=output,
        profile=_profile(training),
        lineage=story,
        source=path,
        modules=modules,
        module=training.pipeline.module.__name__,
    )
    try:
        found = truth_of(estimator, schema, output, reference)
    except (Exception, SystemExit) as error:
        raise training.failed("the fitted estimator does not predict its own training rows", error) from error
    bundle, tried = assemble(candidates_of(estimator, schema), material, found, Path(job["folder"]) / "out")
    return {
        "hash": bundle.hash,
        "parameters": json.loads(json.dumps(story["parameters"])),
        "tried": tried,
        "needs": all_that_it_holds(bundle) if bundle.manifest.algorithm == "sklearn" else None,
        "warnings": warned,
        "rows": len(training.target),
    }


def _profile(training: Training) -> "dict[str, Any]":
    named = {**training.columns, training.job["target"]: target_column(training.target)}
    return profile(named, {n: training.kinds.get(n, "") for n in named})


def target_column(target: np.ndarray) -> Any:
    """A target as a column again."""
    from incumbent.columns import column

    values: Any = target.tolist() if target.dtype.kind in "OU" else target
    return column(values)
