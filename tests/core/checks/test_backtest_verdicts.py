"""What a back-test makes of its values: who is judged, on which rows, against what."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from core import requirements
from core.checks.judging import judge_slices
from core.checks.measure import Measures
from core.runs import run_here
from core.statistics.estimate import Estimate
from core.workspace import Workspace
from incumbent.bundle import Bundle, install_bundle, write_bundle
from incumbent.columns import column
from incumbent.errors import UsageError
from store.records import Requirement
from tests.core.checks.making import (
    FEATURES,
    apply,
    checked,
    fitted,
    original,
    partitions,
    ran,
    version,
    write,
)
from tests.house import swap


def test_what_shaped_a_version_is_shown_and_not_counted(built: Workspace) -> None:
    document = checked(built, "late")
    states = {label: p["coverage"] for label, p in partitions(document, 2).items()}
    assert states == {
        "2024-01": "in-sample", "2024-02": "in-sample", "2024-03": "in-sample", "2024-04": "part",
        "2024-05": "no", "2024-06": "no", "2024-07": "no", "2024-08": "no",
    }  # fmt: skip
    assert all(p["n"] > 300 for label, p in partitions(document, 2).items() if label < "2024-04")
    counted = sum(p["n"] for p in partitions(document, 2).values() if p["coverage"] in ("part", "no"))
    assert version(document, 2)["overall"]["roc_auc"]["n"] == counted


def test_a_period_of_which_no_labelled_row_is_left_is_in_sample(house: Workspace) -> None:
    number = fitted(house, "late", None, C=0.7)
    document = checked(house, "late")
    february, march = (partitions(document, 1)[label] for label in ("2024-02", "2024-03"))
    assert (february["coverage"], february["counts"]) == ("in-sample", False)
    assert february["n"] > 300
    assert (march["coverage"], march["counts"]) == ("no", True)
    august = partitions(document, number)["2024-08"]
    assert august["coverage"] == "in-sample" and august["n"] > 300


def test_rows_before_training_are_hindsight(house: Workspace) -> None:
    with house.store() as store:
        twin = _twin(house, store.versions.get("late", 1).hash)
        store.versions.add(
            "late", twin, "native", "registered",
            trained_since="2024-03-05", trained_until="2024-05-01", touched_until="2024-05-15",
        )  # fmt: skip
    document = checked(house, "late")
    assert {label: p["coverage"] for label, p in partitions(document, 4).items()} == {
        "2024-01": "hindsight", "2024-02": "hindsight", "2024-03": "in-sample", "2024-04": "in-sample",
        "2024-05": "part", "2024-06": "no", "2024-07": "no", "2024-08": "no",
    }  # fmt: skip
    assert {p["verdict"] for p in partitions(document, 4).values()} == {None}


def _twin(house: Workspace, original_hash: str) -> str:
    """Another bundle that predicts the same: an agreement of its own makes it another version."""
    known = house.bundle(original_hash)
    with tempfile.TemporaryDirectory() as folder:
        contents = Path(folder) / "contents"
        shutil.copytree(known.path, contents)
        for name in ("bundle.json", "lineage.json", "profile.json"):
            (contents / name).unlink(missing_ok=True)
        manifest = known.manifest
        made: Bundle = write_bundle(
            Path(folder) / "bundle", model=manifest.model, algorithm=manifest.algorithm,
            input=known.input, output=known.output, contents=contents, agreement={"rows": 1},
        )  # fmt: skip
        return install_bundle(made.path, house.bundles).hash


def test_a_version_of_unknown_past_never_passes_and_is_never_better(house: Workspace) -> None:
    with house.store() as store:
        known = store.versions.get("late", 2)
        twin = _twin(house, known.hash)
        store.versions.add("late", twin, "native", "registered")
    assert version(checked(house, "late"), 4)["verdict"] == "warn"
    requirements.set_requirement(house, "late", "roc_auc", min=0.99)
    document = checked(house, "late")
    second = version(document, 4)
    assert {p["coverage"] for p in second["partitions"]} == {"unknown"}
    assert second["verdict"] == "fail" and version(document, 1)["verdict"] == "fail"
    assert all(second["comparison"][m]["better"] is None for m in ("roc_auc", "log_loss"))
    assert second["comparison"]["outcome"] != "better"


def test_a_limit_that_the_whole_interval_misses_fails(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.97)
    requirements.set_requirement(house, "late", "log_loss", max=0.69)
    document = checked(house, "late")
    first = version(document, 1)
    assert document["verdict"] == first["verdict"] == "fail"
    for partition in first["partitions"]:
        counted = partition["coverage"] == "no" and partition["n"]
        assert (partition["verdict"] is not None) == bool(counted)
        if counted:
            assert any("roc_auc" in said and "min 0.97" in said for said in partition["reasons"])


def test_a_limit_that_everything_keeps_passes_and_no_limit_passes_too(house: Workspace) -> None:
    assert checked(house, "late")["verdict"] == "pass"
    requirements.set_requirement(house, "late", "roc_auc", min=0.3, mean=0.4)
    document = checked(house, "late")
    assert document["verdict"] == "pass" and document["requirements"] == 1


def test_the_mean_binds_all_partitions_together_and_none_alone(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", mean=0.95)
    document = checked(house, "late")
    assert document["verdict"] == "fail"
    assert {p["verdict"] for p in partitions(document, 1).values()} == {None}
    assert "overall" in version(document, 1)["note"]


def estimates(values: list[float], half: float) -> list[tuple[str, Any, Measures]]:
    """Slices whose metric has these values and intervals of one width."""
    made = []
    for i, value in enumerate(values):
        estimate = Estimate(value, value - half, value + half, n=900, blocks=30, unit="day", rarer=200)
        made.append((f"2024-{i + 1:02d}", "no", Measures({"roc_auc": estimate}, {})))
    return made


@pytest.mark.parametrize(
    ("values", "verdicts"),
    [
        ([0.66, 0.66, 0.66, 0.66], ["warn", "warn", "fail", "fail"]),
        ([0.66, 0.66, 0.75, 0.66, 0.66], ["warn", "warn", "warn", "warn", "warn"]),
        ([0.85, 0.71, 0.66, 0.60], ["pass", "warn", "warn", "fail"]),
    ],
)
def test_the_third_breach_in_a_row_fails(values: list[float], verdicts: list[str]) -> None:
    limit = Requirement(1, "late", "roc_auc", None, 0.7, None, None, None, "", None, "", "")
    judged = judge_slices(estimates(values, 0.08), [limit])
    assert [j.verdict for j in judged] == verdicts


def test_what_shaped_a_version_is_no_breach(built: Workspace) -> None:
    limit = Requirement(1, "late", "roc_auc", None, 0.7, None, None, None, "", None, "", "")
    slices = estimates([0.66, 0.66, 0.66], 0.08)
    slices[1] = (slices[1][0], "in-sample", slices[1][2])
    assert [j.verdict for j in judge_slices(slices, [limit])] == ["warn", None, "warn"]


def test_a_requirement_of_segments_binds_each_of_them(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.97, segment="carrier")
    document = checked(house, "late")
    assert document["verdict"] == "fail"
    may = partitions(document, 1)["2024-05"]
    assert {r.split(" [")[0].rsplit(" ", 1)[0] for r in may["reasons"]} == {
        f"roc_auc of carrier={c}" for c in ("bus", "rail", "tram")
    }


def test_the_comparison_is_on_the_same_rows_and_has_the_sign_of_version_minus_champion(
    built: Workspace, frame: pd.DataFrame
) -> None:
    document = checked(built, "late")
    assert version(document, 1)["comparison"] is None
    second = version(document, 2)["comparison"]
    assert second["champion"] == 1
    known = frame[frame["late"].notna() & (frame["at"] >= "2024-04-11")]
    one = original(frame, "late", "2024-04-11", C=0.002)
    other = original(frame, "late", "2024-03-01")
    differences, sizes = [], []
    for _, rows in known.groupby(known["at"].dt.strftime("%Y-%m")):
        yes = rows["late"] == "yes"
        mine, theirs = (sk.log_loss(yes, m.predict_proba(rows[FEATURES])[:, 1]) for m in (one, other))
        differences.append(mine - theirs)
        sizes.append(len(rows))
    assert second["log_loss"]["n"] == sum(sizes)
    assert second["log_loss"]["difference"] == pytest.approx(np.average(differences, weights=sizes))
    assert second["log_loss"]["low"] < second["log_loss"]["difference"] < second["log_loss"]["high"]


def test_a_crippled_version_is_worse_and_the_champion_better_than_it(house: Workspace) -> None:
    baseline = version(checked(house, "late"), 0)["comparison"]
    assert baseline["outcome"] == "worse" and baseline["roc_auc"]["better"] is False
    assert baseline["log_loss"]["difference"] > 0 and baseline["log_loss"]["better"] is False
    swap(house, "late", 3, reason="worse on purpose")
    first = version(checked(house, "late"), 1)["comparison"]
    assert first["log_loss"]["difference"] < 0 and first["log_loss"]["better"] is True


def test_an_improvement_has_to_be_worth_it(house: Workspace) -> None:
    swap(house, "late", 3, reason="worse on purpose")
    apply(house, metric="log_loss")
    assert version(checked(house, "late"), 1)["comparison"]["outcome"] == "better"
    apply(house, metric="log_loss", worth=0.5)
    assert version(checked(house, "late"), 1)["comparison"]["outcome"] == "undecided"


def test_roles_and_who_is_judged(house: Workspace) -> None:
    roles = {v["version"]: v["role"] for v in checked(house, "late")["versions"]}
    assert roles == {0: "baseline", 1: "champion", 2: "candidate", 3: "candidate"}
    with house.store() as store:
        store.versions.archive("late", 3)
    assert {v["version"] for v in checked(house, "late")["versions"]} == {0, 1, 2}
    assert {v["version"] for v in checked(house, "late", versions=[3])["versions"]} == {0, 3}


def test_named_versions_are_judged_instead_of_the_champion(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "log_loss", max=0.6)
    assert checked(house, "late")["verdict"] == version(checked(house, "late"), 1)["verdict"]
    worst = checked(house, "late", versions=[1, 3])
    assert worst["verdict"] == version(worst, 3)["verdict"] == "fail"


def test_it_works_without_a_champion(built: Workspace) -> None:
    document = checked(built, "minutes")
    assert {v["role"] for v in document["versions"]} == {"candidate", "baseline"}
    assert document["verdict"] == "pass"
    assert all(v["comparison"] is None for v in document["versions"])


def test_since_and_until_cut_partitions(built: Workspace, frame: pd.DataFrame) -> None:
    document = checked(built, "late", since="2024-05-10", until="2024-06-20")
    known = frame[frame["late"].notna()]
    measured = partitions(document, 1)
    assert list(measured) == ["2024-05", "2024-06"]
    bounds = {"2024-05": ("2024-05-10", "2024-06-01"), "2024-06": ("2024-06-01", "2024-06-20")}
    for label, (since, until) in bounds.items():
        inside = (known["at"] >= since) & (known["at"] < until)
        assert measured[label]["n"] == inside.sum()
        assert measured[label]["since"][:10] == since and measured[label]["until"][:10] == until
    run = ran(built, "late", since="2030-01-01")
    assert run.state == "failed" and "no row of late" in str(run.error)


@pytest.mark.parametrize("partition", ["carrier", "file", "week"])
def test_partitions_of_every_kind(house: Workspace, frame: pd.DataFrame, partition: str) -> None:
    apply(house, partition=partition)
    since = "2024-06-15"
    known = frame[frame["late"].notna() & (frame["at"] >= since)]
    labels = {
        "carrier": known["carrier"],
        "file": known["at"].dt.strftime("%Y-%m"),
        "week": known["at"].dt.strftime("%G-W%V"),
    }[partition]
    expected = known.groupby(labels).size().to_dict()
    document = partitions(checked(house, "late", since=since), 1)
    assert {label: p["n"] for label, p in document.items() if p["n"]} == expected
    model = original(frame, "late", "2024-03-01")
    for label, rows in known.groupby(labels):
        expected_loss = sk.log_loss(rows["late"] == "yes", model.predict_proba(rows[FEATURES])[:, 1])
        assert document[str(label)]["metrics"]["log_loss"]["value"] == pytest.approx(expected_loss)


def test_partitions_that_share_bad_weeks_are_no_surer_than_all_rows_together(
    house: Workspace, frame: pd.DataFrame
) -> None:
    random = np.random.default_rng(2)
    week = (frame["at"] - frame["at"].min()).dt.days // 7
    shutil.rmtree(house.root / "data")
    write(house.root, frame.assign(late=np.where(random.random(40)[week] < 0.5, "yes", frame["late"])))
    widths = {}
    for partition in ("all", "carrier"):
        apply(house, partition=partition)
        found = version(checked(house, "late", versions=[1, 2]), 2)
        loss, gain = found["overall"]["log_loss"], found["comparison"]["log_loss"]
        widths[partition] = loss["high"] - loss["low"], gain["high"] - gain["low"]
    assert widths["carrier"] == pytest.approx(widths["all"], rel=0.05)


def test_a_model_without_a_time_column(house: Workspace, frame: pd.DataFrame) -> None:
    name = apply(house, name="plain", time=None, partition="carrier", window=None)
    fitted(house, name, None)
    document = checked(house, name)
    labelled = frame[frame["late"].notna()].groupby("carrier").size().to_dict()
    measured = partitions(document, 1)
    assert list(measured) == sorted(labelled)
    for label, found in measured.items():  # the rows that training left out
        assert found["coverage"] == "part" and abs(found["n"] / labelled[label] - 0.2) < 0.05
    run = ran(house, name, "nowtest")
    assert (run.state, run.verdict) == ("done", "thin") and "no time column" in run.note


def test_a_segment_column_that_there_is_not(built: Workspace) -> None:
    failures: list[Any] = []
    run_here(built, "late", "backtest", {"by": "carier"}, why="test", on_error=failures.append)
    assert isinstance(failures[0], UsageError) and "carier" in failures[0].message


def test_rows_that_a_version_refuses_are_answered_by_the_baseline_and_counted(
    house: Workspace, frame: pd.DataFrame
) -> None:
    filled = frame.copy()
    filled["wind"] = filled["wind"].fillna(0.0).where(filled["at"] < "2024-03-01", filled["wind"])
    write(house.root, filled)
    name = apply(house, name="careless")
    number = fitted(house, name, "2024-03-01", careful=False)
    document = partitions(checked(house, name), number)
    model = original(filled, "late", "2024-03-01", careful=False)
    seen = filled[filled["late"].notna() & (filled["at"] < "2024-03-01")]
    prior = (seen["late"] == "yes").mean()
    for label in ("2024-03", "2024-05"):
        rows = filled[filled["late"].notna() & (filled["at"].dt.strftime("%Y-%m") == label)]
        refused = rows["wind"].isna().to_numpy()
        shares = np.full(len(rows), prior)
        shares[~refused] = model.predict_proba(rows[FEATURES][~refused])[:, 1]
        assert document[label]["refused"] == refused.sum() > 0
        assert document[label]["metrics"]["log_loss"]["value"] == pytest.approx(
            sk.log_loss(rows["late"] == "yes", shares)
        )


def test_cost_weights_threshold_and_groups(house: Workspace, frame: pd.DataFrame) -> None:
    name = apply(house, name="costly", cost={"fp": 1, "fn": 4}, weight="passengers", group="stop")
    number = fitted(house, name, "2024-03-01")
    document = checked(house, name)
    with house.store() as store:
        output = house.bundle(store.versions.get(name, number).hash).output
    assert output.threshold is not None and output.threshold < 0.45
    bundle_shares = _shares(house, name, number, frame)
    for label in ("2024-03", "2024-06"):
        rows = frame[frame["late"].notna() & (frame["at"].dt.strftime("%Y-%m") == label)]
        share, weight = bundle_shares[rows.index], rows["passengers"].to_numpy()
        yes, said = (rows["late"] == "yes").to_numpy(), share >= output.threshold
        metrics = partitions(document, number)[label]["metrics"]
        cost = np.average(1.0 * (said & ~yes) + 4.0 * (yes & ~said), weights=weight)
        assert metrics["cost"]["value"] == pytest.approx(cost)
        assert metrics["recall"]["value"] == pytest.approx(sk.recall_score(yes, said, sample_weight=weight))
        assert metrics["roc_auc"]["value"] == pytest.approx(
            sk.roc_auc_score(yes, share, sample_weight=weight)
        )
    rows = frame[frame["late"].notna() & (frame["at"] >= "2024-03-01")]
    expected = sk.log_loss(rows["late"] == "yes", bundle_shares[rows.index], sample_weight=rows["passengers"])
    assert version(document, number)["overall"]["log_loss"]["pooled"] == pytest.approx(expected)


def _shares(house: Workspace, model: str, number: int, frame: pd.DataFrame) -> np.ndarray:
    with house.store() as store:
        bundle = house.bundle(store.versions.get(model, number).hash)
    columns = {n: column(frame[n].astype(object).where(frame[n].notna(), None).tolist()) for n in FEATURES}
    return np.asarray(bundle.predict(columns))[:, 1]


def test_classes_that_a_version_does_not_know_are_errors_of_it(house: Workspace, frame: pd.DataFrame) -> None:
    changed = frame.copy()
    june = changed["at"].dt.month == 6
    changed.loc[june & (changed.index % 9 == 0), "size"] = "huge"
    write(house.root, changed)
    model = original(frame, "size", "2024-03-01")
    rows = changed[june & changed["size"].notna()]
    document = checked(house, "size")
    measured = partitions(document, 1)["2024-06"]["metrics"]
    assert measured["accuracy"]["value"] == pytest.approx(
        sk.accuracy_score(rows["size"], model.predict(rows[FEATURES]))
    )
    assert version(document, 1)["overall"]["accuracy"]["pooled"] is not None
    assert version(document, 1)["overall"]["f1_macro"]["pooled"] is None


def test_a_check_of_a_model_without_versions_is_refused_and_no_verdict_on_it(house: Workspace) -> None:
    apply(house, name="bare")
    for kind in ("backtest", "nowtest", "regression"):
        run = ran(house, "bare", kind)
        assert (run.state, run.verdict) == ("failed", None), kind
        assert run.note is not None and run.note.startswith("refused: bare has no version"), run.note


def test_a_metric_that_the_classes_of_the_data_rule_out_is_refused_with_one_that_fits(
    house: Workspace,
) -> None:
    apply(house, name="size", target="size", positive=None, metric="roc_auc")
    run = ran(house, "size")
    assert (run.state, run.verdict) == ("failed", None)
    assert "'roc_auc' is not a metric of a multiclass task" in str(run.error)
    assert "roc_auc_ovr" in str(run.error)
