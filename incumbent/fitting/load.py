"""Loading a fitted model's file; when that fails, which versions made the file and what to do."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, Mapping

from incumbent.errors import FittingError, RefusedError
from incumbent.fitting import skops_file
from incumbent.fitting.formats import ModelFile
from incumbent.fitting.jobs import in_words
from incumbent.fitting.pickles import Contents, inspect

#: What is said of files that end too early: by archives, by decompressors, by pickle.
_TRUNCATED = ("truncated", "Truncated", "EOF", "pickle exhausted", "ran out of input", "end-of-stream")
_LIBRARIES = ("sklearn", "numpy", "scipy")


def load_estimator(file: ModelFile, trusted_types: "tuple[str, ...]") -> "tuple[Any, list[str]]":
    """A fitted scikit-learn estimator from a skops, pickle or joblib file, and what it warned about.

    Parameters
    ----------
    file : ModelFile
        A pickle is executed: the caller has asked a person.
    trusted_types : tuple of str
        Types of a skops file that a person trusts, beyond scikit-learn's own.

    Raises
    ------
    RefusedError
        For a skops file with types that nobody trusts, by name.
    FittingError
        Where it does not load, or is not a fitted estimator.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = _load_skops(file, trusted_types) if file.format == "skops" else _load_pickle(file)
    if isinstance(found, Mapping):
        found = _only_estimator(found, file)
    if isinstance(found, type):
        raise FittingError(
            f"{file.path.name} holds the class {found.__qualname__}, not a fitted estimator",
            "save what fit() returned",
        )
    if not hasattr(found, "predict"):
        raise FittingError(
            f"{file.path.name} holds {type(found).__module__}.{type(found).__qualname__}, "
            "which makes no predictions",
            "save the fitted estimator or pipeline itself",
        )
    return found, list(dict.fromkeys(_told(warning.message) for warning in caught))


def _told(warning: "Warning | str") -> str:
    """A warning in a line; scikit-learn's about its version once, not once a step."""
    made, here = (getattr(warning, f"{which}_sklearn_version", None) for which in ("original", "current"))
    if made and here:
        return (
            f"made with scikit-learn {made} and loaded by {here}: it may answer otherwise than where it "
            "was made"
        )
    return f"{type(warning).__name__}: {str(warning).strip().splitlines()[0]}"


def _load_skops(file: ModelFile, trusted_types: "tuple[str, ...]") -> Any:
    from skops.io import load

    from incumbent.algorithms.trusted import TRUSTED

    made = {**skops_file.made_with(file.path), **file.made_with}
    try:
        unknown = skops_file.untrusted_types(file.path)
    except Exception as error:  # skops raises many things for a file that it cannot read
        raise _does_not_load(file.path, made, error) from error
    open_questions = [t for t in unknown if t not in TRUSTED and t not in trusted_types]
    gone = [name for name in open_questions if _is_of_another_release(name)]
    if gone:
        raise _does_not_load(file.path, made, AttributeError(f"there is no {gone[0]} in this release"))
    if open_questions:
        raise RefusedError(
            f"{file.path.name} needs types that nobody has trusted yet: {', '.join(open_questions)}",
            "look at where they come from; if you trust them, register it again with "
            + " ".join(f"--trust {name}" for name in open_questions),
        )
    try:
        return load(file.path, trusted=unknown)
    except Exception as error:  # whatever the classes in the file raise
        raise _does_not_load(file.path, made, error) from error


def _is_of_another_release(name: str) -> bool:
    """Whether a name of the libraries that models are made of does not exist in what is installed."""
    module, _, attribute = name.rpartition(".")
    if module.split(".")[0] not in _LIBRARIES and not _is_compiled_in_sklearn(module):
        return False
    try:
        return not hasattr(import_module(module), attribute)
    except ImportError:
        return True


def _is_compiled_in_sklearn(module: str) -> bool:
    """Whether a compiled module of scikit-learn has this bare name, as ``_loss`` was called in 1.6."""
    import sklearn

    return bool(module) and any(
        path.suffix in (".so", ".pyd") for path in Path(sklearn.__file__).parent.rglob(f"{module}.*")
    )


def _load_pickle(file: ModelFile) -> Any:
    contents = inspect(file.path)
    made = dict(file.made_with)
    if contents.sklearn_version:
        made["scikit-learn"] = contents.sklearn_version
    _check_modules(file.path, contents)
    try:
        import joblib

        return joblib.load(file.path)
    except (Exception, SystemExit) as error:
        raise _does_not_load(file.path, made, error) from error


def _check_modules(path: Path, contents: Contents) -> None:
    own = [name for name in contents.names if name.startswith("__main__.")]
    if own:
        raise FittingError(
            f"{path.name} needs {own[0].split('.', 1)[1]} of the script or notebook that saved it (__main__)",
            "move it to a module of its own beside the model, import it from there, and save the model again",
        )


def _does_not_load(path: Path, made: Mapping[str, str], error: BaseException) -> FittingError:
    present = _present(made)
    by = ", ".join(f"{name} {version}" for name, version in made.items())
    here = ", ".join(f"{name} {version}" for name, version in present.items())
    origin = f" (made with {by}; here is {here})" if by else ""
    message = f"{path.name} does not load{origin}: {in_words(error)['message']}"
    module = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else None
    if module is not None and module not in _LIBRARIES and not _is_compiled_in_sklearn(module):
        return FittingError(message, f"install {module}, or put {module}.py beside the model's file")
    if module == "numpy":
        return FittingError(message, "it was made with numpy 2 or later, and here is numpy 1: update numpy")
    if isinstance(error, EOFError) or any(sign in str(error) for sign in _TRUNCATED):
        return FittingError(message, "the file is truncated: copy it again")
    older = [f"{name}=={version}" for name, version in made.items() if present.get(name) != version]
    if older:
        return FittingError(
            message,
            f"make an environment with {' '.join(older)}, name its interpreter as `python` in the spec, "
            "and register again; or train again with the libraries that are here",
        )
    return FittingError(
        message, f"it was tried with {sys.executable}; save the model again with what is there"
    )


def _present(made: Mapping[str, str]) -> "dict[str, str]":
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in made:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def _only_estimator(found: Mapping[Any, Any], file: ModelFile) -> Any:
    """The one estimator in a dictionary that people save with a model's metadata."""
    estimators = [value for value in found.values() if hasattr(value, "predict")]
    if len(estimators) == 1:
        return estimators[0]
    raise FittingError(
        f"{file.path.name} holds a dictionary with {len(estimators)} estimators: "
        f"{', '.join(map(str, found))}",
        "save the one fitted estimator or pipeline itself",
    )
