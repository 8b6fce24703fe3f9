"""Bundles that run with libraries: predicted again after Python or one of the libraries has changed.

A fitted estimator's file says nothing of the code that will read it. Where the interpreter that runs a model
is not the one that made a version, the version's golden cases are predicted with it, in a child process.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from core.doctor.finding import Finding, problem
from core.spec import ModelSpec
from incumbent.algorithms.base import kind
from incumbent.errors import FittingError, IncumbentError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import Version

#: Prints the versions of an interpreter and of the libraries that its arguments name.
_ASK = """
import json, platform, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({"python": platform.python_version(), **{n: found(n) for n in sys.argv[1:]}}))
"""
_PATIENCE = 60  # seconds


def reproduced(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether versions that run with libraries still give their numbers, where those have changed."""
    for model in store.models.list():
        spec = ModelSpec.from_document(store.models.revision(model.name).document, model.name)
        for version in store.versions.list(model.name):
            if kind(version.algorithm).needs:
                yield from _examined(workspace, store, spec, version)


def _examined(workspace: Workspace, store: Store, spec: ModelSpec, version: Version) -> Iterable[Finding]:
    subject = f"{spec.name} v{version.number}"
    python = spec.python if kind(version.algorithm).runs_user_code else None
    try:
        changed = changes(workspace, workspace.bundle(version.hash).lineage(), python)
        if changed:
            yield from _predicted(workspace, store, spec, version, ", ".join(changed))
    except IncumbentError as error:
        yield problem(subject, error)


def changes(workspace: Workspace, lineage: Mapping[str, Any], python: str | None) -> list[str]:
    """What is not as it was when a version was made: ``scikit-learn 1.6.1 → 1.9.0``.

    Parameters
    ----------
    lineage : mapping
        Of the version; without an environment in it (a baseline) nothing has changed.
    python : str, optional
        The interpreter that runs it; this one by default.

    Raises
    ------
    FittingError
        Where that interpreter does not answer.
    """
    before = {**lineage.get("packages", {})}
    if "python" not in lineage:
        return []
    now = _asked(workspace, python, sorted(before))
    before["python"] = lineage["python"]
    return [f"{n} {was} → {now.get(n) or 'absent'}" for n, was in before.items() if now.get(n) != was]


def _asked(workspace: Workspace, python: str | None, packages: list[str]) -> dict[str, Any]:
    from core.runtime import interpreter

    path = interpreter(workspace, python)
    try:
        ended = subprocess.run(
            [path, "-I", "-c", _ASK, *packages], capture_output=True, text=True, check=True, timeout=_PATIENCE
        )
        found: dict[str, Any] = json.loads(ended.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise FittingError(
            f"{path} does not answer as a Python does: {type(error).__name__}",
            hint="set `python` in the model's spec to a Python interpreter",
        ) from None
    return found


def _predicted(
    workspace: Workspace, store: Store, spec: ModelSpec, version: Version, changed: str
) -> Iterable[Finding]:
    from core.checks.cases import run_cases
    from core.scoring import open_scorer, trusted

    subject = f"{spec.name} v{version.number}"
    cases = store.cases.list(spec.name, version.number, "golden")
    if not cases:
        hint = f"hold it against its data: incumbent check backtest {spec.name} --version {version.number}"
        yield Finding(subject, "notice", f"it has no golden case to try again since {changed}", hint)
        return
    folder = workspace.bundle_path(version.hash)
    with open_scorer(
        workspace, folder, expect=version.hash, python=spec.python, trusted=trusted(store)
    ) as scorer:
        failed = [result for result in run_cases(scorer, cases) if not result.passed]
    if failed:
        message = f"{len(failed)} of {len(cases)} golden cases are not as they were ({failed[0].reason})"
        hint = f"install what made it, or train it again; changed since: {changed}"
        yield Finding(subject, "problem", message, hint)
