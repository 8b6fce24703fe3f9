"""JSON bodies: read quickly where that is certain, and always as they were written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incumbent.errors import InputError
from incumbent.plain import TooLarge, decimal_number, whole_number
from incumbent.serve.body import read_json
from incumbent.serve.replies import encoded

NAMES = st.sampled_from(["a", "b", 'with "quotes"', "é", "", "a\\"])
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**63, 2**64]),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5), NAMES)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


def same(one: Any, other: Any) -> bool:
    """Equal in value and in type."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]))
def test_what_was_written_is_read(document: Any, ascii: bool, indent: "int | None") -> None:
    body = json.dumps(document, ensure_ascii=ascii, indent=indent).encode()
    assert same(read_json(body), document)


@given(st.lists(st.tuples(NAMES, LEAVES), min_size=1, max_size=5), st.data())
def test_a_name_that_stands_twice_is_found(pairs: "list[tuple[str, Any]]", data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(pairs))[0]
    members = [*pairs, (again, data.draw(LEAVES))]
    written = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in members)
    for body in (f"{{{written}}}", f'[{{"rows": [{{{written}}}]}}]'):
        with pytest.raises(InputError, match="twice in one object"):
            read_json(body.encode())


@pytest.mark.parametrize(
    "text", ["1e400", "-1e400", "9" * 400, "1" + "0" * 30, "-9223372036854775809", "1e25"]
)
def test_numbers_beyond_what_is_common_are_read_as_written(text: str) -> None:
    expected = decimal_number(text) if "e" in text else whole_number(text)
    found = read_json(f'{{"x": {text}, "y": 1}}'.encode())["x"]
    assert type(found) is type(expected) and repr(found) == repr(expected)
    assert isinstance(found, TooLarge) is (text in ("1e400", "-1e400", "9" * 400))


@pytest.mark.parametrize(
    "body", [b"NaN", b'{"x": Infinity}', b"{", b"", b"[1,]", b'"\xff"', b"[" * 100_000, b"01"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read_json(body)


@given(DOCUMENTS)
def test_what_is_answered_is_what_was_meant(document: Any) -> None:
    assert same(json.loads(encoded(document)), document)


def test_what_json_has_no_words_for_is_null_and_half_a_character_is_escaped() -> None:
    assert encoded({"x": float("nan"), "y": [float("inf")]}) == b'{"x":null,"y":[null]}'
    assert json.loads(encoded({"x": "\ud800"})) == {"x": "\ud800"}
