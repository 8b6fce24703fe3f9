"""Trees: a small one as a function that can be read, more of them as packed nodes."""

from __future__ import annotations

import numpy as np

from core.standalone.code import Code, Value, printable
from core.standalone.writers import writes
from core.standalone.writers.products import answered
from incumbent.native.trees.ensemble import Ensemble
from incumbent.native.trees.step import Trees

#: A single tree of up to so many nodes, and so deep, is written as nested ifs.
READABLE_NODES = 400
READABLE_DEPTH = 15


@writes(Trees)
def trees(step: Trees, x: Value, code: Code) -> Value:
    ensemble = step.ensemble
    x = code.dense(x)
    row = code.assign(
        "tree_row",
        code.call("prepared", x.text, ensemble.single, ensemble.missing, ensemble.infinite),
    )
    base = code.numbers("base", step.base, step.labels if len(step.labels) == len(step.base) else None)
    single = ensemble.trees == 1 and ensemble.nodes <= READABLE_NODES
    if single and ensemble.depths().max() <= READABLE_DEPTH:
        name = _function(ensemble, x, code)
        sums = f"[a + b for a, b in zip({base}, {name}({row}))]"
    else:
        sums = f"{_forest(step, code)}.sums({row}, {base})"
    if step.divisor != 1.0:
        sums = code.call("divided", sums, code.number(step.divisor))
    return answered(step.answer, code.assign("sums", sums), code)


def _forest(step: Trees, code: Code) -> str:
    ensemble = step.ensemble
    about = (
        f"{step.model}: {ensemble.trees} trees, {int(ensemble.leaves().sum())} leaves, "
        f"the deepest {int(ensemble.depths().max())} levels"
    )
    named = {
        "roots": code.packed("i", ensemble.roots),
        "feature": code.packed("i", ensemble.feature),
        "threshold": code.packed("d", ensemble.threshold),
        "left": code.packed("i", ensemble.left),
        "nulls_left": code.packed("b", ensemble.missing_left),
        "values": code.packed("d", ensemble.value.ravel()),
        "width": str(ensemble.value.shape[1]),
    }
    if ensemble.has_categories:
        sets = [_codes(ensemble, i) for i in range(len(ensemble.sets))]
        named |= {
            "category": code.packed("i", ensemble.category),
            "sets": code.constant("category_sets", code.listing(sets)),
        }
    lines = [f"    {key}={text}," for key, text in named.items()]
    return code.constant("forest", "\n".join([f"{code.use('Forest')}(", *lines, ")"]), about)


def _codes(ensemble: Ensemble, at: int) -> str:
    codes = np.flatnonzero(ensemble.sets[at]).tolist()
    return f"{{{', '.join(map(str, codes))}}}" if codes else "()"


def _function(ensemble: Ensemble, x: Value, code: Code) -> str:
    """A function of nested ifs; answers its name."""
    name = code.unique("tree")
    lines = [f"def {name}(x):", '    """The leaf of a row: what it adds to each score."""']
    _write_node(ensemble, 0, x, 1, lines, code)
    code.functions.append("\n".join(lines))
    return name


def _write_node(ensemble: Ensemble, node: int, x: Value, depth: int, lines: "list[str]", code: Code) -> None:
    indent = "    " * depth
    feature = int(ensemble.feature[node])
    if feature < 0:
        values = ", ".join(code.number(v) for v in ensemble.value[node].tolist())
        lines.append(f"{indent}return [{values}]")
        return
    name = f"  # {printable(x.names[feature])}" if x.names is not None else ""
    lines.append(f"{indent}if {_condition(ensemble, node, f'x[{feature}]', code)}:{name}")
    left = int(ensemble.left[node])
    _write_node(ensemble, left, x, depth + 1, lines, code)
    lines.append(f"{indent}else:")
    _write_node(ensemble, left + 1, x, depth + 1, lines, code)


def _condition(ensemble: Ensemble, node: int, value: str, code: Code) -> str:
    nulls_left = bool(ensemble.missing_left[node])
    if ensemble.category[node] >= 0:
        among = f"{value} in {_codes(ensemble, int(ensemble.category[node]))}"
        return f"{value} != {value} or {among}" if nulls_left else among
    threshold = code.number(ensemble.threshold[node])
    return f"not {value} > {threshold}" if nulls_left else f"{value} <= {threshold}"
