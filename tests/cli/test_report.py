"""``incumbent report``: files, folders, standard output, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.cli.conftest import Incumbent


@pytest.fixture(scope="module")
def number(shared: Workspace) -> str:
    """A run of the house."""
    with shared.store() as store:
        return str(store.runs.page("late", "train").rows[0].id)


def test_a_file_of_either_form(shared: Workspace, incumbent: Incumbent, number: str, tmp_path: Path) -> None:
    for name, begins in (("a.html", "<!DOCTYPE html>\n<html"), ("b.MD", "# late: train\n")):
        result = incumbent(shared, "report", number, "--out", tmp_path / name)
        assert (result.code, result.out) == (0, f"late: train: {tmp_path / name}\n")
        assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_a_folder_gets_a_file_of_its_own(
    shared: Workspace, incumbent: Incumbent, number: str, tmp_path: Path
) -> None:
    incumbent(shared, "report", number, "--out", tmp_path)
    incumbent(shared, "report", "late", "--out", tmp_path, "--until", "2024-06-15", "--format", "md")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"late-train-{number}.html",
        "late-week-2024-06-15.md",
    ]


def test_standard_output(shared: Workspace, incumbent: Incumbent, number: str) -> None:
    plain = incumbent(shared, "report", number)
    assert plain.out.startswith("# late: train\n")
    assert incumbent(shared, "report", number, "--out", "-").out == plain.out
    page = incumbent(shared, "report", number, "--out", "-", "--format", "html")
    assert page.out.startswith("<!DOCTYPE html>")


def test_json(shared: Workspace, incumbent: Incumbent, number: str, tmp_path: Path) -> None:
    written = incumbent(shared, "report", number, "--out", tmp_path / "a.html", "--json").document
    assert written == {"report": number, "title": "late: train", "verdict": None, "format": "html",
                       "path": str(tmp_path / "a.html"), "text": None}  # fmt: skip
    assert incumbent(shared, "report", number, "--json").document["text"].startswith("# late: train")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("report", "99999"), 2, "there is no run 99999"),
        (("report", "nobody"), 2, "no model named 'nobody'"),
        (("report", "late", "--out", "week.pdf"), 2, "a report is written as .html, .htm, .md, .markdown"),
        (("report", "late", "--format", "pdf"), 2, "a report is html or md"),
        (("report", "late", "--until", "soon"), 2, "soon"),
        (("report", "1", "--until", "2024-01-01"), 2, "--until goes with a model"),
        (("report", "late", "--out", "nowhere/at/all.html"), 4, "cannot be written to nowhere/at/all.html"),
    ],
)
def test_what_is_refused(
    shared: Workspace, incumbent: Incumbent, here: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    result = incumbent(shared, *words, "--json")
    assert result.code == code
    assert says in result.error["message"]
    assert result.error["hint"]
    assert list(here.iterdir()) == []
