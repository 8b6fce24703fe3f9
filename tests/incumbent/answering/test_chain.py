"""Who answers: champion, challenger, fallback, rules, baseline; one row and many alike."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import incumbent
from incumbent.bundle import Bundle, write_bundle
from incumbent.errors import InputError, WorkError
from incumbent.native.model import NativeModel
from incumbent.predictor import Predictor
from incumbent.schema import InputColumn, InputSchema
from tests.incumbent.sites import ROW, native, publish, same, told
from tests.incumbent.test_log import read

RULES = [
    {"when": "distance > 1000", "answer": "yes", "why": "nobody walks that far", "first": True},
    {"when": "carrier == 'boat'", "answer": "no", "probabilities": {"no": 0.9, "yes": 0.1}},
]
POLICY = {
    "distance": {"out_of_range": "fallback", "null": "fallback"},
    "stops": {"out_of_range": "clip", "null": "fill", "fill": 7},
    "carrier": {"unseen": "rules"},
}


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Bundle]:
    folder = tmp_path_factory.mktemp("versions")
    return [native(folder, seed) for seed in range(4)]


@pytest.fixture(scope="module")
def everything(versions: list[Bundle], tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """All there is at once: a challenger, two fallback versions, a policy, rules."""
    site = tmp_path_factory.mktemp("everything")
    limits = {"columns": POLICY, "rules": RULES}
    publish(site, versions, challenger=2, share=0.4, fallback=(3, 4), limits=limits, key="id")
    return incumbent.open(site, log=False)


def opened(site: Path, versions: list[Bundle], **settings: Any) -> Predictor:
    publish(site, versions, **settings)
    return incumbent.open(site, log=False)


rows = st.lists(
    st.fixed_dictionaries(
        {
            "distance": st.one_of(
                st.none(), st.floats(-50, 2000), st.sampled_from([math.inf, math.nan, 1.0, 90])
            ),
            "stops": st.one_of(
                st.none(), st.integers(-5, 60), st.integers(-(2**62), 2**62), st.floats(0, 50)
            ),
            "carrier": st.one_of(st.none(), st.sampled_from(["bus", "rail", "boat", "Zürich ☃"])),
            "id": st.integers(0, 10**6),
        }
    ),
    max_size=20,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows)
def test_many_rows_get_what_each_would_get(everything: Predictor, rows: list[dict[str, Any]]) -> None:
    single = [everything.predict(row) for row in rows]
    same(single, everything.predict_many(rows))
    same(single, everything.predict_many(iter(rows)))  # as a table, however few they are
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        same(single, everything.predict_many(columns))
        same(single, everything.predict_many(pd.DataFrame(columns)))


def test_all_routes_are_taken(everything: Predictor) -> None:
    random = np.random.default_rng(0)
    listed = [
        {
            "distance": float(random.choice([30, 95, 5000])),
            "stops": 3,
            "carrier": str(random.choice(["bus", "boat", "ufo"])),
            "id": i,
        }
        for i in range(300)
    ]
    found = Counter(p.route for p in everything.predict_many(listed))
    assert set(found) == {"champion", "challenger", "fallback", "rules", "baseline"}


def test_shares_are_exact_and_a_key_stays_where_it_is(versions: list[Bundle], tmp_path: Path) -> None:
    predictor = opened(tmp_path / "a", versions, challenger=2, share=0.3, key="id")
    listed = [{**ROW, "id": i} for i in range(20_000)]
    first = predictor.predict_many(listed)
    share = sum(p.route == "challenger" for p in first) / len(first)
    assert abs(share - 0.3) < 4 * math.sqrt(0.3 * 0.7 / len(first))
    again = opened(tmp_path / "b", versions, challenger=2, share=0.5, key="id", revision=9)
    second = again.predict_many(listed)
    assert all(b.version == 2 for a, b in zip(first, second, strict=True) if a.version == 2)
    assert [p.version for p in first[:50]] == [predictor.predict(row).version for row in listed[:50]]


def test_rows_without_a_key_fall_by_chance(versions: list[Bundle], tmp_path: Path) -> None:
    predictor = opened(tmp_path, versions, challenger=2, share=0.5, key="id")
    found = Counter(predictor.predict(ROW).version for _ in range(2000))
    assert 850 < found[2] < 1150
    assert 850 < Counter(p.version for p in predictor.predict_many([{**ROW, "id": None}] * 2000))[2] < 1150


def test_a_key_is_one_however_it_is_written(versions: list[Bundle], tmp_path: Path) -> None:
    """Numbers of databases and data frames; a row whose key is null has none."""
    publish(tmp_path / "site", versions, challenger=2, share=0.5, key="id")
    long = "12345678901234567890"
    written = {
        "7": (7, 7.0, np.int64(7), Decimal(7), Text("7")),
        long: (int(long), Decimal(long)),
        None: (None, math.nan, pd.NA, pd.NaT),
    }
    by_id: dict[str, str | None] = {}
    with incumbent.open(tmp_path / "site") as predictor:
        for key, forms in written.items():
            rows = [{**ROW, "id": form} for form in forms]
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            answers = [*map(predictor.predict, rows), *predictor.predict_many(rows)]
            answers += [*predictor.predict_many(iter(rows)), *predictor.predict_many(columns)]
            assert key is None or len({answer.version for answer in answers}) == 1
            by_id |= {answer.id: key for answer in answers}
    assert {row["id"]: row["key"] for row in read(tmp_path / "site" / "log")} == by_id


class Text(str, Enum):  # noqa: UP042  (what software of Python 3.10 has)
    """A text as an enumeration has it."""

    SEVEN = "7"


def test_a_row_that_only_the_champion_can_read_is_no_ones_error(
    versions: list[Bundle], tmp_path: Path
) -> None:
    predictor = opened(tmp_path, versions, challenger=2, share=1.0)
    link = predictor._live.challenger
    assert link is not None
    link.breaker.count, link.breaker._probe_at = 9, math.inf  # left alone
    answer = predictor.predict(ROW)
    assert (answer.version, answer.route) == (1, "fallback") and "left alone" in str(answer.reason)
    same([answer], predictor.predict_many([ROW]))
    same([answer], predictor.predict_many(iter([ROW])))


def test_the_policy_keeps_rows_from_the_champion_not_from_the_chain(
    versions: list[Bundle], tmp_path: Path
) -> None:
    predictor = opened(tmp_path, versions, fallback=(2,), limits={"columns": POLICY, "rules": RULES})
    far = predictor.predict({**ROW, "distance": 95.0})
    assert told(far)[2:] == (2, "fallback", "distance is out of range, so version 1 was not asked")
    boat = predictor.predict({**ROW, "carrier": "boat"})
    assert (boat.version, boat.route, boat.value, boat.probabilities) == (
        None,
        "rules",
        "no",
        {"no": 0.9, "yes": 0.1},
    )
    assert predictor.predict({**ROW, "carrier": "ufo"}).route == "baseline"
    first = predictor.predict({**ROW, "distance": 5000.0})
    assert (first.route, first.value, first.reason) == ("rules", "yes", "rule: nobody walks that far")
    clipped = predictor.predict({**ROW, "stops": 1000})
    assert told(clipped) == told(predictor.predict({**ROW, "stops": 40}))
    assert told(predictor.predict({**ROW, "stops": None})) == told(predictor.predict({**ROW, "stops": 7}))


def test_a_row_of_a_database_is_a_row(everything: Predictor) -> None:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    for stops in (4, 1000):
        found = connection.execute(
            "SELECT 30.0 AS distance, ? AS stops, 'bus' AS carrier", (stops,)
        ).fetchone()
        assert everything.predict(found).value in ("no", "yes")
    connection.close()


def test_the_callers_row_stays_as_it_is(everything: Predictor) -> None:
    row = {**ROW, "stops": 1000, "id": 1}
    everything.predict(row)
    assert row == {**ROW, "stops": 1000, "id": 1}


def test_a_champion_that_is_set_aside_does_not_answer(versions: list[Bundle], tmp_path: Path) -> None:
    demoted = {"demoted": {"version": 1, "why": "roc_auc 0.5 < 0.7"}}
    predictor = opened(tmp_path / "a", versions, fallback=(2,), limits=demoted)
    answer = predictor.predict(ROW)
    assert told(answer)[2:] == (2, "fallback", "version 1 is set aside: roc_auc 0.5 < 0.7")
    same([answer], predictor.predict_many([ROW]))
    same([answer], predictor.predict_many(iter([ROW])))
    with pytest.raises(InputError, match="carrier"):
        predictor.predict({"distance": 1.0, "stops": 2})
    other = opened(tmp_path / "b", versions, champion=3, limits=demoted)  # meant for another version
    assert other.predict(ROW).route == "champion"


def test_rules_without_their_package_are_skipped_and_reported(
    versions: list[Bundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "simpleeval", None)
    predictor = opened(tmp_path, versions, limits={"rules": RULES})
    assert predictor.predict({**ROW, "distance": 5000.0}).route == "champion"
    assert (
        "the rules are skipped" in predictor.problems[0]
        and "incumbent-runtime[rules]" in predictor.problems[0]
    )


def test_limits_that_make_no_sense_are_left_out_and_reported(versions: list[Bundle], tmp_path: Path) -> None:
    predictor = opened(tmp_path, versions, limits={"columns": {"distance": {"null": "ignore"}}, "speed": 9})
    assert predictor.predict(ROW).route == "champion"
    assert len(predictor.problems) == 2 and all(p.startswith("limits: ") for p in predictor.problems)


def test_shadows_answer_after_the_answer(versions: list[Bundle], tmp_path: Path) -> None:
    publish(tmp_path, versions, shadows=(2, 3))
    with incumbent.open(tmp_path) as predictor:
        given = [predictor.predict(ROW), *predictor.predict_many([ROW, {**ROW, "distance": 3.0}])]
        given += predictor.predict_many(iter([ROW, {**ROW, "distance": 3.0}]))
        assert predictor._shadows.drain(20.0)
        assert predictor.status()["shadows"] == {"answered": 10, "waiting": 0, "dropped": 0, "failed": 0}
        predictor.outcome(given[0].id, "yes")
    written = b"".join(path.read_bytes() for path in (tmp_path / "log").iterdir() if path.is_file())
    assert written.count(b"shadow") >= 1 and given[0].id.encode() in written


def test_a_full_queue_of_shadows_drops_and_counts(
    versions: list[Bundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incumbent.answering.shadows.MOST_WAITING", 0)
    predictor = opened(tmp_path, versions, shadows=(2,))
    assert predictor.predict(ROW).version == 1
    assert predictor.status()["shadows"]["dropped"] == 1


def test_a_shadow_that_fails_is_not_seen_by_callers(versions: list[Bundle], tmp_path: Path) -> None:
    predictor = opened(tmp_path, versions, shadows=(2,))

    def broken(*_: Any) -> Any:
        raise MemoryError("no room")

    predictor._live.shadows[0]._algorithm.predict_row = broken
    assert predictor.predict(ROW).route == "champion"
    assert predictor._shadows.drain(20.0)
    assert predictor.status()["shadows"]["failed"] == 1


def test_a_shadow_that_is_still_at_it_when_the_predictor_closes_writes_nothing(
    versions: list[Bundle], tmp_path: Path
) -> None:
    publish(tmp_path, versions, shadows=(2,))
    predictor = incumbent.open(tmp_path)
    asked, let_go = threading.Event(), threading.Event()

    def slow(_: Any) -> list[float]:
        asked.set()
        let_go.wait(20.0)
        return [0.5, 0.5]

    predictor._live.shadows[0]._algorithm.predict_row = slow
    predictor.predict(ROW)
    assert asked.wait(20.0) and predictor._shadows._thread is not None
    predictor.close()
    before = sorted((tmp_path / "log").iterdir())
    let_go.set()
    predictor._shadows._thread.join(20.0)
    assert predictor._log is not None and predictor._log.status().waiting == 0
    assert sorted((tmp_path / "log").iterdir()) == before


def test_an_event_loop_is_answered_at_once(everything: Predictor) -> None:
    async def ask() -> list[Any]:
        alone = await everything.apredict(ROW)
        return [alone, *await everything.apredict_many([ROW])]

    alone, one_of_many = asyncio.run(ask())
    assert alone.value == one_of_many.value and alone.seconds > 0


def test_a_closed_predictor_says_so(versions: list[Bundle], tmp_path: Path) -> None:
    before = threading.active_count()
    publish(tmp_path, versions, shadows=(2,))
    with incumbent.open(tmp_path) as predictor:
        predictor.predict(ROW)
    predictor.close()
    for ask in (lambda: predictor.predict(ROW), lambda: predictor.outcome("x", 1)):
        with pytest.raises(WorkError, match="is closed"):
            ask()
    assert threading.active_count() <= before + 1


class Record:
    """A row as databases give it: a mapping without ``get``."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


Mapping.register(Record)


@pytest.mark.parametrize("form", [dict, Record])
@pytest.mark.parametrize("count", [1, 3, 30])
def test_of_however_many_rows_the_log_has_what_it_is_to_keep(
    versions: list[Bundle], tmp_path: Path, count: int, form: Callable[[dict[str, Any]], Any]
) -> None:
    """A column that no version reads, and that some rows lack; of a private one not even the reasons."""
    older = with_column(versions[1], "age", tmp_path)
    kept = {"also": ["town"], "private": ["age"]}
    publish(tmp_path / "site", [versions[0], older], challenger=2, share=1.0, log=kept)
    rows = [form({**ROW, "town": "Ulm", "age": "Ada Lovelace"}), *[form({**ROW}) for _ in range(count)]]
    with incumbent.open(tmp_path / "site") as predictor:
        said = predictor.predict_many(rows)
        assert predictor._log is not None and predictor._log.flush()
        assert predictor._log.status()[:3] == (count + 1, 0, 0)
    assert "not the text 'Ada Lovelace'" in str(said[0].reason)
    logged = read(tmp_path / "site" / "log")
    assert [row["town"] for row in logged] == ["Ulm", *[None] * count]
    assert "not the text …" in logged[0]["reason"] and "lacks the column age" in logged[1]["reason"]


def with_column(bundle: Bundle, name: str, folder: Path) -> Bundle:
    """The same version, which reads one more number, and makes nothing of it."""
    schema = InputSchema((*bundle.input.columns, InputColumn(name, "number", "float64", 0.0, 99.0)))
    NativeModel(schema, bundle.algorithm().step).save(folder / "model")
    return write_bundle(
        folder / "wider", model="late", algorithm="native", input=schema, output=bundle.output,
        contents=folder / "model", profile={"format": 1, "rows": 300, "columns": {}},
    )  # fmt: skip
