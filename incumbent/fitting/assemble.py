"""From a fitted estimator to a bundle: the first algorithm that agrees with it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from incumbent.bundle import Bundle, write_bundle
from incumbent.columns import Columns
from incumbent.errors import FittingError
from incumbent.fitting import skops_file
from incumbent.fitting.agreement import Agreement, Truth, compare, find_truth
from incumbent.fitting.convert import Unsupported, convert
from incumbent.fitting.narrow import narrow
from incumbent.fitting.scores import scorer
from incumbent.fitting.trust import all_that_it_holds
from incumbent.native.model import NativeModel
from incumbent.native.step import Predictor
from incumbent.schema import InputSchema, OutputSchema

#: Writes the files that an algorithm reads into a folder; raises FittingError where it cannot.
Writer = Callable[[Path], None]


@dataclass(frozen=True)
class Candidate:
    """One algorithm that may run a version."""

    algorithm: str
    write: Writer


@dataclass(frozen=True)
class Material:
    """All that a bundle is made of besides its algorithm.

    Parameters
    ----------
    model : str
    input : InputSchema
    output : OutputSchema
    profile, lineage : mapping
    source : Path, optional
        The pipeline file.
    modules : mapping of str to Path
        Modules that it imports from its own folder.
    module : str
        The name that the pipeline file is imported under.
    """

    model: str
    input: InputSchema
    output: OutputSchema
    profile: Mapping[str, Any]
    lineage: Mapping[str, Any]
    source: "Path | None" = None
    modules: Mapping[str, Path] = field(default_factory=dict)
    module: str = ""

    @property
    def pipeline(self) -> "dict[str, Any] | None":
        """What the manifest says of the pipeline file."""
        if self.source is None and not self.modules:
            return None
        return {
            "module": self.module,
            "file": None if self.source is None else "pipeline.py",
            "modules": [f"modules/{name}" for name in self.modules],
        }


def candidates_of(estimator: Any, whole: InputSchema, schema: InputSchema) -> "list[Candidate]":
    """The algorithms for a scikit-learn estimator that was fitted on ``whole`` and reads ``schema`` of it.

    The best comes first.
    """
    return [
        Candidate("native", lambda folder: _write_native(estimator, whole, schema, folder)),
        Candidate("sklearn", lambda folder: skops_file.write(estimator, folder)),
    ]


def _write_native(estimator: Any, whole: InputSchema, schema: InputSchema, folder: Path) -> None:
    step = narrow(convert(estimator, whole), whole.names, schema.names)
    if step is None:
        raise Unsupported(type(estimator).__name__, "reads fewer columns than it was fitted on")
    if not isinstance(step, Predictor):
        raise FittingError(
            f"{type(estimator).__name__} makes no predictions", "end the pipeline with a model"
        )
    NativeModel(schema, step).save(folder)


def truth_of(estimator: Any, schema: InputSchema, output: OutputSchema, reference: Columns) -> Truth:
    """What the estimator answers on reference and edge rows."""
    return find_truth(
        estimator, scorer(estimator, output.task, output.scores), schema, reference, output.scores
    )


def assemble(
    candidates: Sequence[Candidate], material: Material, found: Truth, folder: Path
) -> "tuple[Bundle, list[dict[str, Any]]]":
    """Write ``folder/bundle`` with the first candidate that agrees; also what was tried.

    Raises
    ------
    FittingError
        Where none agrees, with every reason.
    """
    tried: "list[dict[str, Any]]" = []
    for candidate in candidates:
        place = folder / candidate.algorithm
        place.mkdir(parents=True)
        agreement = _try(candidate, material, found, place)
        tried.append(
            {
                "algorithm": candidate.algorithm,
                "accepted": agreement.accepted,
                "max_difference": agreement.max_difference if agreement.rows else None,
                "reason": agreement.reason,
            }
        )
        if agreement.accepted:
            bundle = _write(
                candidate.algorithm, material, agreement, tried, place / "contents", folder / "bundle"
            )
            return bundle, tried
        shutil.rmtree(place)
    reasons = "; ".join(f"{t['algorithm']}: {t['reason']}" for t in tried)
    raise FittingError(
        f"no algorithm gives the estimator's own predictions: {reasons}",
        _way_out(reasons),
    )


def _way_out(reasons: str) -> str:
    """What to do where no algorithm agrees.

    >>> _way_out("sklearn: ModuleNotFoundError: No module named 'skops'")
    'install skops in the interpreter that trains: it keeps estimators that have no native form'
    """
    if "No module named 'skops'" in reasons:
        return "install skops in the interpreter that trains: it keeps estimators that have no native form"
    if "other scores each time" in reasons:
        return "give it a random_state, or build an estimator whose predictions do not depend on chance"
    if "<lambda>" in reasons:
        return "write the function with `def` in the pipeline file: a lambda has no name to be kept under"
    return "a model that cannot be run here can still be judged by a column of its predictions (--recorded)"


def _try(candidate: Candidate, material: Material, found: Truth, place: Path) -> Agreement:
    contents = place / "contents"
    contents.mkdir()
    try:
        candidate.write(contents)
        _add_source(material, contents)
        bundle = _write(candidate.algorithm, material, None, [], contents, place / "trial")
        bundle = Bundle.open(bundle.path, trusted=all_that_it_holds(bundle))
        bundle.algorithm()
    except FittingError as error:
        return Agreement(None, 0, 0, 0, 0, error.message)
    except Exception as error:  # a converter or reader that fails must not stop the next algorithm
        return Agreement(None, 0, 0, 0, 0, f"{type(error).__name__}: {error}")
    return compare(bundle, found)


def _add_source(material: Material, contents: Path) -> None:
    if material.source is not None:
        shutil.copyfile(material.source, contents / "pipeline.py")
    for name, path in material.modules.items():
        target = contents / "modules" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _write(
    algorithm: str,
    material: Material,
    agreement: "Agreement | None",
    tried: "Sequence[Mapping[str, Any]]",
    contents: Path,
    target: Path,
) -> Bundle:
    return write_bundle(
        target,
        model=material.model,
        algorithm=algorithm,
        input=material.input,
        output=material.output,
        contents=contents,
        agreement=agreement.document() if agreement else {},
        tried=tried,
        profile=material.profile,
        lineage=material.lineage,
        pipeline=material.pipeline,
    )
