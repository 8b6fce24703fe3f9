"""Loading a fitted model's file; when that fails, which versions made the file and what to do."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any, Mapping

from incumbent.errors import FittingError, RefusedError
from incumbent.fitting import skops_file
from incumbent.fitting.formats import ModelFile
from incumbent.fitting.jobs import in_words
from incumbent.fitting.pickles import Contents, inspect


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
    if not hasattr(found, "predict"):
        raise FittingError(
            f"{file.path.name} holds {type(found).__module__}.{type(found).__qualname__}, "
            "which makes no predictions",
            "save the fitted estimator or pipeline itself",
        )
    return found, list(dict.fromkeys(f"{w.category.__name__}: {str(w.message).strip()}" for w in caught))


def _load_skops(file: ModelFile, trusted_types: "tuple[str, ...]") -> Any:
    from skops.io import load

    from incumbent.algorithms.trusted import TRUSTED

    made = {**skops_file.made_with(file.path), **file.made_with}
    try:
        unknown = skops_file.untrusted_types(file.path)
    except Exception as error:  # skops raises many things for a file that it cannot read
        raise _does_not_load(file.path, made, error) from error
    open_questions = [t for t in unknown if t not in TRUSTED and t not in trusted_types]
    if open_questions:
        raise RefusedError(
            f"{file.path.name} needs types that nobody has trusted yet: {', '.join(open_questions)}",
            "look at where they come from; then register it again with --trust and each of these names",
        )
    try:
        return load(file.path, trusted=unknown)
    except Exception as error:  # whatever the classes in the file raise
        raise _does_not_load(file.path, made, error) from error


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
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith(
        ("sklearn", "numpy", "scipy")
    ):
        module = (error.name or "").split(".")[0]
        return FittingError(message, f"install {module}, or put {module}.py beside the model's file")
    if isinstance(error, EOFError) or "truncated" in str(error).lower():
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
