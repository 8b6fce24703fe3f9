"""Which statistics of a column are judged, on which scale, and the sizes that apply while nothing is known.

Published sizes, for the first windows of a model (``default``): a PSI of 0.25 is a major shift (Siddiqi 2006,
*Credit Risk Scorecards*, chapter 8); shares of rows are ours. Below ``floor`` nothing is worth a warning,
however calm the past was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Shares of fewer rows than this are never judged: one row of a short window is no drift.
FEWEST_ROWS = 5


@dataclass(frozen=True)
class Gate:
    """One judged statistic.

    Parameters
    ----------
    statistic : str
        Its name among a column's statistics.
    default : float
        The size that warns while there are too few past windows.
    floor : float
        The smallest size that may warn.
    forward, backward : callable
        To the scale on which windows of one process are close to normal, and back.
    rows : bool
        Whether it is a share of rows, so that :data:`FEWEST_ROWS` counts.
    words : str
        For people, with ``{value}`` and ``{limit}`` in it.
    signed : bool
        Whether it may fall as well as rise.
    unseen : bool
        Whether it counts what training has not seen, so that windows of training say nothing about it.
    share : str
        Of a change, the statistic that has changed: the scale is that of the share, for around a change
        of zero the root would make a great spread of a small one.
    """

    statistic: str
    default: float
    floor: float
    words: str
    forward: Callable[[Floats], Floats]
    backward: Callable[[Floats], Floats]
    rows: bool = False
    signed: bool = False
    unseen: bool = False
    share: str = ""


def _root(values: Floats) -> Floats:
    return np.sign(values) * np.sqrt(np.abs(values))


def _square(values: Floats) -> Floats:
    return np.sign(values) * values**2


def _cube(values: Floats) -> Floats:
    return np.asarray(np.maximum(values, 0.0) ** 3)


#: Wilson & Hilferty (1931): the cube root of a quadratic form in normal variables is close to normal.
PSI = Gate("psi", 0.25, 0.02, "PSI {value:.3g} (limit {limit:.3g})", np.cbrt, _cube)
_LENGTH = Gate("psi", 0.25, 0.02, "PSI of the length {value:.3g} (limit {limit:.3g})", np.cbrt, _cube)
NULLS = Gate("null_change", 0.10, 0.01, "share of nulls changed by {value:+.2%} (limit {limit:.2%})",
             _root, _square, rows=True, signed=True, share="null_share")  # fmt: skip
OUTSIDE = Gate("outside", 0.05, 0.01, "{value:.2%} of the values lie outside the training range "
               "(limit {limit:.2%})", _root, _square, rows=True, unseen=True)  # fmt: skip
NEW = Gate("new_share", 0.05, 0.005, "{value:.2%} of the rows are of new categories (limit {limit:.2%})",
           _root, _square, rows=True, unseen=True)  # fmt: skip
UNKNOWN = Gate("unknown_change", 0.10, 0.02, "share of unknown words changed by {value:+.2%} "
               "(limit {limit:.2%})", _root, _square, signed=True, unseen=True,
               share="unknown_share")  # fmt: skip
LANGUAGE = Gate("language_distance", 0.30, 0.10, "languages differ by {value:.3g} (limit {limit:.3g})",
                _root, _square)  # fmt: skip

#: Kind of column → what is judged of it.
GATES: Mapping[str, tuple[Gate, ...]] = {
    "number": (PSI, OUTSIDE, NULLS),
    "category": (PSI, NEW, NULLS),
    "text": (_LENGTH, UNKNOWN, LANGUAGE, NULLS),
    "boolean": (PSI, NULLS),
    "time": (NULLS,),
}
