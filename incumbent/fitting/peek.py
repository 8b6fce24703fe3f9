"""The job ``peek``: what a fitted model's file tells of itself, before anything else is known."""

from __future__ import annotations

import sys
from typing import Any, Mapping

from incumbent.fitting.formats import ModelFile, recognise
from incumbent.fitting.inputs import is_text
from incumbent.fitting.jobs import Progress
from incumbent.fitting.load import load_estimator


def peek(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Load a fitted scikit-learn estimator and say what it is.

    Returns
    -------
    dict
        ``estimator`` (the name of its class), ``task``, ``reads`` (names of columns, null where it was fitted
        without names), ``width`` (how many columns), ``text`` (whether it takes one column of texts) and
        ``classes`` (as text, null for a regression). All null for a file of another library.
    """
    file: ModelFile = recognise(job["path"])
    if file.format not in ("skops", "pickle"):
        return dict.fromkeys(("estimator", "task", "reads", "width", "text", "classes"))
    sys.path.insert(0, str(file.path.parent))
    estimator, _ = load_estimator(file, tuple(job["trusted"].get("types", ())))
    classes = getattr(estimator, "classes_", None)
    named = getattr(estimator, "feature_names_in_", None)
    width = getattr(estimator, "n_features_in_", None)
    return {
        "estimator": type(estimator).__name__,
        "task": "regression" if classes is None else "classification",
        "reads": None if named is None else [str(n) for n in named],
        "width": None if width is None else int(width),
        "text": bool(is_text(estimator)),
        "classes": None if classes is None else [str(c) for c in classes],
    }
