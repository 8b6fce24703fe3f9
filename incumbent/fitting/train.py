"""The job ``train``: a pipeline file and training rows in, a bundle out."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from incumbent.columns import take
from incumbent.errors import DataError, FittingError
from incumbent.fitting import lineage
from incumbent.fitting.agreement import reference_rows
from incumbent.fitting.assemble import Material, assemble, candidates_of, truth_of
from incumbent.fitting.frame import frame_of, model_input
from incumbent.fitting.held_out import HeldOut, hold_out, threshold, validation
from incumbent.fitting.inputs import IGNORED, Reads, probe, reads, schema_of
from incumbent.fitting.jobs import Progress
from incumbent.fitting.outputs import OWN, belied, output_of
from incumbent.fitting.scores import scorer
from incumbent.fitting.training import Training, fit, prepare
from incumbent.fitting.trust import all_that_it_holds
from incumbent.fitting.usercode import own_modules
from incumbent.profile import profile


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
        shown, estimator = _fit_whole(training)
        progress(0.45, "validating on held-out rows")
        held_out = hold_out(training, shown)
    for line in (told := lineage.warned(caught)):
        print(line, flush=True)  # noqa: T201 - a child's output is its run's log
    progress(0.75, "comparing the algorithms with the estimator")
    return _finish(training, shown, estimator, held_out, told)


def _fit_whole(training: Training) -> "tuple[Reads, Any]":
    """Fit on all rows and the columns that the pipeline reads, as far as its structure tells; both."""
    estimator = training.estimator()
    frame = frame_of(take(training.columns, slice(0, 200)))
    if frame.shape[1] == 0:
        raise DataError("the data have no column to learn from", "only key, time and target were found")
    try:
        shown = reads(estimator, frame, training.kinds)
    except (KeyError, ValueError, TypeError) as error:
        raise training.failed("the pipeline's columns cannot be resolved", error) from error
    absent = [n for n in _columns_wanted(estimator) if n not in training.columns]
    if absent:
        raise _absent(absent[0], training)
    return shown, fit(training, estimator, shown, None)


def _needed(training: Training, shown: Reads, fitted: Any) -> Reads:
    """Of the columns that a pipeline was fitted on those that its predictions need."""
    if shown.form != "frame" or len(shown.names) < len(training.columns) or not _has_own_code(fitted):
        return shown
    rows = take({n: training.columns[n] for n in shown.names}, slice(0, 64))
    return Reads(probe(scorer(fitted, training.task), frame_of(rows)), categories=shown.categories)


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
    if training.kinds.get(name) == "ignore":
        return FittingError(
            f"{training.pipeline.path.name} reads the column {name!r}, which the spec says to ignore", IGNORED
        )
    close = get_close_matches(name, list(training.columns), 1)
    return DataError(
        f"{training.pipeline.path.name} reads the column {name!r}, which the data do not have",
        f"did you mean {close[0]!r}?" if close else f"they have {', '.join(training.columns)}",
    )


def _has_own_code(estimator: Any) -> bool:
    listed = [step["class"] for step in lineage.steps(estimator)]
    return any(not c.startswith("sklearn.") or c.endswith(".FunctionTransformer") for c in listed)


def _finish(
    training: Training, shown: Reads, estimator: Any, held_out: HeldOut, warned: "list[str]"
) -> "dict[str, Any]":
    job, path = training.job, training.pipeline.path
    chosen = _needed(training, shown, estimator)
    cut, how = threshold(training, estimator, held_out)
    schema = schema_of(training.columns, chosen, training.kinds)
    reference = reference_rows(training.columns, schema.names)
    given = model_input(reference, schema)
    output = output_of(estimator, job, training.target, cut, given)
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
        "validation": validation(training, held_out),
        "threshold": how,
        "parameters": lineage.plain(training.parameters),
        "seed": job["seed"],
        "weight": job.get("weight"),
        "pipeline": lineage.source_state(path, job.get("pipeline_name", path.name), modules),
        "warnings": warned,
        **lineage.environment(),
    }
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
    if cut is None or (how or {}).get("how") == OWN:
        told = belied(estimator, output, given, found.cases[0].expected)
        warned += [told] if told else []
    whole = schema_of(training.columns, shown, training.kinds)
    candidates = candidates_of(estimator, whole, schema)
    bundle, tried = assemble(candidates, material, found, Path(job["folder"]) / "out")
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
