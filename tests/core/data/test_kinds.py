"""Kinds are inferred by rules that do not depend on chance, and the spec's word comes first."""

import json
from datetime import datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data import MemoryIndex, open_source
from core.data.kinds import kind_of
from core.spec import DataSpec
from tests.core.data.conftest import spec_of


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", None], "number"), (["-1.5e3", "+.5", "inf"], "number"), (["00501", "10001"], "category"),
        (["True", "false"], "boolean"), (["yes", "no"], "category"), (["0", "1"], "number"),
        (["2013-01-01", "2013-01-02T10:00:00.5Z"], "time"), (["2013-01-01 10:00:00"], "time"),
        ([*map(str, range(40)), "oops"], "number"), ([*map(str, range(12)), "B"], "category"),
        ([f"{i}" for i in range(100, 180)] + ["E1", "E2", "V7", "V9"], "category"),
        ([f"2013-01-{d:02d}" for d in range(1, 29)] + ["soon"], "time"),
        (["01/02/2013"], "category"), (["2013"], "number"), (["12", "x"], "category"),
        (["a much longer sentence than that", "another one of those sentences"], "text"),
        (["New York La Guardia Airport"] * 9, "category"), ([None, ""], None), (["NA", "1"], "number"),
        ([1, 2], "number"), ([1.5, None], "number"), ([True, False], "boolean"),
        ([datetime(2013, 1, 1)], "time"),
        ([[1], [2]], "ignore"), ([b"x"], "ignore"), ([None, None], None),
    ],
)  # fmt: skip
def test_kind_of_values(values, kind):
    assert kind_of(pa.chunked_array([pa.array(values)])) == kind


def described(tmp_path, **changes):
    return open_source(spec_of(DataSpec(path="a.*"), **changes), tmp_path, MemoryIndex())


def test_overrides_come_first(tmp_path):
    (tmp_path / "a.csv").write_text("at,late,hour,zip,junk\n2013-01-05,0,5,00501,1\n2013-01-06,1,6,10001,2\n")
    kinds = {"hour": "category", "zip": "number", "junk": "ignore"}
    source = described(tmp_path, columns=kinds)
    assert {c.name: c.kind for c in source.describe().columns}.items() >= kinds.items()
    columns = source.read_columns()
    assert columns["hour"].decode().tolist() == ["5", "6"]
    assert columns["zip"].tolist() == [501, 10001]
    assert "junk" not in columns


def test_a_column_that_begins_empty_is_looked_at_further(tmp_path):
    rows = "".join(f"2013-01-{1 + i % 28:02d},{i % 2},\n" for i in range(70_000))
    (tmp_path / "a.csv").write_text("at,late,note\n" + rows + "2013-02-01,1,word\n")
    kinds = {c.name: (c.kind, c.dtype) for c in described(tmp_path).describe().columns}
    assert kinds["note"] == ("category", "text")


def test_whole_numbers_that_turn_real_are_real_everywhere(tmp_path):
    (tmp_path / "a.1.csv").write_text("at,late,x\n2013-01-05,0,1\n2013-01-06,1,2\n")
    (tmp_path / "a.2.csv").write_text("at,late,x\n2013-02-05,0,1.5\n")
    source = described(tmp_path)
    assert [part["x"].dtype for _, part in source.columns()] == ["float64", "float64"]


def test_a_column_that_only_newer_files_have_is_null_before(tmp_path):
    (tmp_path / "a.1.csv").write_text("at,late\n2013-01-05,0\n2013-01-06,1\n")
    first = described(tmp_path).fingerprint("2013-01")
    (tmp_path / "a.2.csv").write_text("at,late,x\n2013-02-05,0,word\n")
    source = described(tmp_path)
    assert source.read()["x"].isna().tolist() == [True, True, False]
    assert source.fingerprint("2013-01") == first


def test_the_classes_of_a_target_of_text_and_of_booleans(tmp_path):
    (tmp_path / "a.csv").write_text("at,late\n2013-01-05,yes\n2013-01-06,no\n")
    assert dict(described(tmp_path, positive="yes").describe().classes) == {"no": 1, "yes": 1}
    (tmp_path / "a.csv").write_text("at,late\n2013-01-05,true\n2013-01-06,false\n2013-01-07,\n")
    found = described(tmp_path, positive=True).describe()
    assert dict(found.classes) == {"false": 1, "true": 1}
    assert found.unlabelled == 1


def test_times_with_a_zone_become_utc(tmp_path):
    (tmp_path / "a.csv").write_text("at,late\n2013-01-31T23:00-05:00,0\n2013-02-01T05:00Z,1\n")
    source = described(tmp_path)
    assert source.describe().zoned
    assert [p.label for p in source.describe().partitions] == ["2013-02"]
    assert source.read()["at"].tolist() == [pd.Timestamp(2013, 2, 1, 4), pd.Timestamp(2013, 2, 1, 5)]
    assert source.moment("2013-02-01T00:00-05:00") == datetime(2013, 2, 1, 5)


@pytest.mark.parametrize(
    "kind",
    [pa.int8(), pa.uint32(), pa.float32(), pa.decimal128(8, 2), pa.int64(), pa.float64(), pa.uint64()],
)
def test_every_numeric_type_of_parquet(tmp_path, kind):
    times = pa.array([datetime(2013, 1, 5), datetime(2013, 1, 6)], pa.timestamp("ns"))
    numbers = (
        pa.array([1, 2]).cast(pa.float64()).cast(kind)
        if pa.types.is_decimal(kind)
        else pa.array([1, 2], kind)
    )
    table = pa.table({"at": times, "late": [0, 1], "x": numbers})
    pq.write_table(table, tmp_path / "a.parquet")
    source = described(tmp_path)
    assert source.read_columns()["x"].tolist() == [1, 2]
    assert source.read_columns()["x"].dtype in ("int64", "float64")


def test_types_of_parquet_that_are_not_numbers(tmp_path):
    table = pa.table(
        {
            "at": pa.array([datetime(2013, 1, 5), datetime(2013, 1, 6)]).cast(pa.date32()),
            "late": [False, True],
            "large": pa.array(["a", None], pa.large_string()),
            "dictionary": pa.array(["x", "y"]).dictionary_encode(),
            "list": [[1], [2]],
            "lasted": pa.array([1_500_000_001, None], pa.duration("ns")),
            "nothing": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    source = described(tmp_path, positive=True)
    columns = source.read_columns()
    assert columns["large"].decode().tolist() == ["a", None]
    assert columns["dictionary"].decode().tolist() == ["x", "y"]
    assert columns["late"].tolist() == [False, True]
    assert "list" not in columns
    assert columns["lasted"][0] == 1.500000001
    assert columns["nothing"].dtype == "float64"


def test_the_description_is_strict_json(tmp_path):
    (tmp_path / "a.csv").write_text("at,late\n2013-01-05,0\n2013-01-06,1\n")
    document = json.loads(json.dumps(described(tmp_path).describe().document(), allow_nan=False))
    assert document["rows"] == 2
    assert document["partitions"][0]["until"] == "2013-02-01T00:00:00"


def test_values_like_sheets_write_them(tmp_path):
    text = '\ufeffat;late;x;note\r\n2013-01-05;0; 1.5 ;"a\r\nb"\r\n2013-01-06;1;2;c\r\n'
    (tmp_path / "a.csv").write_bytes(text.encode())
    source = described(tmp_path, columns={"x": "number"})
    frame = source.read()
    assert frame["x"].tolist() == [1.5, 2.0]
    assert frame["note"].tolist() == ["a\r\nb", "c"]


def test_the_row_numbers_that_pandas_writes_beside_the_columns_are_no_column(tmp_path):
    frame = pd.DataFrame({"x": [1.5, 2.5, 3.5, 4.5], "y": [0, 1, 0, 1]})
    frame[frame["x"] != 2.5].to_parquet(tmp_path / "a.parquet")
    assert "__index_level_0__" in pq.ParquetFile(tmp_path / "a.parquet").schema_arrow.names
    bare = spec_of(DataSpec(path="a.parquet"), target="y", time=None, partition="all")
    source = open_source(bare, tmp_path, MemoryIndex())
    assert [column.name for column in source.describe().columns] == ["x", "y"]
    assert set(source.read_columns()) == {"x", "y"}
