"""The doctor finds each thing that can be broken, says where, and what to do."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from core import doctor, notify, production, sites
from core.doctor import Finding, house
from core.workspace import Workspace
from store import clock
from store.records import NewCase
from tests.house import done, swap


@pytest.fixture
def place(house: Workspace) -> Workspace:
    """A house to break."""
    return house


def problems(workspace: Workspace) -> dict[str, Finding]:
    """Subject → problem."""
    return {f.subject: f for f in doctor.examine(workspace) if f.severity == "problem"}


def test_a_sound_house_has_no_problem_and_one_notice(place: Workspace) -> None:
    (found,) = doctor.examine(place)
    assert (found.subject, found.severity) == ("night", "notice")
    assert "incumbent daemon" in found.hint


def test_without_a_store_what_is_left_is_told(place: Workspace) -> None:
    with place.store() as store:
        broken = place.bundle_path(store.versions.get("late", 2).hash)
    (broken / "profile.json").write_text("{}")
    place.store_path.write_text("garbage")
    found = {f.subject: f for f in doctor.examine(place)}
    assert "not an SQLite database" in found["store"].message
    assert "restore FILE --force" in found["store"].hint
    assert "profile.json" in found[f"bundle {broken.name[:12]}"].message
    folders = sum(path.is_dir() for path in place.bundles.iterdir())
    assert found["bundles"].message == f"{folders - 1} of {folders} bundles are whole"
    assert found["late at local"].message == "goes on answering with v1"


def test_a_damaged_bundle_is_named_with_its_file(place: Workspace) -> None:
    with place.store() as store:
        bundle = place.bundle_path(store.versions.get("late", 2).hash)
    (bundle / "profile.json").write_text("{}")
    assert "profile.json" in problems(place)["late v2"].message
    (place.bundles / "stray").mkdir()
    strays = [f for f in doctor.examine(place) if f.subject == "bundles"]
    assert [f.severity for f in strays] == ["notice"]
    manifest = json.loads((bundle / "bundle.json").read_text())
    (bundle / "bundle.json").write_text(json.dumps({**manifest, "format": 99}))
    assert "update" in problems(place)["late v2"].hint
    shutil.rmtree(place.bundles)
    assert "there is no bundle at" in problems(place)["late v2"].message


OWN_CODE = """
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

def bent(frame):
    return np.nan_to_num(np.sqrt(frame[["distance"]].to_numpy()))

def build():
    return make_pipeline(FunctionTransformer(bent), Ridge())
"""


@pytest.mark.slow
def test_a_version_whose_libraries_changed_predicts_its_golden_cases_again(place: Workspace) -> None:
    (place.root / "minutes.py").write_text(OWN_CODE)
    run = done(place, "minutes", "train", {})
    assert run.result is not None and run.result["algorithm"] == "sklearn"
    assert problems(place) == {}
    folder = place.bundle_path(run.result["hash"])
    _as_if_made_with(folder, "scikit-learn", "1.0.2")
    assert problems(place) == {}  # it is another library, and gives the same numbers
    with place.store() as store:
        (case, *_) = store.cases.list("minutes", 2, "golden")
        wrong = {**case.expect, "scores": [case.expect["scores"][0] + 1]}
        store.cases.add_many("minutes", [NewCase("golden", case.row, wrong, version=2, origin="sampled")])
    found = problems(place)["minutes v2"]
    assert "1 of 33 golden cases are not as they were" in found.message
    assert "scikit-learn 1.0.2 → " in found.hint


def _as_if_made_with(bundle: Path, package: str, version: str) -> None:
    lineage, manifest = bundle / "lineage.json", bundle / "bundle.json"
    before = hashlib.sha256(lineage.read_bytes()).hexdigest()
    document = json.loads(lineage.read_text())
    document["packages"][package] = version
    lineage.write_text(json.dumps(document))
    after = hashlib.sha256(lineage.read_bytes()).hexdigest()
    manifest.write_text(manifest.read_text().replace(before, after))


def test_published_files_that_are_gone_edited_or_behind(place: Workspace) -> None:
    sites.add(place, "edge", place.root / "edge")
    production.publish(place, "late", site="edge")
    pointer = place.root / "edge" / "late" / "current.json"
    behind = pointer.read_bytes()
    swap(place, "late", 2, site="edge", reason="newer")
    pointer.write_bytes(behind)
    assert "runs revision 1, the store says 2" in problems(place)["late at edge"].message
    pointer.write_text(json.dumps({**json.loads(behind), "sha256": "0"}))
    assert "edited by hand" in problems(place)["late at edge"].message
    pointer.unlink()
    found = problems(place)["late at edge"]
    assert "nothing is published" in found.message
    assert "production publish late --site edge" in found.hint


def test_a_damaged_bundle_at_a_site_is_mended_by_publishing(place: Workspace) -> None:
    (file,) = (place.root / "production" / "local" / "late" / "bundles").glob("*/bundle.json")
    file.write_text("{}")
    assert "v1 of late at local" in problems(place)
    production.publish(place, "late", site="local")
    assert problems(place) == {}


def test_data_and_files_of_the_spec_that_are_gone(place: Workspace) -> None:
    (place.root / "data" / "rides.csv").unlink()
    (place.root / "late.py").unlink()
    found = problems(place)
    assert set(found) == {"data of late", "data of minutes", "late"}
    assert "late.py" in found["late"].message


def test_an_interpreter_that_is_not_there(place: Workspace) -> None:
    from core import models

    (place.root / "late.toml").write_text(
        (place.root / "late.toml").read_text() + 'python = "no/such/python"\n'
    )
    models.apply(place, place.root / "late.toml")
    assert "no/such/python" in problems(place)["interpreter of late"].message


def test_secrets_that_nobody_knows_and_deliveries_that_fail(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = notify.add(place, "json://ann:${DOCTORS_SECRET}@127.0.0.1:9/")
    (found,) = problems(place).values()
    assert "DOCTORS_SECRET" in found.message
    monkeypatch.setenv("DOCTORS_SECRET", "hush")
    assert problems(place) == {}
    with place.store() as store:
        store.notify.enqueue([target.id], "[incumbent] test", "body", None, clock.now())
        (delivery,) = store.notify.page(unsent_only=True).rows
        store.notify.mark_failed(delivery.id, "connection refused", clock.now())
    (found,) = problems(place).values()
    assert "connection refused" in found.message
    assert "hush" not in found.message + found.subject
    assert f"incumbent notify test {target.id}" in found.hint


def test_a_full_disk(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "FULL", 2**62)
    monkeypatch.setattr(house, "TIGHT", 2**62)
    assert "MiB are free" in problems(place)["disk"].message


def test_a_full_disk_of_a_site(place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites.add(place, "branch", str(tmp_path / "branch"))
    (tmp_path / "branch" / "late" / "log").mkdir(parents=True)
    usage = shutil.disk_usage(tmp_path)
    for full in (tmp_path / "branch", tmp_path / "branch" / "late" / "log"):  # each may be a disk of its own
        with monkeypatch.context() as patch:
            patch.setattr(house, "_device", lambda path, full=full: str(path) if path == full else None)
            left = usage._replace(free=0)
            patch.setattr(
                shutil, "disk_usage", lambda path, full=full, left=left: left if path == full else usage
            )
            if usage.free > house.TIGHT:
                assert problems(place)["disk"].message == f"0 MiB are free on the disk of {full}"


def test_a_store_that_lost_rows(place: Workspace, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(place.store_path) as connection:
        connection.execute("UPDATE runs SET state = 'running', pid = NULL, finished = NULL WHERE id = 1")
    connection.close()
    assert "run 1" in problems(place)["store"].message
