"""The pages of docs/ that the code writes are what it would write now."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = runpy.run_path(str(ROOT / "docs" / "generate.py"))["documents"]()


@pytest.mark.parametrize("page", sorted(PAGES), ids=lambda p: p.name)
def test_a_generated_page_is_current(page: Path) -> None:
    assert page.read_text("utf-8") == PAGES[page], f"{page.name} is out of date: run `make docs`"


def test_every_command_of_the_tree_is_in_the_reference() -> None:
    from cli.app import COMMANDS

    text = (ROOT / "docs" / "CLI.md").read_text("utf-8")
    for name in COMMANDS:
        assert f"## incumbent {name}\n" in text
