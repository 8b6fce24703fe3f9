"""A user's pipeline file: imported by its path, its own folder first, its modules remembered."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Iterator, Mapping

from incumbent.errors import FittingError
from incumbent.fitting.jobs import fail


@dataclass(frozen=True)
class Pipeline:
    """What a pipeline file offers.

    Parameters
    ----------
    path : Path
    module : ModuleType
    build : callable
        Parameters in, unfitted estimator out.
    parameters : mapping
        ``PARAMS``, the defaults.
    """

    path: Path
    module: ModuleType
    build: Callable[..., Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def load_pipeline(path: "str | Path") -> Pipeline:
    """Import a pipeline file.

    Raises
    ------
    FittingError
        Where it is missing, fails, or has no ``build``.
    """
    file = Path(path)
    module = import_user_file(file)
    build = getattr(module, "build", None)
    if not callable(build):
        raise FittingError(
            f"the pipeline file {file.name} has no function `build`",
            "write `def build(**parameters):` that returns an unfitted estimator",
        )
    defaults = getattr(module, "PARAMS", {})
    if not isinstance(defaults, Mapping):
        raise FittingError(f"PARAMS in {file.name} is not a mapping of names to defaults")
    return Pipeline(file, module, build, dict(defaults))


def import_user_file(file: Path) -> ModuleType:
    """Import a user's file, with its folder on the path.

    Raises
    ------
    FittingError
        Where it is missing or fails.
    """
    if not file.is_file():
        raise FittingError(f"there is no pipeline file {file}", "set `pipeline` in the model's spec")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    return import_file(file, module_name(file))


def import_file(file: Path, name: str) -> ModuleType:
    """Import one file under a name, so that its classes are found again under that name."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        if isinstance(error, SystemExit):
            raise
        raise fail(f"importing {file.name} failed", error, str(file.parent)) from error
    return module


@contextmanager
def without_bytecode() -> "Iterator[None]":
    """Imports leave no ``__pycache__`` behind."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def module_name(file: Path) -> str:
    """The name that a pipeline file is imported under: its own, unless something else has it already."""
    taken = file.stem in sys.stdlib_module_names or file.stem in sys.modules or file.stem == "incumbent"
    return f"{file.stem}_pipeline" if taken or not file.stem.isidentifier() else file.stem


def own_modules(folder: Path, besides: Path) -> "dict[str, Path]":
    """Source files that have been imported from a folder, by relative name, without ``besides``."""
    roots = (str(folder) + os.sep, str(folder.resolve()) + os.sep)
    found = {}
    for module in list(sys.modules.values()):
        origin = getattr(module, "__dict__", {}).get("__file__")
        if not isinstance(origin, str) or not origin.endswith(".py") or not origin.startswith(roots):
            continue
        path = Path(origin).resolve()
        if path == besides.resolve() or folder.resolve() not in path.parents:
            continue
        relative = path.relative_to(folder.resolve())
        if not {"site-packages", ".incumbent"} & set(relative.parts):
            found[relative.as_posix()] = path
    return dict(sorted(found.items()))


def seed_everything(seed: int) -> None:
    """Seed Python's and numpy's global generators.

    Estimators with ``random_state=None`` draw from numpy's, so that a pipeline is reproducible without
    naming a seed; ``random_state`` itself is left as its author wrote it.
    """
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
