"""What is opened, and what is refused with its reason."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from incumbent.errors import RefusedError, StoreError
from store import Store, opening
from store.failures import as_store_error

NOBODY = 65534


def test_a_store_is_made_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with pytest.raises(StoreError, match="no store at") as refused:
        Store.open(path)
    assert "init" in refused.value.hint
    assert not path.exists()
    Store.open(path, create=True).close()
    with Store.open(path) as store:
        assert store.verify() == ()
        assert [(s.name, s.path) for s in store.sites.list()] == [("local", "production/local")]


def test_making_it_where_it_is_changes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", create=True) as store:
        store.settings.set("zone", "Europe/Vienna")
    with Store.open(tmp_path / "s.db", create=True) as store:
        assert store.settings.get("zone") == "Europe/Vienna"


def test_names_that_mean_something_in_an_address(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#50% größer.db"
    with Store.open(path, create=True) as store:
        store.settings.set("a", 1)
    assert path.exists()


@pytest.mark.parametrize(
    "content", [b"this is a text file, not a database" * 100, b"SQLite format 3\0" + b"x" * 5000]
)
def test_other_files_are_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"notes\.txt"):
        Store.open(path, create=True)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE orders (id)")
    other.close()
    with pytest.raises(StoreError, match="not a store of Incumbent"):
        Store.open(path, create=True)


def test_an_empty_file_is_filled_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(StoreError, match="is empty"):
        Store.open(path)
    Store.open(path, create=True).close()


def test_a_newer_store_is_refused_with_the_release_that_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(path, create=True).close()
    newer = sqlite3.connect(path)
    newer.execute("INSERT INTO migrations VALUES (99, 'later', '7.8.9', 'then')")
    newer.execute("PRAGMA user_version = 99")
    newer.commit()
    newer.close()
    with pytest.raises(StoreError, match=r"newer Incumbent \(7\.8\.9, schema 99"):
        Store.open(path)


def test_a_folder_and_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Store.open(tmp_path, create=True)
    with pytest.raises(StoreError, match="no such folder"):
        Store.open(tmp_path / "missing" / "store.db", create=True)


def test_a_damaged_store_is_refused_or_found(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(path, create=True).close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 6] = os.urandom(4096 * 4)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), Store.open(path) as store:
        found = store.integrity_check()
        raise StoreError("damaged: " + found[0])


def test_a_full_disk_leaves_nothing_half_written(store: Store) -> None:
    store.models.apply("flights", {}, who="ada")
    pages = store._database.value("PRAGMA page_count")
    store._database.run(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"), store.transaction():
        store.settings.set("small", 1)
        store.settings.set("large", "x" * 1_000_000)
    assert store.settings.all() == {}
    assert store.verify() == ()


def test_a_store_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(path, create=True).close()
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    script = (
        "import os, sys\n"
        "from incumbent.errors import StoreError\n"
        "from store import Store\n"
        f"if os.getuid() == 0: os.setuid({NOBODY})\n"  # a superuser may write anything
        "try:\n"
        "    Store.open(sys.argv[1]).settings.set('a', 1)\n"
        "except StoreError as error:\n"
        "    print(error)\n"
    )
    for folder in tmp_path.parents:
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(folder.stat().st_mode | 0o011)
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, path], capture_output=True, text=True, timeout=60
        )
    finally:
        tmp_path.chmod(0o755)
    assert "cannot be" in done.stdout, done.stderr
    assert "permissions" in done.stdout


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_locks(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?vfs=unix-none", uri=True, isolation_level=None)

    monkeypatch.setattr(opening, "connect", without_locks)
    with pytest.raises(StoreError, match="does not carry a write-ahead log") as refused:
        Store.open(tmp_path / "store.db", create=True)
    assert "local disk" in refused.value.hint


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db", create=True)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="has been closed"):
        store.models.list()
    with pytest.raises(StoreError, match="has been closed"):
        store.data_version()


def test_a_backup_is_one_whole_store(flights: Store, tmp_path: Path) -> None:
    flights.backup(tmp_path / "copy.db")
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.db"]
    with Store.open(tmp_path / "copy.db") as copy:
        assert copy.models.list() == flights.models.list()
        assert copy.verify() == ()
    with pytest.raises(RefusedError, match="exists already"):
        flights.backup(tmp_path / "copy.db")
    with pytest.raises(StoreError, match="no such folder"):
        flights.backup(tmp_path / "missing" / "copy.db")
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.db"]


def test_importing_the_store_imports_nothing_heavy() -> None:
    script = (
        "import sys, store\n"
        "print({'numpy', 'pandas', 'sqlite_utils', 'sklearn', 'scipy', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


def test_a_store_in_a_folder_that_may_not_be_entered_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", forbidden)
    with pytest.raises(StoreError, match="cannot be reached: Permission denied"):
        Store.open(tmp_path / "store.db")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a file system without room is needed")
def test_a_disk_without_room_is_named_as_the_reason(tmp_path: Path) -> None:
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR
    assert "the disk is full" in as_store_error(failed, Path("/proc/store.db")).message
    assert "reading or writing failed" in as_store_error(failed, tmp_path / "store.db").message
