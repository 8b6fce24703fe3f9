"""Decision trees, forests, gradient boosting, AdaBoost."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, convert_step, converts, known, qualified, require
from incumbent.native.chain import Passthrough, chain
from incumbent.native.compose import Columns
from incumbent.native.step import Step
from incumbent.native.trees import Tree, Trees, assemble

_TREE, _ENSEMBLE = "sklearn.tree._classes", "sklearn.ensemble"
_FOREST = f"{_ENSEMBLE}._forest"
_HISTOGRAM = f"{_ENSEMBLE}._hist_gradient_boosting.gradient_boosting"
_LINKS = {
    "IdentityLink": "number",
    "LogLink": "exp",
    "LogitLink": "logistic",
    "HalfLogitLink": "half_logistic",
    "MultinomialLogit": "softmax",
}


@converts(f"{_TREE}.DecisionTreeClassifier", f"{_TREE}.ExtraTreeClassifier")
def tree_classifier(estimator: Any, inputs: Inputs) -> Step:
    return _averaged(estimator, [estimator], inputs)


@converts(f"{_TREE}.DecisionTreeRegressor", f"{_TREE}.ExtraTreeRegressor")
def tree_regressor(estimator: Any, inputs: Inputs) -> Step:
    return _averaged(estimator, [estimator], inputs)


@converts(
    f"{_FOREST}.RandomForestClassifier",
    f"{_FOREST}.RandomForestRegressor",
    f"{_FOREST}.ExtraTreesClassifier",
    f"{_FOREST}.ExtraTreesRegressor",
)
def forest(estimator: Any, inputs: Inputs) -> Step:
    return _averaged(estimator, list(estimator.estimators_), inputs)


def _averaged(estimator: Any, members: "list[Any]", inputs: Inputs) -> Step:
    """The mean of trees: class shares, or numbers."""
    require(estimator.n_outputs_ == 1, estimator, "several targets at once are not covered")
    labels = _labels(estimator)
    trees = [_tree(m.tree_, m.tree_.value[:, 0, : len(labels)]) for m in members]
    ensemble = assemble(
        trees,
        features=len(inputs),
        outputs=len(labels),
        single=True,
        missing=_takes_missing(members[0]),
        infinite=False,
    )
    answer = "average" if hasattr(estimator, "classes_") else "number"
    return Trees(type(estimator).__name__, ensemble, answer, np.zeros(len(labels)), len(members), labels)


@converts(f"{_ENSEMBLE}._gb.GradientBoostingClassifier", f"{_ENSEMBLE}._gb.GradientBoostingRegressor")
def gradient_boosting(estimator: Any, inputs: Inputs) -> Step:
    base = _base(estimator, len(inputs))
    rate = float(estimator.learning_rate)
    trees = [_tree(m.tree_, rate * m.tree_.value[:, 0, :1]) for m in estimator.estimators_.ravel()]
    ensemble = assemble(
        trees, features=len(inputs), outputs=len(base), single=True, missing=False, infinite=False
    )
    labels = _labels(estimator, len(base))
    return Trees(type(estimator).__name__, ensemble, _answer(estimator), base, 1.0, labels)


def _base(estimator: Any, features: int) -> np.ndarray:
    """What boosting begins with; only where it is the same for every row."""
    constant = isinstance(estimator.init_, str) or qualified(estimator.init_) in (
        "sklearn.dummy.DummyClassifier",
        "sklearn.dummy.DummyRegressor",
    )
    require(constant, estimator, "an estimator as init is not covered")
    strategy = getattr(estimator.init_, "strategy", "")
    require(strategy not in ("stratified", "uniform"), estimator, f"an init that is {strategy}")
    found = estimator._raw_predict_init(np.zeros((1, features), dtype=np.float32))
    return np.array(found, dtype=np.float64).ravel()


@converts(f"{_HISTOGRAM}.HistGradientBoostingClassifier", takes="anything")
def histogram_classifier(estimator: Any, inputs: Inputs) -> Step:
    return _histogram(estimator, inputs)


@converts(f"{_HISTOGRAM}.HistGradientBoostingRegressor", takes="anything")
def histogram_regressor(estimator: Any, inputs: Inputs) -> Step:
    return _histogram(estimator, inputs)


def _histogram(estimator: Any, inputs: Inputs) -> Step:
    base = np.array(estimator._baseline_prediction, dtype=np.float64).ravel()
    trees = [_histogram_tree(p) for iteration in estimator._predictors for p in iteration]
    ensemble = assemble(
        trees, features=len(inputs), outputs=len(base), single=False, missing=True, infinite=True
    )
    labels = _labels(estimator, len(base))
    step = Trees(type(estimator).__name__, ensemble, _answer(estimator), base, 1.0, labels)
    encoder = _category_encoder(estimator, inputs)
    return step if encoder is None else chain([encoder, step], ["categories", "trees"])


def _category_encoder(estimator: Any, inputs: Inputs) -> "Step | None":
    """What histogram boosting does to its inputs first: codes for categories, which it moves to the front."""
    categorical = getattr(estimator, "is_categorical_", None)
    if categorical is None:
        _require_numbers(estimator, inputs)
        return None
    preprocessor: Any = getattr(estimator, "_preprocessor", None)
    require(preprocessor is not None, estimator, "categories as scikit-learn before 1.4 had them")
    positions = np.flatnonzero(categorical).tolist()
    others = np.flatnonzero(~np.asarray(categorical)).tolist()
    codes = inputs.select(positions)
    encoder = convert_step(preprocessor.named_transformers_["encoder"], codes)
    _require_numbers(estimator, inputs.select(others))
    parts: "list[tuple[str, list[int], Step]]" = [("categories", positions, encoder)]
    if others:
        parts.append(("numbers", others, Passthrough()))
    return Columns(parts, prefix=False)


def _require_numbers(estimator: Any, inputs: Inputs) -> None:
    for column, dtype in zip(inputs.names, inputs.dtypes):
        numeric = dtype not in ("text", "time")
        require(numeric, estimator, f"takes the column {column!r}, which is {dtype}, as numbers")


@converts(f"{_ENSEMBLE}._weight_boosting.AdaBoostClassifier")
def adaboost_classifier(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"algorithm": ("deprecated", "SAMME")})
    labels = _labels(estimator)
    require(len(labels) > 1, estimator, "a single class is not covered")
    members = list(estimator.estimators_)
    trees = []
    for member, weight in zip(members, estimator.estimator_weights_):
        require(
            qualified(member) in (f"{_TREE}.DecisionTreeClassifier", f"{_TREE}.ExtraTreeClassifier"),
            member,
            "boosted by AdaBoost is not covered",
        )
        trees.append(_tree(member.tree_, _votes(member, estimator.classes_, float(weight))))
    missing = _takes_missing(members[0]) and _validates_missing(estimator)
    ensemble = assemble(
        trees, features=len(inputs), outputs=len(labels), single=True, missing=missing, infinite=False
    )
    total = float(estimator.estimator_weights_.sum())
    return Trees(type(estimator).__name__, ensemble, "samme", np.zeros(len(labels)), total, labels)


def _votes(member: Any, classes: np.ndarray, weight: float) -> np.ndarray:
    """What each node adds to each class: its weight for the class it predicts, a share against the others."""
    predicted = member.classes_[np.argmax(member.tree_.value[:, 0, :], axis=1)]
    return np.where(predicted[:, None] == classes[None, :], weight, -1 / (len(classes) - 1) * weight)


def _tree(tree: Any, value: np.ndarray) -> Tree:
    """scikit-learn's own trees (sklearn.tree._tree.Tree)."""
    missing_left = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count, dtype=bool))
    return Tree(
        feature=tree.feature,
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        missing_left=np.asarray(missing_left, dtype=bool),
        value=np.asarray(value, dtype=np.float64),
    )


def _histogram_tree(predictor: Any) -> Tree:
    """Trees of histogram boosting: a record a node, 256 bits a categorical split."""
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    categorical = nodes["is_categorical"].astype(bool) & ~leaf
    bitsets = np.ascontiguousarray(predictor.raw_left_cat_bitsets, dtype=np.uint32)
    sets = np.unpackbits(bitsets.astype("<u4").view(np.uint8), axis=1, bitorder="little").astype(bool)
    return Tree(
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=np.where(categorical | leaf, 0.0, nodes["num_threshold"]),
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=np.where(leaf, nodes["value"], 0.0)[:, None],
        category=np.where(categorical, nodes["bitset_idx"].astype(np.int64), -1),
        sets=sets if categorical.any() else None,
    )


def _answer(estimator: Any) -> str:
    link = type(estimator._loss.link).__name__
    require(link in _LINKS, estimator, f"its loss has the link {link}, which is not covered")
    return _LINKS[link]


def _labels(estimator: Any, sums: "int | None" = None) -> "list[str]":
    """What each sum is of."""
    classes = getattr(estimator, "classes_", None)
    if classes is None or sums == 1:
        return ["score"]
    require(np.ndim(classes) == 1, estimator, "several targets at once are not covered")
    return [str(c) for c in np.asarray(classes).tolist()]


def _takes_missing(tree: Any) -> bool:
    return bool(tree._support_missing_values(np.zeros((1, 1))))


def _validates_missing(estimator: Any) -> bool:
    try:
        estimator._check_X(np.full((1, estimator.n_features_in_), np.nan))
    except ValueError:
        return False
    return True
