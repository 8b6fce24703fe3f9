"""A picture of the real panel on a real workspace, for the README.

python -m benchmarks.panel_picture WORKSPACE [--model NAME] [--place model] [--out docs/panel.svg]
"""

from __future__ import annotations

import argparse
import asyncio
import re
from pathlib import Path

from core.workspace import Workspace
from tui.app import Panel

COLUMNS, ROWS = 120, 34


async def picture(workspace: Workspace, place: str, model: str | None) -> str:
    """The panel as SVG, as it stands after everything has been read."""
    panel = Panel(workspace, ring=False)
    async with panel.run_test(size=(COLUMNS, ROWS)) as pilot:
        panel.model = model
        panel.go(place, model)
        for _ in range(3):
            await panel.workers.wait_for_complete()
            await pilot.pause()
        if place == "model":
            await pilot.press("right")
            for _ in range(3):
                await panel.workers.wait_for_complete()
                await pilot.pause()
        return _without_web_fonts(panel.export_screenshot(title=f"incumbent · {workspace.root.name}"))


def _without_web_fonts(svg: str) -> str:
    """The same without fonts from elsewhere: a reader's browser shall fetch nothing."""
    return re.sub(r",?\s*url\(\"https?://[^)]*\)\s*format\([^)]*\)", "", svg)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--model")
    parser.add_argument(
        "--place", default="model", choices=["overview", "model", "runs", "production", "night"]
    )
    parser.add_argument("--out", type=Path, default=Path("docs/panel.svg"))
    asked = parser.parse_args()
    drawn = asyncio.run(picture(Workspace.open(asked.workspace), asked.place, asked.model))
    asked.out.write_text(drawn, encoding="utf-8")
    print(f"written to {asked.out}")


if __name__ == "__main__":
    main()
