"""Columns: a table as named numpy arrays, the one form in which rows reach an algorithm.

A column is one of five arrays, all of one length:

* ``float64`` with NaN for null, ``int64`` and ``bool`` (no nulls);
* ``datetime64[us]`` with NaT for null (a time with a zone has been turned into UTC before);
* :class:`Coded`: text and categories, as int32 codes into a tuple of distinct values, -1 for null.

Columns also travel between processes, as a folder of ``.npy`` files that any interpreter with numpy can
read without trusting it (:func:`write_columns`, :func:`read_columns`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence, Union

from incumbent.plain import PLAIN, TooLarge, is_null, plain

if TYPE_CHECKING:
    import numpy as np

    from incumbent.errors import InputError

_NUMBERS = frozenset((float, int, bool, type(None)))


@dataclass(frozen=True)
class Coded:
    """Text or categories, each distinct value stored once.

    Parameters
    ----------
    codes : ndarray of int32, shape (rows,)
        Position in ``values``; -1 is null.
    values : tuple of str
        The distinct values, in any order, without null.
    """

    codes: "np.ndarray"
    values: "tuple[Any, ...]"

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: "np.ndarray | slice") -> "Coded":
        """The same column with only these rows (positions, mask or slice)."""
        return Coded(self.codes[rows], self.values)

    def decode(self) -> "np.ndarray":
        """Values as an object array, None for null."""
        import numpy as np

        found: "np.ndarray" = np.array([*self.values, None], dtype=object)[self.codes]
        return found


Array = Union["np.ndarray", Coded]
Columns = Mapping[str, Array]


def row_count(columns: Columns) -> int:
    """How many rows these columns have (0 without any column)."""
    return len(next(iter(columns.values()))) if columns else 0


def take(columns: Columns, rows: Any) -> "dict[str, Array]":
    """The same columns with only these rows (positions, mask or slice)."""
    return {n: c.take(rows) if isinstance(c, Coded) else c[rows] for n, c in columns.items()}


def row_values(columns: Columns, at: int) -> "dict[str, Any]":
    """One row as plain Python values: null is None, times are ``datetime``.

    Examples
    --------
    >>> row_values({"x": column([1.5, None]), "c": column(["a", "b"])}, 1)
    {'x': None, 'c': 'b'}
    """
    found = {}
    for name, array in columns.items():
        if isinstance(array, Coded):
            code = array.codes[at]
            value = array.values[code] if code >= 0 else None
        else:
            value = array[at]
            value = value.item() if hasattr(value, "item") else value
            value = None if value != value else value
        found[name] = value
    return found


def value_of(row: Any, name: str) -> Any:
    """What a row has in a column, None where it has no such column; also of rows without ``get``.

    Examples
    --------
    >>> value_of({"x": 1}, "x"), value_of({"x": 1}, "y")
    (1, None)
    """
    try:
        return row[name]
    except (KeyError, IndexError):
        return None


def encode(values: Sequence[Any]) -> Coded:
    """Code a sequence of text (None and NaN are null).

    Examples
    --------
    >>> column = encode(["b", None, "a", "b"])
    >>> column.codes.tolist(), column.values
    ([0, -1, 1, 0], ('b', 'a'))
    """
    import numpy as np

    table: dict[Any, int] = {}
    codes = np.empty(len(values), dtype=np.int32)
    for i, value in enumerate(values):
        codes[i] = -1 if value is None or value != value else table.setdefault(value, len(table))
    return Coded(codes, tuple(table))


def column(values: Sequence[Any]) -> Array:
    """The column that fits plain Python values or an array.

    All booleans, all integers, numbers with or without null, times, else text.

    Raises
    ------
    InputError
        Where text and numbers are mixed.

    Examples
    --------
    >>> column([1, 2.5, None]).tolist()
    [1.0, 2.5, nan]
    >>> column(["x", None]).values
    ('x',)
    """
    import numpy as np

    from incumbent.errors import InputError

    if isinstance(values, Coded):
        return values
    array = values if isinstance(values, np.ndarray) else None
    if array is not None and array.ndim == 1:
        if array.dtype == bool or array.dtype in (np.int64, np.float64):
            return array
        if array.dtype.kind in "iu":
            return array.astype(np.float64 if array.dtype == np.uint64 else np.int64)
        if array.dtype.kind == "f":
            return array.astype(np.float64)
        if array.dtype.kind == "M":
            return array.astype("datetime64[us]")
    listed = list(values)
    kinds = set(map(type, listed))
    if not kinds <= PLAIN:
        listed = [plain(value) for value in listed]
        kinds = set(map(type, listed))
    if kinds <= _NUMBERS:
        return _numbers(listed, kinds)
    present = [v for v in listed if not is_null(v)]
    if all(isinstance(v, str) for v in present):
        return encode([None if v.__class__ is float else v for v in listed])
    if all(hasattr(v, "isoformat") or isinstance(v, np.datetime64) for v in present):
        times = [np.datetime64("NaT") if is_null(v) else v for v in listed]
        try:
            return np.array([np.datetime64(v) for v in times], dtype="datetime64[us]")
        except ValueError:  # a time of day, a span of time
            pass
    if any(isinstance(v, TooLarge) for v in present):
        raise _too_large()
    named = sorted({type(v).__name__ for v in present})
    if len(named) == 1:
        raise InputError(f"values of the type {named[0]}", "numbers, texts and times are understood")
    raise InputError(f"values of different types in one column: {', '.join(named)}")


def _numbers(listed: "list[Any]", kinds: "set[type]") -> "np.ndarray":
    """A column of numbers, booleans and nulls."""
    import numpy as np

    if kinds == {bool}:
        return np.array(listed, dtype=bool)
    try:
        if kinds and kinds <= {int, bool}:
            try:
                return np.array(listed, dtype=np.int64)
            except OverflowError:
                pass
        return np.array([np.nan if v is None else float(v) for v in listed], dtype=np.float64)
    except OverflowError:
        raise _too_large() from None


def _too_large() -> "InputError":
    from incumbent.errors import InputError

    return InputError("a number is larger than any float64")


def write_columns(folder: "str | Path", columns: Columns) -> None:
    """Write columns as a folder: ``columns.json``, and ``.npy`` files (never pickled)."""
    import numpy as np

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    listing = []
    for i, (name, col) in enumerate(columns.items()):
        np.save(folder / f"{i}.npy", col.codes if isinstance(col, Coded) else col, allow_pickle=False)
        if isinstance(col, Coded):
            encoded = [str(v).encode("utf-8", "surrogatepass") for v in col.values]
            ends = np.cumsum([len(e) for e in encoded], dtype=np.int64)
            np.save(folder / f"{i}.ends.npy", ends, allow_pickle=False)
            (folder / f"{i}.text").write_bytes(b"".join(encoded))
        listing.append({"name": name, "coded": isinstance(col, Coded)})
    (folder / "columns.json").write_text(json.dumps({"format": 1, "columns": listing}), "utf-8")


def read_columns(folder: "str | Path", only: "Sequence[str] | None" = None) -> "dict[str, Array]":
    """Read what :func:`write_columns` wrote, memory-mapped; ``only`` names the columns wanted."""
    import numpy as np

    folder = Path(folder)
    listing = json.loads((folder / "columns.json").read_text("utf-8"))
    columns: dict[str, Array] = {}
    for i, entry in enumerate(listing["columns"]):
        if only is not None and entry["name"] not in only:
            continue
        array = np.load(folder / f"{i}.npy", mmap_mode="r", allow_pickle=False)
        if entry["coded"]:
            text = (folder / f"{i}.text").read_bytes()
            ends = np.load(folder / f"{i}.ends.npy", allow_pickle=False).tolist()
            starts = [0, *ends[:-1]]
            values = tuple(text[a:b].decode("utf-8", "surrogatepass") for a, b in zip(starts, ends))
            columns[entry["name"]] = Coded(array, values)
        else:
            columns[entry["name"]] = array
    return columns
