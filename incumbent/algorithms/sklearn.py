"""``sklearn``: the fitted estimator itself, from a skops file that is audited before it is loaded."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.algorithms.base import Raised
from incumbent.algorithms.trusted import TRUSTED
from incumbent.columns import Columns, column
from incumbent.errors import BundleError
from incumbent.files import sha256_file
from incumbent.fitting.frame import model_input
from incumbent.fitting.scores import scorer, truth
from incumbent.fitting.skops_file import FILE, made_with, untrusted_types
from incumbent.fitting.usercode import import_file, without_bytecode

if TYPE_CHECKING:
    from incumbent.schema import InputSchema, OutputSchema

#: Where a bundle keeps modules that its pipeline file imports.
MODULES = "modules"
#: How far beside 0 to 1 sums of rounded numbers may make a probability lie.
_BESIDE = 1e-6


class SklearnModel:
    """Scores rows with a fitted scikit-learn estimator.

    Parameters
    ----------
    score : callable
        Input as the estimator takes it, scores out.
    inputs : InputSchema
    output : OutputSchema
    """

    name = "sklearn"

    def __init__(
        self, score: "Callable[[Any], np.ndarray]", inputs: "InputSchema", output: "OutputSchema"
    ) -> None:
        self._score = score
        self._inputs = inputs
        self._width = score_width(output)
        self._are_probabilities = output.scores == "probabilities"

    def predict(self, columns: Columns, rows: int) -> np.ndarray:
        """Scores of many rows; NaN for each row that the estimator raises an error for."""
        return self.explained(columns, rows)[0]

    def explained(self, columns: Columns, rows: int) -> "tuple[np.ndarray, dict[int, Raised]]":
        """The same, and what it raised, by row. What is no probability counts as an error too."""
        if rows == 0:
            return np.empty((0, *self._width)), {}
        given = model_input(columns, self._inputs)
        errors: "dict[int, Exception]" = {}
        with np.errstate(all="ignore"):
            found = truth(self._score, given, rows, self._width, errors)
            if self._are_probabilities:
                nonsense = ((found < -_BESIDE) | (found > 1 + _BESIDE)).any(axis=1)
                for at in np.flatnonzero(nonsense).tolist():
                    errors[at] = ArithmeticError(f"{found[at].tolist()!r:.60} are no probabilities")
                found[nonsense] = np.nan
        return found, {at: Raised.of(error) for at, error in errors.items()}

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row."""
        columns = self._inputs.check_columns({n: column([row[n]]) for n in self._inputs.names})
        found = self.predict(columns, 1)
        return [float(score) for score in found.ravel()]


def score_width(output: "OutputSchema") -> "tuple[int, ...]":
    """Shape of one row's scores."""
    if output.scores == "numbers" or (output.scores == "decisions" and len(output.classes) == 2):
        return ()
    return (len(output.classes),)


def open_sklearn(
    folder: Path,
    inputs: "InputSchema",
    output: "OutputSchema",
    manifest: Mapping[str, Any],
    trusted: "Mapping[str, Any] | None" = None,
) -> SklearnModel:
    """The estimator of a bundle's folder.

    Parameters
    ----------
    folder : Path
    inputs, output : schemas
    manifest : mapping
        ``bundle.json``: names the pipeline file, and the sha256 of every file.
    trusted : mapping, optional
        What a person has trusted beyond :data:`~incumbent.algorithms.trusted.TRUSTED`: ``types`` (qualified
        names) and ``sources`` (sha256 of source files). Never taken from the bundle.

    Raises
    ------
    BundleError
        For a missing package, a type or source that nobody trusted, or a file that does not load.
    """
    for package, module in (("scikit-learn", "sklearn"), ("skops", "skops")):
        if find_spec(module) is None:
            raise BundleError(
                f"the bundle {folder} runs with scikit-learn, and {package} is not installed here",
                hint=f"pip install {package}",
            )
    path = folder / FILE
    allowed = {*TRUSTED, *(trusted or {}).get("types", ())}
    asked = _asked_types(path)
    refused = sorted(set(asked) - allowed)
    if refused:
        raise BundleError(
            f"the bundle {folder} holds types that nobody has trusted: {', '.join(refused)}",
            hint="look at their code; what you trust, add to `trusted.types` of the workspace or site",
        )
    with without_bytecode():  # a bundle's folder must stay as it is
        _import_sources(folder, asked, manifest, set((trusted or {}).get("sources", ())))
        estimator = _load(path, asked)
    return SklearnModel(scorer(estimator, output.task, output.scores), inputs, output)


def _asked_types(path: Path) -> "list[str]":
    try:
        return untrusted_types(path)
    except Exception as error:  # skops and zipfile raise many kinds for a file that is not whole
        raise BundleError(
            f"{path} is not a whole skops file: {type(error).__name__}: {error}",
            hint="restore the bundle from a backup, or register the version again",
        ) from error


def _import_sources(
    folder: Path, asked: Sequence[str], manifest: Mapping[str, Any], trusted: "set[str]"
) -> None:
    """Import the bundle's own source files, if the estimator needs them and a person trusts them."""
    pipeline = manifest.get("pipeline")
    if not pipeline:
        return
    files = [pipeline["file"]] if pipeline.get("file") else []
    own = {pipeline["module"]} if files else set()
    own |= {Path(name).relative_to(MODULES).parts[0].removesuffix(".py") for name in pipeline["modules"]}
    if not any(name.split(".")[0] in own for name in asked):
        return
    for name in (*files, *pipeline["modules"]):
        if sha256_file(folder / name) not in trusted:
            raise BundleError(
                f"the bundle {folder} runs code of its own, and nobody has trusted its {name}",
                hint="read it; if you trust it, add its sha256 to `trusted.sources` of the workspace or site",
            )
    modules = str(folder / MODULES)
    if pipeline["modules"] and modules not in sys.path:
        sys.path.insert(0, modules)
    source = folder / files[0] if files else None
    if source is not None and not _is_loaded(pipeline["module"], source):
        import_file(source, pipeline["module"])


def _is_loaded(module: str, source: Path) -> bool:
    """Whether this very source stands behind a module that is already loaded."""
    file = Path(getattr(sys.modules.get(module), "__file__", None) or "")
    return file.is_file() and sha256_file(file) == sha256_file(source)


def _load(path: Path, asked: Sequence[str]) -> Any:
    from skops.io import load

    try:
        return load(path, trusted=list(asked))
    except Exception as error:  # whatever the estimator's own __setstate__ raises under another version
        versions = ", ".join(f"{package} {version}" for package, version in made_with(path).items())
        raise BundleError(
            f"{path} does not load: {type(error).__name__}: {error} (it was written with {versions})",
            hint="install the version that wrote it, or train the version again",
        ) from error
