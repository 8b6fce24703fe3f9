"""The trivial baseline of a model, as a bundle: version 0."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from incumbent.bundle import Bundle, write_bundle
from incumbent.schema import InputColumn, InputSchema, OutputSchema

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.versions.rows import TrainingRows


@dataclass(frozen=True)
class Rule:
    """What the baseline answers, and why that.

    Parameters
    ----------
    name : str
        ``prior``, ``median`` or ``last value``.
    why : str
        A line for people.
    """

    name: str
    why: str


def choose_rule(spec: ModelSpec, rows: TrainingRows) -> Rule:
    """The trivial rule that is hardest to beat: of median and last value, the nearer one on these rows.

    The last value is what was known before each row (:mod:`core.data.last_known`); both are compared by their
    mean absolute error on the rows that have one.
    """
    import numpy as np

    from core.data.last_known import last_known
    from core.timeline import Duration
    from incumbent.fitting.frame import known

    if spec.task != "regression":
        return Rule("prior", "the shares of the classes")
    if spec.time is None:
        return Rule("median", "the median")
    target = rows.columns[spec.target]
    sound = known(target)
    actual = np.asarray(target, dtype=np.float64)[sound]
    times = np.asarray(rows.columns[spec.time]).astype("datetime64[us]").view(np.int64)[sound]
    delay = None if spec.label_delay is None else Duration.parse(spec.label_delay)
    last = last_known(times, times, actual, delay)
    judged = np.isfinite(last)
    if not judged.any():
        return Rule("median", "the median")
    of_last = float(np.mean(np.abs(last - actual)[judged]))
    of_median = float(np.mean(np.abs(actual - np.median(actual))[judged]))
    figures = f"mean absolute error {of_last:.4g} against {of_median:.4g}"
    if of_last < of_median:
        return Rule("last value", f"the last known value, nearer than the median ({figures})")
    return Rule("median", f"the median, nearer than the last known value ({figures})")


def write_baseline_bundle(folder: Path, spec: ModelSpec, output: OutputSchema, rows: TrainingRows) -> Bundle:
    """Write ``folder/bundle``: shares of the classes, median or last value, by the targets of these rows.

    Parameters
    ----------
    folder : Path
    spec : ModelSpec
    output : OutputSchema
        Of the version that is made with it: the baseline has the same classes.
    rows : TrainingRows
    """
    from core.data.last_known import last_known_name
    from incumbent.algorithms.baseline import write_baseline
    from incumbent.fitting.frame import target_values
    from incumbent.fitting.train import target_column

    contents = folder / "contents"
    contents.mkdir()
    rule = choose_rule(spec, rows)
    last = last_known_name(spec.target) if rule.name == "last value" else None
    target = target_column(target_values(rows.columns[spec.target], spec.task))
    described = write_baseline(contents, output, target, last)
    inputs = () if last is None else (InputColumn(last, "number", "float64"),)
    return write_bundle(
        folder / "bundle",
        model=spec.name,
        algorithm="baseline",
        input=InputSchema(inputs),
        output=described,
        contents=contents,
        lineage={
            "format": 1,
            "origin": "baseline",
            "collection": dict(rows.collection),
            "parameters": {"rule": rule.name},
            "why": f"the model's trivial baseline: {rule.why}",
        },
    )
