"""What is known of a metric before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", float, "NDArray[Any]")

Direction = Literal["higher", "lower", "zero", "none"]
Needs = Literal["labels", "scores", "probabilities", "numbers", "nothing"]
Kind = Literal["quality", "count", "description", "operational", "custom"]
Task = Literal["binary", "multiclass", "regression"]
Bounds = tuple[float | None, float | None]

UNIT: Bounds = (0.0, 1.0)
POSITIVE: Bounds = (0.0, None)
FREE: Bounds = (None, None)


@dataclass(frozen=True)
class Metric:
    """One way of saying how good predictions are.

    Parameters
    ----------
    name : str
        Canonical name.
    direction : "higher", "lower", "zero" or "none"
        Which way is better; "zero" means nearer to ``ideal``, "none" that neither is.
    needs : str
        What of a prediction it is computed from.
    tasks : tuple of "binary", "multiclass", "regression"
    bounds : pair of float or None
        The values that it can take; decides on which scale an interval is symmetric.
    about : str
        One line for people.
    aliases : tuple of str
    kind : str
        "quality" is a value per row on average, "count" grows with the rows, "description" describes and
        does not judge, "operational" is measured where predictions are made, "custom" by the user's own
        function.
    smooth : bool
        Whether leaving out a block says something about its precision (not so for a maximum).
    ideal : float
        The best value where ``direction`` is "zero".

    Examples
    --------
    >>> from core.metrics.catalogue import resolve
    >>> resolve("rmse").loss(2.5), resolve("roc_auc").loss(0.7), resolve("bias").loss(-3.0)
    (2.5, -0.7, 3.0)
    """

    name: str
    direction: Direction
    needs: Needs
    tasks: tuple[Task, ...]
    bounds: Bounds = FREE
    about: str = ""
    aliases: tuple[str, ...] = ()
    kind: Kind = "quality"
    smooth: bool = True
    ideal: float = 0.0

    def loss(self, value: Number) -> Number:
        """The value (or an array of them) turned so that lower is better; unchanged where neither way is."""
        if self.direction == "higher":
            return -value
        return abs(value - self.ideal) if self.direction == "zero" else value
