"""Rules: what is let through, what holds, and the same for one row as for many."""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incumbent.algorithms.rule_kinds import check_kinds
from incumbent.algorithms.rules import FILE, Rules
from incumbent.bundle import Bundle, write_bundle
from incumbent.columns import column
from incumbent.errors import BundleError, UsageError
from incumbent.schema import InputColumn, InputSchema, OutputSchema

OUTPUT = OutputSchema("classification", "probabilities", (0, 1), 1)
NUMBERS = OutputSchema("regression", "numbers")
NAMES = ("distance", "carrier", "dep time")
SCHEMA = InputSchema(
    (
        InputColumn("distance", "number", "float64"),
        InputColumn("carrier", "category", "text"),
        InputColumn("dep time", "number", "int64"),
        InputColumn("begun", "time", "time"),
        InputColumn("late", "category", "bool"),
    )
)


def rules(*when: str, output: OutputSchema = OUTPUT, answer: Any = 1) -> Rules:
    return Rules([{"when": w, "answer": answer} for w in when], NAMES, output)


def holds(when: str, **row: Any) -> bool:
    return rules(when).answer({"distance": None, "carrier": None, "dep time": None, **row}) is not None


@pytest.mark.parametrize(
    ("when", "row", "expected"),
    [
        ("distance > 5000", {"distance": 5001}, True),
        ("distance > 5000", {"distance": 5000.0}, False),
        ("distance > 5000", {"distance": None}, False),
        ("distance > 5000", {"distance": math.nan}, False),
        ("distance is None", {"distance": math.nan}, True),
        ("not distance", {"distance": 0}, True),
        ("1 < distance <= 2", {"distance": 2}, True),
        ("carrier in ['XX', 'YY'] and distance >= 1", {"carrier": "YY", "distance": 1}, True),
        ("carrier not in ('XX',)", {"carrier": "YY"}, True),
        ("row['dep time'] // 100 == 6", {"dep time": 645}, True),
        ("lower(carrier) == 'xx' or abs(distance) > 9", {"carrier": "Xx"}, True),
        ("starts(carrier, 'U')", {"carrier": "UA"}, True),
        ("distance / 0 > 1", {"distance": 1}, False),
        ("carrier > 5", {"carrier": "UA"}, False),
        ("len(carrier * 99999999) > 3", {"carrier": "UA"}, False),
    ],
)
def test_conditions(when: str, row: dict[str, Any], expected: bool) -> None:
    assert holds(when, **row) is expected


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("distnace > 5", "no column 'distnace'"),
        ("distance >", "does not parse"),
        ("", "not one expression"),
        ("distance > 1; carrier == 'X'", "not one expression"),
        ("__import__('os').system('true')", "Attribute"),
        ("carrier.upper() == 'X'", "Attribute"),
        ("open('x')", "no function open"),
        ("eval('1')", "no function eval"),
        ("distance ** 9999999", "Pow"),
        ("[x for x in 'ab']", "ListComp"),
        ("(lambda: 1)()", "Lambda"),
        ("row[distance] > 1", 'only row\\["a column"\\]'),
        ("carrier['a'] > 1", 'only row\\["a column"\\]'),
        ("row > 1", "no column 'row'"),
        ("(distance := 3) > 1", "NamedExpr"),
        ("round(number=distance) > 1", "keyword|names an argument"),
        ("distance > 1" + " or distance > 1" * 200, "longer than"),
        ("f'{carrier}' == 'X'", "JoinedStr"),
        ("\0", "does not parse"),
    ],
)
def test_what_is_not_let_through(when: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rules(when)


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("carrier > 5", "carrier > 5 means nothing: carrier is text, 5 is a number"),
        ("distance == '5'", "distance is a number, '5' is text"),
        ("distance > 1 and carrier in ['XX', 5]", "carrier is text, 5 is a number"),
        ("row['dep time'] != lower(carrier)", "row['dep time'] is a number, lower(carrier) is text"),
        ("1 < distance < carrier", "distance is a number, carrier is text"),
        ("carrier + 1 == 2", "carrier is text, 1 is a number"),
        ("distance / carrier > 1", "carrier is text"),
        ("-carrier < 3", "carrier is text"),
        ("starts(distance, '5')", "distance is a number"),
        ("len(distance) == 3", "distance is a number"),
        ("'X' in distance", "distance is a number"),
        ("max(distance, carrier) > 1", "distance is a number, carrier is text"),
        ("late == 'yes'", "late is a number"),
    ],
)
def test_values_of_different_kinds_are_not_compared(when: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_kinds([{"when": "distance > 1"}, {"when": when}], SCHEMA)
    assert caught.value.message.startswith("rules[1].when: ") and why in caught.value.message


@pytest.mark.parametrize(
    "when",
    [
        "distance > 5 and carrier == 'X'",
        "carrier is None or distance in (1, 2.5, None)",
        "begun > '2013-01-01' or begun is None or begun == 5",
        "late == True and not late + distance",
        "len(carrier * 2 + 'x') > abs(-distance) and 'X' in lower(carrier)",
        "max(distance, 3) >= min(row['dep time'], round(distance, 1))",
        "row['dep time'] // 100 % 7 < 3",
    ],
)
def test_values_of_one_kind_are_compared(when: str) -> None:
    check_kinds([{"when": when}], SCHEMA)


def test_a_misspelt_column_is_guessed() -> None:
    with pytest.raises(UsageError) as caught:
        rules("distnace > 5")
    assert caught.value.hint == "did you mean 'distance'?"


@pytest.mark.parametrize("answer", [2, "1", None, True, 0.5])
def test_an_answer_is_one_of_the_classes(answer: Any) -> None:
    with pytest.raises(UsageError, match="no class"):
        rules("distance > 1", answer=answer)


@pytest.mark.parametrize("answer", ["1", None, True, math.inf, math.nan])
def test_an_answer_of_a_regression_is_a_number(answer: Any) -> None:
    with pytest.raises(UsageError, match="is a number"):
        rules("distance > 1", answer=answer, output=NUMBERS)


@pytest.mark.parametrize("shares", [{"0": 0.5}, {"0": 0.5, "1": 0.6}, {"0": -1, "1": 2}, [0.5, 0.5]])
def test_probabilities_have_one_for_each_class(shares: Any) -> None:
    with pytest.raises(UsageError, match="probabilities must"):
        Rules([{"when": "distance > 1", "answer": 1, "probabilities": shares}], NAMES, OUTPUT)


def test_the_first_that_holds_answers() -> None:
    found = Rules(
        [
            {"when": "distance > 100", "answer": 1, "why": "far"},
            {"when": "distance > 10", "answer": 0, "probabilities": {0: 0.8, 1: 0.2}},
        ],
        NAMES,
        OUTPUT,
    )
    assert found.answer({"distance": 500}) == ([0.0, 1.0], 1, "far")
    assert found.answer({"distance": 50}) == ([0.8, 0.2], 0, "distance > 10")
    assert found.answer({"distance": 5}) is None


distances = st.lists(
    st.one_of(st.none(), st.floats(-10, 300), st.integers(-10, 300)), min_size=1, max_size=30
)


@given(distances=distances)
def test_many_rows_get_what_each_would_get(distances: list[Any]) -> None:
    found = rules("distance > 100", "distance is None", "distance < 0")
    many = found.predict({"distance": column(distances)}, len(distances))
    single = np.array([found.predict_row({"distance": d}) for d in distances])
    assert np.array_equal(many, single, equal_nan=True)


def test_threads_share_them() -> None:
    found = rules("distance > 100")
    wrong: list[Any] = []

    def ask(distance: float) -> None:
        for _ in range(300):
            if (found.answer({"distance": distance}) is not None) != (distance > 100):
                wrong.append(distance)

    threads = [threading.Thread(target=ask, args=(50.0 + 100 * (i % 2),)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_bundle_of_rules(tmp_path: Path) -> None:
    (tmp_path / "contents").mkdir()
    path = tmp_path / "contents" / FILE
    path.write_text(json.dumps([{"when": "distance > 100", "answer": 1}]))
    schema = InputSchema((InputColumn("distance", "number", "float64"),))
    bundle = write_bundle(
        tmp_path / "bundle", model="late", algorithm="rules", input=schema, output=OUTPUT,
        contents=tmp_path / "contents",
    )  # fmt: skip
    assert bundle.predict_row({"distance": 500}) == [0.0, 1.0]
    assert np.isnan(bundle.predict({"distance": np.array([1.0, 500.0])})[0]).all()
    path.write_text(json.dumps([{"when": "speed > 100", "answer": 1}]))
    damaged = write_bundle(
        tmp_path / "damaged", model="late", algorithm="rules", input=schema, output=OUTPUT,
        contents=tmp_path / "contents",
    )  # fmt: skip
    with pytest.raises(BundleError, match="no column 'speed'"):
        Bundle.open(damaged.path).algorithm()
