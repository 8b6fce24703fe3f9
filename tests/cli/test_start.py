"""``incumbent init`` and ``adopt``."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.cli.conftest import Incumbent
from tests.rides import rides


@pytest.fixture
def fitted(here: Path) -> Path:
    """A fitted pipeline beside its data, and nothing of Incumbent."""
    frame = rides(days=120, per_day=16)
    frame[["at", "distance", "wind", "carrier", "late"]].to_csv(here / "rides.csv", index=False)
    past = frame[(frame["at"] < "2024-02-01") & frame["late"].notna()]
    features = make_column_transformer(
        (SimpleImputer(), ["distance", "wind"]), (OneHotEncoder(handle_unknown="ignore"), ["carrier"])
    )
    model = make_pipeline(features, LogisticRegression())
    joblib.dump(model.fit(past[["distance", "wind", "carrier"]], past["late"]), here / "late rides.joblib")
    return here / "late rides.joblib"


def test_an_error_of_adopt_is_all_there_is_on_standard_error(here: Path, incumbent: Incumbent) -> None:
    found = incumbent("adopt", "nothing.skops", "nothing.csv", "--target", "late", "--json")
    assert (found.code, found.out, len(found.err.splitlines())) == (4, "", 1)
    assert found.error["message"]


def test_init_twice(here: Path, incumbent: Incumbent) -> None:
    first = incumbent("init", "--json").document
    assert first == {"path": str(here), "created": True}
    assert incumbent("init", "--json").document["created"] is False
    assert incumbent("init", here / "below" / "deep", "--json").document["created"] is True
    (here / "file").touch()
    assert incumbent("init", here / "file", "--json").code == 2


def test_adopt_finds_out_what_it_can(fitted: Path, here: Path, incumbent: Incumbent) -> None:
    words = ["adopt", fitted, "rides.csv", "--trust-pickle", "--trained-until", "2024-02-01"]
    made = incumbent(*words, "--json")
    assert made.code == 0, made.err
    document = made.document
    assert (document["model"], document["verdict"], document["version"]["version"]) == (
        "late_rides",
        "pass",
        1,
    )
    spec = pd.Series((here / "late_rides.toml").read_text().splitlines())
    assert {'target = "late"', 'time = "at"', 'partition = "week"', 'positive = "yes"'} <= set(spec)
    judged = next(v for v in document["backtest"]["versions"] if v["version"] == 1)
    assert judged["partitions"][0]["coverage"] == "in-sample"
    again = incumbent(*words)
    assert again.code == 0
    assert "incumbent production swap late_rides 1" in again.out
    assert len(incumbent("version", "list", "late_rides", "--json").document) == 2


@pytest.mark.slow
def test_adopt_asks_for_trust_and_for_what_it_cannot_know(
    fitted: Path, here: Path, incumbent: Incumbent
) -> None:
    refused = incumbent("adopt", fitted, "rides.csv", "--json")
    assert refused.code == 3
    assert "--trust-pickle" in refused.error["hint"]
    frame = pd.read_csv(here / "rides.csv")
    frame["late too"] = frame["late"]
    frame.to_csv(here / "more.csv", index=False)
    unclear = incumbent("adopt", fitted, "more.csv", "--trust-pickle", "--json")
    assert unclear.code == 2
    assert unclear.error["hint"] == "say it with --target"
    (here / "taken.toml").write_text(
        'name = "late_rides"\ntask = "regression"\ntarget = "wind"\ndata = "rides.csv"\n'
    )
    incumbent("model", "apply", "taken.toml")
    taken = incumbent("adopt", fitted, "rides.csv", "--trust-pickle", "--json")
    assert taken.code == 3
    assert "--name" in taken.error["hint"]


@pytest.mark.slow
def test_adopt_of_what_is_not_there(fitted: Path, incumbent: Incumbent) -> None:
    assert incumbent("adopt", "no.joblib", "rides.csv", "--trust-pickle").code == 4
    missing = incumbent("adopt", fitted, "rdes.csv", "--trust-pickle", "--json")
    assert missing.code == 4
    assert "rides.csv" in missing.error["hint"]
    assert incumbent("adopt", fitted, "rides.csv", "--trust-pickle", "--time", "noon").code == 2
    assert incumbent("model", "list", "--json").document == []
    other = pd.read_csv("rides.csv").rename(columns={"wind": "gust"})
    other.to_csv("other.csv", index=False)
    words = ("--target", "late", "--trust-pickle", "--trained-until", "2024-02-01", "--json")
    unfit = incumbent("adopt", fitted, "other.csv", *words)
    assert unfit.code == 4 and "wind" in unfit.error["message"]
    assert incumbent("model", "list", "--json").document == []
    assert incumbent("adopt", fitted, "rides.csv", *words).code == 0, "nothing of the first try is in its way"


def test_a_question_that_nobody_answers_ends_as_an_interruption(fitted: Path, here: Path) -> None:
    frame = pd.read_csv(here / "rides.csv")
    frame["late too"] = frame["late"]
    frame.to_csv(here / "more.csv", index=False)
    ours, its = pty.openpty()
    os.write(ours, b"\x04")  # the end of what a terminal has to say
    asked = subprocess.run(
        [sys.executable, "-m", "cli", "adopt", str(fitted), "more.csv", "--trust-pickle"],
        stdin=its, stderr=its, stdout=subprocess.DEVNULL, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    told = os.read(ours, 10_000)
    os.close(its)
    os.close(ours)
    assert asked.returncode == 130
    assert b"interrupted" in told and b"nobody foresaw" not in told
