"""Where a version comes from, in four steps: collection, preprocessing, feature selection, validation.

There is no wall-clock time in a lineage: training the same thing again gives the same words.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Mapping, Sequence

from incumbent.files import sha256_file

FORMAT = 1
_DISTRIBUTIONS = {
    "catboost": "catboost",
    "lightgbm": "lightgbm",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "pandas": "pandas",
    "scipy": "scipy",
    "skops": "skops",
    "sklearn": "scikit-learn",
    "treelite": "treelite",
    "xgboost": "xgboost",
}


def packages() -> "dict[str, str]":
    """Versions of the libraries in use that can change a prediction."""
    found = {}
    for module, distribution in _DISTRIBUTIONS.items():
        if module in sys.modules:
            try:
                found[distribution] = version(distribution)
            except PackageNotFoundError:
                found[distribution] = str(getattr(sys.modules[module], "__version__", "unknown"))
    return found


def environment() -> "dict[str, Any]":
    """The interpreter and its libraries."""
    return {"python": platform.python_version(), "packages": packages()}


def source_state(path: Path, name: str, modules: Mapping[str, Path]) -> "dict[str, Any]":
    """A pipeline file: its name, its hash, its git commit, and whether it differs from that commit."""
    return {
        "file": name,
        "sha256": sha256_file(path),
        "modules": {module: sha256_file(at) for module, at in modules.items()},
        **git_state([path, *modules.values()]),
    }


def git_state(paths: Sequence[Path]) -> "dict[str, Any]":
    """The commit that files are at, and whether one of them differs from it; None outside a repository."""
    folder = paths[0].parent
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "modified": None}
    changed = _git(folder, "status", "--porcelain", "--", *(str(p) for p in paths))
    return {"commit": commit, "modified": bool(changed)}


def _git(folder: Path, *arguments: str) -> "str | None":
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def steps(estimator: Any, name: str = "") -> "list[dict[str, Any]]":
    """The parts of a pipeline in order, by name and class, with the columns that they are given by name."""
    found: "list[dict[str, Any]]" = []
    if hasattr(estimator, "steps"):
        for step, part in estimator.steps:
            found += steps(part, _joined(name, step))
    elif hasattr(estimator, "transformers"):
        fitted = getattr(estimator, "transformers_", estimator.transformers)
        for step, part, columns in fitted:
            inner = steps(part, _joined(name, step))
            inner[0]["columns"] = _column_names(columns)
            found += inner
    elif hasattr(estimator, "transformer_list"):
        for step, part in estimator.transformer_list:
            found += steps(part, _joined(name, step))
    else:
        found.append({"name": name, "class": estimator if isinstance(estimator, str) else _class(estimator)})
    return found or [{"name": name, "class": _class(estimator)}]


def _joined(name: str, step: str) -> str:
    return f"{name}/{step}" if name else str(step)


def _class(part: Any) -> str:
    return f"{type(part).__module__}.{type(part).__qualname__}"


def _column_names(columns: Any) -> Any:
    if isinstance(columns, str) or callable(columns):
        return str(columns)
    if isinstance(columns, slice):
        return f"{columns.start}:{columns.stop}"
    return [c if isinstance(c, str) else int(c) for c in columns]


def selections(estimator: Any) -> "list[dict[str, Any]]":
    """What every feature selector on the main line of a pipeline kept and dropped, by name."""
    if not hasattr(estimator, "steps"):
        return []
    found = []
    for position, (name, part) in enumerate(estimator.steps):
        if hasattr(part, "get_support"):
            mask = part.get_support()
            names = _names_before(estimator, position, len(mask))
            found.append(
                {
                    "name": name,
                    "class": _class(part),
                    "kept": [n for n, kept in zip(names, mask) if kept],
                    "dropped": [n for n, kept in zip(names, mask) if not kept],
                }
            )
    return found


def _names_before(pipeline: Any, position: int, width: int) -> "list[str]":
    given = getattr(pipeline, "feature_names_in_", None)
    names = None if given is None else [str(n) for n in given]
    try:
        for _, part in pipeline.steps[:position]:
            names = [str(n) for n in part.get_feature_names_out(names)]
    except (AttributeError, ValueError, NotImplementedError):
        names = None
    return names if names is not None and len(names) == width else [f"x{i}" for i in range(width)]


def warned(caught: "Sequence[warnings.WarningMessage]") -> "list[str]":
    """Warnings as text, each once."""
    return list(dict.fromkeys(f"{w.category.__name__}: {str(w.message).strip()}" for w in caught))


def plain(value: Any) -> Any:
    """A parameter as plain JSON data; what has no such form as its representation."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return repr(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
