"""One value of a row, as plain Python has it: whatever library it came from.

Database drivers hand out ``Decimal``, numpy and pandas their own numbers, texts and nulls. One row and many
rows are read by the same rules, so that they are refused or answered alike.
"""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from math import isinf
from numbers import Integral, Real
from typing import Any

#: Types whose values are plain already.
PLAIN = frozenset((float, int, str, bool, type(None)))
#: What pandas has instead of None.
_NULLS = frozenset(("NAType", "NaTType"))
#: Whole numbers of more digits are beyond every float64.
_MOST_DIGITS = 309


class TooLarge:
    """A number that no float64 can hold, as it was written: no column takes one, as it would be infinite."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def decimal_number(text: str) -> "float | TooLarge":
    """The float64 of a number as text: JSON's ``parse_float``. Infinity is what says so itself.

    Raises
    ------
    ValueError
        For a text that is no number.

    Examples
    --------
    >>> decimal_number("1e300"), decimal_number("1e400"), decimal_number("-inf")
    (1e+300, 1e400, -inf)
    """
    number = float(text)
    if number - number != 0 and any(map(str.isdigit, text)):
        return TooLarge(text)
    return number


def whole_number(digits: str) -> "int | TooLarge":
    """A whole number as text: JSON's ``parse_int``.

    Raises
    ------
    ValueError
        For a text that is no whole number.
    """
    if len(digits) > _MOST_DIGITS and isinf(float(digits)):
        return TooLarge(digits)
    return int(digits)


def number_in(text: str) -> "int | float | TooLarge | str":
    """The number that a text is, whole or not; the text itself where it is none.

    Examples
    --------
    >>> number_in("12"), number_in("1.5"), number_in("1e400"), number_in("rail")
    (12, 1.5, 1e400, 'rail')
    """
    for read in (whole_number, decimal_number):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def plain(value: Any) -> Any:
    """A value as None, a number, a text or a time; what is none of these is given back as it is.

    Examples
    --------
    >>> from fractions import Fraction
    >>> plain(Decimal("2.50")), plain(Fraction(1, 4)), plain(b"2.5")
    (2.5, 0.25, b'2.5')
    """
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if type(value).__name__ in _NULLS:
        return None
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind and getattr(value, "ndim", 0) == 0:
        return _of_numpy(value, kind)
    if isinstance(value, (Real, Decimal)):
        return _number(value)
    return value


def is_null(value: Any) -> bool:
    """None, NaN, NaT or NA.

    Examples
    --------
    >>> is_null(None), is_null(float("nan")), is_null(0)
    (True, True, False)
    """
    if value.__class__ not in PLAIN:
        value = plain(value)
    if value is None:
        return True
    return value.__class__ is float and value != value


def key_of(value: Any) -> "str | None":
    """A key as text, None for null: however a source writes a whole number, it is one key.

    Examples
    --------
    >>> [key_of(value) for value in (7, 7.0, Decimal(7), "7", float("nan"), 7.5, "F7")]
    ['7', '7', '7', '7', None, '7.5', 'F7']
    """
    if value.__class__ is str:
        return value
    if is_null(value):
        return None
    if isinstance(value, str):
        return str.__str__(value)
    try:
        whole = int(value)  # not by way of a float, which would change long numbers
        if whole == value:
            return str(whole)
    except (TypeError, ValueError, OverflowError):
        pass
    return str(plain(value))


def _of_numpy(value: Any, kind: str) -> Any:
    if kind == "b":
        return bool(value)
    if kind in "iu":
        return int(value)
    if kind == "f":
        return float(value)
    return None if kind == "M" and value != value else value


def _number(value: Any) -> Any:
    try:
        if isinstance(value, Integral):
            return int(value)
        if isinstance(value, Decimal) and value.is_finite():
            return decimal_number(str(value))
        return float(value)
    except (ValueError, OverflowError):  # a signalling NaN, a fraction beyond every float
        return value


__all__ = ["PLAIN", "TooLarge", "decimal_number", "is_null", "key_of", "number_in", "plain", "whole_number"]
