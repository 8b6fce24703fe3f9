"""A screen that is left once, however many keys say so before it is gone."""

from __future__ import annotations

from typing import Generic

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class LeftOnce(Screen[ScreenResultType], Generic[ScreenResultType]):
    """Textual takes a screen away for each ``dismiss``: for one too many it would be the one below."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave this screen with a result; nothing where it has been left already."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
