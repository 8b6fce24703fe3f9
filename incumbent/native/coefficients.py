"""The coefficients file: ``coefficients.json``, readable and diffable, with big arrays as ``.npy`` beside it.

One number a line, beside the name of what it belongs to; numbers as Python writes them, so that they are read
back to the last bit; writing the same model twice gives the same bytes. What JSON has no word for is written
as text: ``"nan"``, ``"inf"``, ``"-inf"``.
"""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.errors import BundleError
from incumbent.native.step import Arrays

FORMAT = 1
FILE = "coefficients.json"
#: Arrays of more numbers than this are written as ``.npy`` beside the readable file.
READABLE = 5_000


class FileArrays(Arrays):
    """Arrays of one coefficients file.

    Parameters
    ----------
    folder : Path, optional
        Where ``.npy`` files are read from; not needed for writing.

    Attributes
    ----------
    files : dict of str to bytes
        The ``.npy`` files to write, by name.

    Examples
    --------
    >>> arrays = FileArrays()
    >>> written = arrays.store("mean", np.array([0.5, np.nan]), ["distance", "delay"])
    >>> written
    {'distance': 0.5, 'delay': 'nan'}
    >>> arrays.load(written)
    array([0.5, nan])
    """

    def __init__(self, folder: "Path | None" = None) -> None:
        self.folder = folder
        self.files: dict[str, bytes] = {}

    def store(self, name: str, array: Any, *labels: "Sequence[Any] | None") -> Any:
        array = np.ascontiguousarray(array)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name}: an array of {array.dtype} is not numbers")
        if array.size == 0 and array.ndim > 0:
            return {"dtype": array.dtype.str, "shape": list(array.shape)}
        if array.size <= READABLE:
            return _written(array.tolist(), labels)
        file = self._unused(f"coefficients.{name}")
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        self.files[file] = buffer.getvalue()
        return {"npy": file, **_summary(array)}

    def load(self, written: Any) -> np.ndarray:
        if isinstance(written, Mapping):
            file = written.get("npy")
            if isinstance(file, str) and file.endswith(".npy"):
                return self._read(file)
            if set(written) == {"dtype", "shape"} and isinstance(written["dtype"], str):
                return np.empty(written["shape"], dtype=written["dtype"])
        return np.asarray(_read_back(written))

    def _unused(self, stem: str) -> str:
        name, count = f"{stem}.npy", 1
        while name in self.files:
            count += 1
            name = f"{stem}-{count}.npy"
        return name

    def _read(self, file: str) -> np.ndarray:
        if Path(file).name != file:
            raise BundleError(f"{FILE} names an array outside of its bundle: {file!r}")
        if file in self.files:
            found = np.load(io.BytesIO(self.files[file]), allow_pickle=False)
        elif self.folder is None:
            raise BundleError(f"{FILE} names {file}, and there is no folder to read it from")
        else:
            try:
                found = np.load(self.folder / file, allow_pickle=False)
            except (OSError, ValueError, EOFError) as error:
                raise BundleError(
                    f"{self.folder / file} cannot be read: {error}",
                    hint="restore the bundle from a backup, or register the version again",
                ) from error
        return np.asarray(found)


def number(value: Any) -> Any:
    """One number as JSON has it.

    >>> number(0.1), number(float("-inf")), number(3)
    (0.1, '-inf', 3)
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def read_number(value: Any) -> Any:
    """What :func:`number` wrote."""
    return float(value) if isinstance(value, str) else value


def value(found: Any) -> Any:
    """One category as JSON has it: text, number, boolean or null as they are, and no doubt which of them.

    >>> [value(v) for v in ("nan", float("nan"), 2.0, None, True)]
    ['nan', {'number': 'nan'}, 2.0, None, True]
    """
    if isinstance(found, np.generic):
        found = found.item()
    if found is None or isinstance(found, (bool, int, str)):
        return str(found) if isinstance(found, str) else found
    if isinstance(found, float):
        return found if math.isfinite(found) else {"number": str(found)}
    raise TypeError(f"a category of type {type(found).__name__}")


def read_value(written: Any) -> Any:
    """What :func:`value` wrote."""
    return float(written["number"]) if isinstance(written, Mapping) else written


def distinct(labels: Sequence[Any]) -> list[str]:
    """Labels as text, each once.

    >>> distinct(["a", 1, "1", "a"])
    ['a', '1', '1 (2)', 'a (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        text = str(label)
        seen[text] = seen.get(text, 0) + 1
        found.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return found if len(set(found)) == len(found) else [f"{i}: {t}" for i, t in enumerate(found)]


def dumps(document: Mapping[str, Any]) -> str:
    """A document as the text of ``coefficients.json``."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read(folder: "str | Path") -> "dict[str, Any]":
    """The document in a bundle's folder.

    Raises
    ------
    BundleError
        Where it is missing, damaged or of a newer format.
    """
    path = Path(folder) / FILE
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{path} cannot be read: {error}",
            hint="restore the bundle from a backup, or register the version again",
        ) from error
    found = document.get("format") if isinstance(document, dict) else None
    if found != FORMAT:
        raise BundleError(
            f"{path} has format {found!r}; this Incumbent reads {FORMAT}",
            hint="the bundle was made by a newer Incumbent: update this one",
        )
    return dict(document)


def write(folder: "str | Path", document: Mapping[str, Any], arrays: FileArrays) -> "list[str]":
    """Write a document and its arrays into a folder; answers the names of the files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = dumps({"format": FORMAT, **document})
    (folder / FILE).write_bytes(text.encode("utf-8", "surrogatepass"))
    for name, content in arrays.files.items():
        (folder / name).write_bytes(content)
    return [FILE, *arrays.files]


def _written(listed: Any, labels: "Sequence[Sequence[Any] | None]") -> Any:
    if not isinstance(listed, list):
        return number(listed)
    inner = [_written(item, labels[1:]) for item in listed]
    if labels and labels[0] is not None:
        if len(labels[0]) != len(inner):
            raise ValueError(f"{len(inner)} numbers with {len(labels[0])} names")
        return dict(zip(distinct(labels[0]), inner))
    return inner


def _read_back(written: Any) -> Any:
    if isinstance(written, Mapping):
        return [_read_back(v) for v in written.values()]
    if isinstance(written, list):
        return [_read_back(v) for v in written]
    return read_number(written)


def _summary(array: np.ndarray) -> "dict[str, Any]":
    summary: dict[str, Any] = {"shape": list(array.shape), "dtype": array.dtype.name}
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    if finite.size:
        summary["min"] = finite.min().item()
        summary["max"] = finite.max().item()
        summary["mean"] = float(finite.mean(dtype=np.float64))
    return summary
