"""SQL text: identifiers, literals, long sums."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

#: Operands of one sum or conjunction: more are put in parentheses, because SQLite allows a depth of 1,000.
GROUP = 100


class NoExpression(Exception):
    """Why a model has no SQL expression: a sentence."""


def identifier(name: str) -> str:
    """A column's name, quoted.

    >>> print(identifier('a "b"c'))
    "a ""b""c"
    """
    return '"' + _sound(name).replace('"', '""') + '"'


def string(text: str) -> str:
    """A text literal.

    >>> string("it's")
    "'it''s'"
    """
    return "'" + _sound(text).replace("'", "''") + "'"


def number(value: float) -> str:
    """A literal of a float, to the last bit.

    Always with an exponent: a number without one is a decimal in standard SQL, and dividing two whole ones
    drops the remainder.

    >>> number(2.5), number(-3.0), number(1e-07)
    ('2.5e0', '(-3.0e0)', '1e-07')
    """
    if not math.isfinite(value):
        raise NoExpression(f"it holds the number {value}, which SQL has no word for")
    text = repr(float(value))
    text = text if "e" in text else f"{text}e0"
    return f"({text})" if text.startswith("-") else text


def joined(terms: Iterable[str], by: str) -> str:
    """Terms joined by an operator, in groups so that no expression gets deep."""
    listed = list(terms)
    while len(listed) > GROUP:
        groups = [listed[at : at + GROUP] for at in range(0, len(listed), GROUP)]
        listed = [f"({by.join(group)})" if len(group) > 1 else group[0] for group in groups]
    return by.join(listed)


def among(expression: str, literals: Sequence[str], negated: bool = False) -> str:
    """Whether an expression is one of some literals."""
    if len(literals) == 1:
        return f"{expression} {'<>' if negated else '='} {literals[0]}"
    return f"{expression} {'NOT ' if negated else ''}IN ({', '.join(literals)})"


def _sound(text: str) -> str:
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise NoExpression(f"SQL cannot hold the text {text!r}")
    return text
