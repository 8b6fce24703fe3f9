"""The trivial baseline of a model, as a bundle: version 0."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from incumbent.bundle import Bundle, write_bundle
from incumbent.schema import InputSchema, OutputSchema

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.versions.rows import TrainingRows


def write_baseline_bundle(folder: Path, spec: ModelSpec, output: OutputSchema, rows: TrainingRows) -> Bundle:
    """Write ``folder/bundle``: shares of the classes, or the median, among the targets of these rows.

    Parameters
    ----------
    folder : Path
    spec : ModelSpec
    output : OutputSchema
        Of the version that is made with it: the baseline has the same classes.
    rows : TrainingRows
    """
    from incumbent.algorithms.baseline import write_baseline
    from incumbent.fitting.frame import target_values
    from incumbent.fitting.train import target_column

    contents = folder / "contents"
    contents.mkdir()
    target = target_column(target_values(rows.columns[spec.target], spec.task))
    described = write_baseline(contents, output, target)
    return write_bundle(
        folder / "bundle",
        model=spec.name,
        algorithm="baseline",
        input=InputSchema(()),
        output=described,
        contents=contents,
        lineage={"format": 1, "origin": "baseline", "collection": dict(rows.collection)},
    )
