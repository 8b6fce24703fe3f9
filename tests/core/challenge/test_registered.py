"""Fitted elsewhere, and run by another library: challenged like any other version."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.runs import run_here
from core.versions import register
from core.workspace import Workspace
from tests.core.challenge.making import TRAINED_UNTIL, challenge, failing, stage

NUMBERS = ["distance", "wind"]


def taught(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """The rows that teach, and what came true."""
    rows = frame[frame["at"] < TRAINED_UNTIL]
    return rows[NUMBERS], (rows["late"] == "yes").astype(int)


def test_a_boosters_float32_is_no_disagreement(house: Workspace, frame: pd.DataFrame) -> None:
    xgboost = pytest.importorskip("xgboost")
    pytest.importorskip("treelite")
    path = house.root / "late.json"
    xgboost.XGBClassifier(n_estimators=30, max_depth=3).fit(*taught(frame)).save_model(path)
    made = register(house, "late", path, trained_until=TRAINED_UNTIL)
    assert made["agreement"]["max_difference"] > 1e-9
    found = stage(challenge(house, made["version"]), "integrity")
    assert found["verdict"] == "pass", found["reason"]


def test_onnx_has_no_original_to_disagree_with(house: Workspace) -> None:
    pytest.importorskip("onnxruntime")
    path = house.root / "late.onnx"
    write_onnx(path)
    made = register(house, "late", path, trained_until=TRAINED_UNTIL)
    assert made["agreement"]["max_difference"] is None
    found = challenge(house, made["version"])
    assert {"integrity", "regression", "published"}.isdisjoint(failing(found)), found["stages"]
    edge = run_here(house, "late", "edge", {"versions": [made["version"]]}, why="test").result
    assert edge is not None  # it has no answer for nulls; but rounding to float32 is no fault
    failed = [spot["reason"] for spot in edge["failed"] if spot["severity"] == "fail"]
    assert failed and all("no answer" in reason for reason in failed)


def write_onnx(path: Path) -> None:
    """A logistic regression that reads two columns by name."""
    onnx = pytest.importorskip("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    inputs = [helper.make_tensor_value_info(name, kinds.FLOAT, [None, 1]) for name in NUMBERS]
    outputs = [
        helper.make_tensor_value_info("label", kinds.STRING, [None]),
        helper.make_tensor_value_info("probabilities", kinds.FLOAT, [None, 2]),
    ]
    nodes = [
        helper.make_node("Concat", NUMBERS, ["X"], axis=1),
        helper.make_node(
            "LinearClassifier", ["X"], ["label", "probabilities"], domain="ai.onnx.ml",
            coefficients=[-0.1, -0.3, 0.1, 0.3], intercepts=[5.0, -5.0], post_transform="SOFTMAX",
            classlabels_strings=["no", "yes"],
        ),
    ]  # fmt: skip
    graph = helper.make_graph(nodes, "late", inputs, outputs)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
