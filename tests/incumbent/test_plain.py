"""Rows as libraries hand them out: one row and many are read alike, and refused with the column's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import incumbent
from incumbent.errors import InputError
from incumbent.predictor import Predictor
from tests.incumbent.sites import ROW, native, publish, same


class Word(str):
    """A text of a library's own."""


class Number:
    """Says that it is a number, and is none."""

    def __float__(self) -> float:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")


NUMBERS: list[tuple[Any, float | None]] = [
    (Decimal("30.5"), 30.5),
    (Decimal("NaN"), None),
    (Fraction(61, 2), 30.5),
    (np.float32(30.5), 30.5),
    (np.int8(3), 3),
    (np.array(30.5), 30.5),
    (np.bool_(True), 1),
    (pd.NA, None),
    (pd.NaT, None),
    (np.datetime64("NaT"), None),
    (2**70, 2**70),
]
NOT_NUMBERS = [
    b"1", bytearray(b"1"), "1", Word("1"), np.str_("1"), 10**400, 1j, [1], np.array([1.0]), Number(),
    Decimal("1e400"), Decimal("sNaN"), datetime(2026, 1, 1), np.datetime64("2026-01-01"), timedelta(1), float,
]  # fmt: skip
TEXTS: list[tuple[Any, str | None]] = [
    (Word("rail"), "rail"), (np.str_("rail"), "rail"), (pd.NA, None), (float("nan"), None),
]  # fmt: skip
NOT_TEXTS = [b"rail", 1, 1.5, True, ["rail"], datetime(2026, 1, 1), Number()]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Predictor]:
    folder = tmp_path_factory.mktemp("plain")
    publish(folder / "site", [native(folder)], key="rider")
    with incumbent.open(folder / "site", log=False) as predictor:
        yield predictor


def ways(opened: Predictor, row: dict[str, Any]) -> list[Any]:
    """What is said to a row by itself, in a list of rows, as a table of rows and in columns."""
    columns = {name: [value] for name, value in row.items()}
    listed = [*opened.predict_many([row]), *opened.predict_many(iter([row]))]
    return [opened.predict(row), *listed, *opened.predict_many(columns)]


@pytest.mark.parametrize(
    ("column", "given", "meant"),
    [*(("distance", *pair) for pair in NUMBERS), *(("carrier", *pair) for pair in TEXTS)],
)
def test_a_value_of_any_library_is_what_it_means(
    opened: Predictor, column: str, given: Any, meant: Any
) -> None:
    expected = opened.predict({**ROW, column: meant})
    for said in ways(opened, {**ROW, column: given}):
        assert said.route == "champion"
        assert said.probabilities == pytest.approx(expected.probabilities, rel=1e-12)


@pytest.mark.parametrize(
    ("column", "given"),
    [*(("distance", value) for value in NOT_NUMBERS), *(("carrier", value) for value in NOT_TEXTS)],
)
def test_what_is_no_such_value_is_the_callers_error(opened: Predictor, column: str, given: Any) -> None:
    row = {**ROW, column: given}
    for ask, rows in (
        (opened.predict, row),
        (opened.predict_many, [row]),
        (opened.predict_many, iter([row])),
        (opened.predict_many, {name: [value] for name, value in row.items()}),
    ):
        with pytest.raises(InputError, match=column):
            ask(rows)  # type: ignore[operator]
    assert opened.status()["versions"][0]["failures"] == 0  # no row of a caller's opens the breaker


@pytest.mark.parametrize("key", [pd.NA, pd.NaT, Decimal("sNaN"), Number(), [1], b"7"])
def test_a_key_may_be_anything(opened: Predictor, key: Any) -> None:
    assert {said.version for said in ways(opened, {**ROW, "rider": key})} == {1}


def test_the_callers_row_stays_as_it_is(opened: Predictor) -> None:
    row = {**ROW, "distance": Decimal("30.5")}
    opened.predict(row)
    opened.predict_many([row])
    opened.predict_many(iter([row]))
    assert row == {**ROW, "distance": Decimal("30.5")}


def test_what_is_missing_is_said_where_it_is_known(tmp_path: Path) -> None:
    bundles = [native(tmp_path), native(tmp_path, 1)]
    publish(tmp_path / "site", bundles, fallback=(2,))
    (champion,) = (tmp_path / "site" / "bundles").glob(f"{bundles[0].hash}/coefficients.json")
    champion.unlink()
    with incumbent.open(tmp_path / "site", log=False) as opened:
        for said in ways(opened, ROW):
            assert (said.version, said.route) == (2, "fallback")
            assert said.reason == "version 1 could not be opened"


def test_a_challenger_that_is_missing_is_said_of_the_rows_that_fall_to_it(tmp_path: Path) -> None:
    bundles = [native(tmp_path), native(tmp_path, 1)]
    publish(tmp_path / "site", bundles, challenger=2, share=0.5, key="id")
    (tmp_path / "site" / "bundles" / bundles[1].hash / "coefficients.json").unlink()
    rows = [{**ROW, "id": n} for n in range(40)]
    with incumbent.open(tmp_path / "site", log=False) as opened:
        said = [opened.predict(row) for row in rows]
        same(said, opened.predict_many(rows))
    told = {(p.version, p.route, p.reason) for p in said}
    assert told == {(1, "champion", None), (1, "fallback", "version 2 could not be opened")}
