"""HTML reports: whole by themselves, harmless whatever data says, readable for all."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise

import pytest

from core.report import render, report_of_run
from core.report.html import style
from core.visible import visible
from store import Store
from tests.core.report import documents
from tests.core.report.conftest import Page, read

TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "nav",
    "section",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "span",
    "strong",
    "bdi",
    "ul",
    "ol",
    "li",
    "a",
    "dl",
    "div",
    "dt",
    "dd",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "pre",
    "code",
    "figure",
    "figcaption",
    "svg",
    "desc",
    "line",
    "text",
    "path",
    "rect",
    "circle",
    "polygon",
}
ATTRIBUTES = {
    "id",
    "class",
    "dir",
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "href",
    "scope",
    "role",
    "tabindex",
    "aria-label",
    "aria-labelledby",
    "aria-hidden",
    "viewbox",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "d",
    "points",
    "width",
    "height",
    "text-anchor",
}


def page_of(store: Store, kind: str, document: dict[str, object], note: str = "as it is") -> Page:
    run = documents.keep(store, kind, document, note)
    return read(render(report_of_run(store, run.id), "html"))


def harmless(page: Page) -> None:
    """Only elements and attributes that reports are made of, and no way out of the page."""
    assert page.tags <= TAGS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    assert all(re.fullmatch(r"#section-\d+", link["href"]) for link in page.of("a"))


@pytest.mark.parametrize("kind", documents.ALL)
def test_each_kind_has_its_own_page(store: Store, kind: str) -> None:
    page = page_of(store, kind, documents.ALL[kind]())
    harmless(page)
    assert page.count("h1") == 1 and page.count("h2") >= 2
    assert "incumbent run show 1 --json" in page.text


@pytest.mark.parametrize("text", documents.HOSTILE)
@pytest.mark.parametrize("kind", documents.ALL)
def test_nothing_from_data_is_markup(store: Store, kind: str, text: str) -> None:
    document = documents.made_hostile(documents.ALL[kind](), text)
    page = page_of(store, kind, document, note=text)
    harmless(page)
    assert visible(text) in page.text
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069\u200b]", page.text)


def test_hostile_error(store: Store) -> None:
    store.models.apply("late", {"name": "late"}, who="ada")
    run = store.runs.enqueue("late", "train", {}, why="<i>", who="<script>")
    store.runs.finish(run.id, "failed", error="<script>\n</pre></code>")
    page = read(render(report_of_run(store, run.id), "html"))
    harmless(page)
    assert "could not be judged" in page.text and "</pre></code>" in page.text


def test_the_page_needs_nothing_and_allows_nothing(store: Store) -> None:
    run = documents.keep(store, "drift", documents.drift())
    text = render(report_of_run(store, run.id), "html")
    assert not re.search(r"https?:|//|@import|url\(|src=|javascript:", text.replace("<!DOCTYPE", ""))
    assert "<script" not in text and " style=" not in text and not re.search(r"\son\w+=", text)
    (policy,) = (
        m["content"] for m in read(text).of("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    sheet = re.search("<style>(.*)</style>", text, re.DOTALL)
    assert sheet is not None
    digest = base64.b64encode(hashlib.sha256(sheet[1].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ") and f"style-src 'sha256-{digest}'" in policy


def test_phones_paper_and_both_themes() -> None:
    for asked in (
        "prefers-color-scheme: dark",
        "@media print",
        "size: A4",
        "max-width: 40rem",
        "overflow-x: auto",
    ):
        assert asked in style()


@pytest.mark.parametrize("kind", documents.ALL)
def test_pictures_and_tables_can_be_heard(store: Store, kind: str) -> None:
    page = page_of(store, kind, documents.ALL[kind]())
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    for picture in page.of("svg"):
        assert picture["role"] == "img"
        assert set(picture["aria-labelledby"].split()) <= set(identities)
    assert page.count("table") == page.count("caption")
    assert all(cell.get("scope") in ("col", "row") for cell in page.of("th"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(b <= a + 1 for a, b in pairwise(levels))


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_stand_out_from_the_paper_in_every_theme() -> None:
    themes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block))
        for block in re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    ]
    assert len(themes) == 3  # light, dark, paper
    for theme in themes:
        paper = luminance(theme["paper"])
        for name in ("ink", "soft", "accent", "good", "care", "bad", "second", "third", "fourth", "fifth"):
            lighter, darker = sorted((paper, luminance(theme[name])), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (theme["paper"], name)


def test_a_verdict_is_a_glyph_and_a_word(store: Store) -> None:
    page = page_of(store, "nowtest", documents.nowtest())
    assert "! warning" in page.text
    assert page_of(store, "challenge", documents.challenge()).text.count("✓ fit, but not better") == 1
