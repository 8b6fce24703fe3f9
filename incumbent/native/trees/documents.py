"""An ensemble in the coefficients file: a summary to read and compare, and every node to the last bit."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.coefficients import distinct
from incumbent.native.step import Arrays
from incumbent.native.trees.ensemble import Ensemble, assemble
from incumbent.native.trees.rules import read_rules, write_rules

#: A single tree of up to so many nodes is written as rules.
READABLE = 200
#: Levels of the first tree that are written out for reading.
LEVELS = 3

_ARRAYS = {
    "roots": np.int32,
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "missing_left": bool,
    "value": np.float64,
    "category": np.int32,
    "sets": bool,
}


def write_ensemble(ensemble: Ensemble, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
    """The ensemble as plain data."""
    document: "dict[str, Any]" = {
        "features": ensemble.features,
        "outputs": ensemble.outputs,
        "float32": ensemble.single,
        "missing": ensemble.missing,
        "infinite": ensemble.infinite,
        "summary": summary(ensemble, names),
    }
    if ensemble.trees == 1 and ensemble.nodes <= READABLE:
        document["codes"] = int(ensemble.sets.shape[1])
        document["rules"] = write_rules(ensemble, 0, names)
        return document
    document["first tree"] = write_rules(ensemble, 0, names, LEVELS)
    written = [n for n in _ARRAYS if ensemble.has_categories or n not in ("category", "sets")]
    document["nodes"] = {n: arrays.store(f"trees.{n}", getattr(ensemble, n)) for n in written}
    return document


def read_ensemble(document: "Mapping[str, Any]", arrays: Arrays) -> Ensemble:
    """The ensemble that :func:`write_ensemble` wrote.

    Raises
    ------
    ValueError
        Where the nodes do not make trees.
    """
    shape: "dict[str, Any]" = {
        "features": document["features"],
        "outputs": document["outputs"],
        "single": document["float32"],
        "missing": document["missing"],
        "infinite": document["infinite"],
    }
    if "rules" in document:
        ensemble = assemble([read_rules(document["rules"], document["codes"])], **shape)
    else:
        written = document["nodes"]
        read: "dict[str, Any]" = {
            n: np.ascontiguousarray(arrays.load(written[n]), t) for n, t in _ARRAYS.items() if n in written
        }
        read.setdefault("category", np.full(len(read["feature"]), -1, dtype=np.int32))
        ensemble = Ensemble(**read, **shape)
    check(ensemble)
    return ensemble


def check(ensemble: Ensemble) -> None:
    """Refuse nodes that do not make trees: walking them would never end, or end elsewhere.

    Raises
    ------
    ValueError
    """
    nodes, inner = np.arange(ensemble.nodes), ensemble.feature >= 0
    lengths = {len(a) for a in (ensemble.threshold, ensemble.left, ensemble.missing_left, ensemble.value)}
    if lengths | {len(ensemble.category)} != {ensemble.nodes} or not ensemble.trees or ensemble.roots[0] != 0:
        raise ValueError("the arrays of its trees are of different lengths")
    ends = np.repeat(ensemble.bounds()[1:], np.diff(ensemble.bounds()))
    if (ensemble.left[inner] <= nodes[inner]).any() or (ensemble.left[inner] + 1 >= ends[inner]).any():
        raise ValueError("a node of its trees has children outside of its tree")
    if (ensemble.left[~inner] != nodes[~inner]).any():
        raise ValueError("a leaf of its trees has children")
    if (ensemble.feature >= ensemble.features).any() or np.isnan(ensemble.threshold).any():
        raise ValueError("a node of its trees asks for a feature or a threshold that there is not")
    if (ensemble.category >= len(ensemble.sets)).any():
        raise ValueError("a node of its trees asks for categories that there are not")
    if ensemble.value.shape[1] not in (1, ensemble.outputs):
        raise ValueError("the leaves of its trees have the wrong number of values")


def summary(ensemble: Ensemble, names: Sequence[str]) -> "dict[str, Any]":
    """What a person compares: how many trees, how deep, and which features they ask how often."""
    inner = ensemble.feature[ensemble.feature >= 0]
    splits = np.bincount(inner, minlength=ensemble.features).tolist()
    return {
        "trees": ensemble.trees,
        "leaves": int(ensemble.leaves().sum()),
        "deepest": int(ensemble.depths().max()),
        "splits by feature": dict(zip(distinct(names), splits)),
    }
