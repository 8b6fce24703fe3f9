"""Leaving out the input columns that a fitted pipeline was shown but never reads."""

from __future__ import annotations

from typing import Any, Sequence

from incumbent.native.chain import Chain, PredictingChain
from incumbent.native.compose import Columns
from incumbent.native.step import Step


def columns_read(estimator: Any, names: Sequence[str]) -> "tuple[str, ...]":
    """The columns that a fitted pipeline with a ``ColumnTransformer`` in front reads; else all of them."""
    front = estimator.steps[0][1] if hasattr(estimator, "steps") else estimator
    if not hasattr(front, "transformers_") or not hasattr(front, "_transformer_to_input_indices"):
        return tuple(names)
    read: "set[int]" = set()
    for label, part, _ in front.transformers_:
        if not (isinstance(part, str) and part == "drop"):
            read |= set(front._transformer_to_input_indices[label])
    return tuple(n for i, n in enumerate(names) if i in read)


def narrow(step: Step, names: Sequence[str], kept: Sequence[str]) -> "Step | None":
    """The same native steps for the columns that are kept; None where that cannot be said of them."""
    if tuple(names) == tuple(kept):
        return step
    if not isinstance(step, PredictingChain) or not step.before.steps:
        return None
    front = step.before.steps[0]
    if not isinstance(front, Columns):
        return None
    place = {names.index(name): i for i, name in enumerate(kept)}
    parts = [(label, [place[at] for at in positions], part) for label, positions, part in front.parts]
    before = Chain([Columns(parts, front.prefix), *step.before.steps[1:]], step.before.labels)
    return PredictingChain(before, step.last, step.label)
