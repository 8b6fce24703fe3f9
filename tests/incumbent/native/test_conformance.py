"""Every covered estimator, the same tests: parity in batches and by row, edge rows, refusals, the file."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.pipeline import Pipeline

from incumbent.fitting.convert import covered
from incumbent.fitting.convert.threshold import threshold
from incumbent.fitting.scores import predicted_places
from incumbent.native.step import Predictor
from incumbent.schema import OutputSchema

from .conformance import EDGE, Case, Fitted, agree, batch, fit, one_by_one, original, through_file


def _cases() -> dict[str, Case]:
    found: dict[str, Case] = {}
    for module in iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("cases_"):
            for case in import_module(f"{__package__}.{module.name}").CASES:
                assert case.name not in found, f"two cases called {case.name}"
                found[case.name] = case
    return found


CASES = _cases()
#: So many cases of each estimator run by default, the rest with the slow tests.
BY_DEFAULT = 2
#: Transformers with a part that scikit-learn itself gives no names of features.
NAMELESS = {"columns-nested"}


def _estimators(part: object) -> Iterator[str]:
    """The names of an unfitted estimator and of those that are its parts."""
    if hasattr(part, "get_params") and not isinstance(part, type):
        yield type(part).__qualname__
        for value in vars(part).values():
            yield from _estimators(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _estimators(value)


def _names_features(case: Case) -> bool:
    """Whether what comes out of an estimator are features with names, and not answers."""
    last = case.estimator[-1] if isinstance(case.estimator, Pipeline) else case.estimator
    answers = isinstance(last, ClassifierMixin | RegressorMixin)
    return not answers and hasattr(case.estimator, "get_feature_names_out") and case.name not in NAMELESS


def _parameters(cases: dict[str, Case]) -> list[ParameterSet]:
    seen: Counter[str] = Counter()
    found = []
    for name, case in cases.items():
        names = set(_estimators(case.estimator))
        by_default = any(seen[each] < BY_DEFAULT for each in names)
        seen.update(names)
        found.append(pytest.param(name, marks=() if by_default else pytest.mark.slow))
    return found


@cache
def fitted_case(name: str) -> Fitted:
    return fit(CASES[name])


@pytest.fixture(params=_parameters(CASES))
def fitted(request: pytest.FixtureRequest) -> Fitted:
    return fitted_case(request.param)


def test_ordinary_rows_agree(fitted: Fitted) -> None:
    rows = fitted.case.rows
    expected, expected_refused = original(fitted, rows)
    found, refused = batch(fitted, rows)
    assert not expected_refused.any() and not refused.any()
    agree(expected, found, fitted.case.tolerance)
    some = rows[:40]
    found, refused = one_by_one(fitted, some)
    assert not refused.any()
    agree(expected[:40], found, fitted.case.tolerance)


def test_edge_rows_agree_and_are_refused_alike(fitted: Fitted) -> None:
    edges = fitted.edges
    expected, expected_refused = original(fitted, edges)
    for path in (batch, one_by_one):
        found, refused = path(fitted, edges)
        assert refused.tolist() == expected_refused.tolist(), path.__name__
        agree(expected[~refused], found[~refused], EDGE)


def test_the_class_is_the_one_that_the_estimator_names(fitted: Fitted) -> None:
    if not isinstance(fitted.step, Predictor) or fitted.step.scores == "numbers":
        return
    cut = threshold(fitted.estimator)
    output = OutputSchema(
        "classification",
        fitted.step.scores,
        tuple(np.asarray(fitted.estimator.classes_).tolist()),
        cut and cut.positive,
        cut and cut.value,
    )
    for rows in (fitted.case.rows, fitted.edges):
        expected = predicted_places(fitted.estimator, rows)
        for path, most in ((batch, len(rows)), (one_by_one, 40)):
            scores, refused = path(fitted, rows[:most])
            single = output.scores == "decisions" and scores.shape[1] == 1
            found = output.decide(scores[:, 0] if single else scores)
            answered = (expected[:most] >= 0) & ~refused
            assert found[answered].tolist() == expected[:most][answered].tolist(), path.__name__


def test_the_file_gives_back_every_bit(fitted: Fitted, tmp_path: Path) -> None:
    again = through_file(fitted, tmp_path / "first")
    through_file(again, tmp_path / "second")
    first = {p.name: p.read_bytes() for p in (tmp_path / "first").iterdir()}
    second = {p.name: p.read_bytes() for p in (tmp_path / "second").iterdir()}
    assert first == second
    for rows in (fitted.case.rows, fitted.edges):
        before, refused = batch(fitted, rows)
        after, refused_after = batch(again, rows)
        assert refused.tolist() == refused_after.tolist()
        assert before[~refused].tobytes() == after[~refused].tobytes()
    before, _ = one_by_one(fitted, fitted.case.rows[:10])
    after, _ = one_by_one(again, fitted.case.rows[:10])
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize(
    "name", _parameters({name: case for name, case in CASES.items() if _names_features(case)})
)
def test_names_of_features_are_the_estimators(name: str) -> None:
    fitted = fitted_case(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = fitted.estimator.get_feature_names_out()
    assert fitted.step.names(fitted.schema.names) == list(expected)


def test_no_rows_at_all(fitted: Fitted) -> None:
    found, _ = batch(fitted, fitted.case.rows[:0])
    assert found.shape == (0, np.atleast_2d(batch(fitted, fitted.case.rows[:2])[0]).shape[1])


def test_every_converter_has_a_case() -> None:
    from incumbent.fitting.convert import qualified

    seen: set[str] = set()

    def visit(estimator: object) -> None:
        seen.add(qualified(estimator))
        for value in vars(estimator).values() if hasattr(estimator, "get_params") else ():
            for part in value if isinstance(value, (list, tuple, np.ndarray)) else [value]:
                parts = part if isinstance(part, tuple) else [part]
                for p in parts:
                    if hasattr(p, "get_params") and not isinstance(p, type):
                        visit(p)

    for case in CASES.values():
        visit(case.estimator)
    assert sorted(set(covered()) - seen) == []
