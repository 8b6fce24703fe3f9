"""Outcomes from files: kept, joined, and what is wrong with a line said with its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.production import swap
from core.traffic import Traffic
from core.traffic.outcomes import import_outcomes
from core.traffic.rolling import roll
from core.workspace import Workspace
from incumbent.errors import DataError, IncumbentError, UsageError
from tests.core.traffic.filling import by_id, place, prediction, workspace, write


def test_a_csv_by_id_and_json_lines_by_key(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        write(here.away, "2026-11-20", prediction("a", "2026-11-20T10:00", key=17),
              prediction("b", "2026-11-20T10:00", key=18))  # fmt: skip
        (tmp_path / "by_id.csv").write_text("id,actual,at\na,no,2026-11-21T08:00\nzz,yes,2026-11-21\nb,,\n")
        done = import_outcomes(made, store, "late", tmp_path / "by_id.csv")
        assert (done.outcomes, done.unknown) == (2, ("zz",))
        (tmp_path / "by_key.jsonl").write_text('{"ride": 18, "late": "yes"}\n\n{"ride": 17, "late": null}\n')
        assert import_outcomes(made, store, "late", tmp_path / "by_key.jsonl").unknown == ()
        for _ in range(2):
            rows = by_id(Traffic.open(made, store, "late"))
            assert (rows["a"]["actual"], rows["b"]["actual"]) == ("no", "yes")
            assert str(rows["a"]["known"]) == "2026-11-21 08:00:00"
            roll(here, everything=True)
        write(here.away, "2026-11-20", prediction("zz", "2026-11-20T10:00"))  # of a site that was away
        assert by_id(Traffic.open(made, store, "late"))["zz"]["actual"] == "yes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,truth\na,yes\n", "line 2: there is no column actual or late"),
        ("name,actual\na,yes\n", "line 2: there is no column id or key or ride"),
        ("id,actual\n,yes\n", "line 2: the id is empty"),
        ("id,actual,at\na,yes,soon\n", "line 2: at: 'soon' is not a time"),
        ("id,actual\n", "holds no outcomes"),
        (b"id,actual\n\xff,yes\n", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(tmp_path: Path, text: str | bytes, said: str) -> None:
    with workspace(tmp_path) as (made, store):
        path = tmp_path / "outcomes.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(DataError, match=r"outcomes\.csv") as caught:
            import_outcomes(made, store, "late", path)
        assert said in caught.value.message
        assert place(made, store).files() == []


def test_a_line_that_is_no_object_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    with workspace(tmp_path, 'private = ["ride"]\n') as (made, store):
        path = tmp_path / "told.jsonl"
        path.write_text('{"id": "a", "actual": 1}\n[1]\n')
        with pytest.raises(DataError, match="line 2: a line is an object"):
            import_outcomes(made, store, "late", path)
        path.write_text("{\n")
        with pytest.raises(DataError, match="line 1: not JSON"):
            import_outcomes(made, store, "late", path)
        path.write_text('{"key": 17, "actual": 1}\n')
        with pytest.raises(UsageError, match="is private"):
            import_outcomes(made, store, "late", path)
        with pytest.raises(IncumbentError, match="there is no file"):
            import_outcomes(made, store, "late", tmp_path / "nowhere.csv")


def test_outcomes_are_of_the_classes_that_the_model_knows_or_numbers(
    house: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "told.csv"
    with house.store() as store:
        path.write_text("id,actual\na,maybe\n")
        with pytest.raises(DataError, match="line 2: 'maybe' is no class of the model: no, yes"):
            import_outcomes(house, store, "late", path)
        path.write_text("id,actual\na,yes\n")
        assert import_outcomes(house, store, "late", path).outcomes == 1
        with pytest.raises(DataError, match="line 2: 'yes' is not a number"):
            import_outcomes(house, store, "minutes", path)
        path.write_text("id,minutes\na,1e400\n")
        with pytest.raises(DataError, match="line 2: 1e400 is larger than any float64"):
            import_outcomes(house, store, "minutes", path)
        path.write_text("id,minutes\na,17\n")
        assert import_outcomes(house, store, "minutes", path).outcomes == 1


def test_what_a_predictor_logs_is_what_traffic_reads(house: Workspace) -> None:
    import incumbent

    swap(house, "late", 2, reason="the better one", force=True)
    with incumbent.open(house.root / "production" / "local" / "late") as predictor:
        rows = [{"distance": d, "wind": 8.0, "carrier": "bus"} for d in (5.0, 50.0)]
        said = [predictor.predict(row) for row in rows] + predictor.predict_many(rows)
        predictor.outcome(said[0].id, "yes")
    with house.store() as store:
        found = by_id(Traffic.open(house, store, "late"))
        assert set(found) == {p.id for p in said}
        for given, told in zip([*rows, *rows], said, strict=True):
            logged = found[told.id]
            assert {name: logged["inputs"][name] for name in given} == given
            assert (logged["value"], logged["version"], logged["route"]) == (told.value, 2, "champion")
            assert logged["probabilities"] == list((told.probabilities or {}).values())
        assert found[said[0].id]["actual"] == "yes"
