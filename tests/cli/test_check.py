"""``incumbent check``: documents, verdicts and exit codes."""

from __future__ import annotations

import pytest

from core.workspace import Workspace
from tests.cli.conftest import Incumbent, Result


@pytest.fixture
def backtest(shared: Workspace, incumbent: Incumbent) -> Result:
    """A back-test of all versions."""
    return incumbent(shared, "check", "backtest", "late", "--json")


def test_the_document_of_a_backtest(backtest: Result) -> None:
    document = backtest.document
    assert backtest.code == 0
    assert {"run", "check", "model", "verdict", "as_of", "versions"} <= set(document)
    assert [v["version"] for v in document["versions"]] == [0, 1, 2]
    first = document["versions"][1]
    assert {"version", "verdict", "overall", "partitions", "comparison"} <= set(first)
    assert [p["partition"] for p in first["partitions"]] == [f"2024-0{m}" for m in range(1, 7)]
    for partition in first["partitions"]:
        assert {"partition", "n", "in_sample", "verdict", "metrics"} <= set(partition)
        assert {"value", "low", "high", "n"} <= set(partition["metrics"]["roc_auc"])
    compared = document["versions"][2]["comparison"]
    assert compared["champion"] == 1
    assert {"difference", "low", "high", "better"} <= set(compared["roc_auc"])
    assert first["comparison"] is None


def test_training_is_marked_and_not_counted(backtest: Result) -> None:
    first = next(v for v in backtest.document["versions"] if v["version"] == 1)
    states = {p["partition"]: p["coverage"] for p in first["partitions"]}
    assert states["2024-01"] == "in-sample"
    assert {states[f"2024-0{m}"] for m in (3, 4, 5, 6)} == {"no"}
    counted = sum(p["n"] for p in first["partitions"] if p["coverage"] == "no")
    assert first["overall"]["roc_auc"]["n"] == counted


def test_people_see_a_table(shared: Workspace, incumbent: Incumbent) -> None:
    out = incumbent(shared, "check", "backtest", "late").out
    assert "v1 champion" in out and "2024-06" in out and "against v1" in out


def test_a_stretch_a_segment_and_versions_by_role(shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(
        shared, "check", "backtest", "late", "--since", "2024-04-01", "--until", "2024-06-01",
        "--by", "carrier", "--version", "champion", "--version", 2, "--json",
    )  # fmt: skip
    document = found.document
    assert [v["version"] for v in document["versions"]] == [0, 1, 2]
    one = document["versions"][1]
    assert [p["partition"] for p in one["partitions"]] == ["2024-04", "2024-05"]
    assert set(one["segments"]) == {"carrier=bus", "carrier=rail", "carrier=tram"}
    for check in ("backtest", "nowtest"):
        out = incumbent(shared, "check", check, "late", "--by", "carrier").out
        lines = [line.split() for line in out.partition("SEGMENT")[2].splitlines()]
        assert {line[0] for line in lines[1:4]} == set(one["segments"])
        assert all(float(line[2]) > 0.3 for line in lines[1:4])


def test_the_document_of_a_nowtest(shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(shared, "check", "nowtest", "late", "--json")
    document = found.document
    assert found.code == 0
    assert {"run", "check", "model", "version", "verdict", "window", "metrics", "failed"} <= set(document)
    assert set(document["window"]) == {"since", "until", "n"}
    assert (document["version"], document["verdict"], document["failed"]) == (1, "pass", [])
    assert 200 < document["window"]["n"] <= 14 * 16
    earlier = incumbent(shared, "check", "nowtest", "late", "--as-of", "2024-05-01", "--json").document
    assert earlier["window"]["until"] < "2024-05-01T00:00:00.000001"
    assert "window" in incumbent(shared, "check", "nowtest", "late").out


def test_the_document_of_a_regression_check(shared: Workspace, incumbent: Incumbent) -> None:
    document = incumbent(shared, "check", "regression", "late", "--json").document
    assert {"run", "check", "model", "verdict", "passed", "failed"} <= set(document)
    assert (document["verdict"], document["passed"], document["failed"]) == ("pass", 64, [])
    assert "32 of 32 cases pass" in incumbent(shared, "check", "regression", "late").out


def test_exit_codes_follow_the_verdict(house: Workspace, incumbent: Incumbent) -> None:
    incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.99)
    failed = incumbent(house, "check", "nowtest", "late", "--json")
    assert (failed.code, failed.document["verdict"]) == (1, "fail")
    assert failed.document["failed"][0]["metric"] == "roc_auc"
    assert incumbent(house, "check", "backtest", "late").code == 1
    value = failed.document["metrics"]["roc_auc"]["value"]
    incumbent(house, "require", "set", "late", "roc_auc", "--min", value - 0.001, "--reason", "too high")
    warned = incumbent(house, "check", "nowtest", "late", "--json")
    assert (warned.code, warned.document["verdict"]) == (0, "warn")
    assert incumbent(house, "check", "nowtest", "late", "--strict").code == 1
    refused = incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.01)
    assert refused.code == 3 and "needs a reason" in refused.err
    incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.01, "--why", "too high still")
    assert incumbent(house, "check", "nowtest", "late", "--strict").code == 0


def test_a_window_that_trained_the_version_is_thin(shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(shared, "check", "nowtest", "late", "--as-of", "2024-02-15", "--json")
    assert (found.code, found.document["verdict"]) == (0, "thin")
    assert incumbent(shared, "check", "nowtest", "late", "--as-of", "2024-02-15", "--strict").code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["backtest", "late", "--since", "2030-01-01"], 4),
        (["backtest", "late", "--since", "yesterday"], 2),
        (["backtest", "late", "--by", "carier"], 2),
        (["backtest", "late", "--version", "9"], 2),
        (["backtest", "late", "--version", "challenger"], 2),
        (["backtest", "late", "--sliding"], 2),
        (["nowtest", "late", "--as-of", "1999-01-01"], 4),
        (["nowtest", "nobody"], 2),
        (["stress", "late", "--seconds", "-4"], 2),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: int, shared: Workspace, incumbent: Incumbent
) -> None:
    found = incumbent(shared, "check", *words, "--json")
    assert (found.code, found.out) == (code, "")
    assert found.error["message"]
    assert found.error["hint"]


def test_missing_data_is_said_and_kept_in_the_run(house: Workspace, incumbent: Incumbent) -> None:
    (house.root / "data" / "rides.csv").unlink()
    found = incumbent(house, "check", "backtest", "late", "--json")
    assert found.code == 4
    assert "rides.csv" in found.error["message"]
    newest = incumbent(house, "run", "list", "--json").document[0]
    assert (newest["check"], newest["state"], newest["verdict"]) == ("backtest", "failed", "error")


def test_a_nowtest_refuses_a_bundle_that_was_altered_though_nothing_else_is_new(
    house: Workspace, incumbent: Incumbent
) -> None:
    assert incumbent(house, "check", "nowtest", "late").code == 0
    with house.store() as store:
        bundle = house.bundle_path(store.versions.get("late", 1).hash)
    (bundle / "coefficients.json").write_text("{}")
    found = incumbent(house, "check", "nowtest", "late", "--json")
    assert found.code == 4
    assert "coefficients.json" in found.error["message"] and "altered" in found.error["message"]


def test_a_nowtest_compares_the_champions_bundle_once(
    house: Workspace, incumbent: Incumbent, monkeypatch: pytest.MonkeyPatch
) -> None:
    from incumbent.bundle import Bundle

    compared: list[str] = []
    verify = Bundle.verify
    monkeypatch.setattr(Bundle, "verify", lambda bundle: (compared.append(bundle.hash), verify(bundle)))
    with house.store() as store:
        champion = store.versions.get("late", 1).hash
    for _ in range(2):  # a window that is new, and the same again
        compared.clear()
        assert incumbent(house, "check", "nowtest", "late").code == 0
        assert compared.count(champion) == 1


def test_an_altered_bundle_fails_the_regression_check(house: Workspace, incumbent: Incumbent) -> None:
    (file,) = (house.root / "production" / "local" / "late" / "bundles").glob("*/coefficients.json")
    file.write_text(file.read_text().replace("0.", "0.1", 1))
    found = incumbent(house, "check", "regression", "late", "--json")
    assert found.code == 1
    assert "coefficients.json" in found.document["failed"][0]["reason"]
    assert incumbent(house, "production", "publish", "late", "--site", "local").code == 0
    assert incumbent(house, "check", "regression", "late").code == 0
