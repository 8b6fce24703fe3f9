"""What a mail says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.letters import body_of, digest_body, digest_subject, subject_of
from store.records import Alert, Run

ALERT = Alert(
    id=4, model="flights", subject="flights backtest", severity="fail", message="2013-10: roc_auc 0.61",
    run=9, opened="2026-11-22T02:31:00.000Z", closed=None, seen="2026-11-22T02:31:00.000Z", acknowledged=None,
    acknowledged_by=None, snoozed_until=None, notified=None,
)  # fmt: skip


def run_of(result: dict[str, Any], late: bool = False) -> Run:
    return Run(
        id=9, model="flights", kind="backtest", state="done", verdict="fail", why="nightly", who="schedule",
        arguments={}, as_of=None, queued="2026-11-22T02:30:00.000Z", started=None, finished=None,
        heartbeat=None, progress=1, note="", remaining=None, pid=1, cancel=False, late=late, schedule=1,
        due=None, error=None, result=result,
    )  # fmt: skip


def test_of_several_versions_the_champions_figures_are_shown() -> None:
    partitions = [{"partition": f"2013-{month:02}", "verdict": "fail"} for month in range(1, 11)]
    champion = {
        "version": 3,
        "overall": {
            "roc_auc": {"value": 0.65432, "low": 0.64, "high": 0.67, "n": 82104},
            "f1": {"value": None, "low": None, "high": None, "n": 0, "reason": "one class in the month"},
        },
        "partitions": [{"partition": "2012-12", "verdict": "pass"}, *partitions],
    }
    other = {"version": 5, "overall": {"roc_auc": {"value": 0.9, "low": None, "high": None, "n": 82104}}}
    body = body_of(ALERT, run_of({"versions": [other, champion]}, late=True), None, champion=3)
    assert "version    3\n" in body and "0.9" not in body
    assert "  roc_auc              0.6543  [0.64, 0.67]  82104 rows\n" in body
    assert "  f1                   none: one class in the month\n" in body
    assert "  … 2 more\n  2013-03: fail\n" in body and "2013-10: fail" in body and "2012-12" not in body
    assert "found by   run 9, nightly, 2026-11-22 02:30 UTC, late\n" in body
    assert "last good  never" in body


def test_failed_cases_and_requirements_are_listed() -> None:
    failed = [
        {"case": 12, "reason": "late is 0, expected 1"},
        {"metric": "roc_auc", "reason": "below min 0.65"},
    ]
    window = {"since": "2013-09-01T05:00:00.000001", "until": "2013-10-01T05:00:00.000001", "n": 310}
    body = body_of(ALERT, run_of({"version": 1, "window": window, "failed": failed}), run_of({}))
    assert "window     2013-09-01 05:00 to 2013-10-01 05:00, 310 rows\n" in body
    assert "  case 12: late is 0, expected 1\n  below min 0.65\n" in body


def test_without_a_run_it_still_says_what_to_do() -> None:
    body = body_of(replace(ALERT, model=None, run=None), None, None)
    assert body.startswith("FAIL: flights back-test\n2013-10: roc_auc 0.61\n")
    assert "incumbent alert ack 4" in body and "None" not in body


def test_a_trial_that_was_withdrawn_is_no_reason_to_go_back() -> None:
    trial = replace(ALERT, subject="flights trial v5", run=None, message="v5 was withdrawn from its trial")
    body = body_of(trial, None, None, can_go_back=True)
    assert "incumbent trial status flights --all\n" in body
    assert "rollback" not in body


def test_a_subject_is_one_line_of_bounded_length() -> None:
    subject = subject_of(replace(ALERT, message="first line " + "x" * 300 + "\nsecond line"))
    assert subject.startswith("[incumbent] FAIL flights back-test: first line xxx")
    assert len(subject) == 150 and subject.endswith("…") and "\n" not in subject


def test_a_digest_counts_and_names() -> None:
    warnings = [replace(ALERT, severity="warn", subject=f"m{number} drift") for number in range(5)]
    assert digest_subject(warnings[:1]) == "[incumbent] WARN m0 drift check: 2013-10: roc_auc 0.61"
    assert digest_subject(warnings) == (
        "[incumbent] 5 warnings: m0 drift check, m1 drift check, m2 drift check, …"
    )
    assert digest_body(["one\n", "two\n"]).splitlines()[0] == "one"
