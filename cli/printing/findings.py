"""What a run found, printed as the command that started it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cli.printing.backtest import print_backtest
from cli.printing.challenge import print_challenge
from cli.printing.drift import print_drift
from cli.printing.edge import print_edge
from cli.printing.nowtest import print_nowtest
from cli.printing.regression import print_regression
from cli.printing.software import print_software
from cli.printing.stress import print_stress

_CHECKS: Mapping[str, Callable[[dict[str, Any], str], None]] = {
    "backtest": print_backtest,
    "drift": print_drift,
    "edge": print_edge,
    "nowtest": print_nowtest,
    "regression": print_regression,
    "software": print_software,
    "stress": print_stress,
}


def print_findings(kind: str, document: Mapping[str, Any] | None, note: str) -> None:
    """The document of a check or a challenge; nothing for other runs, and for those without a result.

    Parameters
    ----------
    kind : str
        Of the run.
    document : mapping or None
        Its result.
    note : str
        Its one line.
    """
    if not document:
        return
    if kind == "challenge":
        print_challenge(dict(document))
    elif kind in _CHECKS:
        _CHECKS[kind](dict(document), note)
