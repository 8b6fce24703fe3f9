"""``incumbent version``."""

from __future__ import annotations

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from core.workspace import Workspace
from tests.cli.conftest import Incumbent
from tests.house import fitting_here

MADE = {"model", "version", "hash", "algorithm", "agreement", "trained", "parameters", "run"}


def test_list_and_show(shared: Workspace, incumbent: Incumbent) -> None:
    rows = incumbent(shared, "version", "list", "late", "--json").document
    assert [(r["version"], r["state"]) for r in rows] == [(2, "candidate"), (1, "champion"), (0, "baseline")]
    assert {"version", "state", "algorithm", "created", "trained"} <= set(rows[0])
    shown = incumbent(shared, "version", "show", "late", 1, "--json").document
    assert set(shown) >= MADE
    assert shown["algorithm"] == "native"
    assert shown["agreement"]["max_difference"] <= 1e-9
    assert shown["trained"]["rows"] > 900
    assert shown["parameters"] == {"C": 1.0}
    assert "agrees" in incumbent(shared, "version", "show", "late", "v1").out
    assert incumbent(shared, "version", "show", "late", 7).code == 2


@pytest.mark.slow
def test_training_the_same_again_makes_nothing_new(house: Workspace, incumbent: Incumbent) -> None:
    again = incumbent(house, "version", "train", "late", "--until", "2024-03-01", "--json")
    assert (again.code, again.document["version"], again.document["existing"]) == (0, 1, True)
    assert len(incumbent(house, "version", "list", "late", "--json").document) == 3
    with fitting_here():
        words = ["version", "train", "late", "--until", "2024-03-01", "--set", "C=0.5", "--json"]
        other = incumbent(house, *words)
    assert (other.document["version"], other.document["parameters"]) == (3, {"C": 0.5})
    assert set(other.document) >= MADE


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--set", "C"], 2),
        pytest.param(["--set", "D=1"], 2, marks=pytest.mark.slow),
        (["--until", "1999-01-01"], 4),
        (["--since", "soon"], 2),
    ],
)
def test_training_that_makes_no_sense(
    words: list[str], code: int, shared: Workspace, incumbent: Incumbent
) -> None:
    found = incumbent(shared, "version", "train", "late", *words, "--json")
    assert (words, found.code) == (words, code)
    assert found.error["message"]


def test_a_pipeline_that_fails_names_its_line(house: Workspace, incumbent: Incumbent) -> None:
    (house.root / "late.py").write_text("def build():\n    return 1 / 0\n")
    found = incumbent(house, "version", "train", "late", "--json")
    assert found.code == 4
    assert "late.py, line 2" in found.error["message"]
    assert len(incumbent(house, "version", "list", "late", "--json").document) == 3


@pytest.mark.slow
def test_reproduce(shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(shared, "version", "reproduce", "late", 1, "--json").document
    assert {"identical", "max_difference", "data_identical"} <= set(found)
    assert (found["identical"], found["data_identical"]) == (True, True)
    said = incumbent(shared, "version", "reproduce", "late", 1).out
    assert said.strip() == "the same predictions from the same data"


def test_diff(shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(shared, "version", "diff", "late", 1, 2, "--json").document
    assert [p["name"] for p in found["parameters"]] == ["C"]
    assert found["decisions"]["flips"] > 0
    out = incumbent(shared, "version", "diff", "late", 1, 2).out
    assert "v1 → v2" in out and "decisions flip" in out and "learned numbers moved" in out
    assert "the same version" in incumbent(shared, "version", "diff", "late", 1, 1).out
    assert "predictions differ" in incumbent(shared, "version", "diff", "minutes", 1, 0).out


def test_export_needs_an_empty_place(house: Workspace, incumbent: Incumbent) -> None:
    target = house.root / "out"
    assert incumbent(house, "version", "export", "late", 1, target).code == 0
    assert (target / "bundle.json").exists()
    assert incumbent(house, "version", "export", "late", 1, target).code == 3


def test_archived_versions_come_back(house: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(house, "version", "archive", "late", 2).code == 0
    assert incumbent(house, "version", "archive", "late", 2).code == 0
    listed = incumbent(house, "version", "list", "late", "--json").document
    assert [r["version"] for r in listed] == [1, 0]
    assert len(incumbent(house, "version", "list", "late", "--archived", "--json").document) == 3
    assert incumbent(house, "version", "archive", "late", 2, "--undo").code == 0
    assert len(incumbent(house, "version", "list", "late", "--json").document) == 3


def test_register_a_pickle_only_when_trusted(house: Workspace, incumbent: Incumbent) -> None:
    frame = pd.read_csv(house.root / "data" / "rides.csv").dropna()
    fitted = LogisticRegression().fit(frame[["distance", "wind"]], frame["late"])
    joblib.dump(fitted, house.root / "fitted.joblib")
    refused = incumbent(house, "version", "register", "late", house.root / "fitted.joblib", "--json")
    assert refused.code == 3
    assert "--trust-pickle" in refused.error["hint"]
    register = ["version", "register", "late", house.root / "fitted.joblib", "--trust-pickle", "--json"]
    made = incumbent(house, *register).document
    assert set(made) >= MADE
    assert (made["version"], made["trained"]["until"]) == (3, None)
    judged = incumbent(house, "check", "backtest", "late", "--version", 3, "--json").document
    assert {p["coverage"] for p in judged["versions"][1]["partitions"]} == {"unknown"}


def test_register_recorded_predictions(house: Workspace, incumbent: Incumbent) -> None:
    made = incumbent(house, "version", "register", "minutes", "--recorded", "distance", "--json").document
    assert made["algorithm"] == "recorded"
    assert incumbent(house, "production", "swap", "minutes", made["version"], "--reason", "x").code == 3
    assert incumbent(house, "version", "register", "minutes").code == 2
    assert incumbent(house, "version", "register", "minutes", house.root / "no.skops").code == 4
