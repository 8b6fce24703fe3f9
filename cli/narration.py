"""Standard error: narration, progress, errors. The only module that writes to it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from incumbent.errors import IncumbentError

Progress = Callable[[float | None, str], None]

#: Seconds between two lines of progress where there is no terminal.
_LINE_SECONDS = 10.0


def say(text: str) -> None:
    """A line for people."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def error(problem: IncumbentError, as_json: bool) -> None:
    """What was wrong, where, and what to do next."""
    if as_json:
        body = {"kind": problem.kind, "message": problem.message, "hint": problem.hint}
        say(json.dumps({"error": body}, ensure_ascii=False))
        return
    say(f"Error: {problem.message}")
    if problem.hint:
        say(f"  → {problem.hint}")


def _line_now_and_then(title: str) -> Progress:
    told = -_LINE_SECONDS

    def tell(fraction: float | None, note: str) -> None:
        nonlocal told
        if time.monotonic() - told >= _LINE_SECONDS:
            told = time.monotonic()
            say(f"{title}: {note}" if fraction is None else f"{title}: {fraction:.0%}, {note}")

    return tell


@contextmanager
def progress(title: str, lines: bool = False) -> Iterator[Progress]:
    """A progress bar on a terminal; elsewhere nothing, or a line every few seconds.

    Yields a function of (fraction done or None, what is being done).
    """
    if not sys.stderr.isatty():
        yield _line_now_and_then(title) if lines else lambda fraction, note: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0, note="")
        yield lambda fraction, note: bar.update(task, completed=fraction, note=note[:40])
