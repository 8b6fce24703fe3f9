"""Files are read once: what changed is read again, and nothing else."""

import os
import pickle
import shutil
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import JsonIndex, MemoryIndex, open_source
from core.data import scan as scanning
from core.data.layout import SourceLayout
from core.spec import DataSpec
from incumbent.errors import DataError
from store import Store
from tests.core.data.conftest import rides, spec_of, write


@pytest.fixture
def months(tmp_path):
    """Three monthly files in a workspace."""
    frame = rides(300)
    frame = frame[frame["at"] < "2013-04-01"].sort_values("at", kind="stable")
    for number in (1, 2, 3):
        part = frame[frame["at"].dt.month == number]
        part.to_parquet(tmp_path / f"rides-{number}.parquet")
        part.to_csv(tmp_path / f"rides-{number}.csv", index=False)
    return tmp_path


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are scanned, as they are."""
    seen = []
    run = scanning.Scan.run
    monkeypatch.setattr(scanning.Scan, "run", lambda self: seen.append(self.item.name) or run(self))
    return seen


def fingerprints(source):
    return {p.label: source.fingerprint(p.label) for p in source.describe().partitions}


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("kind", ["memory", "json", "store"])
def test_only_what_changed_is_read_again(months, read, form, kind):
    with Store.open(months / "store.db", create=True) as store:
        kept = MemoryIndex()
        make = {
            "memory": lambda: kept,
            "json": lambda: JsonIndex(months / "index.json"),
            "store": lambda: store.source_files,
        }[kind]
        spec = spec_of(DataSpec(path=f"rides-*.{form}"))
        first = fingerprints(open_source(spec, months, make()))
        assert sorted(read) == [f"rides-{n}.{form}" for n in (1, 2, 3)]
        read.clear()
        assert fingerprints(open_source(spec, months, make())) == first
        assert read == []
        changed = rides(50, seed=9)
        changed = changed[changed["at"].dt.month == 2]
        write_one = changed.to_parquet if form == "parquet" else lambda p: changed.to_csv(p, index=False)
        write_one(months / f"rides-2.{form}")
        source = open_source(spec, months, make())
        second = fingerprints(source)
        assert read == [f"rides-2.{form}"]
        assert {label for label in first if first[label] != second[label]} == {"2013-02"}
        assert len(source.read(datetime(2013, 2, 1), datetime(2013, 3, 1))) == len(changed)
        read.clear()
        (months / f"rides-3.{form}").unlink()
        assert set(fingerprints(open_source(spec, months, make()))) == {"2013-01", "2013-02"}
        assert read == []


def test_what_was_read_before_a_damaged_file_is_not_read_again(months, read):
    whole = (months / "rides-3.csv").read_bytes()
    (months / "rides-3.csv").write_bytes(b"at,late\n2013-03-01,1\nnever,0\n")
    spec = spec_of(DataSpec(path="rides-*.csv"))
    with pytest.raises(DataError, match="rides-3"):
        open_source(spec, months).describe()
    (months / "rides-3.csv").write_bytes(whole)
    read.clear()
    assert {p.label for p in open_source(spec, months).describe().partitions} >= {"2013-01", "2013-03"}
    assert read == ["rides-3.csv"]


def test_what_is_known_of_many_files_is_not_written_after_each(tmp_path, monkeypatch):
    frame = rides(600).sort_values("at", kind="stable")
    for number in range(60):
        frame[number * 10 : number * 10 + 10].to_parquet(tmp_path / f"rides-{number}.parquet")
    lasting, written = iter(range(10_000)), []  # every look at the clock finds it a second later

    def write(layout, place):
        written.append(len(layout.files))
        next(lasting)  # so that writing takes two

    monkeypatch.setattr("core.data.catalogue.time.monotonic", lambda: next(lasting))
    monkeypatch.setattr(SourceLayout, "write", write)
    open_source(spec_of(DataSpec(path="rides-*.parquet")), tmp_path).describe()
    assert written[-1] == 60
    assert len(written) < 10


def test_reading_loads_no_pandas(months):
    code = (
        "import pickle, sys; from core.data import open_source\n"
        "source = open_source(pickle.loads(sys.stdin.buffer.read()), sys.argv[1])\n"
        "source.partition_columns(source.describe().partitions[0].label)\n"
        "sys.exit('pandas' in sys.modules)"
    )
    spec = spec_of(DataSpec(path="rides-*.parquet"))
    subprocess.run([sys.executable, "-c", code, str(months)], input=pickle.dumps(spec), check=True)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_touched_file_keeps_its_fingerprints(months, form):
    spec = spec_of(DataSpec(path=f"rides-*.{form}"))
    first = fingerprints(open_source(spec, months))
    os.utime(months / f"rides-1.{form}", (1e9, 1e9))
    assert fingerprints(open_source(spec, months)) == first


def test_a_touched_csv_is_not_converted_again(months, read):
    spec = spec_of(DataSpec(path="rides-*.csv"))
    open_source(spec, months).describe()
    read.clear()
    os.utime(months / "rides-1.csv", (1e9, 1e9))
    open_source(spec, months).read()
    assert read == []


def test_a_lost_cache_is_made_again(months):
    spec = spec_of(DataSpec(path="rides-*.csv"))
    index = MemoryIndex()
    first = open_source(spec, months, index).read()
    shutil.rmtree(months / ".incumbent")
    assert open_source(spec, months, index).read().equals(first)


def test_a_workspace_can_be_moved(months, tmp_path_factory, read):
    spec = spec_of(DataSpec(path="rides-*.csv"))
    first = open_source(spec, months).read()
    moved = tmp_path_factory.mktemp("moved") / "here"
    shutil.copytree(months, moved)
    read.clear()
    assert open_source(spec, moved).read().equals(first)
    assert read == []


def test_appended_rows_leave_older_partitions_as_they_were(tmp_path):
    frame = rides(400).sort_values("at")
    spec = spec_of(write(frame[frame["at"] < "2013-03-01"], tmp_path, "csv"))
    first = fingerprints(open_source(spec, tmp_path))
    write(frame, tmp_path, "csv")
    second = fingerprints(open_source(spec, tmp_path))
    assert {label: second[label] for label in first} == first
    assert len(second) > len(first)


@given(row=st.integers(0, 59), column=st.sampled_from(["temperature", "carrier", "wet", "late", "id"]))
@settings(max_examples=15, deadline=None)
def test_any_changed_value_changes_the_fingerprint(row, column, tmp_path_factory):
    frame = rides(60)
    value = {"temperature": 77.0, "carrier": "XX", "wet": not frame.loc[row, "wet"], "id": 10**6}
    changed = frame.copy()
    changed.loc[row, column] = value.get(column, 0.0 if frame.loc[row, "late"] == 1 else 1.0)
    found = []
    for version in (frame, changed):
        folder = tmp_path_factory.mktemp("change")
        found.append(fingerprints(open_source(spec_of(write(version, folder, "csv")), folder, MemoryIndex())))
    month = frame.loc[row, "at"].strftime("%Y-%m")
    assert {label for label in found[0] if found[0][label] != found[1][label]} == {month}


def test_what_as_of_hides_is_part_of_the_fingerprint(tmp_path):
    source = open_source(spec_of(write(rides(), tmp_path, "csv"), label_delay="2d"), tmp_path)
    plain = source.fingerprint("2013-02")
    assert source.fingerprint("2013-02", datetime(2013, 4, 1)) == plain
    hidden = [source.fingerprint("2013-02", datetime(2013, 2, day)) for day in (10, 11)]
    assert len({plain, *hidden}) == 3
    assert source.fingerprint("2013-02", datetime(2013, 3, 1)) != plain  # two days' labels are not known


def test_the_fingerprint_of_a_range_knows_its_ends(tmp_path):
    source = open_source(spec_of(write(rides(), tmp_path, "csv")), tmp_path)
    whole = source.range_fingerprint(datetime(2013, 1, 1), datetime(2013, 3, 1))
    assert whole == source.range_fingerprint(datetime(2013, 1, 1), datetime(2013, 3, 1), datetime(2014, 1, 1))
    assert whole != source.range_fingerprint(datetime(2013, 1, 1), datetime(2013, 2, 27))
    assert whole != source.range_fingerprint(datetime(2013, 1, 2), datetime(2013, 3, 1))


def test_a_file_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.csv").write_text("at,late\n2013-01-05,0\nyesterday,1\n")
    source = open_source(spec_of(DataSpec(path="a.csv")), tmp_path)
    with pytest.raises(Exception, match="yesterday"):
        source.describe()
    left = [p for p in (tmp_path / ".incumbent").rglob("*") if p.is_file()]
    assert left == []


def test_unsorted_rows_beyond_one_run_come_out_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("core.data.runs.RUN_ROWS", 3_000)
    monkeypatch.setattr("core.data.runs.GROUP_ROWS", 100)
    monkeypatch.setattr("core.data.raw._CSV_BLOCK", 20_000)
    frame = rides(20_000)
    source = open_source(spec_of(write(frame, tmp_path, "csv"), partition="day"), tmp_path)
    layout = source.catalogue.files[0][0]
    assert len({piece.run for piece in layout.pieces}) > 4
    wanted = frame.sort_values("at", kind="stable")["id"].to_numpy()
    found = np.concatenate([rows["id"].to_numpy() for _, rows in source.partitions()])
    assert (found == wanted).all()


def test_parquet_out_of_order_is_read_by_way_of_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("core.data.direct.AFFORDABLE_ROWS", 10)
    frame = rides(2_000)
    source = open_source(spec_of(write(frame, tmp_path, "parquet"), partition="day"), tmp_path)
    assert source.catalogue.files[0][0].folder
    assert source.read()["id"].tolist() == frame.sort_values("at", kind="stable")["id"].tolist()
