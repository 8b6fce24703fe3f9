"""The doctor finds each thing that can be broken, says where, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import doctor, notify, production, sites
from core.doctor import Finding, house
from core.workspace import Workspace
from store import clock
from tests.house import swap


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


def test_a_damaged_bundle_is_named_with_its_file(place: Workspace) -> None:
    with place.store() as store:
        bundle = place.bundle_path(store.versions.get("late", 2).hash)
    (bundle / "profile.json").write_text("{}")
    assert "profile.json" in problems(place)["late v2"].message
    (place.bundles / "stray").mkdir()
    strays = [f for f in doctor.examine(place) if f.subject == "bundles"]
    assert [f.severity for f in strays] == ["notice"]


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


def test_a_store_that_lost_rows(place: Workspace, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(place.store_path) as connection:
        connection.execute("UPDATE runs SET state = 'running', pid = NULL, finished = NULL WHERE id = 1")
    connection.close()
    assert "run 1" in problems(place)["store"].message
