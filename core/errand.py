"""One function of ``core``, done in a process of its own: ``python -m core.errand``.

The panel never loads numpy or a model; what needs them (a swap runs the version's cases through its published
files) is an errand. The request is a JSON document on standard input, the answer one on standard output:
plain data, or the error as the command line would print it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from incumbent import errors
from incumbent.errors import IncumbentError, WorkError

if TYPE_CHECKING:
    from core.workspace import Workspace


def call(handler: str, workspace: Workspace, arguments: Mapping[str, Any]) -> Any:
    """Call ``module:function`` with a workspace and keywords, here."""
    module, _, function = handler.partition(":")
    return getattr(import_module(module), function)(workspace, **arguments)


def send(handler: str, workspace: Workspace, arguments: Mapping[str, Any]) -> Any:
    """Like :func:`call`, in a process of its own; its answer as plain data.

    Raises
    ------
    IncumbentError
        What the function raised, of the same class.
    WorkError
        If the process died.
    """
    request = {"handler": handler, "workspace": str(workspace.root), "arguments": dict(arguments)}
    # -P: the workspace may hold a folder named like one of ours
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "core.errand"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=workspace.root,
        start_new_session=True,  # Ctrl-C in the terminal is the panel's, not a half-done swap's
        check=False,
    )
    try:
        answer = json.loads(ended.stdout)
    except ValueError:
        said = ended.stderr.strip().splitlines()
        raise WorkError(
            f"{handler} ended with {ended.returncode}: {said[-1] if said else 'no word'}",
            hint="the same command in a shell, with --debug, says more",
        ) from None
    if "error" in answer:
        raise _raised(answer["error"])
    return answer["result"]


def _raised(error: Mapping[str, str]) -> IncumbentError:
    kinds = {kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type)}
    kind = kinds.get(error["class"], WorkError)
    found: IncumbentError = kind(error["message"], hint=error["hint"])
    return found


def main() -> int:
    """Read the request, do it, write the answer."""
    from core.workspace import Workspace

    request = json.loads(sys.stdin.read())
    answer: dict[str, Any]
    try:
        result = call(request["handler"], Workspace.open(request["workspace"]), request["arguments"])
        answer = {"result": result}
    except IncumbentError as error:
        answer = {"error": {"class": type(error).__name__, "message": error.message, "hint": error.hint}}
    sys.stdout.write(json.dumps(answer, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
