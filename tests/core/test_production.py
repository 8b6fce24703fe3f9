"""Production: what is published is what the store says, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core import production, publishing, sites
from core.doctor import published
from core.workspace import Workspace
from incumbent.bundle import Bundle
from incumbent.errors import BundleError, RefusedError, StoreError, UsageError, WorkError
from incumbent.files import sha256_tree
from incumbent.production import Configuration, bundle_path, read
from store.records import NewCase
from tests.core.checks.making import checked, served
from tests.house import swap


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Version 1 serves, 2 and 3 stand by. Look, do not touch."""
    return served(tmp_path_factory.mktemp("served"))


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    """The same, to change."""
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


def folder(house: Workspace, site: str = "local") -> Path:
    with house.store() as store:
        return publishing.site_folder(house, store, "late", site)


def journal(house: Workspace) -> list[Any]:
    with house.store() as store:
        return list(store.journal.page(model="late").rows)


def whole(published: Path) -> Configuration:
    """What is published, every file of it looked at."""
    found = read(published)
    for link in found.links():
        Bundle.open(bundle_path(published, link), expect=link.hash)
    return found


def contrived(house: Workspace, **expect: Any) -> None:
    """A behavioural case that every version has to pass."""
    row = {"distance": 20.0, "wind": 10.0, "carrier": "bus"}
    with house.store() as store:
        store.cases.add_many("late", [NewCase("behavioural", row, expect, origin="contrived")])


def test_a_swap_publishes_what_the_store_says(house: Workspace) -> None:
    done = swap(house, "late", 3, reason="duller is safer", who="ada")
    shown = production.show(house, "late")
    assert shown == {**done, "champion_forced": None}
    assert (shown["revision"], shown["champion"], shown["who"], shown["why"]) == (
        2,
        3,
        "ada",
        "duller is safer",
    )
    assert shown["fallback"] == ["baseline"] and shown["published"] and not shown["forced"]
    found = whole(folder(house))
    assert (found.revision, found.why, found.champion and found.champion.version) == (2, "duller is safer", 3)
    assert found.baseline is not None and sum(found.baseline.probabilities) == pytest.approx(1.0)


def test_every_change_is_in_the_journal_with_its_undo(house: Workspace) -> None:
    swap(house, "late", 3, reason="try", who="ada")
    entry = journal(house)[0]
    assert (entry.action, entry.who) == ("production.swap", "ada")
    assert "v1 → v3" in entry.subject
    assert entry.undo == {
        "action": "production.rollback",
        "arguments": {"model": "late", "to": 1, "site": "local"},
    }
    production.rollback(house, **entry.undo["arguments"], reason="undo")
    assert production.show(house, "late")["champion"] == 1
    assert [r["champion"] for r in production.history(house, "late")] == [1, 3, 1]


def test_a_reason_is_needed(house: Workspace) -> None:
    for change in (
        lambda: swap(house, "late", 3, reason=" "),
        lambda: production.rollback(house, "late", reason=""),
        lambda: production.set_fallback(house, "late", (3,), reason=""),
    ):
        with pytest.raises(UsageError, match="reason"):
            change()
    assert production.show(house, "late")["revision"] == 1


def test_swapping_to_what_serves_changes_nothing(house: Workspace) -> None:
    before, entries = sha256_tree(folder(house)), len(journal(house))
    assert swap(house, "late", 1, reason="again")["revision"] == 1
    assert sha256_tree(folder(house)) == before
    assert len(journal(house)) == entries


def test_a_version_that_there_is_not_or_that_is_archived(house: Workspace) -> None:
    with pytest.raises(UsageError, match="9"):
        swap(house, "late", 9, reason="typo")
    with house.store() as store:
        store.versions.archive("late", 3)
    with pytest.raises(RefusedError, match="archived"):
        swap(house, "late", 3, reason="old love")


def test_a_swap_is_refused_when_a_case_fails_and_forced_with_a_trace(house: Workspace) -> None:
    contrived(house, label="no one says this")
    before = sha256_tree(folder(house))
    with pytest.raises(RefusedError, match="fails 1 of its cases") as refused:
        swap(house, "late", 3, reason="try")
    assert "check regression" in refused.value.hint
    assert production.show(house, "late")["champion"] == 1
    assert read(folder(house)).revision == 1
    assert {n: h for n, h in sha256_tree(folder(house)).items() if n in before} == before
    forced = production.swap(house, "late", 3, reason="we know", force=True)
    assert forced["forced"] and read(folder(house)).revision == 2
    assert len(journal(house)[0].detail["failed_cases"]) == 1


def test_a_rollback_is_not_stopped_by_a_case(house: Workspace) -> None:
    swap(house, "late", 3, reason="try")
    contrived(house, label="no one says this")
    back = production.rollback(house, "late", reason="it was better before")
    assert (back["champion"], back["undoes"], back["revision"]) == (1, 2, 3)
    with pytest.raises(UsageError, match="no revision 77"):
        production.rollback(house, "late", to=77, reason="?")


def test_there_is_nothing_to_go_back_to(house: Workspace) -> None:
    with pytest.raises(RefusedError, match="no earlier revision"):
        production.rollback(house, "late", reason="?")


def test_the_fallback_chain_is_published_and_survives_a_swap(house: Workspace) -> None:
    with pytest.raises(RefusedError, match="stand in for itself"):
        production.set_fallback(house, "late", (1,), reason="?")
    done = production.set_fallback(house, "late", (2, 3, 3, 0), reason="two nets")
    assert done["fallback"] == [2, 3, "baseline"]
    assert [link.version for link in whole(folder(house)).fallback] == [2, 3]
    assert swap(house, "late", 2, reason="promoted")["fallback"] == [3, "baseline"]
    assert [link.version for link in whole(folder(house)).fallback] == [3]


def test_publishing_twice_gives_the_same_bytes(house: Workspace, tmp_path: Path) -> None:
    sites.add(house, "shop", tmp_path / "shop")
    first = production.publish(house, "late", site="shop")
    before = sha256_tree(tmp_path / "shop")
    assert production.publish(house, "late", site="shop") == first
    production.publish(house, "late", site="local")
    local = sha256_tree(folder(house))
    production.publish(house, "late", site="local")
    assert sha256_tree(tmp_path / "shop") == before and sha256_tree(folder(house)) == local
    assert whole(tmp_path / "shop" / "late").champion == whole(folder(house)).champion


def test_a_site_runs_its_own_configuration(house: Workspace, tmp_path: Path) -> None:
    sites.add(house, "shop", tmp_path / "shop")
    production.publish(house, "late", site="shop")
    swap(house, "late", 3, reason="local first")
    assert production.show(house, "late", "shop")["champion"] == 1
    production.publish(house, "late", site="shop", reason="now there")
    assert whole(tmp_path / "shop" / "late").champion == whole(folder(house)).champion
    assert [r["why"] for r in production.history(house, "late", "shop")] == [
        "now there",
        "published from local",
    ]


@pytest.mark.parametrize("damage", ["edited", "missing", "pointer", "configuration"])
def test_publishing_mends_a_folder(house: Workspace, damage: str) -> None:
    sound = sha256_tree(folder(house))
    bundle = next((folder(house) / "bundles").iterdir())
    if damage == "edited":
        (bundle / "profile.json").write_text("{}")
    elif damage == "missing":
        shutil.rmtree(bundle)
    elif damage == "pointer":
        (folder(house) / "current.json").write_text("[]")
    else:
        (folder(house) / "revisions" / "000001.json").write_text("{}")
    with pytest.raises(BundleError):
        whole(folder(house))
    production.publish(house, "late", site="local")
    assert whole(folder(house)).revision == 1
    if damage != "configuration":
        assert sha256_tree(folder(house)) == sound


def test_a_bundle_edited_by_hand_is_refused_by_the_name_of_its_file(house: Workspace) -> None:
    with house.store() as store:
        bundle = house.bundle_path(store.versions.get("late", 3).hash)
    (bundle / "profile.json").write_text("{}")
    with pytest.raises(BundleError, match=r"profile\.json"):
        swap(house, "late", 3, reason="try")
    assert production.show(house, "late")["revision"] == 1 and whole(folder(house)).revision == 1


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made read-only so")
def test_a_folder_that_cannot_be_written_changes_nothing_in_the_store(house: Workspace) -> None:
    """A file where a folder has to be: what a read-only folder is to others, root too cannot write there."""
    place = folder(house) / "bundles"
    shutil.rmtree(place)
    place.write_text("in the way")
    entries = len(journal(house))
    with pytest.raises(WorkError, match="could not be put in place") as refused:
        swap(house, "late", 3, reason="try")
    assert "nothing was changed" in refused.value.hint
    assert production.show(house, "late")["revision"] == 1 and len(journal(house)) == entries


def test_a_pointer_that_cannot_be_moved_changes_nothing_in_the_store(house: Workspace) -> None:
    pointer = folder(house) / "current.json"
    pointer.unlink()
    pointer.mkdir()
    entries = len(journal(house))
    with pytest.raises(WorkError, match="could not be put in place"):
        swap(house, "late", 3, reason="try")
    assert production.show(house, "late")["revision"] == 1 and len(journal(house)) == entries


def test_what_the_store_cannot_keep_is_taken_back_at_the_site(
    house: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that becomes full just then."""
    sites.add(house, "branch-2", str(tmp_path / "branch"))

    def full(*_: Any) -> None:
        raise StoreError("the disk is full")

    before = whole(folder(house)), sorted(path.name for path in folder(house).iterdir())
    with monkeypatch.context() as patch:
        patch.setattr("store.production.Production.mark_published", full)
        for site in ("local", "branch-2"):
            with pytest.raises(StoreError, match="disk is full"):
                swap(house, "late", 3, site=site, reason="try")
    assert (whole(folder(house)), sorted(path.name for path in folder(house).iterdir())) == before
    assert production.show(house, "late")["revision"] == 1
    assert not (tmp_path / "branch" / "late" / "current.json").exists()
    assert swap(house, "late", 3, site="branch-2", reason="again")["revision"] == 1


def test_who_decided_on_what_is_no_longer_so_is_refused(house: Workspace) -> None:
    with house.store() as store:
        seen = store.production.live("late")
        swap(house, "late", 3, reason="quicker")
        with pytest.raises(RefusedError, match="changed meanwhile"):
            production.change(
                house, store, "late", "local", {"champion": 2}, seen, "swap", "slower", False, "bob"
            )
    assert production.show(house, "late")["champion"] == 3


def test_a_swap_that_was_killed_after_the_pointer_moved_is_taken_back_by_repeating(house: Workspace) -> None:
    """The store says 1, the pointer leads to 3: what a kill between rename and commit leaves."""
    aside = house.root / "aside.db"
    shutil.copy(house.store_path, aside)
    swap(house, "late", 3, reason="killed")
    pointed = whole(folder(house))
    for name in house.marker.glob("incumbent.db*"):
        name.unlink()
    shutil.copy(aside, house.store_path)
    assert production.show(house, "late")["champion"] == 1
    assert swap(house, "late", 1, reason="as it was")["revision"] == 1
    assert whole(folder(house)).revision == 1
    again = swap(house, "late", 2, reason="another second revision")
    assert again["revision"] == pointed.revision == 2
    found = whole(folder(house))
    assert found.champion is not None and found.champion.version == 2


@pytest.mark.parametrize(
    "where", ["store.production.Production.mark_published", "incumbent.files.sync_folder"]
)
def test_an_interrupted_swap_leaves_the_site_with_what_the_store_says(
    house: Workspace, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Ctrl-C after the pointer has moved, before the store has written it down."""

    def interrupt(*given: Any) -> None:
        if pointer.read_bytes() != before:
            raise KeyboardInterrupt

    pointer = folder(house) / "current.json"
    before = pointer.read_bytes()
    monkeypatch.setattr(where, interrupt)
    with pytest.raises(KeyboardInterrupt):
        swap(house, "late", 3, reason="interrupted")
    monkeypatch.undo()
    assert production.show(house, "late")["revision"] == 1
    assert whole(folder(house)).revision == 1
    with house.store() as store:
        assert list(published(house, store)) == []


SWAPPER = """
import itertools, sys
from pathlib import Path
from core import production
from core.workspace import Workspace
house = Workspace(Path(sys.argv[1]))
for number in itertools.cycle((3, 2, 1)):
    production.swap(house, "late", number, reason="to and fro", force=True)
    print("swapped", flush=True)
"""


def test_killed_at_any_moment_a_reader_sees_the_old_or_the_new(house: Workspace) -> None:
    dice = random.Random(5)
    place = folder(house)
    seen = set()
    for times in range(1, 5):
        process = subprocess.Popen(
            [sys.executable, "-c", SWAPPER, str(house.root)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"swapped\n"
            until = time.monotonic() + dice.uniform(0.1, 0.5)
            while time.monotonic() < until or len(seen) < 2 * times:  # however slowly the machine swaps
                assert process.poll() is None
                found = whole(place)
                seen.add(found.revision)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        found = whole(place)
        with house.store() as store:
            assert not store.verify()
            live = store.production.live("late")
            assert live is not None and found.revision - live.number in (0, 1)
    assert len(seen) > 4
    for number in (1, 2):
        swap(house, "late", number, reason="as if nothing had been")
        found = whole(place)
        shown = production.show(house, "late")
        assert (found.revision, found.champion and found.champion.version) == (shown["revision"], number)


def test_published_files_are_plain_and_say_who_when_and_why(house: Workspace) -> None:
    swap(house, "late", 3, reason="Zürich asked", who="ada")
    document = json.loads((folder(house) / "revisions" / "000002.json").read_text("utf-8"))
    assert (document["who"], document["why"], document["champion"]["version"]) == ("ada", "Zürich asked", 3)


def test_the_regression_check_looks_at_the_champion_through_its_published_files(house: Workspace) -> None:
    document = checked(house, "late", "regression")
    through = {v["version"]: v["through"] for v in document["versions"]}
    assert document["verdict"] == "pass" and through == {1: "production", 2: "bundle", 3: "bundle"}
    bundle = next((folder(house) / "bundles").iterdir())
    (bundle / "profile.json").write_text("{}")
    document = checked(house, "late", "regression")
    assert document["verdict"] == "fail"
    assert [f["version"] for f in document["failed"]] == [1] and "profile.json" in document["failed"][0][
        "reason"
    ]
    with house.store() as store:
        (alert,) = store.alerts.list()
    assert alert.subject == "late regression" and alert.severity == "fail"
    production.publish(house, "late", site="local")
    assert checked(house, "late", "regression")["verdict"] == "pass"
    with house.store() as store:
        assert not store.alerts.list()
