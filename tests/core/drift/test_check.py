"""The drift check through a run: the window, the schema, what is kept, what opens an alert."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import models, production
from core.workspace import Workspace
from tests.core.checks.making import apply, checked, fitted, make, ran, write
from tests.core.traffic.filling import prediction
from tests.core.traffic.filling import write as write_log
from tests.rides import rides


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return rides()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Workspace:
    workspace = make(tmp_path_factory.mktemp("drift"), frame)
    apply(workspace)
    fitted(workspace, "late", "2024-03-01")
    production.swap(workspace, "late", 1, reason="the first", force=True)
    return workspace


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


def columns(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {c["column"]: c for c in document["columns"]}


def newest(frame: pd.DataFrame, days: int = 14) -> pd.Series:
    return frame["at"] > frame["at"].max() - pd.Timedelta(days=days)


def test_calm_data_pass_and_everything_is_in_the_document(house: Workspace, frame: pd.DataFrame) -> None:
    document = checked(house, "late", "drift")
    assert document["verdict"] == "pass" and document["version"] == 1
    assert document["window"]["n"] == int(newest(frame).sum())
    found = columns(document)
    assert {"distance", "wind", "carrier"} <= set(found)
    wind = found["wind"]
    assert wind["kind"] == "number" and wind["limits"]["psi"]["basis"] == "past windows"
    assert len(wind["past"]["psi"]) == len(document["past"]) >= 6
    assert len(wind["window"]["shares"]) == len(wind["reference"]["shares"])
    assert document["prediction"]["column"] == "(prediction)" and document["prediction"]["verdict"] == "pass"
    assert document["target"]["column"] == "late"
    assert document["versions"][0]["failed"] == [] and document["multivariate"] is None
    assert document["expected"]["metrics"]["roc_auc"]["value"] == pytest.approx(
        document["expected"]["realised"]["roc_auc"], abs=0.15
    )


def test_planted_drift_warns_there_and_only_there(house: Workspace, frame: pd.DataFrame) -> None:
    drifted = frame.copy()
    drifted.loc[newest(frame), "wind"] += 8.0
    write(house.root, drifted)
    document = checked(house, "late", "drift")
    assert document["verdict"] == "warn"
    assert {c for c, found in columns(document).items() if found["verdict"] == "warn"} == {"wind"}
    with house.store() as store:
        assert [(a.subject, a.severity) for a in store.alerts.list()] == [("late drift", "warn")]


def test_new_categories_are_counted(house: Workspace, frame: pd.DataFrame) -> None:
    other = frame.copy()
    some = other.index[newest(frame)][::5]
    other.loc[some, "carrier"] = "ferry"
    write(house.root, other)
    document = checked(house, "late", "drift")
    carrier = columns(document)["carrier"]
    assert carrier["verdict"] == "warn"
    assert carrier["new_categories"] == [{"value": "ferry", "count": len(some)}]


def test_a_column_without_values_fails(house: Workspace, frame: pd.DataFrame) -> None:
    other = frame.copy()
    other.loc[newest(frame), "wind"] = np.nan
    write(house.root, other)
    document = checked(house, "late", "drift")
    assert document["verdict"] == "fail"
    (change,) = [c for c in document["schema"] if c["column"] == "wind"]
    assert change["change"] == "all null"


def test_a_missing_column_fails_and_a_new_one_is_told(house: Workspace, frame: pd.DataFrame) -> None:
    write(house.root, frame.drop(columns="distance").assign(tide=1.0))
    document = checked(house, "late", "drift")
    changes = {c["column"]: (c["change"], c["verdict"]) for c in document["schema"]}
    assert document["verdict"] == "fail"
    assert changes["distance"] == ("missing", "fail") and changes["tide"] == ("new", "pass")


def test_a_retyped_column_fails_instead_of_breaking_the_check(house: Workspace, frame: pd.DataFrame) -> None:
    other = frame.copy()
    other["wind"] = other["wind"].astype(object)
    other.loc[other.index[-3], "wind"] = "strong"
    write(house.root, other)
    document = checked(house, "late", "drift")
    assert document["verdict"] == "fail"
    assert document["schema"][0]["column"] == "wind" and "strong" in document["schema"][0]["reason"]


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_column_that_has_become_text_fails_and_others_are_judged(
    house: Workspace, frame: pd.DataFrame, share: float
) -> None:
    other = frame.copy()
    other["wind"] = other["wind"].astype(object)
    changed = newest(frame, days=60) & (np.arange(len(frame)) % 10 < 10 * share)
    other.loc[changed, "wind"] = [f"{knots} kn" for knots in frame.loc[changed, "wind"]]
    write(house.root, other)
    document = checked(house, "late", "drift")
    assert document["verdict"] == "fail"
    assert [c["column"] for c in document["schema"] if c["verdict"] == "fail"] == ["wind"]


def test_the_window_that_shaped_the_version_cannot_drift(house: Workspace) -> None:
    document = checked(house, "late", "drift", as_of="2024-02-20")
    assert (document["verdict"], document["coverage"]) == ("thin", "in-sample")


def test_past_windows_are_measured_once(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = checked(house, "late", "drift")
    from core.drift.rows import SourceRows

    read: list[object] = []
    plain = SourceRows.read
    monkeypatch.setattr(SourceRows, "read", lambda *a: read.append(a) or plain(*a))
    second = checked(house, "late", "drift")
    assert len(read) == 2  # the window, and the rows that the calibration is learned from
    assert {k: v for k, v in first.items() if k != "run"} == {k: v for k, v in second.items() if k != "run"}


def test_a_limit_of_the_spec_is_kept(house: Workspace, frame: pd.DataFrame) -> None:
    drifted = frame.copy()
    drifted.loc[newest(frame), "wind"] += 8.0
    write(house.root, drifted)
    path = house.root / "late.toml"
    path.write_text(path.read_text() + '\n[drift]\nwind = { psi = 50, outside = 1 }\ncarrier = "ignore"\n')
    models.apply(house, path)
    document = checked(house, "late", "drift")
    found = columns(document)
    assert found["wind"]["verdict"] == "pass" and found["wind"]["limits"]["psi"]["basis"] == "spec"
    assert found["carrier"]["reason"] == "ignored by the spec"


def test_a_misspelt_statistic_is_named(house: Workspace) -> None:
    from incumbent.errors import UsageError

    path = house.root / "late.toml"
    path.write_text(path.read_text() + "\n[drift]\nwind = { pssi = 0.3 }\n")
    with pytest.raises(UsageError, match="pssi"):
        models.apply(house, path)


def test_a_window_apart_is_told_by_the_classifier(house: Workspace, frame: pd.DataFrame) -> None:
    drifted = frame.copy()
    drifted.loc[newest(frame), "distance"] *= 3
    write(house.root, drifted)
    found = checked(house, "late", "drift", multivariate=True)["multivariate"]
    assert found["auc"] > 0.8 and found["columns"][0]["column"] == "distance"


def test_the_log_that_is_empty_is_said(house: Workspace) -> None:
    run = ran(house, "late", "drift", **{"from": "log"})
    assert run.state == "failed" and "in the log" in str(run.error)


def test_rows_of_productions_log_are_compared(house: Workspace, frame: pd.DataFrame) -> None:
    import incumbent

    with incumbent.open(house.root / "production" / "local" / "late") as predictor:
        for at, row in enumerate(frame.head(60)[["distance", "wind", "carrier"]].to_dict("records")):
            given = {name: None if value != value else value for name, value in row.items()}
            told = predictor.predict(given)
            if at % 2:  # half of the outcomes are still on their way
                predictor.outcome(told.id, frame["late"][at])
    document = checked(house, "late", "drift", **{"from": "log"})
    assert document["from"] == "log" and document["window"]["n"] == 60
    assert {c for c, found in columns(document).items() if found["read"]} == {"distance", "wind", "carrier"}
    assert document["schema"] == [] and document["prediction"]["statistics"]["rows"] == 60
    assert document["verdict"] == "thin" and "at least half is needed" in document["versions"][0]["note"]


def test_a_log_is_judged_once_it_fills_half_of_the_window(house: Workspace, frame: pd.DataFrame) -> None:
    rows = frame.tail(240)[["distance", "wind", "carrier"]].to_dict("records")
    given = [{name: None if value != value else value for name, value in row.items()} for row in rows]
    log = house.root / "production" / "local" / "late" / "log"
    for day in range(12):
        date = f"2024-10-{day + 1:02d}"
        told = enumerate(given[20 * day : 20 * day + 20])
        write_log(log, date, *(prediction(f"{day}-{n}", f"{date}T{n:02d}:00", row=row) for n, row in told))
        document = checked(house, "late", "drift", **{"from": "log"})
        assert document["window"]["n"] == 20 * (day + 1)
        assert (document["verdict"] == "thin") == (day < 7)
        assert (document["columns"][0]["verdict"] == "thin") == (day < 7)


def test_rows_that_come_in_one_batch_a_window_are_judged(house: Workspace, frame: pd.DataFrame) -> None:
    apply(house, window="7d")
    shutil.rmtree(house.root / "data")
    write(house.root, frame.assign(at=frame["at"].dt.to_period("W").dt.start_time))
    assert checked(house, "late", "drift")["verdict"] == "pass"
