"""SQL: every model that has an expression, and what databases are particular about."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from contextlib import closing

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer
from sklearn.tree import DecisionTreeRegressor

from core.standalone.sql import NoExpression, expression_of, standalone_sql
from core.standalone.sql.text import identifier, joined
from core.standalone.sql.trees import largest_below
from core.standalone.sqlite import evaluate
from incumbent.fitting.convert import convert
from incumbent.native.chain import chain
from incumbent.native.encode import OneHotEncode
from incumbent.native.linear import Linear
from incumbent.native.lookup import Lookup
from incumbent.native.step import Predictor
from incumbent.schema import OutputSchema
from tests.incumbent.native.test_conformance import fitted_case

from .making import NUMBERS, ORIGIN, TOLERANCE, native, one_of_each, plain_rows, schema, scores_of

TWO = OutputSchema("classification", "probabilities", ("no", "yes"), "yes")
X = np.random.default_rng(0).normal(size=(3_000, 3))
NAMES = schema(x0="float64", x1="float64", x2="float64")


@pytest.mark.parametrize("name", one_of_each(predictors_only=True))
def test_an_expression_answers_as_the_native_step_does(name: str) -> None:
    fitted = fitted_case(name)
    if not isinstance(fitted.step, Predictor):
        pytest.skip("a selector: it makes no predictions")
    for rows in (fitted.case.rows[:30], fitted.edges):
        expected, refused = native(fitted, rows)
        for position in range(expected.shape[1]):
            try:
                text = expression_of(fitted.step, fitted.schema, position)
            except NoExpression as reason:
                pytest.skip(str(reason))
            answers = evaluate(text, fitted.schema, plain_rows(fitted, rows))
            for (found,), scores, no in zip(answers, expected, refused, strict=True):
                assert (found is None) == no
                if found is not None:
                    scale = max(map(abs, scores)) or 1.0
                    assert found == scores[position] or abs(found - scores[position]) <= TOLERANCE * scale


def test_linear_models_and_trees_have_expressions() -> None:
    seen: Counter[bool] = Counter()
    for name in (
        "mixed-logistic", "mixed-ridge", "trees-one-hot-HistGradientBoostingClassifier", "calibrated-mixed",
        "trees-binary-RandomForestClassifier-3", "trees-categories", "integers",
        "trees-regression-DecisionTreeRegressor-0",
    ):  # fmt: skip
        fitted = fitted_case(name)
        assert isinstance(fitted.step, Predictor)
        seen[bool(expression_of(fitted.step, fitted.schema, 0))] += 1
    assert seen == {True: 8}


def test_what_has_no_expression_says_which_step() -> None:
    fitted = fitted_case("tfidf-logistic")
    assert isinstance(fitted.step, Predictor)
    with pytest.raises(NoExpression, match="vocabulary"):
        expression_of(fitted.step, fitted.schema, 0)


def test_no_power_of_a_probability_is_beyond_what_a_database_takes() -> None:
    powers: list[float] = []
    with closing(sqlite3.connect(":memory:")) as database:
        database.create_function("EXP", 1, lambda power: powers.append(power) or math.exp(power))
        for name in ("binary-LogisticRegression-0", "multiclass-LogisticRegression-0", "calibrated-sigmoid"):
            fitted = fitted_case(name)
            assert isinstance(fitted.step, Predictor)
            names = fitted.schema.names
            database.execute(f"CREATE TABLE asked ({', '.join(map(identifier, names))})")
            rows = [[sign * 10.0**at for _ in names] for at in range(0, 300, 9) for sign in (-1, 1)]
            database.executemany(f"INSERT INTO asked VALUES ({', '.join('?' * len(names))})", rows)
            text = expression_of(fitted.step, fitted.schema, 1)
            found = [p for (p,) in database.execute(f"SELECT {text} FROM asked")]
            assert all(0.0 <= p <= 1.0 for p in found) and len(found) == 68
            database.execute("DROP TABLE asked")
    assert powers and all(-745.0 <= power <= 690.0 for power in powers)


def test_trees_deeper_than_a_parser_are_read() -> None:
    y = X[:, 0] * X[:, 1] + np.sin(9 * X[:, 2])
    tree = DecisionTreeRegressor(random_state=0).fit(X[:900], y[:900])
    assert tree.get_depth() > 15
    step = convert(tree, NAMES)
    rows = [dict(zip(NAMES.names, map(float, x), strict=True)) for x in X[:200]]
    assert isinstance(step, Predictor)
    found = evaluate(expression_of(step, NAMES, 0), NAMES, rows)
    assert [f for (f,) in found] == [scores_of(step, NAMES, row)[0] for row in rows]


@pytest.mark.parametrize("encode", ["onehot-dense", "ordinal"])
def test_what_an_indicator_of_nulls_says_lies_in_a_bin_too(encode: str) -> None:
    holes = np.where(X[:400] > 1, np.nan, X[:400])
    model = make_pipeline(
        SimpleImputer(add_indicator=True),
        KBinsDiscretizer(3, encode=encode, strategy="uniform"),
        LogisticRegression(),
    ).fit(holes, X[:400, 1] > 0)
    step = convert(model, NAMES)
    assert isinstance(step, Predictor)
    rows = [{n: None if v != v else float(v) for n, v in zip(NAMES.names, x, strict=True)} for x in holes]
    found = evaluate(expression_of(step, NAMES, 1), NAMES, rows)
    expected = [scores_of(step, NAMES, row)[1] for row in rows]
    assert [f for (f,) in found] == pytest.approx(expected, rel=1e-12)
    assert len(set(expected)) > 20


def test_three_hundred_trees_are_one_expression() -> None:
    model = GradientBoostingRegressor(n_estimators=300, max_depth=3, random_state=0).fit(X[:400], X[:400, 0])
    step = convert(model, NAMES)
    assert isinstance(step, Predictor)
    rows = [dict(zip(NAMES.names, map(float, x), strict=True)) for x in X[:20]]
    found = evaluate(expression_of(step, NAMES, 0), NAMES, rows)
    expected = [scores_of(step, NAMES, row)[0] for row in rows]
    assert [f for (f,) in found] == pytest.approx(expected, rel=1e-12)


def test_forests_too_long_for_a_statement_say_so() -> None:
    forest = RandomForestClassifier(35, random_state=0).fit(
        X, np.random.default_rng(1).integers(0, 2, len(X))
    )
    step = convert(forest, NAMES)
    assert isinstance(step, Predictor)
    with pytest.raises(NoExpression, match="leaves"):
        standalone_sql(step, NAMES, TWO, ORIGIN)


@pytest.mark.parametrize("threshold", [0.1, 0.5, 1 / 3, -2.7, 1e-40, 16777216.0, 16777217.0, 3.4e38, 0.0])
def test_thresholds_of_rounded_rows_move_to_the_last_number_that_rounds_below(threshold: float) -> None:
    edge = largest_below(threshold)
    assert float(np.float32(edge)) <= threshold
    assert float(np.float32(math.nextafter(edge, math.inf))) > threshold


def test_names_and_values_with_quotes_stay_names_and_values() -> None:
    inputs = schema(**{'a "quoted" name; --': "text"})
    values = ["it's", "''", '"', "x' OR 1=1 --", "ä\n", "%_\\"]
    lookup = Lookup(values, list(range(len(values))), -1)
    weights = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
    step = chain(
        [OneHotEncode([lookup], [values]), Linear(weights, np.array([0.5]), "number", ["score"])], ["a", "b"]
    )
    assert isinstance(step, Predictor)
    rows = [{inputs.names[0]: v} for v in [*values, "other", None]]
    found = evaluate(standalone_sql(step, inputs, NUMBERS, ORIGIN), inputs, rows)
    assert [f for (f,) in found] == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 0.5, 0.5]


def test_whole_numbers_are_divided_as_floats() -> None:
    fitted = fitted_case("integers")
    assert isinstance(fitted.step, Predictor)
    text = expression_of(fitted.step, fitted.schema, 0)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (month INTEGER, weekend INTEGER, distance INTEGER)")
    connection.execute("INSERT INTO t VALUES (7, 1, 3)")
    ((found,),) = connection.execute(f"SELECT {text} FROM t")
    connection.close()
    expected = scores_of(fitted.step, fitted.schema, {"month": 7, "weekend": True, "distance": 3.0})[0]
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_thousand_columns_keep_the_depth_low() -> None:
    count = 1_200
    inputs = schema(**{f"c{i}": "float64" for i in range(count)})
    step = Linear(np.linspace(-1, 1, count)[None, :], np.array([0.25]), "logistic", ["score"])
    row = {n: float(i % 7) for i, n in enumerate(inputs.names)}
    ((found,),) = evaluate(standalone_sql(step, inputs, TWO, ORIGIN), inputs, [row])
    assert found == pytest.approx(scores_of(step, inputs, row)[1], rel=1e-12)
    assert joined(["x"] * 250, " + ").count("(") == 3


def test_more_than_two_classes_have_a_name_each() -> None:
    x, y = X[:300], np.array(["a", "b", "it's"])[(X[:300, 0] > 0).astype(int) + (X[:300, 1] > 0)]
    step = convert(LogisticRegression().fit(x, y), NAMES)
    assert isinstance(step, Predictor)
    output = OutputSchema("classification", "probabilities", ("a", "b", "it's"))
    row = dict(zip(NAMES.names, map(float, x[0]), strict=True))
    text = standalone_sql(step, NAMES, output, ORIGIN)
    assert '"a"' in text and '"it\'s"' in text
    (found,) = evaluate(text, NAMES, [row])
    assert found == pytest.approx(scores_of(step, NAMES, row), rel=1e-12)


def test_duckdb_reads_the_same_numbers() -> None:
    duckdb = pytest.importorskip("duckdb")
    fitted = fitted_case("mixed-logistic")
    assert isinstance(fitted.step, Predictor)
    row = plain_rows(fitted, fitted.case.rows[:1])[0]
    types = {"float64": "DOUBLE", "int64": "BIGINT", "bool": "BOOLEAN", "text": "VARCHAR"}
    columns = ", ".join(f'"{c.name}" {types[c.dtype]}' for c in fitted.schema.columns)
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t ({columns})")
    connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", list(row.values()))
    found = connection.execute(f"SELECT {expression_of(fitted.step, fitted.schema, 1)} FROM t").fetchone()[0]
    assert found == pytest.approx(scores_of(fitted.step, fitted.schema, row)[1], rel=1e-12)
