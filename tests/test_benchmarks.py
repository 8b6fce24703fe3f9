"""The table that benchmarks end with."""

from benchmarks import results


def test_results_become_a_table_that_ends_with_what_was_missed(tmp_path, monkeypatch):
    noted = tmp_path / "results.jsonl"
    monkeypatch.setenv(results.FILE, str(noted))
    results.note("back-test, cold", "the loop", 4.13, results.FASTER, 5, 497.2)
    results.note("first overview", "a bare app", 1.5, results.AS_LONG, 1.5)
    results.note("rows", "scikit-learn", 12.8, results.FASTER)
    lines = results.table(results.noted(noted)).splitlines()
    assert lines[2].split() == [
        "back-test,",
        "cold",
        "the",
        "loop",
        "4.13",
        "times",
        "faster",
        "≥",
        "5",
        "MISSED",
        "497",
    ]
    assert lines[3].endswith("1.50 times as long  ≤ 1.5  reached")
    assert lines[4].endswith("12.8 times faster")
    assert lines[5:] == ["", "missed: back-test, cold, against the loop: 4.13 times faster, asked at least 5"]


def test_nothing_missed_is_said(tmp_path):
    assert results.table([results.Result("a", "b", 8.1, results.FASTER, 8)]).endswith(
        "every target is reached"
    )


def test_nothing_is_noted_without_a_file(monkeypatch):
    monkeypatch.delenv(results.FILE, raising=False)
    results.note("a", "b", 1.0, results.FASTER)
