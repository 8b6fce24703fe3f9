"""The jobs that a child process knows, how they report, and how their failures become words."""

from __future__ import annotations

import json
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Mapping

from incumbent.errors import FittingError, IncumbentError
from incumbent.files import atomic_write

#: What a job is given besides its document: tell how far it is (0..1) and what it does.
Progress = Callable[["float | None", str], None]

_JOBS = {
    "collect": ("incumbent.fitting.collect", "collect"),
    "train": ("incumbent.fitting.train", "train"),
    "register": ("incumbent.fitting.register", "register"),
    "peek": ("incumbent.fitting.peek", "peek"),
    "predict": ("incumbent.fitting.predict", "serve"),
    "bounds": ("incumbent.fitting.bounds", "bounds"),
    "probe": ("incumbent.fitting.probe", "probe"),
    "stress": ("incumbent.fitting.stress", "stress"),
    "metrics": ("incumbent.fitting.metrics", "serve"),
}
_PACKAGES = {
    "numpy": "numpy",
    "pandas": "pandas",
    "sklearn": "scikit-learn",
    "scipy": "scipy",
    "skops": "skops",
}


def run(job: Mapping[str, Any]) -> None:
    """Run a job and write its ``result.json``: what the job returns, or ``{"error": …}``."""
    folder = Path(job["folder"])
    try:
        module, function = _JOBS[job["job"]]
        document = getattr(import_module(module), function)(job, progress_in(folder))
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        document = {"error": in_words(error, job.get("user_folder"))}
    sys.stdout.flush()
    sys.stderr.flush()
    text = json.dumps(document, allow_nan=False, indent=1)
    atomic_write(folder / "result.json", text.encode("utf-8", "surrogatepass"))


def progress_in(folder: Path) -> Progress:
    """A function that appends to the job's ``progress.jsonl``."""

    def tell(share: "float | None", note: str) -> None:
        with open(folder / "progress.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps({"share": share, "note": note}) + "\n")

    return tell


def in_words(error: BaseException, user_folder: "str | None" = None) -> "dict[str, str]":
    """An error as ``kind``, ``message`` and ``hint``.

    Of a traceback only the frames of the user's own files are told.
    """
    if isinstance(error, IncumbentError):
        kind = "fitting" if error.kind == "unsupported" else error.kind
        return {"kind": kind, "message": error.message, "hint": error.hint}
    frames = user_frames(error, user_folder)
    if isinstance(error, SystemExit):
        message = f"the model's code called sys.exit({error.code!r})"
        hint = "a pipeline file must return, not exit"
    elif isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in _PACKAGES:
        package = _PACKAGES[(error.name or "").split(".")[0]]
        message = f"the interpreter {sys.executable} has no {package}"
        hint = f"install it there: {sys.executable} -m pip install {package}"
    else:
        message = f"{type(error).__name__}: {str(error).strip() or 'without a message'}"
        hint = "the run's log has the whole traceback"
    return {"kind": "fitting", "message": "\n".join([message, *frames]), "hint": hint}


def user_frames(error: BaseException, user_folder: "str | None") -> "list[str]":
    """Where in the user's own files an error passed, innermost last: ``flights.py, line 3, in build: …``."""
    if user_folder is None:
        return []
    root = Path(user_folder).resolve()
    told = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<"):  # no file: frozen modules, code from a string
            continue
        path = Path(frame.filename).resolve()
        if root in path.parents and "site-packages" not in path.parts and ".incumbent" not in path.parts:
            told.append(f"{path.relative_to(root)}, line {frame.lineno}, in {frame.name}: {frame.line}")
    if isinstance(error, SyntaxError) and error.filename and root in Path(error.filename).resolve().parents:
        told.append(f"{Path(error.filename).name}, line {error.lineno}: {(error.text or '').strip()}")
    return told


def fail(what: str, error: BaseException, user_folder: "str | None", hint: str = "") -> FittingError:
    """A :class:`FittingError` for an error that the user's code, or a library on its behalf, raised."""
    words = in_words(error, user_folder)
    return FittingError(f"{what}: {words['message']}", hint or words["hint"])
