"""A report as one HTML file: no script, nothing from a network, light and dark, on paper and on a phone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import count
from xml.etree.ElementTree import Element

from core.report import svg, tree
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
from core.report.tree import element
from core.report.words import VERDICTS, tone


@cache
def style() -> str:
    """The style sheet that lies beside this module."""
    return files("core.report").joinpath("report.css").read_text("utf-8")


def to_html(report: Report) -> str:
    """The report as one file.

    The page forbids itself whatever is not in it: its policy allows its own style sheet, by hash, and nothing
    else, so even markup that slipped in could neither run nor load anything.
    """
    page = _Page()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", report.title),
        _style(),
    )
    body = element(
        "body", element("main", _header(report), _contents(report), *page.sections(report.sections))
    )
    return f"<!DOCTYPE html>\n{tree.html(element('html', head, body, lang='en'))}\n"


def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _style() -> Element:
    sheet = Element("style")
    sheet.text = style()
    return sheet


def _header(report: Report) -> Element:
    return element(
        "header",
        element("h1", report.title, dir="auto"),
        element("p", badge(report.verdict) if report.verdict else None,
            " ",
                element("span", report.sentence, dir="auto"), class_=f"verdict {tone(report.verdict)}"),
        _facts(report.facts),
    )  # fmt: skip


def _contents(report: Report) -> Element | None:
    """The sections by name, where there are enough to look for one."""
    if len(report.sections) < 4:
        return None
    links = [
        element("li", element("a", section.title, href=f"#section-{at}"))
        for at, section in enumerate(report.sections, 1)
    ]
    return element("nav", element("ul", *links), aria_label="Contents")


def badge(verdict: str | None) -> Element:
    """A verdict: glyph and word; colour only beside them."""
    glyph, word, _ = VERDICTS.get(verdict or "", ("–", verdict or "not judged", ""))
    return element(
        "span", element("span", glyph, aria_hidden="true"), f" {word}", class_=f"badge {tone(verdict)}"
    )


def _facts(facts: Facts) -> Element:
    pairs = (
        element("div", element("dt", name, dir="auto"), element("dd", value, dir="auto"))
        for name, value in facts.pairs
    )
    return element("dl", *pairs)


class _Page:
    """Draws blocks, and counts the pictures and sections for their ids."""

    def __init__(self) -> None:
        self._pictures = count(1)
        self._sections = count(1)

    def sections(self, sections: tuple[Section, ...], level: int = 2) -> Iterator[Element]:
        for section in sections:
            identity = f"section-{next(self._sections)}" if level == 2 else None
            heading = element(f"h{min(level, 6)}", section.title, dir="auto")
            drawn = [self._block(block) for block in section.blocks]
            yield element(
                "section", heading, *drawn, *self.sections(section.sections, level + 1), id=identity
            )

    def _block(self, block: Block) -> Element:
        match block:
            case Paragraph():
                return _paragraph("p", block)
            case Facts():
                return _facts(block)
            case Table():
                return _table(block)
            case Findings():
                return element("ul", *(_paragraph("li", found) for found in block.found), class_="findings")
            case Steps():
                return _steps(block)
            case Code():
                return _code(block)
            case Figure():
                return self._figure(block)

    def _figure(self, figure: Figure) -> Element:
        drawn = [
            element("div", svg.draw(picture, next(self._pictures)), class_="picture", tabindex=0)
            for picture in figure.pictures
        ]
        kind = "grid" if drawn[0][0].get("class") == "small" else None
        return element(
            "figure", element("div", *drawn, class_=kind), element("figcaption", figure.caption, dir="auto")
        )


def _paragraph(tag: str, paragraph: Paragraph) -> Element:
    if paragraph.verdict is None:
        return element(tag, element("span", paragraph.text, dir="auto"))
    return element(tag, badge(paragraph.verdict), " ", element("span", paragraph.text, dir="auto"))


def _steps(steps: Steps) -> Element:
    items = (
        element(
            "li",
            element("strong", step.name, dir="auto"), " ", badge(step.verdict),
            element("p", step.text, dir="auto"),
        )
        for step in steps.steps
    )  # fmt: skip
    return element("ol", *items, class_="steps")


def _code(block: Code) -> Element:
    return element(
        "div",
        element("p", block.label, class_="label", dir="auto"),
        element("pre", tree.code(block.text)),
    )


def _table(table: Table) -> Element:
    def cell(tag: str, at: int, inner: Cell, **more: str) -> Element:
        class_ = "figure" if at in table.right else None
        shown = [badge(inner.verdict)] if inner.verdict is not None else []
        gap = " " if shown and inner.text else None
        text = element("bdi", inner.text) if inner.text else None
        return element(tag, *shown, gap, text, class_=class_, **more)

    head = element("tr", *(cell("th", at, Cell(name), scope="col") for at, name in enumerate(table.headers)))
    rows = [
        element("tr", *(cell("th" if at == 0 else "td", at, c, **({"scope": "row"} if at == 0 else {}))
                        for at, c in enumerate(row)))
        for row in table.rows
    ]  # fmt: skip
    drawn = element(
        "table",
        element("caption", table.caption, dir="auto"),
        element("thead", head),
        element("tbody", *rows),
    )
    left = (
        element("p", f"{table.left_out:,} more rows are not shown.", class_="label")
        if table.left_out
        else None
    )
    scrolls = element("div", drawn, class_="scrolls", tabindex=0, role="region", aria_label=table.caption)
    return element("div", scrolls, left)
