"""The parameters of a pipeline file: its ``PARAMS``, overridden by ``--set name=value``."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from typing import Any, Mapping

from incumbent.errors import UsageError

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def merge(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> "dict[str, Any]":
    """The defaults with some values replaced; text is read as the type that the default has.

    Raises
    ------
    UsageError
        For a name that is not among the defaults (with the closest), or text that is not of the type.

    Examples
    --------
    >>> merge({"C": 1.0, "fast": False, "penalty": None}, {"C": "0.5", "fast": "yes", "penalty": "l1"})
    {'C': 0.5, 'fast': True, 'penalty': 'l1'}
    """
    merged = dict(defaults)
    for name, value in given.items():
        if name not in defaults:
            close = get_close_matches(name, list(defaults), 1)
            known = ", ".join(sorted(defaults)) or "none"
            hint = f"did you mean {close[0]!r}?" if close else f"PARAMS of the pipeline file has: {known}"
            raise UsageError(f"the pipeline has no parameter {name!r}", hint)
        merged[name] = _typed(name, value, defaults[name]) if isinstance(value, str) else value
    return merged


def _typed(name: str, text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        return _boolean(name, text)
    value = _literal(text)
    if isinstance(default, int):
        if isinstance(value, float) and value.is_integer():
            return int(value)
        fits, wanted = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif isinstance(default, float):
        fits, wanted = isinstance(value, (int, float)) and not isinstance(value, bool), "a number"
        value = float(value) if fits else value
    elif isinstance(default, (list, tuple)):
        fits, wanted = isinstance(value, (list, tuple)), "a list such as [1, 2]"
        value = type(default)(value) if fits else value
    elif isinstance(default, dict):
        fits, wanted = isinstance(value, dict), "a mapping such as {'a': 1}"
    else:
        return value
    if not fits and text.lower() not in ("none", "null"):
        raise UsageError(
            f"the parameter {name!r} takes {wanted}, not {text!r}", f"its default is {default!r}"
        )
    return value


def _boolean(name: str, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise UsageError(f"the parameter {name!r} takes true or false, not {text!r}")


def _literal(text: str) -> Any:
    words = {
        "true": True,
        "false": False,
        "none": None,
        "null": None,
        "inf": float("inf"),
        "nan": float("nan"),
    }
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
