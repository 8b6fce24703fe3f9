"""Reading a metrics file: its public functions and constants, from its text alone.

Nothing of it is run here: what a function computes is found out in a child process.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.metrics.custom import PREFIX, CustomMetrics
from core.metrics.metric import FREE, Bounds, Direction, Metric
from core.metrics.table import EVERY
from incumbent.errors import UsageError

#: A function with a parameter of this name is given the classes' probabilities too.
PROBABILITIES = "probabilities"

_PARAMETERS = 3
_CONSTANTS = ("GREATER_IS_BETTER", "TOTALS", "BOUNDS")


def read_metrics_file(path: Path) -> CustomMetrics:
    """The metrics that a file defines.

    Raises
    ------
    UsageError
        The file is missing, is no Python, or says of its functions what makes no sense.
    """
    try:
        source = path.read_bytes()
        tree = ast.parse(source, filename=path.name)
    except OSError as error:
        raise UsageError(
            f"the metrics file {path} cannot be read: {error.strerror}", hint="`metrics` in the spec names it"
        ) from None
    except (SyntaxError, ValueError) as error:
        at = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        said = error.msg if isinstance(error, SyntaxError) else error
        raise UsageError(
            f"the metrics file {path.name}{at}: {said}", hint="it must be a Python file"
        ) from None
    return _defined(path, tree)


def _defined(path: Path, tree: ast.Module) -> CustomMetrics:
    functions: dict[str, str] = {}
    others: dict[str, str] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        unfit = _unfit(node)
        if unfit:
            others[node.name] = unfit
        else:
            functions[node.name] = (ast.get_docstring(node) or "the model's own metric").splitlines()[0]
    said = _constants(path, tree)
    better = _directions(path, said.get("GREATER_IS_BETTER", {}), functions)
    bounds = _bounds(path, said.get("BOUNDS", {}), functions)
    totals = _totals(path, said.get("TOTALS", ()), functions)
    made = tuple(
        Metric(PREFIX + name, better.get(name, "none"), "nothing", EVERY, bounds.get(name, FREE), about, (),
               "custom")
        for name, about in functions.items()
    )  # fmt: skip
    digest = _digest(path, tree)
    return CustomMetrics(str(path), digest, made, tuple(PREFIX + n for n in totals), others)


def _unfit(node: ast.FunctionDef) -> str:
    """Why a function cannot be called as a metric; empty if it can."""
    named = [*node.args.posonlyargs, *node.args.args]
    positional = [argument for argument in named if argument.arg != PROBABILITIES]
    required = len(positional) - len(node.args.defaults)
    if required > _PARAMETERS or (len(positional) < _PARAMETERS and node.args.vararg is None):
        return f"it takes {required} parameters, not {_PARAMETERS}"
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    if any(default is None and argument.arg != PROBABILITIES for argument, default in keywords):
        return "it has a keyword parameter without a default"
    return ""


def _constants(path: Path, tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in _assigned(tree):
        if name in _CONSTANTS:
            try:
                found[name] = ast.literal_eval(value)
            except (ValueError, TypeError):
                raise _wrong(path, name, "is computed") from None
    return found


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((t.id, node.value) for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            yield node.target.id, node.value


def _wrong(path: Path, constant: str, what: str) -> UsageError:
    example = {
        "GREATER_IS_BETTER": 'GREATER_IS_BETTER = {"profit": True}',
        "TOTALS": 'TOTALS = {"profit"}',
        "BOUNDS": 'BOUNDS = {"refunds": (0, None)}',
    }[constant]
    return UsageError(
        f"{constant} in {path.name} {what}", hint=f"it is read, not run: write it out, as in {example}"
    )


def _known(path: Path, constant: str, names: Any, functions: Mapping[str, str]) -> None:
    for name in names:
        if name not in functions:
            raise _wrong(path, constant, f"names {name!r}, which is no metric of the file")


def _directions(path: Path, said: Any, functions: Mapping[str, str]) -> dict[str, Direction]:
    if isinstance(said, bool):
        said = dict.fromkeys(functions, said)
    if not isinstance(said, dict) or not all(isinstance(value, bool) for value in said.values()):
        raise _wrong(path, "GREATER_IS_BETTER", "does not give True or False for each name")
    _known(path, "GREATER_IS_BETTER", said, functions)
    return {name: "higher" if better else "lower" for name, better in said.items()}


def _totals(path: Path, said: Any, functions: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(said, set | list | tuple):
        raise _wrong(path, "TOTALS", "is no set of names")
    _known(path, "TOTALS", said, functions)
    return tuple(sorted(said))


def _bounds(path: Path, said: Any, functions: Mapping[str, str]) -> dict[str, Bounds]:
    if not isinstance(said, dict) or not all(map(_is_pair, said.values())):
        raise _wrong(path, "BOUNDS", "does not give a pair of numbers (or None) for each name")
    _known(path, "BOUNDS", said, functions)
    return {name: (_float(low), _float(high)) for name, (low, high) in said.items()}


def _is_pair(value: Any) -> bool:
    def fits(end: Any) -> bool:
        return end is None or (isinstance(end, int | float) and not isinstance(end, bool))

    return isinstance(value, tuple | list) and len(value) == 2 and all(map(fits, value))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _digest(path: Path, tree: ast.Module) -> str:
    digest = hashlib.sha256()
    for file in sorted({path, *_neighbours(path, tree, {path})}):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _neighbours(path: Path, tree: ast.Module, seen: set[Path]) -> Iterator[Path]:
    """The files of the same folder that a file imports, and those that they import."""
    for name in _imported(tree):
        package = path.parent / name
        single = package.with_suffix(".py")
        for file in [single] if single.is_file() else sorted(package.rglob("*.py")):
            if file in seen:
                continue
            seen.add(file)
            yield file
            try:
                yield from _neighbours(path, ast.parse(file.read_bytes()), seen)
            except SyntaxError:
                continue  # whoever runs it will say so, with the line


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
