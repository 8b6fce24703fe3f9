"""What is wrong with a source is said in words, with where and what to do next."""

import os
import sqlite3
import sys
from datetime import datetime

import pytest

from core.data import MemoryIndex, open_source
from core.spec import DataSpec, load
from incumbent.errors import DataError, UsageError
from tests.core.data.conftest import rides, spec_of, write

ROWS = "at,late,x\n2013-01-05,0,1\n2013-01-06,1,2\n"


def said(tmp_path, text=None, path="a.csv", **changes):
    """The error that a source with this text gives."""
    if text is not None:
        (tmp_path / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    source = open_source(spec_of(DataSpec(path=path), **changes), tmp_path, MemoryIndex())
    with pytest.raises(DataError) as caught:
        source.describe()
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        ("", {}, ["a.csv is empty"]),
        ("at,late,late\n", {}, ["two columns named 'late'"]),
        (ROWS, {"target": "lat"}, ["a.csv has no column 'lat'", "target", "did you mean 'late'?"]),
        (ROWS, {"time": "att"}, ["no column 'att'", "time", "did you mean 'at'?"]),
        (ROWS, {"partition": "region"}, ["no column 'region'", "partition"]),
        (ROWS, {"columns": {"y": "text"}}, ["no column 'y'", "[columns]"]),
        (ROWS, {"time": "x"}, ["'x' holds", "row 1", "'1'"]),
        (ROWS + "soon,1,3\n", {}, ["'at' holds times", "'soon' in row 3"]),
        (ROWS + ",1,3\n", {}, ["row 3 has no time"]),
        (ROWS + "2013-01-07 10:00Z,1,3\n", {}, ["mixes times with and without a time zone", "row 1"]),
        (ROWS + "2013-01-07,1,many\n", {"columns": {"x": "number"}},
         ["'x' holds numbers", "'many' in row 3"]),
        (ROWS + "2013-01-07,1,3\n", {"columns": {"x": "boolean"}}, ["'x' holds booleans", "row 2"]),
        (ROWS, {"positive": "yes"}, ["no value 'yes'", "0 (1), 1 (1)"]),
        (ROWS, {"weight": "at"}, ["weight 'at' is a time, not a number"]),
        (ROWS.replace(",1,", ",late,").replace(",0,", ",early,"), {"task": "regression", "positive": None},
         ["target 'late' is a category, not a number"]),
        (ROWS + "2013-01-07,1\n", {}, ["a.csv cannot be read", "Expected 3 columns, got 2"]),
        (b"at,late,x\n2013-01-05,0,\xff\xfe\n", {}, ["a.csv cannot be read", "UTF8"]),
    ],
)  # fmt: skip
def test_a_bad_file_is_described(tmp_path, text, changes, words):
    message = said(tmp_path, text, **changes)
    assert all(word in message for word in words), message


def test_a_third_class_is_an_error_once_it_is_known(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS + "2013-01-07,2,3\n")
    source = open_source(spec_of(DataSpec(path="a.csv"), label_delay="1d"), tmp_path, MemoryIndex())
    for as_of in (datetime(2013, 1, 7), datetime(2013, 1, 7, 12)):
        source.check_classes(as_of)
    for as_of in (datetime(2013, 1, 9), None):
        with pytest.raises(DataError, match=r"has 3 classes.*2 \(1\)"):
            source.check_classes(as_of)


def test_numbers_then_text_in_a_later_chunk(tmp_path):
    rows = "".join(f"2013-01-{1 + i % 28:02d},{i % 2},{i}\n" for i in range(200_000))
    message = said(tmp_path, "at,late,x\n" + rows + "2013-02-01,1,oops\n")
    assert "'x' holds numbers, but 'oops' in row 200,001" in message
    assert 'x = "category"' in message


def test_a_missing_file_a_glob_and_a_folder(tmp_path):
    (tmp_path / "rides.csv").write_text(ROWS)
    assert "there is no file 'rydes.csv'" in said(tmp_path, path="rydes.csv")
    assert "did you mean 'rides.csv'?" in said(tmp_path, path="rydes.csv")
    assert "no file matches 'data-*.csv'" in said(tmp_path, path="data-*.csv")
    (tmp_path / "empty").mkdir()
    message = said(tmp_path, path="empty")
    assert "holds no data file" in message and "known are csv" in message
    (tmp_path / "rides.xls").write_text("")
    assert "no known format" in said(tmp_path, path="rides.xls")


def test_damaged_files(tmp_path):
    frame = rides(300)
    write(frame, tmp_path, "parquet")
    whole = (tmp_path / "rides.parquet").read_bytes()
    assert "cannot be read" in said(tmp_path, whole[: len(whole) // 2], "half.parquet")
    write(frame, tmp_path, "csv.gz")
    zipped = (tmp_path / "rides.csv.gz").read_bytes()
    assert "cannot be read" in said(tmp_path, zipped[: len(zipped) // 2], "half.csv.gz")
    assert "line 2 is not JSON" in said(tmp_path, '{"at": "2013-01-01", "late": 1}\n{"at": ', "half.jsonl")
    assert "line 1 is not an object" in said(tmp_path, "[1, 2]\n", "list.jsonl")


def test_a_file_that_is_another_than_its_name_says_or_not_in_utf_8(tmp_path):
    import gzip

    assert "without .gz" in said(tmp_path, ROWS, "plain.csv.gz")
    assert "end with .gz" in said(tmp_path, gzip.compress(ROWS.encode()), "zipped.csv")
    assert "UTF-8" in said(tmp_path, ROWS.replace("1\n", "ü\n").encode("latin-1"), "latin.csv")
    wide = said(tmp_path, ROWS.encode("utf-16"), "wide.csv")
    assert "UTF-8" in wide and wide.isprintable()
    assert "mend that row" in said(tmp_path, ROWS + "2013-01-07,1,2,3\n", "ragged.csv")


def test_a_measurement_among_which_a_word_has_strayed_is_no_category(tmp_path):
    rows = "".join(f"2013-01-{1 + i % 28:02d},{i % 2},{i * 1.5}\n" for i in range(40))
    message = said(tmp_path, "at,late,x\n" + rows + "2013-02-01,1,oops\n")
    assert "'x' holds numbers, but 'oops' in row 41" in message


def test_zones_in_one_file_and_none_in_another(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    (tmp_path / "b.csv").write_text(ROWS.replace("-05,", "-05T10:00Z,").replace("-06,", "-06T10:00Z,"))
    message = said(tmp_path, path="*.csv")
    assert "carry a zone in b.csv and none in a.csv" in message


def test_a_header_without_rows_is_an_empty_source(tmp_path):
    (tmp_path / "a.csv").write_text("at,late,x\n")
    source = open_source(spec_of(DataSpec(path="a.csv")), tmp_path, MemoryIndex())
    assert source.describe().rows == 0
    assert source.describe().partitions == ()
    assert list(source.read().columns) == ["at", "late", "x"]
    assert source.window() is None


def test_a_wrong_column_is_named_when_it_is_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    source = open_source(spec_of(DataSpec(path="a.csv")), tmp_path, MemoryIndex())
    with pytest.raises(DataError, match="no column 'xx'"):
        source.read(columns=["xx"])


def query(tmp_path, url, text="select * from rides"):
    source = open_source(spec_of(DataSpec(url=url, query=text)), tmp_path, MemoryIndex())
    with pytest.raises(DataError) as caught:
        source.describe()
    return str(caught.value)


def test_a_query_that_fails(tmp_path):
    assert "there is no database" in query(tmp_path, "sqlite:///nowhere.db")
    assert not os.path.exists(tmp_path / "nowhere.db")
    sqlite3.connect(tmp_path / "ops.db").execute("create table other (x)").connection.close()
    assert "no such table: rides" in query(tmp_path, "sqlite:///ops.db")
    assert "syntax error" in query(tmp_path, "sqlite:///ops.db", "selct 1")


def hint_of(tmp_path, text):
    source = open_source(spec_of(DataSpec(url="sqlite:///ops.db", query=text)), tmp_path, MemoryIndex())
    with pytest.raises(DataError) as caught:
        source.describe()
    return caught.value.hint


def test_a_query_that_cannot_be_one_is_told_how_to_be(tmp_path):
    database = sqlite3.connect(tmp_path / "ops.db", isolation_level=None)
    database.execute("create table rides (at text, late int)")
    database.execute("insert into rides values ('2013-01-01', 1)")
    assert "SELECT" in hint_of(tmp_path, "delete from rides")
    assert "SELECT" in hint_of(tmp_path, "pragma user_version = 3")
    assert "takes no parameters" in hint_of(tmp_path, "select * from rides where late = :late")
    assert database.execute("select count(*) from rides").fetchone() == (1,)
    database.close()


def test_a_database_named_by_the_environment(tmp_path, monkeypatch):
    database = sqlite3.connect(tmp_path / "ops.db", isolation_level=None)
    database.execute("create table rides as select '2013-01-01' as at, 1 as late")
    database.close()
    monkeypatch.setenv("RIDES", "ops")
    data = DataSpec(url="sqlite:///${RIDES}.db", query="select * from rides")
    assert open_source(spec_of(data), tmp_path, MemoryIndex()).describe().rows == 1
    monkeypatch.delenv("RIDES")
    assert "RIDES" in query(tmp_path, "sqlite:///${RIDES}.db")


def test_secrets_are_looked_up_when_connecting_and_never_shown(tmp_path, monkeypatch):
    url = "nodriver+sqlite://me:${DB_SECRET}@host/db"
    monkeypatch.delenv("DB_SECRET", raising=False)
    assert "DB_SECRET" in query(tmp_path, "postgresql://me:${DB_SECRET}@localhost/db")
    monkeypatch.setenv("DB_SECRET", "hunter2")
    assert "hunter2" not in query(tmp_path, url)
    assert "hunter2" not in query(tmp_path, "sqlite:///${DB_SECRET}.db")


def test_a_password_in_a_spec_is_refused_and_not_repeated(tmp_path):
    spec = tmp_path / "rides.toml"
    for url in ("postgresql://me:hunter2@host/db", "mssql://me@host/db?password=hunter2"):
        spec.write_text(
            f'name = "rides"\ntask = "regression"\ntarget = "late"\n'
            f'data = {{ url = "{url}", query = "select 1" }}\n'
        )
        with pytest.raises(UsageError, match="has a password in it") as caught:
            load(spec)
        assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    spec.write_text(spec.read_text().replace("hunter2", "${PW}"))
    assert load(spec).data.url.endswith("${PW}")


def test_the_keyring_is_asked_for_a_databases_secret(tmp_path, monkeypatch):
    (tmp_path / "keyring.py").write_text(
        "def get_password(service, name):\n"
        "    return 'ops' if (service, name) == ('incumbent', 'RIDES') else None\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    sqlite3.connect(tmp_path / "ops.db").execute(
        "create table rides as select '2013-01-01' as at, 1 as late"
    ).close()
    data = DataSpec(url="sqlite:///${RIDES}.db", query="select * from rides")
    assert open_source(spec_of(data), tmp_path, MemoryIndex()).describe().rows == 1
    assert "neither in the environment nor in the keyring" in query(tmp_path, "sqlite:///${OTHER}.db")
    monkeypatch.delitem(sys.modules, "keyring")


def test_a_query_with_a_colon_and_nulls(tmp_path):
    connection = sqlite3.connect(tmp_path / "ops.db")
    connection.execute("create table rides (at text, late integer, note text)")
    connection.executemany(
        "insert into rides values (?, ?, ?)",
        [("2013-01-05 10:00:00", 0, None), ("2013-01-06 11:30:00", 1, "a:b")],
    )
    connection.commit()
    connection.close()
    data = DataSpec(
        url="sqlite:///ops.db", query="select at, late, note from rides where note is null or note = 'a:b'"
    )
    source = open_source(spec_of(data), tmp_path, MemoryIndex())
    assert source.read()["late"].tolist() == [0, 1]
