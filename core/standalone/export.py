"""`version export --standalone`: the file of a version, proved against its bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.standalone.code import NotWritten
from core.standalone.golden import golden_of
from core.standalone.proof import prove, prove_sql
from core.standalone.source import Provenance, standalone_source
from core.standalone.sql import NoExpression, standalone_sql
from core.workspace import Workspace
from incumbent.errors import RefusedError
from incumbent.files import new_folder

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from incumbent.native.step import Predictor
    from store.records import Version

PYTHON, SQL = "model.py", "model.sql"
_INSTEAD = {
    "sklearn": "`version show` says why it is not native; docs/STANDALONE.md has what is",
    "onnx": "it runs an ONNX file, which is portable already: export without --standalone",
    "booster": "scikit-learn's HistGradientBoosting becomes native; else export without --standalone",
    "recorded": "it is a column of stored predictions: there is no model to write down",
    "rules": "its rules stand in the configuration of production",
}


def export_standalone(workspace: Workspace, model: str, number: int, folder: str | Path) -> dict[str, Any]:
    """Write ``model.py`` (and ``model.sql`` where there is one) to a new folder.

    The file runs its golden cases, and answers edge rows as the bundle does, before the folder appears.

    Returns
    -------
    dict
        ``model``, ``version``, ``hash``, ``path``, ``files``, ``golden`` (cases in the file), ``edge`` (rows
        compared beside them), ``max_difference`` and ``sql`` (why there is no SQL; None where there is).

    Raises
    ------
    RefusedError
        Where the folder holds something, or the version's algorithm has no standalone form.
    WorkError
        Where the file does not agree with the bundle.
    """
    with workspace.store() as store:
        version = store.versions.get(model, number)
        cases = store.cases.list(model, number, "golden")
    target = Path(folder).expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RefusedError(f"there is something at {target} already", hint="name a new folder")
    bundle = workspace.bundle(version.hash)
    step = predictor_of(bundle)
    golden = golden_of(cases, bundle)
    provenance = provenance_of(version)
    source = standalone_source(step, bundle.input, bundle.output, provenance, golden)
    expression, why_not = _sql(step, bundle, provenance)
    if target.exists():
        target.rmdir()
    with new_folder(target) as building:
        (building / PYTHON).write_text(source, "utf-8", newline="\n")
        proof = prove(building / PYTHON, bundle, [row for row, _, _ in golden])
        if expression is not None:
            (building / SQL).write_text(expression, "utf-8", newline="\n")
            prove_sql(expression, bundle, [row for row, _, _ in golden])
    return {
        "model": model,
        "version": number,
        "hash": version.hash,
        "path": str(target),
        "files": [PYTHON] if expression is None else [PYTHON, SQL],
        "golden": len(golden),
        "edge": proof.edge,
        "max_difference": proof.max_difference,
        "sql": why_not,
    }


def predictor_of(bundle: Bundle) -> Predictor:
    """The native steps of a bundle.

    Raises
    ------
    NotWritten
        Naming the algorithm, and what to do instead.
    """
    from incumbent.algorithms.baseline import Baseline
    from incumbent.native.constant import Constant
    from incumbent.native.model import NativeModel

    name = bundle.manifest.algorithm
    if name in _INSTEAD:
        raise NotWritten(f"the algorithm {name!r}", hint=_INSTEAD[name])
    algorithm = bundle.algorithm()
    if isinstance(algorithm, NativeModel):
        return algorithm.step
    if isinstance(algorithm, Baseline) and algorithm.last is None:
        return Constant(algorithm.values, bundle.output.scores, bundle.labels or ("median",))
    raise NotWritten(f"a {name} that repeats the last known label", hint="there is no model to write down")


def provenance_of(version: Version) -> Provenance:
    """What the file says of where it comes from."""
    from incumbent import __version__

    trained = {
        "since": version.trained_since,
        "until": version.trained_until,
        "rows": version.trained_rows,
        "touched_until": version.touched_until,
    }
    return Provenance(version.model, version.number, version.hash, trained, f"Incumbent {__version__}")


def _sql(step: Predictor, bundle: Bundle, provenance: Provenance) -> tuple[str | None, str | None]:
    try:
        return standalone_sql(step, bundle.input, bundle.output, provenance), None
    except NoExpression as reason:
        return None, str(reason)
