"""Measurements by run, by page and as a series; the cache of measured slices."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Store
from store.records import Measured, Measurement
from tests.store.helpers import NIGHT, judged, measured


def test_every_field_comes_back(flights: Store) -> None:
    full = Measurement(
        run=0, model="flights", version=2, check="backtest", partition="2013-01", segment="carrier=UA",
        since="2013-01-01T00:00:00", until="2013-02-01T00:00:00", metric="brier", value=0.1, low=None,
        high=float("inf"), n=27004, in_sample="part", verdict=None, reason="one class only",
        as_of="2013-03-01T00:00:00", when=NIGHT,
    )  # fmt: skip
    run = judged(flights, full, kind="backtest")
    (found,) = flights.measurements.of_run(run.id)
    assert found == measured(**{**vars(full), "run": run.id})


def test_a_version_that_is_not_there_is_noticed(flights: Store) -> None:
    judged(flights, measured(version=0), measured(version=9))
    assert flights.verify() == ("measurements of model 'flights' name version 9, which is not there",)


def test_a_series_goes_by_moment_over_all_rows(flights: Store) -> None:
    for month in (3, 1, 2):
        moment = f"2013-0{month}-01T00:00:00"
        judged(
            flights,
            measured(value=month / 10, as_of=moment),
            measured(value=0.0, as_of=moment, segment="x=1"),
        )
    judged(flights, measured(value=0.9, version=2, as_of="2013-04-01T00:00:00"))
    series = flights.measurements.series("flights", "nowtest", "roc_auc", 1)
    assert [m.value for m in series] == [0.1, 0.2, 0.3]
    assert [m.value for m in flights.measurements.series("flights", "nowtest", "roc_auc", 1, limit=2)] == [
        0.2,
        0.3,
    ]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["nowtest", "backtest"]),
        st.sampled_from(["roc_auc", "brier"]),
        st.sampled_from([1, 2]),
        st.sampled_from([None, "2013-01", "2013-02"]),
        st.sampled_from([None, "carrier=UA"]),
    ),
    max_size=30,
)
ASKED = st.tuples(
    st.sampled_from([None, "nowtest", "backtest"]),
    st.sampled_from([None, "roc_auc", "brier"]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, "2013-01"]),
    st.sampled_from([None, "carrier=UA"]),
)
NAMES = ("check", "metric", "version", "partition", "segment")


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, asked=ASKED, limit=st.integers(1, 7))
def test_pages_together_are_what_a_filter_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[object, ...]],
    asked: tuple[object, ...],
    limit: int,
) -> None:
    with Store.open(tmp_path_factory.mktemp("pages") / "store.db", create=True) as store:
        store.models.apply("flights", {}, who="ada")
        judged(store, *(measured(n=i, **dict(zip(NAMES, row, strict=True))) for i, row in enumerate(rows)))
        chosen = {name: value for name, value in zip(NAMES, asked, strict=True) if value is not None}
        seen: list[int] = []
        after = None
        while True:
            page = store.measurements.history("flights", after=after, limit=limit, **chosen)  # type: ignore[arg-type]
            assert len(page.rows) <= limit
            seen += [m.n for m in page.rows]
            after = page.after
            if after is None:
                break
        expected = [
            i for i, row in enumerate(rows) if all(a in (None, r) for a, r in zip(asked, row, strict=True))
        ]
        assert seen == expected[::-1]


def test_slices_measured_once_are_found_again(flights: Store) -> None:
    kept = [Measured("one", f"data {i}", "auc", bytes([i])) for i in range(5)]
    flights.measured.put_many(kept, now=NIGHT)
    flights.measured.put_many([Measured("one", "data 4", "auc", b"new"), Measured("gone", "d", "auc", b"")])
    keys = [("one", f"data {i}", "auc") for i in (1, 4, 9)]
    assert flights.measured.get_many(keys) == {keys[0]: b"\1", keys[1]: b"new"}
    assert flights.measured.prune(before="2026-01-01T03:00:00.000Z") == 5
    assert flights.measured.get_many(keys) == {keys[1]: b"new"}
