"""A prediction: what the predictor hands back for one row."""

from __future__ import annotations

from typing import Any, NamedTuple


class Prediction(NamedTuple):
    """One answer.

    ``value`` is a number or a class, ``probabilities`` one a class (None where the model has none),
    ``version`` the version that answered (None: rules or the baseline), ``route`` ``champion``,
    ``challenger``, ``control`` (by lot, the baseline), ``fallback``, ``rules`` or ``baseline``, ``reason``
    why it was not the version that was asked first, ``id`` names the prediction for its outcome, ``seconds``
    is the time taken.

    Examples
    --------
    >>> Prediction(1, {"0": 0.2, "1": 0.8}, 3, "champion", None, "5f-0", 2e-5).value
    1
    """

    value: Any
    probabilities: "dict[str, float] | None"
    version: "int | None"
    route: str
    reason: "str | None"
    id: str
    seconds: float = 0.0

    def document(self) -> "dict[str, Any]":
        """Plain data, as ``incumbent predict`` prints it: without the time taken, which always differs."""
        return {
            "id": self.id,
            "value": self.value,
            "probabilities": self.probabilities,
            "version": self.version,
            "route": self.route,
            "reason": self.reason,
        }
