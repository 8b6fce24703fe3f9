"""What a model's predictions rest upon beside its bundle: Python, libraries, the pipeline's code.

The software test keeps what it ran with. The nightly regression run compares that with what is there now, and
has the software test run again where something changed.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.spec import ModelSpec

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Libraries that predictions may come from.
LIBRARIES = (
    "incumbent", "incumbent-runtime", "numpy", "scipy", "scikit-learn", "pandas", "skops", "onnxruntime",
    "treelite", "xgboost", "lightgbm", "numba",
)  # fmt: skip


def environment_of(workspace: Workspace, spec: ModelSpec) -> dict[str, str]:
    """Names of what predictions rest upon, with their versions or hashes.

    Libraries of an interpreter that the spec names are read from the folders of its environment; it is not
    started.
    """
    found = {"Python": platform.python_version(), **_own_libraries()}
    if spec.python is not None:
        found.update(_libraries_of(workspace, spec.python))
    if spec.pipeline is not None:
        path = workspace.path(spec.pipeline)
        for name, file in _sources(path):
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    return found


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is not as it was, in words.

    Examples
    --------
    >>> changed({"Python": "3.11.4", "flights.py": "aa"}, {"Python": "3.12.1", "flights.py": "bb"})
    ['Python 3.11.4 → 3.12.1', 'flights.py changed']
    """
    words = []
    for name in sorted({*before, *now}, key=lambda n: (n != "Python", n)):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if name.endswith(".py"):
            words.append(f"{name} {'is new' if old is None else 'is gone' if new is None else 'changed'}")
        else:
            words.append(f"{name} {old or 'absent'} → {new or 'absent'}")
    return words


def software_due(workspace: Workspace, store: Store, model: str) -> str:
    """Why the software test of a model should run again; nothing where it should not.

    It should where the spec names one, a version serves, and the last test ran with something else (or there
    was none yet).
    """
    spec = ModelSpec.from_document(store.models.revision(model).document)
    live = store.production.live(model)
    if spec.software_test is None or live is None or live.champion is None:
        return ""
    last = store.runs.last(model, "software")
    if last is None:
        return "it has never run"
    result: Mapping[str, Any] = last.result or {}
    differences = changed(result.get("environment", {}), environment_of(workspace, spec))
    return ", ".join(differences[:3]) if differences else ""


def queue_software(workspace: Workspace, store: Store, model: str) -> str:
    """Queue the software test of what serves where it is due; says why, nothing where it is not.

    To be called when a nightly regression run has ended. A test that waits or runs already is enough.
    """
    why = software_due(workspace, store, model)
    waiting = any((run.model, run.kind) == (model, "software") for run in store.runs.active())
    if not why or waiting:
        return ""
    from core.runs import submit

    submit(workspace, model, "software", {"serving": True}, why=f"nightly: {why}")
    return why


def _own_libraries() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _libraries_of(workspace: Workspace, python: str) -> dict[str, str]:
    """Libraries beside an interpreter: the names of the ``.dist-info`` folders hold their versions."""
    path = workspace.path(python) if "/" in python else Path(python)
    found = {}
    for folder in sorted(path.parent.parent.glob("lib/python*/site-packages/*.dist-info")):
        name, _, number = folder.name.removesuffix(".dist-info").partition("-")
        if name.replace("_", "-").lower() in LIBRARIES:
            found[f"{name.replace('_', '-').lower()} of {python}"] = number
    home = path.parent.parent / "pyvenv.cfg"
    if home.is_file():
        for line in home.read_text("utf-8", "replace").splitlines():
            key, _, value = line.partition("=")
            if key.strip() in ("version", "version_info"):
                found[f"Python of {python}"] = value.strip()
    return found


def _sources(pipeline: Path) -> list[tuple[str, Path]]:
    """The pipeline file, and the modules beside it that it may import."""
    if not pipeline.is_file():
        return []
    return [(file.name, file) for file in sorted(pipeline.parent.glob("*.py")) if file.is_file()]
