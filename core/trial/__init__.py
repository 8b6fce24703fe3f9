"""Trials: a version held against the champion on production's own rows, in shadow, on a share, or at sites.

:func:`start`, :func:`note`, :func:`stop` and :func:`accept` are what people do; :func:`status` says how it
stands on any day; :mod:`core.trial.night` looks every night and withdraws what is clearly worse.
"""

from __future__ import annotations

from core.trial.accepting import accept
from core.trial.course import USUAL_DAYS, note, start, stop
from core.trial.documents import document, listing
from core.trial.looking import status

__all__ = ["USUAL_DAYS", "accept", "document", "listing", "note", "start", "status", "stop"]
