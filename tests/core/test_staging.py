"""Staged sites: what a candidate would serve as, without touching production."""

from __future__ import annotations

import subprocess
import sys

import pytest

import incumbent
from core import models, production
from core.staging import remove_leftovers, staged, staging_folder
from core.workspace import Workspace
from incumbent.errors import BundleError, UsageError
from incumbent.production import read
from tests.house import done, fitting_here

ROW = {"distance": 20.0, "wind": 10.0, "carrier": "bus"}


def test_a_candidate_serves_from_a_staged_site_and_production_does_not_change(house: Workspace) -> None:
    live = production.show(house, "late")
    with house.store() as store, staged(house, store, "late", 2) as folder:
        with incumbent.open(folder) as opened:
            answer = opened.predict(ROW)
        expected = house.bundle(store.versions.get("late", 2).hash).predict_row(ROW)
        assert answer.version == 2 and answer.probabilities is not None
        assert list(answer.probabilities.values()) == expected
    assert not folder.parent.exists()
    assert production.show(house, "late") == live


def test_it_takes_the_champions_place_before_the_live_chain(house: Workspace) -> None:
    production.set_fallback(house, "late", (2,), reason="test")
    with house.store() as store:
        with staged(house, store, "late", 1) as folder:
            found = read(folder)
            assert found.champion is not None and found.champion.version == 1
            assert [link.version for link in found.fallback] == [2]
            assert found.baseline is not None and found.site == "staging"
        with staged(house, store, "late", 2) as folder:
            assert read(folder).fallback == ()


def test_it_needs_no_champion(house: Workspace) -> None:
    spec = (house.root / "late.toml").read_text("utf-8")
    (house.root / "alone.toml").write_text(spec.replace('name = "late"', 'name = "alone"'), "utf-8")
    models.apply(house, house.root / "alone.toml")
    with fitting_here():
        done(house, "alone", "train", {"until": "2024-03-01"})
    with (
        house.store() as store,
        staged(house, store, "alone", 1) as folder,
        incumbent.open(folder) as opened,
    ):
        assert opened.predict(ROW).route == "champion"


def test_what_a_killed_run_left_behind_is_removed(house: Workspace) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    left = staging_folder(house) / f"{int(gone.stdout)}-abc" / "late"
    left.mkdir(parents=True)
    with house.store() as store, staged(house, store, "late", 1) as folder:
        assert not left.parent.exists()
        remove_leftovers(house)
        assert folder.exists()


def test_a_version_that_cannot_be_staged_leaves_nothing(house: Workspace) -> None:
    with house.store() as store:
        with pytest.raises(UsageError), staged(house, store, "late", 99):
            pass
        version = store.versions.get("late", 2)
        (house.bundle_path(version.hash) / "coefficients.json").write_text("{}")
        with pytest.raises(BundleError), staged(house, store, "late", 2):
            pass
    assert list(staging_folder(house).iterdir()) == []
