"""Doctor at sites: behind, unreachable, edited by hand, missing a file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import production, sites, trial
from core.doctor import Finding, published
from core.workspace import Workspace


@pytest.fixture
def branch(house: Workspace, tmp_path: Path) -> Path:
    """The folder of a site where the champion of ``late`` serves and version 2 is tried out."""
    folder = tmp_path / "branch"
    sites.add(house, "branch-2", folder)
    production.publish(house, "late", site="branch-2")
    trial.start(house, "late", 2, sites=["branch-2"], share=0.1)
    return folder


def findings(house: Workspace) -> list[Finding]:
    with house.store() as store:
        return list(published(house, store))


def one(house: Workspace) -> Finding:
    (found,) = findings(house)
    return found


def pointer(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "late" / "current.json").read_text())
    return found


def test_a_sound_site_is_no_finding(house: Workspace, branch: Path) -> None:
    assert findings(house) == []


def test_a_site_that_is_behind(house: Workspace, branch: Path) -> None:
    before = (branch / "late" / "current.json").read_bytes()
    trial.stop(house, "late")
    (branch / "late" / "current.json").write_bytes(before)  # the synchronisation brought an old pointer
    found = one(house)
    assert (found.subject, found.severity) == ("late at branch-2", "problem")
    assert found.message == "it is behind: it runs revision 2, the store says 3"
    assert found.hint.endswith("incumbent production publish late --site branch-2 --repair")


def test_a_site_that_cannot_be_reached(house: Workspace, branch: Path) -> None:
    branch.rename(branch.with_name("away"))
    assert "cannot be reached" in one(house).message


def test_a_configuration_that_was_edited(house: Workspace, branch: Path) -> None:
    path = branch / "late" / pointer(branch)["configuration"]
    path.write_text(path.read_text().replace('"share": 0.1', '"share": 0.9'))
    assert "edited by hand or damaged" in one(house).message


def test_one_that_was_edited_with_care(house: Workspace, branch: Path) -> None:
    told = pointer(branch)
    path = branch / "late" / told["configuration"]
    path.write_text(path.read_text().replace('"share": 0.1', '"share": 0.9'))
    told["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (branch / "late" / "current.json").write_text(json.dumps(told))
    found = one(house)
    assert (found.severity, found.message) == (
        "problem", "it was edited by hand: share of revision 2 not as the store says",
    )  # fmt: skip


def test_a_bundle_that_misses_a_file(house: Workspace, branch: Path) -> None:
    with house.store() as store:
        bundle = branch / "late" / "bundles" / store.versions.get("late", 2).hash
    os.remove(bundle / "coefficients.json")
    found = one(house)
    assert found.subject == "v2 of late at branch-2"
    assert "coefficients.json" in found.message
    shutil.rmtree(bundle)
    assert one(house).subject == "v2 of late at branch-2"


def test_what_was_trusted_later_is_only_worth_knowing(
    house: Workspace, branch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.store() as store:
        store.settings.set("trusted", {"types": ["some.Type"], "sources": {}})
    assert findings(house) == []  # nothing there runs anybody's code
    monkeypatch.setattr("core.doctor.files.kind", lambda name: SimpleNamespace(runs_user_code=True))
    told = {found.severity for found in findings(house)}
    assert told == {"notice"}
    assert "published before trusted changed" in findings(house)[0].message
