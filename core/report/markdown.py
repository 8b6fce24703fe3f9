"""A report as Markdown (CommonMark with pipe tables): for a pull request, a wiki, a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.report.blocks import (
    Block,
    Cell,
    Code,
    Facts,
    Figure,
    Findings,
    Paragraph,
    Report,
    Section,
    Steps,
    Table,
)
from core.report.words import verdict_words
from core.visible import visible

#: What could begin or end markup; underscores inside words and colons of times cannot. A backslash before any
#: of them takes its meaning away (CommonMark, 2.4).
_MARKUP = re.compile(r"([\\`*\[\]<>|#~&!$@]|(?<![^\W_])_|_(?![^\W_])|:(?=//))")
#: What means something only where a line begins.
_BEGINNING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")


def to_markdown(report: Report) -> str:
    """The report as text; pictures are told in words."""
    head = _paragraph(Paragraph(report.sentence, report.verdict))
    parts = [f"# {plain(report.title)}", head, _facts(report.facts)]
    for section in report.sections:
        parts += _section(section, 2)
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    r"""Text of which nothing is markup, on one line.

    Examples
    --------
    >>> plain("a*b | <script>"), plain("- x"), plain("1. x")
    ('a\\*b \\| \\<script\\>', '\\- x', '1\\. x')
    """
    line = " ".join(visible(text).split())
    return _BEGINNING.sub(_escaped, _MARKUP.sub(r"\\\1", line))


def _escaped(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}\\" if match[2].isdigit() else f"{match[1]}\\{match[2]}"


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * min(level, 6)} {plain(section.title)}"
    for block in section.blocks:
        yield _block(block)
    for inner in section.sections:
        yield from _section(inner, level + 1)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _paragraph(block)
        case Facts():
            return _facts(block)
        case Table():
            return _table(block)
        case Findings():
            return "\n".join(f"* {_paragraph(found)}" for found in block.found)
        case Steps():
            return "\n".join(
                f"{at}. {plain(step.name)}: **{verdict_words(step.verdict)}** {plain(step.text)}"
                for at, step in enumerate(block.steps, 1)
            )
        case Code():
            return f"{plain(block.label)}:\n\n{_code(block.text)}"
        case Figure():
            return "\n".join(f"* {plain(picture.words)}" for picture in block.pictures)


def _paragraph(paragraph: Paragraph) -> str:
    if paragraph.verdict is None:
        return plain(paragraph.text)
    return f"**{verdict_words(paragraph.verdict)}** {plain(paragraph.text)}"


def _facts(facts: Facts) -> str:
    return "\n".join(f"* {plain(name)}: {plain(value)}" for name, value in facts.pairs)


def _table(table: Table) -> str:
    rule = ("---:" if at in table.right else "---" for at in range(len(table.headers)))
    lines = [_row([Cell(name) for name in table.headers]), f"| {' | '.join(rule)} |", *map(_row, table.rows)]
    more = f"\n\n{table.left_out:,} more rows are not shown." if table.left_out else ""
    return f"{plain(table.caption)}:\n\n" + "\n".join(lines) + more


def _row(cells: tuple[Cell, ...] | list[Cell]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(cell: Cell) -> str:
    words = [] if cell.verdict is None else [verdict_words(cell.verdict)]
    return " ".join([*words, plain(cell.text)]).strip() or " "


def _code(text: str) -> str:
    """A fenced block whose fence is longer than any in the text."""
    shown = visible(text, longest=None)
    longest = max((len(found) for found in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"
