"""Standard output: data, and nothing but data. The only module that writes to it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any


def print_json(document: Any) -> None:
    """One JSON document, indented on a terminal, compact in a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    _write(json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False, default=str) + "\n")


def print_json_line(document: Any) -> None:
    """One line of JSON lines."""
    _write(json.dumps(document, ensure_ascii=False, allow_nan=False, default=str) + "\n")


def print_text(text: str) -> None:
    """Text as it stands; on a terminal with what it would obey or hide spelled out."""
    if sys.stdout.isatty():
        from core.visible import visible

        text = visible(text, None)
    _write(text if text.endswith("\n") else text + "\n")


def print_table(headers: Sequence[str], rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> None:
    """A plain aligned table; ``right`` are the positions of right-aligned columns.

    Numbers are written short, None as a dash. Wide cells are cut at the terminal's width only on a terminal.
    """
    from core.visible import on_one_line

    lines = [[on_one_line(cell(value)) for value in row] for row in rows]
    widths = [max([len(h), *(len(line[i]) for line in lines)]) for i, h in enumerate(headers)]
    aligned = set(right)
    limit = os.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in [list(headers), *lines]:
        cells = [
            text.rjust(width) if i in aligned else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        _write("  ".join(cells).rstrip()[:limit] + "\n")


def cell(value: Any) -> str:
    """A value as a table shows it.

    Examples
    --------
    >>> cell(None), cell(0.123456789), cell(12345.678), cell(True), cell(3)
    ('–', '0.1235', '12,346', 'yes', '3')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # `incumbent … | head`: the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except UnicodeEncodeError:  # a terminal that cannot show it
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
