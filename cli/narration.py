"""Standard error: narration, progress, errors. The only module that writes to it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from incumbent.errors import IncumbentError

Progress = Callable[[float | None, str], None]


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


@contextmanager
def progress(title: str, quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on a terminal, nothing elsewhere.

    Yields a function of (fraction done or None, what is being done).
    """
    if quiet or not sys.stderr.isatty():
        yield lambda fraction, note: None
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
