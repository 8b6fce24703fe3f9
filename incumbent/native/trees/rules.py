"""A tree as rules that can be read, and back."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.coefficients import number, read_number
from incumbent.native.trees.ensemble import Ensemble, Tree


def write_rules(ensemble: Ensemble, root: int, names: Sequence[str], levels: "int | None" = None) -> Any:
    """The tree at ``root`` as nested rules; below ``levels`` of them only how many leaves there are.

    Each rule says ``feature <= threshold`` (or which category codes), where missing values go, and what
    follows if it holds (``then``) and if not (``else``).
    """
    feature = int(ensemble.feature[root])
    if feature < 0:
        values = [number(v) for v in ensemble.value[root].tolist()]
        return {"value": values[0] if len(values) == 1 else values}
    if levels == 0:
        return {"leaves": _count_leaves(ensemble, root)}
    below = None if levels is None else levels - 1
    left = int(ensemble.left[root])
    rule: "dict[str, Any]" = {"if": _condition(ensemble, root, names[feature]), "feature": feature}
    if ensemble.category[root] >= 0:
        rule["codes"] = np.flatnonzero(ensemble.sets[ensemble.category[root]]).tolist()
    else:
        rule["threshold"] = number(float(ensemble.threshold[root]))
    rule["missing"] = "then" if ensemble.missing_left[root] else "else"
    rule["then"] = write_rules(ensemble, left, names, below)
    rule["else"] = write_rules(ensemble, left + 1, names, below)
    return rule


def _condition(ensemble: Ensemble, node: int, name: str) -> str:
    if ensemble.category[node] >= 0:
        return f"{name} among codes"
    return f"{name} <= {float(ensemble.threshold[node]):.6g}"


def _count_leaves(ensemble: Ensemble, root: int) -> int:
    open_nodes, leaves = [root], 0
    while open_nodes:
        node = open_nodes.pop()
        if ensemble.feature[node] < 0:
            leaves += 1
        else:
            left = int(ensemble.left[node])
            open_nodes += [left, left + 1]
    return leaves


def read_rules(rules: "Mapping[str, Any]", codes: int) -> Tree:
    """The tree that :func:`write_rules` wrote in full; ``codes`` is the width of its category sets."""
    nodes: "list[dict[str, Any]]" = []
    sets: "list[np.ndarray]" = []
    _collect(rules, nodes, sets, codes)
    columns = {name: [n[name] for n in nodes] for name in nodes[0]}
    return Tree(
        feature=np.array(columns["feature"]),
        threshold=np.array(columns["threshold"], dtype=np.float64),
        left=np.array(columns["left"]),
        right=np.array(columns["right"]),
        missing_left=np.array(columns["missing_left"]),
        value=np.array(columns["value"], dtype=np.float64),
        category=np.array(columns["category"]),
        sets=np.array(sets) if sets else None,
    )


def _collect(
    rule: "Mapping[str, Any]", nodes: "list[dict[str, Any]]", sets: "list[np.ndarray]", codes: int
) -> int:
    at = len(nodes)
    node: "dict[str, Any]" = {
        "feature": -1,
        "threshold": 0.0,
        "left": -1,
        "right": -1,
        "missing_left": False,
        "value": None,
        "category": -1,
    }
    nodes.append(node)
    if "value" in rule:
        value = rule["value"]
        node["value"] = [read_number(v) for v in (value if isinstance(value, list) else [value])]
        return at
    node["feature"] = rule["feature"]
    node["missing_left"] = rule["missing"] == "then"
    if "codes" in rule:
        node["category"] = len(sets)
        members = np.zeros(codes, dtype=bool)
        members[rule["codes"]] = True
        sets.append(members)
    else:
        node["threshold"] = float(read_number(rule["threshold"]))
    node["left"] = _collect(rule["then"], nodes, sets, codes)
    node["right"] = _collect(rule["else"], nodes, sets, codes)
    node["value"] = [0.0] * len(nodes[node["left"]]["value"])
    return at
