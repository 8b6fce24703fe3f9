"""Every native step as a file: the same answers, the same refusals."""

from __future__ import annotations

import pytest

from core.standalone.code import Code, NotWritten, Value
from core.standalone.source import standalone_source
from core.standalone.writers import write, writers
from incumbent.native.blocks import Features
from incumbent.native.chain import PredictingChain
from incumbent.native.step import KINDS, Step, _import_all
from tests.incumbent.native.conformance import _text_number
from tests.incumbent.native.test_conformance import fitted_case

from .making import NUMBERS, ORIGIN, TOLERANCE, apart, native, one_of_each, plain_rows, written


@pytest.mark.parametrize("name", one_of_each())
def test_the_file_answers_as_the_native_step_does(name: str) -> None:
    fitted = fitted_case(name)
    names = written(name)
    for rows in (fitted.case.rows[:30], fitted.edges):
        expected, refused = native(fitted, rows)
        for row, scores, no in zip(plain_rows(fitted, rows), expected, refused, strict=True):
            try:
                got = names["scores"](row)
            except names["Refused"]:
                assert no, f"refused {row}"
                continue
            got = [_text_number(v) if v is None or isinstance(v, str) else v for v in got]
            if no:  # a transformer says so, a predictor's answer is none
                assert any(v != v for v in got), f"took {row}"
            else:
                assert apart(got, list(scores)) <= TOLERANCE


def test_every_native_step_is_written() -> None:
    _import_all()
    assert {PredictingChain, *KINDS.values()} - set(writers()) == set()


def test_a_step_without_a_writer_is_refused_by_name() -> None:
    class Unheard(Step):
        kind = "unheard of"

        def apply(self, x: Features) -> Features:
            return x

        def row(self, x):  # type: ignore[no-untyped-def]
            return list(x)

        def document(self, arrays, names):  # type: ignore[no-untyped-def]
            return {}

        @classmethod
        def from_document(cls, document, arrays):  # type: ignore[no-untyped-def]
            return cls()

    with pytest.raises(NotWritten, match=r"unheard of.*without --standalone"):
        write(Unheard(), Value("x", 1, ("a",)), Code())


def test_writing_twice_gives_the_same_text() -> None:
    fitted = fitted_case("mixed-logistic")
    first, second = (standalone_source(fitted.step, fitted.schema, NUMBERS, ORIGIN) for _ in range(2))
    assert first == second
