"""Trees: ranks, masks, walking and single rows give the same sums, with every engine."""

from __future__ import annotations

import json
import math
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from incumbent.errors import BundleError
from incumbent.fitting.convert import Unsupported, convert
from incumbent.native.blocks import Dense, Features, OneHot, Sparse
from incumbent.native.model import NativeModel
from incumbent.native.trees import Ensemble, Tree, Trees, assemble, choose, engine, kernels
from incumbent.native.trees.bins import Ranker
from incumbent.native.trees.documents import check
from incumbent.native.trees.masks import MaskScorer, layout_of
from incumbent.native.trees.row import RowScorer
from incumbent.native.trees.walk import WalkScorer
from incumbent.schema import InputColumn, InputSchema

RNG = np.random.default_rng(0)
FLOATS = st.floats(allow_nan=False, allow_infinity=True, width=64)


@pytest.fixture(params=["numpy", "numba"])
def chosen(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "numba":
        pytest.importorskip("numba")
    choose(request.param)
    yield request.param
    choose("auto")


@settings(deadline=None)
@given(
    st.lists(FLOATS, min_size=1, max_size=40, unique=True),
    hnp.arrays(np.float64, 30, elements=st.floats(width=64)),
)
def test_ranks_are_the_number_of_smaller_thresholds(thresholds: list[float], values: np.ndarray) -> None:
    cuts = np.unique(thresholds)
    with np.errstate(over="ignore"):
        values = np.concatenate([values, cuts, np.nextafter(cuts, np.inf), np.nextafter(cuts, -np.inf)])
    ranker = Ranker(cuts)
    found = ranker.ranks(values)
    missing = np.isnan(values)
    assert (found[missing] == ranker.missing).all()
    assert found[~missing].tolist() == [int((cuts < v).sum()) for v in values[~missing]]
    by_loop = np.empty(len(values), dtype=np.uint32)
    with np.errstate(all="ignore"):
        kernels.rank(values, *ranker.plain, by_loop)
    assert by_loop.tolist() == found.tolist()


def random_tree(rng: np.random.Generator, leaves: int, features: int, codes: int, width: int) -> Tree:
    """A tree grown by splitting random leaves; every third split is on categories where there are codes."""
    nodes: dict[str, list[Any]] = {k: [] for k in ("feature", "threshold", "left", "right", "missing", "cat")}
    sets: list[np.ndarray] = []

    def leaf() -> int:
        for key, value in (
            ("feature", -2), ("threshold", 0.0), ("left", -1), ("right", -1), ("missing", False), ("cat", -1),
        ):  # fmt: skip
            nodes[key].append(value)
        return len(nodes["feature"]) - 1

    open_leaves = [leaf()]
    while len(open_leaves) < leaves:
        at = open_leaves.pop(rng.integers(len(open_leaves)))
        categorical = bool(codes) and rng.random() < 0.3
        nodes["feature"][at] = 0 if categorical else int(rng.integers(1 if codes else 0, features))
        nodes["threshold"][at] = float(np.round(rng.normal(), 1))
        nodes["missing"][at] = bool(rng.random() < 0.5)
        if categorical:
            nodes["cat"][at] = len(sets)
            sets.append(rng.random(codes) < 0.5)
        nodes["left"][at], nodes["right"][at] = leaf(), leaf()
        open_leaves += [nodes["left"][at], nodes["right"][at]]
    return Tree(
        np.array(nodes["feature"]), np.array(nodes["threshold"]), np.array(nodes["left"]),
        np.array(nodes["right"]), np.array(nodes["missing"]), rng.normal(size=(len(nodes["feature"]), width)),
        np.array(nodes["cat"]), np.array(sets) if sets else None,
    )  # fmt: skip


def descend(tree: Tree, row: np.ndarray) -> np.ndarray:
    """What the words say: one row down one tree."""
    at = 0
    while tree.left[at] >= 0:
        value = row[tree.feature[at]]
        assert tree.category is not None
        if np.isnan(value):
            left = tree.missing_left[at]
        elif tree.category[at] >= 0:
            assert tree.sets is not None
            left = tree.sets[tree.category[at]][int(value)]
        else:
            left = value <= tree.threshold[at]
        at = int(tree.left[at] if left else tree.right[at])
    return np.asarray(tree.value[at])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 2, 31, 33, 64]), st.sampled_from([0, 5]), st.booleans())
def test_masks_walking_and_rows_agree_with_plain_descent(
    seed: int, leaves: int, codes: int, vectors: bool
) -> None:
    rng = np.random.default_rng(seed)
    width = 3 if vectors else 1
    outputs = 3 if vectors else int(rng.choice([1, 3]))
    trees = [random_tree(rng, leaves, 4, codes, width) for _ in range(6)]
    ensemble = assemble(trees, features=4, outputs=outputs, single=False, missing=True, infinite=True)
    rows = np.round(rng.normal(size=(50, 4)), 1)
    if codes:
        rows[:, 0] = rng.integers(0, codes, 50)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    expected = np.zeros((50, outputs))
    for t, tree in enumerate(trees):
        added = np.array([descend(tree, row) for row in rows])
        first = 0 if vectors else t % outputs
        expected[:, first : first + width] += added
    x = Features(50, (Dense(rows),))
    for name in ("numpy", "numba"):
        choose(name)
        for scorer in (MaskScorer(ensemble, layout_of(x)), WalkScorer(ensemble)):
            found = np.zeros((50, outputs))
            scorer.add(x, found)
            assert np.array_equal(found, expected), (name, type(scorer).__name__)
        single = RowScorer(ensemble, [0.0] * outputs)
        assert np.array_equal([single.scores(row) for row in rows.tolist()], expected), name
    choose("auto")


def test_single_rows_are_compiled_for_beside_their_caller_once_there_were_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("numba")
    engines = import_module("incumbent.native.trees.engine")
    monkeypatch.setitem(engines._done, "one", 0)
    monkeypatch.setitem(engines.PATIENCE, "one", 100)
    handed: "Queue[tuple[Any, str]]" = Queue()

    def ready(kernel: Any) -> None:
        handed.put((kernel, threading.current_thread().name))

    assert not engines.row_kernel("walk_row", 99, ready)
    assert engines.row_kernel("walk_row", 1, ready)
    kernel, thread = handed.get(timeout=60)
    assert callable(kernel) and thread != threading.current_thread().name


def test_the_lists_of_plain_python_go_when_single_rows_are_compiled(chosen: str) -> None:
    tree = random_tree(np.random.default_rng(1), 8, 4, 0, 1)
    scorer = RowScorer(
        assemble([tree], features=4, outputs=1, single=False, missing=True, infinite=True), [0.5]
    )
    plain = weakref.ref(scorer._walk.__self__)  # type: ignore[attr-defined]
    row = [0.1, math.nan, -0.3, 2.0]
    assert scorer.scores(row) == [0.5 + float(descend(tree, np.array(row))[0])]
    assert (plain() is None) == (chosen == "numba")


def test_one_hot_and_sparse_blocks_are_what_they_stand_for(chosen: str) -> None:
    codes = RNG.integers(-1, 5, 200).astype(np.int32)
    hot = OneHot(codes, 5)
    numbers = RNG.normal(size=(200, 2))
    counts = RNG.poisson(0.3, size=(200, 3)).astype(float)
    rows, columns = np.nonzero(counts)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=200))])
    x = Features(200, (hot, Dense(numbers), Sparse(indptr, columns, counts[rows, columns], 3)))
    dense = x.dense()
    y = dense @ RNG.normal(size=10)
    forest = RandomForestRegressor(5, max_leaf_nodes=20, random_state=0).fit(dense, y)
    step = converted(forest, 10)
    expected = forest.predict(dense)
    for ensemble_scorer in (MaskScorer(step.ensemble, layout_of(x)), WalkScorer(step.ensemble)):
        sums = np.zeros((200, 1))
        ensemble_scorer.add(x, sums)
        assert np.allclose(sums[:, 0] / 5, expected, rtol=1e-14)
    wide = [s for s in MaskScorer(step.ensemble, layout_of(x)).sources if s.kind == "one-hot"]
    assert len(wide) == 1  # the whole block is one source


def converted(estimator: Any, width: int) -> Trees:
    step = convert(estimator, schema(width))
    assert isinstance(step, Trees)
    return step


def schema(width: int) -> InputSchema:
    return InputSchema(tuple(InputColumn(f"x{i}", "number", "float64") for i in range(width)), "array")


def test_big_forests_walk_and_agree(chosen: str) -> None:
    x = RNG.normal(size=(3000, 6))
    y = RNG.integers(0, 3, 3000)
    x[RNG.random(x.shape) < 0.02] = np.nan
    forest = RandomForestClassifier(4, random_state=0).fit(x, y)
    step = converted(forest, 6)
    features = Features(3000, (Dense(x),))
    assert isinstance(step.scorer_for(features), WalkScorer)
    assert step.ensemble.leaves().max() > 64
    assert np.array_equal(step.predict(features), forest.predict_proba(x))


def test_histogram_boosting_sums_to_the_last_bit(chosen: str) -> None:
    x = RNG.normal(size=(600, 5))
    with threadpool_limits(1):
        boosted = HistGradientBoostingRegressor(max_iter=8).fit(x, x[:, 0] * x[:, 1])
    step = converted(boosted, 5)
    features = Features(600, (Dense(x),))
    assert isinstance(step.scorer_for(features), MaskScorer)
    assert np.array_equal(step.predict(features), boosted.predict(x))
    assert [step.predict_row(row) for row in x[:20].tolist()] == boosted.predict(x[:20])[:, None].tolist()
    few = Features(5, (Dense(x[:5]),))
    assert np.array_equal(converted(boosted, 5).predict(few), boosted.predict(x[:5]))


def test_single_trees_are_written_as_rules(tmp_path: Path) -> None:
    x = RNG.normal(size=(100, 2))
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(x, x[:, 0] > 0.3)
    model = NativeModel(schema(2), converted(tree, 2))
    model.save(tmp_path)
    document = json.loads((tmp_path / "coefficients.json").read_text())["model"]
    assert document["rules"]["if"].startswith("x0 <= ")
    assert document["rules"]["then"] == {"value": [1.0, 0.0]}
    assert document["summary"]["trees"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["coefficients.json"]


def test_ensembles_are_summarised_beside_their_arrays(tmp_path: Path) -> None:
    x = RNG.normal(size=(4000, 3))
    forest = RandomForestRegressor(10, random_state=0).fit(x, x[:, 0])
    NativeModel(schema(3), converted(forest, 3)).save(tmp_path)
    document = json.loads((tmp_path / "coefficients.json").read_text())["model"]
    assert document["summary"]["trees"] == 10
    splits = document["summary"]["splits by feature"]
    expected = sum(np.bincount(t.tree_.feature[t.tree_.feature >= 0]) for t in forest.estimators_)
    assert list(splits.values()) == expected.tolist()
    assert document["first tree"]["then"]["then"]["if"]
    assert (tmp_path / "coefficients.trees.threshold.npy").is_file()


def _damaged(**changes: Any) -> Ensemble:
    tree = random_tree(np.random.default_rng(1), 5, 3, 0, 1)
    ensemble = assemble([tree, tree], features=3, outputs=1, single=False, missing=True, infinite=True)
    arrays = {}
    for name, (at, value) in changes.items():
        arrays[name] = getattr(ensemble, name).copy()
        arrays[name][at] = value
    return replace(ensemble, **arrays)


@pytest.mark.parametrize(
    "changes",
    [
        {"left": (0, 0)},
        {"left": (0, 8)},
        {"feature": (0, 3)},
        {"threshold": (0, np.nan)},
        {"category": (0, 0)},
    ],
)
def test_nodes_that_do_not_make_trees_are_refused(changes: dict[str, Any]) -> None:
    check(_damaged())
    with pytest.raises(ValueError, match="trees"):
        check(_damaged(**changes))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    x = RNG.normal(size=(200, 3))
    NativeModel(schema(3), converted(RandomForestRegressor(3).fit(x, x[:, 0]), 3)).save(tmp_path)
    path = tmp_path / "coefficients.json"
    document = json.loads(path.read_text())
    document["model"]["nodes"]["left"][0] = 0
    path.write_text(json.dumps(document))
    with pytest.raises(BundleError, match=r"coefficients\.json"):
        NativeModel.load(tmp_path, schema(3))


def test_what_is_not_exact_is_unsupported() -> None:
    x = RNG.normal(size=(60, 3))

    class OwnForest(RandomForestClassifier):
        pass

    several = RandomForestRegressor(2).fit(x, x[:, :2])
    started = GradientBoostingClassifier(n_estimators=2, init=DecisionTreeClassifier()).fit(x, x[:, 0] > 0)
    for estimator in (several, OwnForest(2).fit(x, x[:, 0] > 0), started):
        with pytest.raises(Unsupported):
            convert(estimator, schema(3))


def test_engines_by_name() -> None:
    pytest.importorskip("numba")
    assert engine() == "numba"
    choose("numpy")
    assert engine() == "numpy"
    choose("auto")
    with pytest.raises(ValueError, match="fortran"):
        choose("fortran")
