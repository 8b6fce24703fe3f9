"""One column of a window against what the profile keeps of it, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from core.drift.categories import CategoryReference, CategoryWindow
from core.drift.flags import BooleanWindow, TimeWindow
from core.drift.numbers import NumberWindow
from core.drift.reference import NumberReference
from core.drift.texts import TextWindow
from incumbent.columns import Array, Coded

Statistics = dict[str, float | int | None]


class Compared(Protocol):
    """A column of a window, compared."""

    def statistics(self) -> Statistics:
        """Everything that is one figure."""
        ...

    def drawing(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The reference's and the window's distribution, as plain data to draw side by side."""
        ...


def fits(kind: str, column: Array) -> bool:
    """Whether a column is of the type that a profile's kind asks for.

    Examples
    --------
    >>> import numpy as np
    >>> fits("number", np.array([1.0])), fits("category", np.array([1.0]))
    (True, False)
    """
    if kind in ("category", "text"):
        return isinstance(column, Coded)
    if isinstance(column, Coded):
        return False
    return (column.dtype.kind == "M") == (kind == "time")


def compare(known: Mapping[str, Any], column: Array) -> Compared:
    """Compare a column of a window with what a profile keeps of it.

    Parameters
    ----------
    known : mapping
        One entry of the profile's ``columns``.
    column : array
        Of a type that :func:`fits` the profile's kind.

    Examples
    --------
    >>> import numpy as np
    >>> from incumbent.profile import profile
    >>> known = profile({"x": np.arange(1000.0)})["columns"]["x"]
    >>> found = compare(known, np.arange(1000.0) + 500).statistics()
    >>> found["outside"], found["ks"]
    (0.5, 0.5)
    """
    kind = known["kind"]
    if isinstance(column, Coded):
        if kind == "text":
            return TextWindow(known, column)
        return CategoryWindow(CategoryReference.of_profile(known), column)
    if kind == "time":
        return TimeWindow(known, column)
    if kind == "boolean":
        return BooleanWindow(known, column)
    return NumberWindow(NumberReference.of_profile(known), column)
