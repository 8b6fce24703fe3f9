"""An estimate: a value, how sure it is, and what is needed to combine or compare it later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


#: Why a maximum has no interval: a jackknife does not see its spread (Efron 1982, section 3.4).
EXTREME = "an extreme value has no interval"


@dataclass(frozen=True)
class Estimate:
    """One metric on one slice.

    Parameters
    ----------
    value : float or None
        None is "undefined", and ``reason`` says why.
    low, high : float or None
        95 % interval; None where there is none, and ``reason`` says why.
    n : int
        Labelled rows that were measured.
    blocks : int
        Blocks among them.
    unit : str
        What a block is ("week", "day", "hour", "group", "row").
    rarer : int or None
        Rows of the rarer class, in a classification task.
    key : str
        Identifies the blocks; two estimates can be paired if it is equal.
    replicates : ndarray of float64, shape (blocks,), or None
        The value without each block.
    degrees : float or None
        Degrees of freedom of the interval.
    reason : str
    labels : tuple of str
        Which blocks they are, in order; told where other slices may have the same ones.

    Examples
    --------
    >>> Estimate(0.7, 0.66, 0.74, n=900, blocks=30, unit="day").document()
    {'value': 0.7, 'low': 0.66, 'high': 0.74, 'n': 900}
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    blocks: int = 0
    unit: str = "row"
    rarer: int | None = None
    key: str = ""
    replicates: "NDArray[np.float64] | None" = field(default=None, repr=False, compare=False)
    degrees: float | None = None
    reason: str = ""
    labels: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def document(self) -> dict[str, Any]:
        """The estimate as plain data for ``--json``."""
        out: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high, "n": self.n}
        if self.reason:
            out["reason"] = self.reason
        return out

    def with_interval(self, low: float, high: float, degrees: float) -> Estimate:
        """The same estimate with another interval."""
        return Estimate(
            self.value, low, high, self.n, self.blocks, self.unit, self.rarer, self.key, self.replicates,
            degrees, self.reason, self.labels,
        )  # fmt: skip

    @property
    def extreme(self) -> bool:
        """Whether it is a maximum, which has no interval however many rows there are."""
        return self.reason == EXTREME

    @property
    def width(self) -> float | None:
        """Half the width of the interval, None without one."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2
