"""How plain data becomes a JSON column and comes back.

Keys are sorted and no blanks written, so that equal documents are equal text. Everything outside ASCII is
escaped: that alone keeps every Python text, unpaired surrogates too. NaN and infinities have no JSON and are
refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from incumbent.errors import InputError


def pack(document: Any) -> str:
    """Write plain data (mappings, sequences, text, finite numbers, booleans, None) as compact JSON.

    Raises
    ------
    InputError
        Where something in it has no JSON form.

    Examples
    --------
    >>> pack({"b": 1, "a": ["é"]})
    '{"a":["\\\\u00e9"],"b":1}'
    """
    try:
        return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a document cannot be stored: {error}",
            hint="use text, finite numbers, booleans, null, lists, objects; null is a missing number",
        ) from error


def unpack(text: str | None) -> Any:
    """Read what :func:`pack` wrote; None stays None."""
    return None if text is None else json.loads(text)


def pack_optional(document: Any) -> str | None:
    """Like :func:`pack`, but None becomes an SQL null."""
    return None if document is None else pack(document)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
