"""What goes wrong around a panel: the store vanishes, files are refused, names are wide, keys are quick."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from core.workspace import Workspace
from tests.tui.conftest import Opened
from tui.dialogs import Menu
from tui.model import ModelPlace


async def test_names_of_wide_characters_keep_columns_in_line(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        store.models.rename("beta", "模型_预测_模型_预测")
    async with opened() as face:
        head = next(line for line in face.lines if "SERVES" in line)
        line = next(line for line in face.lines if "模型" in line)
        assert cell_len(line[: line.index("v1")]) == head.index("SERVES")
        await face.press("j")
        assert all(cell_len(line) <= 80 for line in face.lines)
        assert next(line for line in face.lines if line.startswith("─ 模型")).endswith("──")


async def test_an_export_that_cannot_be_written_says_why(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    async with opened() as face:
        await face.press("e")
        (said,) = face.panel._notifications
        assert said.message.startswith("nothing was written: No such file or directory")


async def test_a_store_that_is_deleted_is_not_shown_as_of_now(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        assert "as of now" in face.lines[-1]
        workspace.store_path.unlink()
        face.panel.on_woken()
        await face.settle()
        assert "the store was deleted" in face.lines[-1] and "as of now" not in face.lines[-1]


async def test_a_store_that_is_replaced_says_so(opened: Opened, workspace: Workspace, tmp_path: Path) -> None:
    async with opened() as face:
        other = Workspace.create(tmp_path / "other").store_path
        other.replace(workspace.store_path)
        face.panel.on_woken()
        await face.settle()
        assert "the store was replaced: open the panel again" in face.lines[-1]


async def test_enter_has_opened_before_the_next_key_is_looked_at(opened: Opened) -> None:
    async with opened() as face:
        table = face.panel.screen.query_one("#models")
        table.action_select_cursor()  # type: ignore[attr-defined]
        face.panel.action_menu("x")
        await face.settle()
        assert isinstance(face.panel.screen, Menu) and isinstance(face.panel.place, ModelPlace)


async def test_nobody_leaves_a_question_behind_on_another_place(opened: Opened) -> None:
    async with opened() as face:
        await face.press("x")
        face.panel.go("model", "alpha")  # a click that was under way
        assert isinstance(face.panel.screen, Menu)
        await face.press("escape")
        assert "› Overview" in face.lines[0]


async def test_trouble_of_the_night_leaves_the_breadcrumb(opened: Opened) -> None:
    async with opened() as face:
        face.panel._night_trouble = "the store /a/very/long/path/to/a/workspace/incumbent.db cannot be used"
        face.panel.screen.say_frame()  # type: ignore[attr-defined]
        await face.settle()
        assert face.lines[0].startswith(" Incumbent › Overview  ! night shift: the store")


async def test_without_colour_a_failure_is_as_legible_as_text(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened() as face:
        assert face.panel.no_color
        assert face.panel.ansi_theme.ansi_colors[1] == face.panel.ansi_theme.foreground_color


async def test_a_beat_while_the_panel_is_left_does_nothing(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        panel = face.panel
    with workspace.store() as store:
        store.runs.enqueue("beta", "nowtest", why="elsewhere", who="bob")
    assert not panel.screen_stack
    panel.on_woken()
    panel.shown_again()


async def test_a_beat_while_a_place_is_taken_down_does_nothing(opened: Opened) -> None:
    async with opened() as face:
        await face.panel.screen.query_one("#title").remove()
        face.panel.on_woken()


def _luminance(red: int, green: int, blue: int) -> float:
    """As the accessibility guidelines for the web define it (WCAG 2.2, relative luminance)."""
    parts = [value / 255 for value in (red, green, blue)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_can_be_read_on_a_light_ground() -> None:
    from tui.colours import on_light

    ground = _luminance(0xE0, 0xE0, 0xE0)
    for at in range(8):
        colour = on_light().ansi_colors[at]
        assert (ground + 0.05) / (_luminance(*colour) + 0.05) >= 4.5, colour
