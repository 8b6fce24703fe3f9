"""Incumbent's runtime: what production runs.

>>> import incumbent
>>> incumbent.__version__
'0.1.0'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from incumbent.predictor import Predictor

__all__ = ["Bundle", "Predictor", "__version__", "open"]


def open(path: Any, **options: Any) -> "Predictor":
    """A predictor for a published model, e.g. ``open("production/local/flights")``."""
    from incumbent.predictor import Predictor  # numpy is only wanted once something predicts

    return Predictor.open(path, **options)


def __getattr__(name: str) -> Any:
    if name == "Bundle":
        from incumbent.bundle import Bundle

        return Bundle
    if name == "Predictor":
        from incumbent.predictor import Predictor

        return Predictor
    raise AttributeError(name)
