"""The docs and the code: generated pages are current, and commands that pages name exist."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import click
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


def _written_commands() -> list[tuple[str, list[str]]]:
    """Every command line of the pages for people: where it stands, and its words."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "sample_models").rglob("*.md")]
    found = []
    for page in pages:
        text = page.read_text("utf-8")
        lines = re.findall(r"^(?:    )?(incumbent .*)$", text, re.MULTILINE) + re.findall(
            r"`(incumbent [^`\n]+)`", text
        )
        for line in lines:
            for part in line.split("&&"):
                found.append((page.name, shlex.split(part, comments=True)))
    return found


@pytest.mark.parametrize(
    ("page", "words"), _written_commands(), ids=lambda v: v if isinstance(v, str) else " ".join(v)
)
def test_a_command_that_is_written_somewhere_exists(page: str, words: list[str]) -> None:
    import typer

    from cli.app import app

    command: Any = typer.main.get_command(app)
    context: Any = click.Context(command, info_name="incumbent")
    for word in words[1:]:
        if not isinstance(command, click.Group) or word.startswith(("-", "[")):
            break
        command = command.get_command(context, word)
        assert command is not None, f"{page}: there is no command {word!r} in {' '.join(words)!r}"
    known = {option for parameter in command.params for option in parameter.opts}
    for word in words:
        assert not word.startswith("--") or word.partition("=")[0] in known, (
            f"{page}: {word} in {' '.join(words)}"
        )
