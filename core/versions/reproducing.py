"""``version reproduce``: train again from the lineage, and say whether data and predictions are identical."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.child import job_folder
from core.data.hold_out import HoldOut
from core.versions.attendance import ALONE, Attendance
from core.versions.rows import TrainingRows, spec_of, training_rows
from core.versions.training import fit
from core.workspace import Workspace
from incumbent.bundle import Bundle
from incumbent.errors import RefusedError

if TYPE_CHECKING:
    from core.runs import Outcome, RunContext
    from core.spec import ModelSpec


def reproduce(
    workspace: Workspace,
    model: str,
    number: int,
    *,
    attendance: Attendance = ALONE,
) -> dict[str, Any]:
    """Train a version again with its own source, parameters, seed and range, and compare.

    Returns
    -------
    dict
        ``identical`` (the bundles' content hashes are equal), ``max_difference`` (the largest difference of
        two scores on the reference rows, relative as at registration; None where they cannot be compared),
        ``data_identical``, and ``differences``: what else is not as it was.

    Raises
    ------
    RefusedError
        For a version that was not trained here.
    """
    with workspace.store() as store:
        version = store.versions.get(model, number)
        spec = spec_of(store, model)
        old = workspace.bundle(version.hash)
        lineage = old.lineage()
        if lineage.get("origin") != "trained":
            raise RefusedError(
                f"version {number} of {model} was not trained here but {version.origin}",
                hint="only versions made by `incumbent version train` can be trained again",
            )
        asked = lineage["collection"]["asked"]
        attendance.progress(0.0, "reading the training rows")
        held_out = HoldOut.from_document(lineage["collection"].get("held_out"))
        rows = training_rows(workspace, store, spec, asked["since"], asked["until"], held_out)
    trained = _as_trained(spec, old, lineage)
    with job_folder(workspace) as folder:
        fit(
            workspace, trained, rows, folder, lineage["parameters"], lineage["seed"],
            source=_own_source(workspace, old, trained, folder), attendance=attendance,
        )  # fmt: skip
        new = Bundle.open(folder / "out" / "bundle")
        return {
            "model": model,
            "version": number,
            "identical": new.hash == old.hash,
            "max_difference": _difference(workspace, spec, old, new, rows),
            "data_identical": rows.collection["fingerprint"] == lineage["collection"]["fingerprint"],
            "differences": _differences(lineage, new.lineage()),
            "run": attendance.run,
        }


def _as_trained(spec: ModelSpec, old: Bundle, lineage: Mapping[str, Any]) -> ModelSpec:
    """Today's spec with what shaped the old version: threshold, cost, weight, pipeline's name."""
    from core.spec import Cost

    how = lineage.get("threshold") or {}
    cost = Cost(**how["cost"]) if how.get("how") == "tuned" else None
    given = how["threshold"] if how.get("how") == "given" else None
    positive = old.output.positive if spec.task == "classification" else None
    return replace(
        spec,
        threshold=given,
        cost=cost,
        weight=lineage.get("weight"),
        pipeline=lineage["pipeline"]["file"],
        positive=positive,
    )


def _own_source(workspace: Workspace, old: Bundle, spec: ModelSpec, folder: Path) -> Path:
    """The bundle's own pipeline file and modules under the names that they had."""
    assert spec.pipeline is not None
    place = folder / "source"
    modules = old.path / "modules"
    if modules.is_dir():
        shutil.copytree(modules, place)
    place.mkdir(exist_ok=True)
    path = place / Path(spec.pipeline).name
    shutil.copyfile(old.path / "pipeline.py", path)
    return path


def _difference(
    workspace: Workspace, spec: ModelSpec, old: Bundle, new: Bundle, rows: TrainingRows
) -> float | None:
    from core.scoring import open_scorer
    from incumbent.fitting.agreement import PROBABILITY_FLOOR, largest_difference, reference_rows
    from incumbent.fitting.trust import all_that_it_holds

    if old.output.classes != new.output.classes or old.output.scores != new.output.scores:
        return None
    found = []
    for bundle in (old, new):
        if any(name not in rows.columns for name in bundle.input.names):
            return None
        reference = reference_rows(rows.columns, bundle.input.names)
        trusted = all_that_it_holds(bundle)
        with open_scorer(workspace, bundle.path, python=spec.python, trusted=trusted) as scorer:
            found.append(scorer.scores(reference))
    floor = PROBABILITY_FLOOR if old.output.scores == "probabilities" else 1e-300
    return largest_difference(found[1], found[0], floor)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    told = []
    if old["python"] != new["python"]:
        told.append(f"Python {old['python']} → {new['python']}")
    for name in sorted({*old["packages"]} & {*new["packages"]}):  # what both have loaded
        before, after = old["packages"][name], new["packages"][name]
        if before != after:
            told.append(f"{name} {before} → {after}")
    if old["collection"]["rows"] != new["collection"]["rows"]:
        told.append(f"training rows {old['collection']['rows']} → {new['collection']['rows']}")
    return told


def execute_reproduce(context: RunContext) -> Outcome:
    """The run ``reproduce``: arguments ``version``, ``time_limit``."""
    from core.runs import Outcome

    arguments = context.run.arguments
    assert context.run.model is not None
    document = reproduce(
        context.workspace,
        context.run.model,
        int(arguments["version"]),
        attendance=Attendance.of(context),
    )
    data = "the same data" if document["data_identical"] else "other data"
    same = "identical" if document["identical"] else "not identical"
    return Outcome(None, f"{same}, trained on {data}", document, alerts=())
