"""Sites that are away: nothing is written where their folder should be, and everybody is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import production, production_limits, sites, trial
from core.doctor import published
from core.forgetting import forget_key
from core.traffic.managing import bring_home
from core.workspace import Workspace
from incumbent.errors import RefusedError, WorkError
from incumbent.production import read


@pytest.fixture
def branch(house: Workspace, tmp_path: Path) -> Path:
    """The folder of a site where the champion of ``late`` serves, with a limit of its own."""
    folder = tmp_path / "branch"
    sites.add(house, "branch-2", folder)
    production.publish(house, "late", site="branch-2")
    production_limits.edit(house, "late", {"timeout_ms": 70}, site="branch-2", reason="slow there")
    return folder


@pytest.fixture(params=["gone", "empty"])
def away(request: pytest.FixtureRequest, branch: Path) -> Path:
    """The same folder without its mount: gone, or an empty mount point."""
    branch.rename(branch.with_name("elsewhere"))
    if request.param == "empty":
        branch.mkdir()
    return branch


def test_nothing_is_written_where_a_mount_should_be(house: Workspace, away: Path) -> None:
    with pytest.raises(WorkError, match=r"branch-2, (cannot be reached|holds nothing)") as refused:
        production_limits.edit(house, "late", {"timeout_ms": 90}, site="branch-2", reason="faster now")
    assert "mount or connect it" in refused.value.hint
    with pytest.raises(WorkError):
        trial.start(house, "late", 2, sites=["local", "branch-2"], shadow=True)
    with pytest.raises(WorkError):
        production.publish(house, "late", site="branch-2", repair=True)
    assert not (away / "late").exists()
    assert production.show(house, "late", "branch-2")["revision"] == 2
    assert production.show(house, "late")["shadows"] == [] == trial.status(house, "late")


def test_doctor_and_the_log_say_that_a_site_is_away(house: Workspace, away: Path) -> None:
    with house.store() as store:
        (found,) = published(house, store)
    assert found.message.startswith("nobody knows what it runs: ")
    (told,) = bring_home(house, "late")["problems"]
    assert told.startswith(str(away))
    (told,) = forget_key(house, "late", "somebody", confirmed=True)["problems"]
    assert told.startswith(str(away)) and "may still hold it" in told


def test_what_is_lost_for_good_is_made_anew_by_hand(house: Workspace, away: Path) -> None:
    (away / "late").mkdir(parents=True)
    production.publish(house, "late", site="branch-2", repair=True)
    assert read(away / "late").limits == {"timeout_ms": 70}


def test_repairing_a_site_keeps_what_is_its_own(house: Workspace, branch: Path) -> None:
    (branch / "late" / "current.json").unlink()
    with house.store() as store:
        (found,) = published(house, store)
    assert found.hint.endswith("incumbent production publish late --site branch-2 --repair")
    again = production.publish(house, "late", site="branch-2", repair=True)
    assert (again["revision"], again["limits"]) == (2, {"timeout_ms": 70})
    assert read(branch / "late").revision == 2
    with house.store() as store:
        assert list(published(house, store)) == []


def test_a_site_that_is_lost_for_good_is_forgotten(house: Workspace, branch: Path) -> None:
    with pytest.raises(RefusedError, match="can be reached"):
        sites.remove(house, "branch-2", lost=True)
    trial.start(house, "late", 2, sites=["branch-2"], shadow=True)
    branch.rename(branch.with_name("elsewhere"))
    with pytest.raises(RefusedError, match="is on trial at branch-2"):
        sites.remove(house, "branch-2", lost=True)
    assert "not taken away at branch-2" in trial.stop(house, "late")["ended_why"]
    with pytest.raises(RefusedError, match="in production") as refused:
        sites.remove(house, "branch-2")
    assert "--lost" in refused.value.hint
    sites.remove(house, "branch-2", lost=True)
    assert [site["name"] for site in sites.listing(house)] == ["local"]
    with house.store() as store:
        assert list(published(house, store)) == []
        entry = store.journal.page().rows[0]
    assert (entry.action, entry.detail["ran"]["late"]["champion"]) == ("site.remove", 1)
