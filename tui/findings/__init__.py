"""What checks found, drawn for people: the verdict first, then a picture, then tables.

Each module draws the document of one kind of run. Nothing here knows a widget or reads the store.
"""

from __future__ import annotations

from importlib import import_module

from rich.text import Text

from store.records import Run

#: Kind of run → the function that draws its document at a width in cells.
_DRAWN = {
    "nowtest": "tui.findings.history:nowtest_text",
    "backtest": "tui.findings.history:backtest_text",
    "drift": "tui.findings.drift:drift_text",
    "edge": "tui.findings.edge:edge_text",
    "stress": "tui.findings.stress:stress_text",
    "challenge": "tui.findings.challenge:challenge_text",
    "regression": "tui.findings.cases:regression_text",
    "software": "tui.findings.cases:software_text",
}


def drawn(run: Run, width: int) -> Text | None:
    """What a run found; None where its kind has no drawing of its own, or nothing was found.

    Parameters
    ----------
    width : int
        In cells.
    """
    where = _DRAWN.get(run.kind)
    if where is None or not run.result:
        return None
    module, _, function = where.partition(":")
    text: Text = getattr(import_module(module), function)(run.result, width)
    return text
