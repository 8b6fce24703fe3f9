"""What is put in comes out: documents of any text and number; what has no JSON is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incumbent.errors import InputError
from store import Store
from store.packing import pack, unpack

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # unpaired surrogates and control characters too
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples."""
    path: Path = tmp_path_factory.mktemp("round") / "store.db"
    with Store.open(path, create=True) as store:
        yield store


@given(document=DOCUMENTS)
def test_packed_documents_come_back_and_equal_ones_are_equal_text(document: Any) -> None:
    assert unpack(pack(document)) == document
    if isinstance(document, dict):
        assert pack(dict(reversed(document.items()))) == pack(document)


@settings(max_examples=60, deadline=None)
@given(document=st.dictionaries(ANY_TEXT, DOCUMENTS, max_size=4))
def test_documents_pass_through_the_file(shared: Store, document: dict[str, Any]) -> None:
    shared.settings.set("document", document)
    assert shared.settings.get("document") == document
    assert shared.models.apply("flights", document, who="ada").document == document
    number = shared.models.get("flights").revision
    assert shared.models.apply("flights", document, who="ada").number == number


@settings(max_examples=60, deadline=None)
@given(name=st.text(min_size=1), value=st.floats(allow_nan=False, allow_infinity=False))
def test_names_and_numbers_pass_through_the_file(shared: Store, name: str, value: float) -> None:
    shared.models.apply(name, {}, who=name)
    assert shared.models.get(name).name == name
    low = shared.requirements.set(name, name, name, min=value, who=name)
    assert (low.min, low.metric, low.segment) == (value, name, name)


@pytest.mark.parametrize(
    "document",
    [{"a": float("nan")}, {"a": [float("inf")]}, {"a": {1, 2}}, {"a": b"x"}, {"a": object()}, {1: 0, "a": 0}],
)
def test_what_has_no_json_is_refused(shared: Store, document: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="a document cannot be stored"):
        shared.settings.set("refused", document)
    assert shared.settings.get("refused") is None


def test_any_mapping_is_a_document() -> None:
    assert pack(MappingProxyType({"a": MappingProxyType({})})) == '{"a":{}}'


def test_text_and_numbers_that_sqlite_cannot_keep_are_refused(shared: Store) -> None:
    with pytest.raises(InputError, match="not valid Unicode"):
        shared.models.apply("\ud800", {}, who="ada")
    shared.models.apply("plain", {}, who="ada")
    with pytest.raises(InputError, match="too large for the store"):
        shared.versions.add("plain", "h", "native", "trained", trained_rows=2**70)
