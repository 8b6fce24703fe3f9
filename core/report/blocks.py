"""What a report is made of: headings, sentences, tables and pictures, as frozen records.

Whoever builds a report says what there is to see; :mod:`core.report.html` and :mod:`core.report.markdown` say
how it looks. All text here is text: neither markup nor escapes mean anything in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.report.pictures import Picture


@dataclass(frozen=True)
class Cell:
    """A cell of a table; with a verdict, its glyph and word stand before the text."""

    text: str
    verdict: str | None = None


@dataclass(frozen=True)
class Paragraph:
    """A sentence or more."""

    text: str
    verdict: str | None = None


@dataclass(frozen=True)
class Facts:
    """Names and what they are."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows under a caption.

    Parameters
    ----------
    right : tuple of int
        Positions of the columns of figures, which are aligned at their right.
    left_out : int
        How many rows there are beside these.
    """

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: tuple[int, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Step:
    """One of several things that were done in order."""

    name: str
    verdict: str | None
    text: str


@dataclass(frozen=True)
class Steps:
    """Stages, in their order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Findings:
    """What was found wrong, or right; each with its verdict."""

    found: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Code:
    """Lines that stand as they are: commands, the output of a program, a row of data."""

    text: str
    label: str


@dataclass(frozen=True)
class Figure:
    """A picture, or several of one kind beside each other, under one caption."""

    pictures: tuple[Picture, ...]
    caption: str


Block = Paragraph | Facts | Table | Steps | Findings | Code | Figure


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    verdict: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing stands under the heading."""
        return not self.blocks and all(section.empty for section in self.sections)


@dataclass(frozen=True)
class Report:
    """A whole report: the verdict first.

    Parameters
    ----------
    title : str
        What it is about: "flights: challenge of version 3".
    verdict : str or None
        A word of :data:`core.report.words.VERDICTS`; None where nothing was judged.
    sentence : str
        The verdict in words.
    facts : Facts
        When, why, on what.
    """

    title: str
    verdict: str | None
    sentence: str
    facts: Facts
    sections: tuple[Section, ...]

    def pictures(self) -> Iterator[Picture]:
        """Every picture of it, in order."""
        for section in self.sections:
            yield from _pictures(section)


def _pictures(section: Section) -> Iterator[Picture]:
    for block in section.blocks:
        if isinstance(block, Figure):
            yield from block.pictures
    for inner in section.sections:
        yield from _pictures(inner)


def table(
    caption: str,
    headers: tuple[str, ...],
    rows: list[list[Cell | str]],
    right: tuple[int, ...] = (),
    most: int = 200,
) -> Table:
    """A table of texts and cells, of at most so many rows.

    Examples
    --------
    >>> table("Rides", ("day", "rides"), [["Monday", "3"], ["Sunday", "0"]], (1,), most=1).left_out
    1
    """
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(c) for c in row) for row in rows[:most])
    return Table(caption, headers, cells, right, max(0, len(rows) - most))
