"""skops files with the same bytes for the same estimator, and what a file says about who made it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from incumbent.errors import FittingError

FILE = "estimator.skops"
SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: Where text vectorizers keep the address of the stop words that they have looked at.
_ADDRESS = "_stop_words_id"


def write(estimator: Any, folder: Path) -> None:
    """Write a fitted estimator as ``estimator.skops``.

    Raises
    ------
    FittingError
        Where skops cannot write it (a lambda, an open file, a compiled type that it does not know).
    """
    from skops.io import dumps

    try:
        data = dumps(estimator)
    except Exception as error:  # skops raises whatever the estimator's own __reduce__ raises
        raise FittingError(
            f"skops cannot write {type(estimator).__name__}: {type(error).__name__}: {error}",
            "use functions and classes of a module instead of lambdas and local ones",
        ) from error
    (folder / FILE).write_bytes(canonical(data))


def canonical(data: bytes) -> bytes:
    """The same skops file with ids and file names numbered in order, and no clock or address in it.

    skops names parts by their address in memory, so that two files of one estimator differ.
    """
    given = zipfile.ZipFile(io.BytesIO(data))
    document = json.loads(given.read(SCHEMA))
    ids: "dict[int, int]" = {}
    files: "dict[str, str]" = {}
    _renumber(document, ids, files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for old, new in files.items():
            made.writestr(zipfile.ZipInfo(new, _EPOCH), given.read(old), zipfile.ZIP_DEFLATED)
        text = json.dumps(document, indent=1)
        made.writestr(zipfile.ZipInfo(SCHEMA, _EPOCH), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _renumber(node: Any, ids: "dict[int, int]", files: "dict[str, str]") -> None:
    if isinstance(node, list):
        for part in node:
            _renumber(part, ids, files)
    elif isinstance(node, dict):
        if "__id__" in node:
            node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
        if "__loader__" in node and isinstance(node.get("file"), str):
            suffix = Path(node["file"]).suffix
            node["file"] = files.setdefault(node["file"], f"{len(files) + 1}{suffix}")
        address = node.get(_ADDRESS)
        if isinstance(address, dict) and address.get("is_json"):
            address["content"] = "0"
        for part in node.values():
            _renumber(part, ids, files)


def untrusted_types(path: Path) -> "list[str]":
    """Types in a skops file that skops itself does not trust, without loading it."""
    from skops.io import get_untrusted_types

    return sorted(get_untrusted_types(file=path))


def made_with(path: Path) -> "dict[str, str]":
    """Versions of the libraries that a skops file names (skops itself, and scikit-learn's estimators)."""
    try:
        with zipfile.ZipFile(path) as file:
            document = json.loads(file.read(SCHEMA))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise FittingError(
            f"{path.name} is not a skops file: {error}", "it may be truncated: copy it again"
        ) from None
    if not isinstance(document, dict) or "_skops_version" not in document:
        raise FittingError(
            f"{path.name} is not a skops file: its {SCHEMA} does not say which skops wrote it",
            "save the fitted estimator with skops.io.dump",
        )
    found = {"skops": str(document["_skops_version"])}
    version = _sklearn_version(document)
    if version:
        found["scikit-learn"] = version
    return found


def _sklearn_version(node: Any) -> "str | None":
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            stated = part.get("_sklearn_version")
            if isinstance(stated, dict) and isinstance(stated.get("content"), str):
                return str(stated["content"]).strip('"')
            waiting += part.values()
    return None
