"""``docs/KEYS.md`` says what the registries say."""

from __future__ import annotations

from pathlib import Path

from tui.keys import markdown


def test_the_page_of_keys_is_true() -> None:
    page = Path(__file__).parents[2] / "docs" / "KEYS.md"
    assert page.read_text("utf-8") == markdown(), "write it anew: python -m tui.keys > docs/KEYS.md"
