"""The tabs of a model that are lists with something to say about each line.

A tab reads in a thread (:meth:`Tab.fetch`), says something about the line under the cursor beside or below
the table (:meth:`Tab.about`), and has the whole evidence behind enter (:meth:`Tab.evidence`).
"""

from __future__ import annotations

from tui.tabs.base import ModelData, Shown, Tab
from tui.tabs.cases import CasesTab
from tui.tabs.challenge import ChallengeTab
from tui.tabs.checks import ChecksTab
from tui.tabs.drift import DriftTab
from tui.tabs.edge import EdgeTab
from tui.tabs.inbox import InboxTab
from tui.tabs.journal import JournalTab
from tui.tabs.requirements import RequirementsTab


def make_tabs() -> dict[str, Tab]:
    """The tabs by their ids, for one screen."""
    kinds = (
        ChecksTab, ChallengeTab, DriftTab, EdgeTab, RequirementsTab, CasesTab, InboxTab, JournalTab,
    )  # fmt: skip
    return {kind.id: kind() for kind in kinds}


__all__ = ["ModelData", "Shown", "Tab", "make_tabs"]
