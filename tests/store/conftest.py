"""A real store in a temporary folder, empty or with a model in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with Store.open(tmp_path / "store.db", create=True) as opened:
        yield opened


@pytest.fixture
def flights(store: Store) -> Store:
    """A store with the model ``flights`` and its versions 1 and 2."""
    store.models.apply("flights", {"metric": "roc_auc", "target": "late"}, who="ada")
    for content in ("one", "two"):
        store.versions.add("flights", content, "native", "trained")
    return store
