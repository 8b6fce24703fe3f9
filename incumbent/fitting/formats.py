"""What a file of a fitted model is, found without loading it."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

from incumbent.errors import FittingError

#: Formats, and whether loading one can run any code whatever.
RUNS_CODE = {"skops": False, "onnx": False, "xgboost": False, "lightgbm": False, "pickle": True}
_BINARY_XGBOOST = b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
#: How a pickle of protocol 0 or 1 begins that holds an object, a dictionary or a list.
_OLD_PICKLE = re.compile(rb"c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n|\([dl]|[}\]]q")
_NAMES = "a .skops, .onnx, XGBoost (.json, .ubj), LightGBM (.txt), joblib or pickle file, or an MLflow folder"


@dataclass(frozen=True)
class ModelFile:
    """A file, its format, and the library versions that stand beside it."""

    path: Path
    format: str
    made_with: Mapping[str, str] = field(default_factory=dict)

    @property
    def runs_code(self) -> bool:
        return RUNS_CODE[self.format]


def recognise(path: "str | Path") -> ModelFile:
    """Which format a file has, by its first bytes; of an MLflow folder the file that it names.

    Raises
    ------
    FittingError
        Where there is no such file, it is empty, or of no known format.
    """
    place = Path(path)
    if place.is_dir():
        return _in_mlflow_folder(place)
    if not place.is_file():
        raise FittingError(f"there is no file {place}", f"name {_NAMES}")
    with open(place, "rb") as file:
        head = file.read(4096)
    if not head:
        raise FittingError(f"{place.name} is empty", "copy the file again")
    return ModelFile(place, _format(place, head))


def _format(path: Path, head: bytes) -> str:
    if head.startswith(b"PK"):
        return _zip_format(path)
    if head.startswith(_LFS_POINTER):
        raise FittingError(
            f"{path.name} is only a pointer of Git LFS, not the file itself", "fetch it with `git lfs pull`"
        )
    text = head.lstrip()
    if head.startswith(_BINARY_XGBOOST) or (text.startswith(b"{") and b'"learner"' in head):
        return "xgboost"
    if text.startswith((b"tree\n", b"tree\r\n")):
        return "lightgbm"
    if head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or _is_compressed(head):
        return "pickle"
    if path.suffix == ".onnx":
        return "onnx"
    if path.suffix in (".pkl", ".pickle", ".joblib"):
        if not _OLD_PICKLE.match(head):
            raise FittingError(
                f"{path.name} is neither a pickle nor a joblib file: it begins with {head[:20]!r}",
                f"register {_NAMES}",
            )
        return "pickle"
    if path.suffix == ".ubj" or (path.suffix == ".json" and b"learner" in head):
        return "xgboost"
    if path.suffix == ".skops":
        raise FittingError(f"{path.name} is not a skops file: it is no zip archive", "copy the file again")
    raise FittingError(f"{path.name} is of no known format", f"register {_NAMES}")


def _zip_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
    except zipfile.BadZipFile:
        raise FittingError(
            f"{path.name} is truncated: its archive does not end", "copy the file again"
        ) from None
    if "schema.json" in names:
        return "skops"
    raise FittingError(
        f"{path.name} is an archive, but no skops file: it has no schema.json", f"register {_NAMES}"
    )


def _is_compressed(head: bytes) -> bool:
    """joblib's compressed pickles: zlib, gzip, bzip2, xz, lz4."""
    return head.startswith(
        (b"x\x9c", b"x\x01", b"x^", b"x\xda", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"]\x00\x00", b'\x04"M\x18')
    )


def _in_mlflow_folder(folder: Path) -> ModelFile:
    described = folder / "MLmodel"
    if not described.is_file():
        raise FittingError(f"{folder} is a folder without an MLmodel file", f"register {_NAMES}")
    flavors = parse_mlmodel(described.read_text("utf-8", "replace")).get("flavors")
    if not isinstance(flavors, dict):
        raise FittingError(f"{described} names no flavor", "save the model again with MLflow")
    for flavor, key, library in (
        ("sklearn", "pickled_model", "scikit-learn"),
        ("xgboost", "data", "xgboost"),
        ("lightgbm", "data", "lightgbm"),
        ("onnx", "data", "onnx"),
    ):
        found = flavors.get(flavor)
        if isinstance(found, dict) and isinstance(found.get(key), str):
            inner = recognise(_inside(folder, found[key]))
            stated = (
                found.get(f"{flavor}_version") or found.get("sklearn_version") or found.get("xgb_version")
            )
            versions = {library: stated} if isinstance(stated, str) else {}
            return ModelFile(inner.path, inner.format, versions)
    raise FittingError(
        f"the MLflow model in {folder} has flavors that cannot be registered: {', '.join(sorted(flavors))}",
        "log the model with mlflow.sklearn, mlflow.xgboost, mlflow.lightgbm or mlflow.onnx",
    )


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if folder.resolve() not in path.parents:
        raise FittingError(
            f"the MLmodel file names a file outside its folder: {name}", "do not use this model"
        )
    return path


def parse_mlmodel(text: str) -> "dict[str, object]":
    """The mappings of an ``MLmodel`` file: nested ``key: value`` by indentation, all that MLflow writes.

    Examples
    --------
    >>> parse_mlmodel("flavors:\\n  sklearn:\\n    pickled_model: model.skops\\n")
    {'flavors': {'sklearn': {'pickled_model': 'model.skops'}}}
    """
    root: "dict[str, object]" = {}
    open_levels: "list[tuple[int, dict[str, object]]]" = [(-1, root)]
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare.startswith(("#", "- ")) or ":" not in bare:
            continue
        indent = len(line) - len(line.lstrip())
        while indent <= open_levels[-1][0]:
            open_levels.pop()
        key, _, value = bare.partition(":")
        level = open_levels[-1][1]
        if value.strip():
            level[key.strip()] = _unquoted(value.strip())
        else:
            inner: "dict[str, object]" = {}
            level[key.strip()] = inner
            open_levels.append((indent, inner))
    return root


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value))
        except ValueError:
            return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value
