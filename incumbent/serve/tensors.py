"""Tensors of the Open Inference Protocol: a column each, checked against their data type and shape."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

from incumbent.errors import InputError
from incumbent.serve.replies import check_count

#: Of floating-point types, the largest number.
_LARGEST = {"FP16": 65_504.0, "FP32": 3.4028235677973366e38, "FP64": math.inf, "BF16": 3.3895313892515355e38}
_WHOLE = {
    f"{sign}INT{bits}": (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for sign in ("", "U")
    for bits in (8, 16, 32, 64)
}
_NUMPY = {
    "BOOL": "|b1",
    **{
        f"{sign}INT{8 * size}": f"<{'u' if sign else 'i'}{size}"
        for sign in ("", "U")
        for size in (1, 2, 4, 8)
    },
    **{f"FP{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}
DATATYPES = ("BOOL", *_WHOLE, *_LARGEST, "BYTES")


class Blob:
    """What follows the JSON of a request: the data of tensors that come as bytes, one after the other.

    That is the protocol's binary extension: numbers in little-endian order, texts with their length before
    them.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, name: str, size: Any, datatype: str) -> "list[Any]":
        """The values of the next tensor, which has so many bytes.

        Raises
        ------
        InputError
            Where there are not as many, or they are no values of that type.
        """
        if type(size) is not int or not 0 <= size <= len(self._content) - self._at:
            raise InputError(f"input {name!r} has {size!r:.40} bytes, which the request has not")
        content = self._content[self._at : self._at + size]
        self._at += size
        if datatype == "BYTES":
            return _texts(name, content)
        import numpy as np

        kind = _NUMPY.get(datatype)
        if kind is None or size % int(kind[-1]):
            raise InputError(f"input {name!r} of {size} bytes cannot be of {datatype}")
        values: "list[Any]" = np.frombuffer(content, kind).tolist()
        return [None if value != value else value for value in values]  # of bytes, NaN alone can say null

    def end(self) -> None:
        """Refuse bytes that belong to no tensor.

        Raises
        ------
        InputError
        """
        if self._at != len(self._content):
            raise InputError(f"{len(self._content) - self._at} bytes of the request belong to no input")


def _texts(name: str, content: bytes) -> "list[Any]":
    found = []
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "little")
        text = content[at + 4 : at + 4 + size]
        if len(text) != size:
            raise InputError(f"input {name!r}: a text of {size} bytes is cut off")
        try:
            found.append(text.decode("utf-8"))
        except UnicodeDecodeError:
            raise InputError(f"input {name!r}: text {len(found)} is not UTF-8") from None
        at += 4 + size
    return found


def read_tensor(tensor: Any, at: int, most: int, blob: "Blob | None" = None) -> "tuple[str, list[Any]]":
    """A column's name and values, as a request's tensor has them.

    Parameters
    ----------
    tensor : object
        ``name``, ``shape`` (``[n]`` or ``[n, 1]``), ``datatype`` and ``data`` (flat, or nested as the shape
        says); null stands for a value that is not known.
    at : int
        Which of the request's, for messages.
    most : int
        Rows.
    blob : Blob, optional
        What follows the JSON.

    Raises
    ------
    InputError
        Naming the tensor.
    Fault
        413 for more rows than may be.

    Examples
    --------
    >>> read_tensor({"name": "distance", "shape": [2, 1], "datatype": "FP64", "data": [[30.5], [2]]}, 0, 9)
    ('distance', [30.5, 2])
    """
    if not isinstance(tensor, Mapping):
        raise InputError(f"inputs[{at}] is no tensor but {type(tensor).__name__}")
    name = tensor.get("name")
    if not isinstance(name, str) or not name:
        raise InputError(f"inputs[{at}] has no name", "tensors are named as the model's columns")
    parameters = tensor.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise InputError(f"input {name!r}: parameters is no object")
    datatype = tensor.get("datatype")
    check = _CHECKS.get(datatype) if isinstance(datatype, str) else None
    if check is None:
        raise InputError(
            f"input {name!r} has the datatype {datatype!r:.40}", f"there are {', '.join(DATATYPES)}"
        )
    count = _shape(name, tensor.get("shape"))
    check_count(count, most)
    data = tensor.get("data")
    if "binary_data_size" in parameters:
        if blob is None or data is not None:
            raise InputError(f"input {name!r}: either data or binary_data_size, and bytes after the JSON")
        data = blob.take(name, parameters["binary_data_size"], str(datatype))
    values = _flat(name, count, data)
    for i, value in enumerate(values):
        if value is not None and not check(value):
            raise InputError(f"input {name!r} is of {datatype}, and data[{i}] is {value!r:.60}")
    return name, values


def _shape(name: str, shape: Any) -> int:
    sound = (
        isinstance(shape, list)
        and 1 <= len(shape) <= 2
        and all(type(size) is int and size >= 0 for size in shape)
        and (len(shape) == 1 or shape[1] == 1)
    )
    if not sound:
        raise InputError(
            f"input {name!r} has the shape {shape!r:.60}", "a column of n rows is of the shape [n] or [n, 1]"
        )
    return int(shape[0])


def _flat(name: str, count: int, data: Any) -> "list[Any]":
    if not isinstance(data, list):
        raise InputError(f"input {name!r} has no data", "data is a list of values")
    if data and all(isinstance(value, list) for value in data):
        if any(len(value) != 1 for value in data):
            raise InputError(f"input {name!r} has rows of more or less than one value")
        data = [value[0] for value in data]
    if len(data) != count:
        raise InputError(f"input {name!r} is of {count} rows by its shape, and has {len(data)} values")
    return list(data)


def _is_whole(least: int, most: int) -> "Callable[[Any], bool]":
    return lambda value: type(value) is int and least <= value <= most


def _is_number(largest: float) -> "Callable[[Any], bool]":
    return lambda value: type(value) in (int, float) and -largest <= value <= largest


_CHECKS: "dict[str, Callable[[Any], bool]]" = {
    "BOOL": lambda value: type(value) is bool,
    "BYTES": lambda value: type(value) is str,
    **{name: _is_whole(*bounds) for name, bounds in _WHOLE.items()},
    **{name: _is_number(largest) for name, largest in _LARGEST.items()},
}
