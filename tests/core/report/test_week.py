"""The report of a model's week."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.report import render, report_of_week
from core.report.blocks import Cell, Code, Paragraph, Report, Table
from core.report.pictures import Series
from incumbent.errors import UsageError
from store import Store
from store.records import Measurement, Verdict
from tests.core.report import documents
from tests.core.report.conftest import read
from tests.core.report.test_html import harmless

END = datetime(2024, 6, 15, 12, tzinfo=UTC)


def nightly(store: Store, day: int, verdict: Verdict, value: float, kind: str = "nowtest") -> int:
    """A run that ended on a day of June 2024."""
    if store.models.find("late") is None:
        store.models.apply(
            "late", {"name": "late", "metric": "roc_auc"}, who="ada", now="2024-01-01T00:00:00.000Z"
        )
    moment = f"2024-06-{day:02}T02:00:00.000Z"
    run = store.runs.enqueue("late", kind, {}, why="nightly", who="ada", as_of=f"2024-06-{day:02}")
    document = {**documents.nowtest(), "verdict": verdict} if kind == "nowtest" else documents.ALL[kind]()
    rows = [
        Measurement(run.id, "late", 1, kind, "window", None, None, None, "roc_auc", value, value - 0.05,
                    value + 0.05, 200, "no", verdict, None, f"2024-06-{day:02}", moment)
    ]  # fmt: skip
    store.runs.conclude(run.id, verdict, f"roc_auc {value}", document, rows, now=moment)
    return run.id


@pytest.fixture
def week(store: Store) -> Store:
    """Twelve nights, the last of them bad, an alert, a swap, a version."""
    for day in range(3, 16):
        nightly(store, day, "fail" if day == 15 else "pass", round(0.7 - day / 100, 2))
    nightly(store, 16, "error", 0.1)  # after the week
    nightly(store, 10, "warn", 0.5, kind="edge")
    store.versions.add(
        "late", "a" * 64, algorithm="native", origin="trained", why="", now="2024-06-10T00:00:00.000Z"
    )
    store.journal.add("ada", "production.swap", "late: v1 → v2", model="late", now="2024-06-12T00:00:00.000Z")
    store.journal.add("ada", "model.apply", "late: long ago", model="late", now="2024-05-12T00:00:00.000Z")
    store.alerts.open_or_confirm(
        "late", "late nowtest", "fail", "roc_auc is low", now="2024-06-15T02:00:00.000Z"
    )
    return store


def tables(report: Report) -> dict[str, Table]:
    return {b.caption: b for s in report.sections for b in s.blocks if isinstance(b, Table)}


def texts(row: tuple[Cell, ...]) -> list[str]:
    return [cell.text for cell in row]


def test_the_verdict_is_the_worst_that_stood_at_its_end(week: Store) -> None:
    report = report_of_week(week, "late", END)
    assert (report.verdict, report.title) == ("fail", "late: the week to 2024-06-15")
    assert report.sentence == "Now-test: roc_auc 0.55"


def test_what_happened_in_it_and_nothing_else(week: Store) -> None:
    found = tables(report_of_week(week, "late", END))
    assert [row[3].text for row in found["Done to the model"].rows] == ["late: v1 → v2"]
    assert texts(found["New versions"].rows[0])[:2] == ["v1", "trained"]
    assert [(row[0].verdict, row[3].text) for row in found["Open at some moment"].rows] == [("fail", "open")]
    listed = found["Runs of these days, newest first"]
    assert len(listed.rows) == 8 and all("2024-06-16" not in row[3].text for row in listed.rows)


def test_checks_of_the_version_before_are_no_verdict_on_the_one_that_serves(week: Store) -> None:
    nightly(week, 15, "pass", 0.7)
    week.versions.add("late", "b" * 64, algorithm="native", origin="trained", why="")
    week.production.add("late", champion=1, who="ada", why="first", now="2024-06-01T00:00:00.000Z")
    assert report_of_week(week, "late", END).sentence == "Edge test: roc_auc 0.5"
    week.production.add("late", champion=2, who="ada", why="newer", now="2024-06-15T03:00:00.000Z")
    report = report_of_week(week, "late", END)
    standing = {row[0].text: row for row in tables(report)["The last word of each check"].rows}
    assert standing["now-test"][1].verdict is None
    assert "v2 has not been judged since it serves (v1: pass)" in standing["now-test"][2].text


def test_day_by_day(week: Store) -> None:
    days = next(t for name, t in tables(report_of_week(week, "late", END)).items() if "each day" in name)
    (edge, nowtest) = days.rows
    assert days.headers[1:] == tuple(f"06-{day:02}" for day in range(8, 16))
    assert texts(nowtest)[-2:] == ["✓ pass", "✗ failed"]
    assert texts(edge)[1:] == ["", "", "! warning", "", "", "", "", ""]


def test_the_trend_ends_with_the_week(week: Store) -> None:
    drawn = [p for p in report_of_week(week, "late", END).pictures() if isinstance(p, Series)]
    assert drawn[0].labels[-1] == "2024-06-15"
    assert [m.value for m in drawn[0].curves[0].marks if m is not None][-1] == pytest.approx(0.55)


def test_failing_checks_bring_their_evidence(week: Store) -> None:
    report = report_of_week(week, "late", END)
    (edge,) = (s for s in report.sections if s.title.startswith("Edge test, run"))
    assert "Weak spots" in [inner.title for inner in edge.sections]


def test_a_quiet_week(store: Store) -> None:
    store.models.apply("late", {"name": "late"}, who="ada")
    report = report_of_week(store, "late", END, days=3)
    assert (report.verdict, report.sentence) == (None, "Nothing has been judged yet.")
    said = [b.text for s in report.sections for b in s.blocks if isinstance(b, Paragraph)]
    assert said[:2] == ["None was open.", "Nobody changed anything, and no version was made."]
    assert report.title == "late: 3 days to 2024-06-15"


def test_it_is_the_same_whenever_it_is_written(week: Store) -> None:
    before = render(report_of_week(week, "late", END), "html")
    nightly(week, 17, "pass", 0.9)
    week.journal.add("ada", "model.apply", "later", model="late")
    assert render(report_of_week(week, "late", END), "html") == before
    harmless(read(before))


def test_the_command_that_writes_it_again(week: Store) -> None:
    (code,) = (b for s in report_of_week(week, "late", END).sections for b in s.blocks if isinstance(b, Code))
    assert code.text.splitlines()[0] == (
        "incumbent report late --until 2024-06-15T12:00:00.000Z --days 7 --out week.html"
    )


def test_no_such_model(store: Store) -> None:
    with pytest.raises(UsageError, match="no model named 'late'"):
        report_of_week(store, "late", END)


def test_what_production_did_and_how_trials_stand(week: Store) -> None:
    from core.traffic.summary import Summary, VersionTraffic

    versions = (
        VersionTraffic(1, "champion", 980, 2e-5, 4e-5),
        VersionTraffic(None, "baseline", 20, 1e-3, 0.2),
    )
    traffic = Summary(
        END, END, 1000, 20, 3, 2e-5, 4e-5, None, (), versions, (("version 1: timeout", 20),), ()
    )  # fmt: skip
    week.versions.add("late", "b" * 64, algorithm="native", origin="trained", why="")
    for begun in ("2024-04-01T00:00:00.000Z", "2024-06-11T00:00:00.000Z"):
        made = week.trials.add("late", 2, 1, who="ada", why="", now=begun)
        week.trials.look(made.id, {"verdict": "better", "reason": "better: it is", "judged": 1234})
        week.trials.end(made.id, "stopped", "enough", now=begun)
    report = report_of_week(week, "late", END, traffic=traffic)
    (section,) = [s for s in report.sections if s.title == "In production"]
    (said,) = [b.text for b in section.blocks if isinstance(b, Paragraph)]
    assert said.startswith("1,000 predictions; 20 of them (2.00%) were not")
    assert said.endswith("3 could not be logged.")
    found = tables(report)
    assert texts(found["Who answered"].rows[0]) == ["champion", "v1", "980", "0.02", "0.04"]
    assert texts(found["Why another one answered"].rows[0]) == ["version 1: timeout", "20"]
    (trial,) = found["Versions held against the champion"].rows
    assert texts(trial)[:4] == ["v2 against v1, shadow", "better", "better: it is", "1234"]
