"""Markdown reports, read by a CommonMark parser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.report import render, report_of_run
from core.report.blocks import Section
from core.report.markdown import plain
from core.visible import visible
from store import Store
from tests.core.report import documents

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def count(sections: tuple[Section, ...]) -> int:
    return sum(1 + count(section.sections) for section in sections)


def words_of(text: str) -> str:
    return "".join(t.content for t in tokens(text) if t.type in ("text", "text_special", "code_inline"))


@pytest.mark.parametrize("text", documents.HOSTILE)
@pytest.mark.parametrize("kind", documents.ALL)
def test_nothing_from_data_is_markup(store: Store, kind: str, text: str) -> None:
    run = documents.keep(store, kind, documents.made_hostile(documents.ALL[kind](), text), note=text)
    report = report_of_run(store, run.id)
    found = list(tokens(render(report, "markdown")))
    kinds = {token.type for token in found}
    assert not kinds & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "em_open",
        "s_open",
        "blockquote_open",
        "hr",
        "code_inline",
        "code_block",
    }
    assert sum(token.type == "heading_open" for token in found) == 1 + count(report.sections)


@given(st.text(max_size=80))
def test_plain_text_is_read_as_it_was_written(text: str) -> None:
    (opening, inline, closing) = PARSER.parse(f"x {plain(text)} x")
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    assert {t.type for t in inline.children or ()} <= {"text", "text_special"}
    assert words_of(f"x {plain(text)} x").split() == f"x {visible(text)} x".split()


@pytest.mark.parametrize("text", ["- a", "+ a", "= a", "# a", "1. a", "12) a", "> a", "    a", "```", "---"])
def test_no_line_begins_anything(text: str) -> None:
    assert [t.type for t in PARSER.parse(plain(text))] == ["paragraph_open", "inline", "paragraph_close"]
    assert words_of(plain(text)) == text.strip()


def test_a_table_has_its_rows_and_figures_at_the_right(store: Store) -> None:
    run = documents.keep(store, "backtest", documents.backtest())
    text = render(report_of_run(store, run.id), "markdown")
    assert "| Partition | Rows | v1 (champion) | v2 | baseline (prior) |" in text
    assert "| --- | ---: | ---: | ---: | ---: |" in text
    cells = [t.content for t in tokens(text) if t.type == "inline"]
    at = cells.index("2024-02")
    assert [c.replace("\\", "") for c in cells[at : at + 3]] == [
        "2024-02",
        "400",
        "✓ pass 0.720 [0.670, 0.770]",
    ]
    assert "**✓ pass** as it is" in text


def test_code_keeps_its_fence(store: Store) -> None:
    document = documents.software()
    document["versions"][0]["output"] = "a\n```\nb\n````\nc"
    run = documents.keep(store, "software", document)
    fenced = [
        t.content for t in tokens(render(report_of_run(store, run.id), "markdown")) if t.type == "fence"
    ]
    assert "a\n```\nb\n````\nc\n" in fenced
