"""``incumbent check edge``, ``stress`` and ``software``, and ``incumbent hook``, as a shell sees them."""

from __future__ import annotations

import subprocess

import pytest

from core.workspace import Workspace
from tests.cli.conftest import Incumbent


def test_an_edge_test_prints_weak_spots_with_what_to_do(incumbent: Incumbent, house: Workspace) -> None:
    told = incumbent(house, "check", "edge", "minutes")
    assert told.code == 0 and "warn" in told.out and "distance, ×10" in told.out and "clip it" in told.out
    assert incumbent(house, "check", "edge", "minutes", "--strict").code == 1
    document = incumbent(house, "check", "edge", "late", "--version", "champion", "--json").document
    assert document["verdict"] == "pass" and [v["version"] for v in document["versions"]] == [1]


@pytest.mark.parametrize("option", ["--rate", "--factor", "--seconds"])
def test_a_load_that_is_no_positive_number_is_an_error_of_usage(
    incumbent: Incumbent, house: Workspace, option: str
) -> None:
    for number in ("nan", "inf", "0"):
        refused = incumbent(house, "check", "stress", "late", option, number)
        assert refused.code == 2, refused.err
        assert option[2:] in refused.err


def test_a_stress_test_prints_latency_and_workers(incumbent: Incumbent, house: Workspace) -> None:
    incumbent(house, "require", "set", "late", "latency_p50_ms", "--max", "0.00001")
    words = ("check", "stress", "late", "--version", "1", "--seconds", "0.5", "--rate", "5", "--factor", "2")
    told = incumbent(house, *words)
    assert told.code == 1, told.out + told.err
    assert "expected 5 a second (as given), tested ×2" in told.out and "workers: no number of" in told.out
    assert "latency_p50_ms" in told.out and "rows a second one by one" in told.out


def test_a_software_test_prints_the_end_of_what_failed(incumbent: Incumbent, house: Workspace) -> None:
    refused = incumbent(house, "check", "software", "late", "--json")
    assert refused.code == 3 and "[software]" in refused.error["hint"]
    spec = house.root / "late.toml"
    spec.write_text(spec.read_text("utf-8") + '\n[software]\ntest = "echo it is broken; exit 5"\n', "utf-8")
    assert incumbent(house, "model", "apply", spec).code == 0
    told = incumbent(house, "check", "software", "late")
    assert told.code == 1 and "ended with 5" in told.out and "    it is broken" in told.out


def test_a_hook_comes_and_goes(incumbent: Incumbent, house: Workspace) -> None:
    assert incumbent(house, "hook", "status", "--json").code == 3, "no repository"
    subprocess.run(["git", "init", "-q", str(house.root)], check=True)
    assert "not checked" in incumbent(house, "hook", "status").out
    assert incumbent(house, "hook", "install", "--json").document["installed"]
    assert "is checked by" in incumbent(house, "hook", "status").out
    checked = incumbent(house, "hook", "run", "--json")
    assert checked.code == 0 and [r["verdict"] for r in checked.document] == ["pass", "pass"]
    assert not incumbent(house, "hook", "uninstall", "--json").document["installed"]


def test_a_challenge_for_no_time_is_refused_before_it_begins(house: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(house, "challenge", "late", 2, "--seconds", -4, "--json")
    assert (found.code, found.out) == (2, "")
