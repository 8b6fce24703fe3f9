"""Models that are no scikit-learn estimators: XGBoost, LightGBM and ONNX files, which run as they are.

A booster is compared with its own library where that is installed. XGBoost computes in float32 and adds in an
order of its own, so there the largest difference that is accepted is :data:`FLOAT32_TOLERANCE`; the manifest
says so. An ONNX file is its own original.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.bundle import Bundle, write_bundle
from incumbent.columns import Columns, row_count
from incumbent.errors import DataError, FittingError
from incumbent.fitting.agreement import Truth, compare, find_truth, reference_rows
from incumbent.fitting.formats import ModelFile
from incumbent.fitting.frame import known, target_values
from incumbent.fitting.inputs import Reads, schema_of
from incumbent.fitting.jobs import Progress
from incumbent.fitting.outputs import positive_of, threshold_without_rows
from incumbent.fitting.registered import story
from incumbent.fitting.seen import rows_of_booster
from incumbent.profile import profile
from incumbent.schema import OutputSchema

FLOAT32_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Foreign:
    """What a file says of itself.

    Parameters
    ----------
    algorithm : str
    library : str
        The one that can give the original's answers.
    file : str
        The file's name in the bundle.
    features : tuple of str
    task, scores : str
    classes : int
        How many; 0 for a regression.
    labels : tuple
        The classes, where the file names them.
    precision : str
        ``float32`` or ``float64``: what the original computes in.
    categories : mapping of int to sequence
        Values of features that were pandas categories.
    """

    algorithm: str
    library: str
    file: str
    features: "tuple[str, ...]"
    task: str
    scores: str
    classes: int
    labels: "tuple[Any, ...]" = ()
    precision: str = "float64"
    categories: "Mapping[int, Sequence[Any]] | None" = None


def register_foreign(
    job: Mapping[str, Any], file: ModelFile, columns: Columns, progress: Progress
) -> "dict[str, Any]":
    """A bundle that runs the file as it is.

    Raises
    ------
    FittingError, DataError, BundleError
        Where the file cannot be read, or does not fit the model's task, columns or classes.
    """
    progress(0.2, f"reading {file.path.name}")
    found = _onnx(file, columns, job) if file.format == "onnx" else _booster(file)
    if found.task != job["task"]:
        raise FittingError(
            f"{file.path.name} is a {found.task} model, and the model's task is {job['task']}",
            "correct `task` in the spec",
        )
    schema = schema_of(columns, Reads(_columns_of(found, columns, job)), job["kinds"])
    threshold, how = threshold_without_rows(job, None)
    output = _output(found, columns, job, threshold)
    seen = rows_of_booster(file.path) if found.library == "lightgbm" else None
    progress(0.6, "comparing with the original")
    folder = Path(job["folder"]) / "out"
    contents = folder / "contents"
    contents.mkdir(parents=True)
    shutil.copyfile(file.path, contents / found.file)
    arguments: "dict[str, Any]" = {
        "model": job["model"],
        "algorithm": found.algorithm,
        "input": schema,
        "output": output,
        "contents": contents,
        "profile": profile(columns, {n: job["kinds"].get(n, "") for n in columns}),
        "lineage": story(job, file, schema, None, how, (), seen),
    }
    trial = write_bundle(folder / "trial", **arguments)
    agreement, tried = _agreement(found, file, trial, reference_rows(columns, schema.names))
    bundle = write_bundle(folder / "bundle", agreement=agreement, tried=[tried], **arguments)
    return {
        "hash": bundle.hash,
        "parameters": {},
        "tried": [tried],
        "needs": None,
        "warnings": [],
        "seen": seen,
    }


def _booster(file: ModelFile) -> Foreign:
    from incumbent.algorithms.booster import read_booster

    found = read_booster(file.path)
    if found.library == "xgboost" and find_spec("xgboost") is not None:  # knows the names in a .ubj file too
        import xgboost

        named = xgboost.Booster(model_file=str(file.path)).feature_names
        found = replace(found, features=tuple(named or found.features))
    by_xgboost = "model.json" if _is_json(file.path) else "model.ubj"
    name = "model.txt" if found.library == "lightgbm" else by_xgboost
    return Foreign(
        "booster", found.library, name, found.features, found.task, found.scores, found.classes,
        precision=found.precision, categories=found.categories,
    )  # fmt: skip


def _is_json(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(2)
    return head[:1] == b"{" and head[1:] in (b" ", b'"', b"\n", b"\r", b"\t")


def _onnx(file: ModelFile, columns: Columns, job: Mapping[str, Any]) -> Foreign:
    from incumbent.algorithms.onnx import read_onnx

    found = read_onnx(file.path)
    width = found.inputs[0].width or len(_available(columns, job))
    names = found.columns or tuple(f"number {i}" for i in range(width))
    if job["task"] == "regression":
        return Foreign("onnx", "onnxruntime", "model.onnx", names, "regression", "numbers", 0)
    target = target_values(columns[job["target"]], "classification")[known(columns[job["target"]])]
    labels = tuple(np.unique(target).tolist())
    scores = "probabilities"
    return Foreign(
        "onnx", "onnxruntime", "model.onnx", names, "classification", scores, len(labels), labels=labels
    )


def _available(columns: Columns, job: Mapping[str, Any]) -> "tuple[str, ...]":
    left_out = {job["target"], job.get("time"), job.get("key")}
    return tuple(n for n in columns if n not in left_out and job["kinds"].get(n) != "ignore")


def _columns_of(found: Foreign, columns: Columns, job: Mapping[str, Any]) -> "tuple[str, ...]":
    """The data's columns that are the file's features: by name, else by position."""
    if all(name in columns for name in found.features):
        return found.features
    available = _available(columns, job)
    named = [n for n in found.features if n in columns]
    if named or len(available) != len(found.features):
        absent = ", ".join([n for n in found.features if n not in columns][:5])
        unnamed = f"; in order of place, the data have {len(available)}: {', '.join(available[:8])}"
        raise DataError(
            f"the model reads {len(found.features)} columns, of which the data lack {absent}"
            + ("" if named else unnamed),
            "give exactly its columns, in order, with --reference; or mark others `ignore` in [columns]",
        )
    return available


def _output(
    found: Foreign, columns: Columns, job: Mapping[str, Any], threshold: "float | None"
) -> OutputSchema:
    column = columns[job["target"]]
    target = target_values(column, job["task"])[known(column)]
    if found.task == "regression":
        numbers = target.astype(np.float64)
        return OutputSchema("regression", "numbers", low=float(numbers.min()), high=float(numbers.max()))
    classes = found.labels or tuple(np.unique(target).tolist())
    if len(classes) != found.classes:
        if not set(classes) <= set(range(found.classes)):
            raise DataError(
                f"the model has {found.classes} classes, and the target {len(classes)}: "
                f"{', '.join(map(str, classes))}",
                "give rows with every class with --reference",
            )
        classes = tuple(range(found.classes))
    return OutputSchema("classification", found.scores, classes, positive_of(classes, job), threshold)


def _agreement(
    found: Foreign, file: ModelFile, trial: Bundle, reference: Columns
) -> "tuple[dict[str, Any], dict[str, Any]]":
    """How far the algorithm is from the file's own library, and what was tried."""
    original = _original(found, file, trial)
    if original is None:
        trial.predict(reference, row_count(reference))
        reason = f"{found.library} is not installed here, so there is no original to compare with"
        if found.library == "onnxruntime":
            reason = "it is run by its own library"
        agreement = {
            "max_difference": None,
            "rows": 0,
            "reference": 0,
            "edge": 0,
            "refused": 0,
            "note": reason,
        }
        tried = {"algorithm": found.algorithm, "accepted": True, "max_difference": None, "reason": reason}
        return agreement, tried
    truth: Truth = find_truth(None, original, trial.input, reference, found.scores)
    tolerance = FLOAT32_TOLERANCE if found.precision == "float32" else None
    result = compare(trial, truth, tolerance) if tolerance else compare(trial, truth)
    if not result.accepted:
        raise FittingError(
            f"treelite does not give {found.library}'s own predictions for {file.path.name}: {result.reason}",
            "judge it by a column of its predictions instead (--recorded)",
        )
    agreement = {**result.document(), "precision": found.precision}
    tried = {
        "algorithm": found.algorithm,
        "accepted": True,
        "max_difference": result.max_difference,
        "reason": "",
    }
    return agreement, tried


def _original(found: Foreign, file: ModelFile, trial: Bundle) -> "Callable[[Any], np.ndarray] | None":
    """Scores by the file's own library, given a data frame; None where it is not installed."""
    if found.library == "onnxruntime" or find_spec(found.library) is None:
        return None
    score = _by_lightgbm(found, file) if found.library == "lightgbm" else _by_xgboost(found, file)
    binary = found.task == "classification" and found.classes == 2 and found.scores == "probabilities"

    def scores(given: Any) -> np.ndarray:
        answered = np.asarray(score(given), dtype=np.float64)
        return np.column_stack([1.0 - answered, answered]) if binary and answered.ndim == 1 else answered

    return scores


def _by_xgboost(found: Foreign, file: ModelFile) -> "Callable[[Any], Any]":
    import xgboost

    booster = xgboost.Booster(model_file=str(file.path))
    booster.feature_names = None

    def score(given: Any) -> Any:
        return booster.predict(xgboost.DMatrix(given.to_numpy(dtype=np.float64), missing=np.nan))

    return score


def _by_lightgbm(found: Foreign, file: ModelFile) -> "Callable[[Any], Any]":
    import lightgbm
    import pandas as pd

    booster = lightgbm.Booster(model_file=str(file.path))

    def score(given: Any) -> Any:
        made = given.copy()
        for at, values in (found.categories or {}).items():
            made.isetitem(at, pd.Categorical(made.iloc[:, at], categories=list(values)))
        return booster.predict(made, num_threads=1)

    return score
