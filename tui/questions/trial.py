"""A trial: on which share, for how long; what production would do then."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from incumbent.errors import UsageError
from tui.questions.production import ProductionEdit
from tui.questions.swap import told

_USUAL_DAYS = 14


class TrialDialog(ProductionEdit):
    """A version beside the champion: in shadow, where nobody sees its answers, or on a share of the keys."""

    def compose_entries(self) -> ComposeResult:
        yield Static(
            Text("in shadow it predicts beside the champion, and nobody sees its answers", style="dim")
        )
        yield from self.compose_entry("share")
        yield from self.compose_entry("days", str(_USUAL_DAYS))

    def difference(self) -> Text:
        share, days = self._share(), self._days()
        champion = self._live.champion if self._live else None
        version = f"v{self._chosen.version}" if self._chosen.version else "the baseline"
        before = Text.assemble((f"{'now':<11}", "dim"), f"100% ▶ v{champion}")
        if share is None:
            after = f"100% ▶ v{champion}, copies ▶ {version} in shadow"
        else:
            after = f"{1 - share:.0%} ▶ v{champion}, {share:.0%} ▶ {version}"
        until = "for ever" if days == 0 else f"for {days} days"
        return Text("\n").join([before, told("then", Text(after, style="bold")), told("", until)])

    def wanted(self) -> dict[str, Any]:
        share, days = self._share(), self._days()
        length: dict[str, Any] = {"forever": True} if days == 0 else {"days": days}
        where = {"sites": [self._chosen.site]} if self._chosen.site != "local" or share is not None else {}
        return {**({"shadow": True} if share is None else {"share": share}), **length, **where}

    def words(self) -> list[str]:
        try:
            share, days = self._share(), self._days()
        except UsageError:
            return []
        mode = ["--shadow"] if share is None else [f"--share {share:g}"]
        return [*mode, "--forever" if days == 0 else f"--days {days}"]

    def _share(self) -> float | None:
        typed = self.typed("share")
        if not typed:
            return None
        try:
            share = float(typed)
        except ValueError:
            raise UsageError(f"{typed!r} is no share: a number between 0 and 1") from None
        if not 0 < share < 1:
            raise UsageError(f"{typed} is no share: a number between 0 and 1")
        return share

    def _days(self) -> int:
        typed = self.typed("days") or str(_USUAL_DAYS)
        if not typed.isdigit():
            raise UsageError(f"{typed!r} is no number of days")
        return int(typed)
