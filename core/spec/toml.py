"""Plain data → TOML text, for documents of the shape of a spec (the standard library only reads TOML)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def write_toml(document: Mapping[str, Any], sections: tuple[str, ...]) -> str:
    """TOML of a document: ``sections`` as ``[tables]`` at the end, everything else inline.

    Examples
    --------
    >>> print(write_toml({"name": "a", "cost": {"fp": 1}, "columns": {"b": "text"}}, ("columns",)), end="")
    name = "a"
    cost = { fp = 1 }
    <BLANKLINE>
    [columns]
    b = "text"
    """
    lines = [f"{_key(k)} = {_value(v)}" for k, v in document.items() if k not in sections]
    for section in sections:
        if section in document:
            lines += ["", f"[{_key(section)}]"]
            lines += [f"{_key(k)} = {_value(v)}" for k, v in document[section].items()]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    escaped = (_SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " or c == "\x7f" else c) for c in text)
    return '"' + "".join(escaped) + '"'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return "[" + ", ".join(map(_value, value)) + "]"
