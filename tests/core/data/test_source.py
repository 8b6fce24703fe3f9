"""Every form of source gives the same rows, by partition, in time order, as of a moment."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data import MemoryIndex, open_source
from core.spec import DataSpec
from incumbent.columns import Coded
from tests.core.data.conftest import FORMS, rides, spec_of, write

END = datetime(2013, 4, 1)


def expected(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("at", kind="stable").reset_index(drop=True)


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    assert list(found.columns) == list(wanted.columns)
    assert len(found) == len(wanted)
    for name in wanted:
        left, right = found[name], wanted[name].reset_index(drop=True)
        if name == "at":
            assert (left.to_numpy() == right.to_numpy().astype("datetime64[us]")).all()
        elif name == "carrier":
            assert left.fillna("∅").tolist() == right.fillna("∅").tolist()
        else:
            np.testing.assert_array_equal(left.to_numpy(float), right.to_numpy(float))


@pytest.mark.parametrize("form", FORMS)
class TestEveryForm:
    def test_gives_the_rows_in_time_order(self, form, frame, tmp_path):
        source = open_source(spec_of(write(frame, tmp_path, form)), tmp_path, MemoryIndex())
        same(source.read(), expected(frame))

    def test_gives_partitions_that_make_the_whole(self, form, frame, tmp_path):
        source = open_source(spec_of(write(frame, tmp_path, form), partition="week"), tmp_path, MemoryIndex())
        parts = list(source.partitions())
        same(pd.concat([rows for _, rows in parts], ignore_index=True), expected(frame))
        assert [p for p, _ in parts] == list(source.describe().partitions)
        for partition, rows in parts:
            assert partition.rows == len(rows)
            assert partition.labelled == rows["late"].notna().sum()
            assert ((rows["at"] >= partition.since) & (rows["at"] < partition.until)).all()

    def test_describes_itself(self, form, frame, tmp_path):
        described = open_source(spec_of(write(frame, tmp_path, form)), tmp_path, MemoryIndex()).describe()
        kinds = {c.name: c.kind for c in described.columns}
        assert kinds == {
            "id": "number", "at": "time", "temperature": "number", "carrier": "category",
            "wet": "number" if form == "sqlite" else "boolean", "late": "number",
        }  # fmt: skip
        assert described.rows == len(frame)
        assert described.unlabelled == frame["late"].isna().sum()
        assert described.first == frame["at"].min().to_pydatetime()
        assert described.last == frame["at"].max().to_pydatetime()
        assert dict(described.classes) == {"0": (frame["late"] == 0).sum(), "1": (frame["late"] == 1).sum()}

    def test_has_the_same_fingerprint_as_the_others(self, form, frame, tmp_path):
        frame = frame.drop(columns="wet")
        source = open_source(spec_of(write(frame, tmp_path / "a", form)), tmp_path / "a", MemoryIndex())
        other = open_source(spec_of(write(frame, tmp_path / "b", "csv")), tmp_path / "b", MemoryIndex())
        if form != "folder":  # there a partition is of two files
            assert source.describe().fingerprint == other.describe().fingerprint

    def test_reads_what_is_asked(self, form, frame, tmp_path):
        source = open_source(spec_of(write(frame, tmp_path, form)), tmp_path, MemoryIndex())
        since, until = datetime(2013, 1, 20, 5), datetime(2013, 2, 10)
        found = source.read(since, until, columns=["carrier", "temperature"])
        wanted = expected(frame)
        wanted = wanted[(wanted["at"] >= since) & (wanted["at"] < until)]
        same(found, wanted[["carrier", "temperature"]])
        labels = [p.label for p in source.list_partitions(since, until)]
        assert labels == ["2013-01", "2013-02"]


def test_columns_are_coded_without_a_null_among_the_values(frame, tmp_path):
    source = open_source(spec_of(write(frame, tmp_path, "csv")), tmp_path, MemoryIndex())
    columns = source.read_columns(labelled_only=True)
    carrier = columns["carrier"]
    assert isinstance(carrier, Coded)
    wanted = expected(frame.dropna(subset="late"))
    assert carrier.decode().tolist() == [None if v != v else v for v in wanted["carrier"]]
    assert columns["at"].dtype == "datetime64[us]"
    assert columns["temperature"].dtype == np.float64
    assert columns["wet"].dtype == bool


def test_an_integer_target_stays_one_where_every_label_is_known(frame, tmp_path):
    whole = frame.assign(late=frame["late"].astype("Int64"))
    source = open_source(spec_of(write(whole, tmp_path, "parquet")), tmp_path, MemoryIndex())
    assert source.read_columns(labelled_only=True)["late"].dtype == np.int64


def test_empty_partitions_between_others_are_listed(tmp_path):
    (tmp_path / "a.csv").write_text("at,late\n2013-01-05,0\n2013-01-06,1\n2013-04-05,1\n")
    source = open_source(spec_of(DataSpec(path="a.csv")), tmp_path, MemoryIndex())
    counts = [(p.label, p.rows, len(rows)) for p, rows in source.partitions()]
    assert counts == [("2013-01", 2, 2), ("2013-02", 0, 0), ("2013-03", 0, 0), ("2013-04", 1, 1)]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_partitions_by_a_column_keep_time_order(form, frame, tmp_path):
    source = open_source(spec_of(write(frame, tmp_path, form), partition="carrier"), tmp_path, MemoryIndex())
    found = {p.label: rows for p, rows in source.partitions()}
    assert set(found) == {"UA", "DL", 'Ünïted, "quoted"', "(missing)"}
    same(found["UA"], expected(frame[frame["carrier"] == "UA"]))
    assert len(found["(missing)"]) == frame["carrier"].isna().sum()
    cut = {p.label: rows for p, rows in source.partitions(as_of=datetime(2013, 2, 1))}
    assert (cut["UA"]["at"] < datetime(2013, 2, 1)).all()
    assert len(cut["UA"]) == ((frame["carrier"] == "UA") & (frame["at"] < "2013-02-01")).sum()


def test_partitions_by_file_and_all_in_one(frame, tmp_path):
    data = write(frame, tmp_path, "folder")
    by_file = open_source(spec_of(data, partition="file"), tmp_path, MemoryIndex())
    assert [(p.label, p.rows) for p in by_file.describe().partitions] == [("part2", 250), ("part10", 250)]
    assert [len(rows) for _, rows in by_file.partitions()] == [250, 250]
    without_time = spec_of(data, time=None, partition="all")
    source = open_source(without_time, tmp_path, MemoryIndex())
    assert [(p.label, p.since, p.rows) for p in source.describe().partitions] == [("all", None, 500)]
    same(source.read(), frame)


def test_newest_rows_and_the_window_before_a_moment(frame, tmp_path):
    spec = spec_of(write(frame, tmp_path, "csv"), window="7d", label_delay="2d")
    source = open_source(spec, tmp_path, MemoryIndex())
    as_of = datetime(2013, 2, 15, 12)
    known = frame[frame["late"].notna() & (frame["at"] <= as_of - timedelta(days=2))]
    assert source.newest_labelled(as_of) == known["at"].max()
    window = source.window(as_of)
    assert window.until - window.since == timedelta(days=7)
    assert window.until - timedelta(microseconds=1) == known["at"].max()
    newest = source.newest(40, as_of, columns=["id"])
    assert newest["id"].to_pylist() == expected(frame[frame["at"] < as_of])["id"].tolist()[-40:]
    assert source.newest_labelled(datetime(2012, 1, 1)) is None


def test_without_as_of_the_newest_label_is_the_newest_of_all(frame, tmp_path):
    source = open_source(spec_of(write(frame, tmp_path, "csv")), tmp_path, MemoryIndex())
    assert source.newest_labelled() == frame.loc[frame["late"].notna(), "at"].max()
    assert source.newest_labelled(END) == source.newest_labelled()


moments = st.datetimes(datetime(2012, 12, 30), END)


@given(as_of=moments, seed=st.integers(0, 10**6), partition=st.sampled_from(["week", "month", "carrier"]))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_after_as_of_can_be_seen(as_of, seed, partition, tmp_path_factory):
    """Whatever lies after as-of, or was not known by then, may be changed at will: the answer stays."""
    delay = timedelta(days=2)
    before = rides(60, seed)
    rng = np.random.default_rng(seed)
    future = (before["at"] >= as_of).to_numpy()
    unknown = (before["at"] + delay > as_of).to_numpy()
    after = before.copy()
    after.loc[unknown, "late"] = rng.integers(0, 2, unknown.sum())
    after.loc[future, "temperature"] = 99.0
    after = after[~future | (rng.random(len(after)) < 0.5)]
    answers = []
    for frame in (before, after):
        folder = tmp_path_factory.mktemp("look")
        spec = spec_of(write(frame, folder, "csv"), partition=partition, label_delay="2d", positive=None)
        source = open_source(spec, folder, MemoryIndex())
        rows = source.read(as_of=as_of)
        parts = [(p, part.drop(columns="wet").to_csv()) for p, part in source.partitions(as_of=as_of)]
        answers.append((rows.drop(columns="wet").to_csv(), parts, source.window(as_of)))
        assert (rows["at"] < as_of).all()
        assert rows.loc[rows["at"] + delay > as_of, "late"].isna().all()
    assert answers[0] == answers[1]


def test_a_database_is_asked_once_at_the_first_look(frame, tmp_path):
    from core.data import sql

    spec = spec_of(write(frame, tmp_path, "sqlite"))
    asked = []

    def counted(item):
        asked.append(item.query)
        return original(item)

    original = sql._result
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "_result", counted)
        source = open_source(spec, tmp_path, MemoryIndex())
        same(source.read(), expected(frame))
        assert source.describe().rows == len(frame)
        assert len(asked) == 1
    assert not list(source.cache.glob("query-*"))
