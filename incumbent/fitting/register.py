"""The job ``register``: a fitted model's file in, a bundle out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.columns import Columns, read_columns, take
from incumbent.errors import FittingError
from incumbent.fitting.agreement import reference_rows
from incumbent.fitting.assemble import Material, assemble, candidates_of, truth_of
from incumbent.fitting.categories import category_columns
from incumbent.fitting.foreign import register_foreign
from incumbent.fitting.formats import ModelFile, recognise
from incumbent.fitting.frame import known, model_input, target_values
from incumbent.fitting.inputs import Reads, is_text, schema_of, text_column
from incumbent.fitting.jobs import Progress
from incumbent.fitting.load import load_estimator
from incumbent.fitting.narrow import columns_read
from incumbent.fitting.outputs import OWN, belied, output_of, threshold_without_rows
from incumbent.fitting.registered import story
from incumbent.fitting.seen import rows_seen
from incumbent.fitting.trust import all_that_it_holds
from incumbent.fitting.usercode import own_modules
from incumbent.profile import profile
from incumbent.schema import InputColumn, InputSchema


def register(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Load, convert, compare, write; the bundle is ``out/bundle`` of the job's folder.

    Returns
    -------
    dict
        As the job ``train`` has it.
    """
    file = recognise(job["path"])
    for folder in (str(file.path.parent), job.get("user_folder")):
        if folder and folder not in sys.path:
            sys.path.insert(0, folder)
    columns: Columns = read_columns(Path(job["folder"]) / "columns")
    if file.format not in ("skops", "pickle"):
        return register_foreign(job, file, columns, progress)
    progress(0.1, f"loading {file.path.name}")
    estimator, warned = load_estimator(file, tuple(job["trusted"].get("types", ())))
    progress(0.4, "comparing the algorithms with the estimator")
    return _finish(job, file, columns, estimator, warned)


def _finish(
    job: Mapping[str, Any], file: ModelFile, columns: Columns, estimator: Any, warned: Sequence[str]
) -> "dict[str, Any]":
    shown = _shown(estimator, columns, job)
    whole = _whole_schema(columns, shown, job["kinds"])
    kept = columns_read(estimator, whole.names) if whole.form == "frame" else whole.names
    schema = schema_of(columns, replace(shown, names=kept), job["kinds"])
    threshold, how = threshold_without_rows(job, estimator)
    reference = reference_rows(columns, schema.names)
    given = model_input(reference, schema)
    output = output_of(estimator, job, _target(columns, job), threshold, given)
    seen = rows_seen(estimator)
    try:
        found = truth_of(estimator, schema, output, reference)
    except FittingError:  # what it predicts is not what a model predicts
        raise
    except Exception as error:  # an estimator may raise anything at all for rows that it was not made for
        raise FittingError(
            f"the estimator in {file.path.name} does not predict the reference rows: "
            f"{type(error).__name__}: {error}",
            "give rows like those it was fitted on with --reference",
        ) from error
    if threshold is None or (how or {}).get("how") == OWN:
        told = belied(estimator, output, given, found.cases[0].expected)
        warned = [*warned, told] if told else warned
    modules = own_modules(file.path.parent, Path(__file__))
    material = Material(
        model=job["model"],
        input=schema,
        output=output,
        profile=profile({n: columns[n] for n in columns}, {n: job["kinds"].get(n, "") for n in columns}),
        lineage=story(job, file, schema, estimator, how, warned, seen),
        modules=modules,
    )
    candidates = candidates_of(estimator, whole, schema)
    bundle, tried = assemble(candidates, material, found, Path(job["folder"]) / "out")
    needs = all_that_it_holds(bundle) if bundle.manifest.algorithm == "sklearn" else None
    return {
        "hash": bundle.hash, "parameters": material.lineage["parameters"], "tried": tried, "needs": needs,
        "warnings": list(warned), "seen": seen,
    }  # fmt: skip


def _shown(estimator: Any, columns: Columns, job: Mapping[str, Any]) -> Reads:
    """The columns that the estimator was fitted on, and in what form."""
    named = getattr(estimator, "feature_names_in_", None)
    left_out = {job["target"], job.get("time"), job.get("key")}
    available = [n for n in columns if n not in left_out and job["kinds"].get(n) != "ignore"]
    if named is not None:
        names = tuple(str(n) for n in named)
        return Reads(names, categories=category_columns(estimator, names, job["kinds"]))
    if is_text(estimator):
        return Reads((text_column(available, job["kinds"]),), "text")
    width = getattr(estimator, "n_features_in_", None)
    if width is None and _never_fitted(estimator):
        raise FittingError(
            f"{type(estimator).__name__} has not been fitted", "fit it, then save it and register it again"
        )
    if width is None:
        raise FittingError(
            f"{type(estimator).__name__} does not say which columns it was fitted on",
            "fit it on a data frame, so that it remembers their names, and save it again",
        )
    if width != len(available):
        raise FittingError(
            f"the estimator was fitted on {width} unnamed columns, and the data have {len(available)}: "
            f"{', '.join(available)}",
            "give exactly its columns, in order, with --reference; or mark others `ignore` in [columns]",
        )
    return Reads(tuple(available), "array")


def _never_fitted(estimator: Any) -> bool:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return True
    except TypeError:  # not made as scikit-learn's are: it cannot be told
        return False
    return False


def _whole_schema(columns: Columns, shown: Reads, kinds: Mapping[str, str]) -> InputSchema:
    """Every column that the estimator was fitted on; one that the data lack stands for an unread number."""
    present = schema_of(columns, replace(shown, names=tuple(n for n in shown.names if n in columns)), kinds)
    by_name = {c.name: c for c in present.columns}
    absent = InputColumn("", "number", "float64")
    listed = tuple(by_name.get(n, InputColumn(n, absent.kind, absent.dtype)) for n in shown.names)
    return InputSchema(listed, shown.form)


def _target(columns: Columns, job: Mapping[str, Any]) -> "np.ndarray | None":
    column = columns.get(job["target"])
    if column is None:
        return None
    labelled = np.flatnonzero(known(column))
    return target_values(take({"": column}, labelled)[""], job["task"]) if len(labelled) else None
