"""A backup gives the workspace back, whole; what is damaged, foreign or in the way is refused."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

import incumbent
from core import backup, production, status
from core.workspace import Workspace
from incumbent.errors import RefusedError, WorkError
from tests.house import swap

ROW = {"distance": 21.0, "wind": 9.0, "carrier": "bus"}


def _said(workspace: Workspace) -> object:
    with incumbent.open(workspace.root / "production" / "local" / "late") as predictor:
        return predictor.predict(ROW).probabilities


def test_a_workspace_comes_back_as_it_was(house: Workspace, tmp_path: Path) -> None:
    made = backup.backup(house, tmp_path / "house.zip")
    assert made["models"] == 2 and made["versions"] == 5 and made["damaged"] == []
    back = backup.restore(tmp_path / "house.zip", tmp_path / "new" / "place")
    restored = Workspace.open(back["path"])
    assert back["aside"] is None and back["files"] == made["files"]
    assert _said(restored) == _said(house)
    for before, after in zip(status.overview(house).models, status.overview(restored).models, strict=True):
        assert before == after
    with house.store() as old, restored.store() as new:
        assert new.versions.hashes() == old.versions.hashes()
        assert new.journal.page(limit=500).rows == old.journal.page(limit=500).rows
        assert new.verify() == ()


def test_what_changes_after_the_backup_is_not_in_it(house: Workspace, tmp_path: Path) -> None:
    backup.backup(house, tmp_path / "before.zip")
    swap(house, "late", 2, reason="later")
    back = backup.restore(tmp_path / "before.zip", tmp_path / "before")
    restored = Workspace.open(back["path"])
    assert production.show(restored, "late")["champion"] == 1
    assert _said(restored) != _said(house)


def test_what_is_there_is_kept(house: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "house.zip"
    backup.backup(house, file)
    with pytest.raises(RefusedError, match="exists already"):
        backup.backup(house, file)
    with pytest.raises(RefusedError, match=r"has a \.incumbent folder already"):
        backup.restore(file, house.root)
    swap(house, "late", 2, reason="later")
    back = backup.restore(file, house.root, force=True)
    assert production.show(house, "late")["champion"] == 1
    aside = Path(back["aside"])
    assert (aside / ".incumbent" / "incumbent.db").is_file() and (aside / "production" / "local").is_dir()
    assert [p.name for p in house.root.glob(".incumbent-restore-*")] == []


def test_a_run_that_was_at_work_is_interrupted_in_the_copy(house: Workspace, tmp_path: Path) -> None:
    with house.store() as store:
        run = store.runs.enqueue("late", "backtest", why="test", who="ann")
        store.runs.claim(1, run.id)  # a process that lives for ever
    backup.backup(house, tmp_path / "busy.zip")
    back = backup.restore(tmp_path / "busy.zip", tmp_path / "busy")
    with Workspace.open(back["path"]).store() as store:
        assert store.runs.get(run.id).state == "interrupted"


def test_a_database_below_production_is_copied_with_what_waits_in_its_log(
    house: Workspace, tmp_path: Path
) -> None:
    place = house.root / "production" / "local" / "late" / "log.db"
    with closing(sqlite3.connect(place)) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("PRAGMA wal_autocheckpoint = 0")
        writing.execute("CREATE TABLE rows (x)")
        writing.execute("INSERT INTO rows VALUES (42)")
        writing.commit()
        backup.backup(house, tmp_path / "house.zip")
    back = backup.restore(tmp_path / "house.zip", tmp_path / "new")
    copied = Path(back["path"]) / "production" / "local" / "late" / "log.db"
    with closing(sqlite3.connect(copied)) as reading:
        assert reading.execute("SELECT x FROM rows").fetchall() == [(42,)]


def test_a_version_without_a_sound_bundle_does_not_keep_the_rest_from_being_saved(
    house: Workspace, tmp_path: Path
) -> None:
    with house.store() as store:
        damaged = store.versions.get("late", 2).hash
    (house.bundle_path(damaged) / "coefficients.json").write_text("{}")
    made = backup.backup(house, tmp_path / "house.zip")
    assert made["damaged"] == [damaged]
    back = backup.restore(tmp_path / "house.zip", tmp_path / "new")
    assert back["damaged"] == [damaged]
    assert not Workspace.open(back["path"]).bundle_path(damaged).exists()


def _altered(source: Path, target: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for entry in before.namelist():
            after.writestr(entry, data if entry == name else before.read(entry))
    return target


def test_a_damaged_or_foreign_file_leaves_nothing(house: Workspace, tmp_path: Path) -> None:
    good = tmp_path / "house.zip"
    backup.backup(house, good)
    with zipfile.ZipFile(good) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    (tmp_path / "text.zip").write_text("no archive")
    (tmp_path / "cut.zip").write_bytes(good.read_bytes()[:-2000])
    outside = {**manifest, "files": {"../outside": "0"}}
    newer = {**manifest, "format": 99}
    some = next(name for name in manifest["files"] if name.endswith("bundle.json"))
    bad = {
        "is not a whole backup": [tmp_path / "text.zip", tmp_path / "cut.zip"],
        "would write ../outside": [
            _altered(good, tmp_path / "o.zip", "manifest.json", json.dumps(outside).encode())
        ],
        "newer Incumbent": [_altered(good, tmp_path / "n.zip", "manifest.json", json.dumps(newer).encode())],
        f"{some} is not as it was written": [_altered(good, tmp_path / "b.zip", some, b"{}")],
        "there is no file": [tmp_path / "nowhere.zip"],
    }
    for words, files in bad.items():
        for file in files:
            with pytest.raises(WorkError, match=words):
                backup.restore(file, tmp_path / "new")
            assert list((tmp_path / "new").iterdir()) == []
