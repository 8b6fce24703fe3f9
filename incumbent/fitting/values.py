"""Any value that a caller may put into a row, as JSON and back: also those that JSON has no form for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping

_TYPE = "$type"


def write_value(value: Any) -> Any:
    """A value as JSON data; numbers that are not finite stay (Python's JSON knows them).

    Examples
    --------
    >>> write_value({"x": b"\\x00", "y": [1, None]})
    {'x': {'$type': 'bytes', 'value': '00'}, 'y': [1, None]}
    """
    if isinstance(value, bytes):
        return {_TYPE: "bytes", "value": value.hex()}
    if isinstance(value, datetime):
        return {_TYPE: "datetime", "value": value.isoformat()}
    if isinstance(value, complex):
        return {_TYPE: "complex", "value": [value.real, value.imag]}
    if isinstance(value, Mapping):
        return {str(name): write_value(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [write_value(inner) for inner in value]
    return value


def read_value(written: Any) -> Any:
    """What :func:`write_value` wrote.

    Examples
    --------
    >>> read_value(write_value({"x": b"\\x00", "at": datetime(2013, 1, 31)}))
    {'x': b'\\x00', 'at': datetime.datetime(2013, 1, 31, 0, 0)}
    """
    if isinstance(written, list):
        return [read_value(inner) for inner in written]
    if not isinstance(written, dict):
        return written
    kind = written.get(_TYPE)
    if kind == "bytes":
        return bytes.fromhex(written["value"])
    if kind == "datetime":
        return datetime.fromisoformat(written["value"])
    if kind == "complex":
        return complex(*written["value"])
    return {name: read_value(inner) for name, inner in written.items()}
