"""ONNX models of the forms that exporters write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from incumbent.algorithms.base import Raised
from incumbent.algorithms.onnx import FILE, open_onnx, read_onnx
from incumbent.columns import column
from incumbent.errors import BundleError
from incumbent.schema import InputColumn, InputSchema, OutputSchema

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

X = np.random.default_rng(0).normal(size=(50, 3))
COLUMNS = {f"x{i}": X[:, i] for i in range(3)}
NUMBERS = InputSchema(tuple(InputColumn(f"x{i}", "number", "float64") for i in range(3)), "array")
REGRESSION = OutputSchema("regression", "numbers")
WEIGHTS = np.array([0.5, -1.0, 2.0])
ML = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]


def save(folder: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: Any = ()) -> None:
    graph = helper.make_graph(nodes, "model", inputs, outputs, list(constants))
    onnx.save(helper.make_model(graph, opset_imports=ML, ir_version=8), folder / FILE)


def tensor(name: str, kind: int, *shape: "int | None") -> Any:
    return helper.make_tensor_value_info(name, kind, list(shape))


def classifier(folder: Path, zipmap: bool) -> None:
    """Multinomial logistic regression of three text classes, as skl2onnx writes one."""
    coefficients = np.vstack([WEIGHTS, -WEIGHTS, np.zeros(3)]).ravel()
    nodes = [
        helper.make_node(
            "LinearClassifier", ["X"], ["output_label", "raw" if zipmap else "probabilities"],
            domain="ai.onnx.ml", coefficients=coefficients.tolist(), intercepts=[0.0, 0.1, -0.2],
            classlabels_strings=["early", "late", "on time"], post_transform="SOFTMAX",
        )
    ]  # fmt: skip
    outputs = [tensor("output_label", TensorProto.STRING, None)]
    if zipmap:
        labels = ["early", "late", "on time"]
        nodes.append(
            helper.make_node(
                "ZipMap", ["raw"], ["output_probability"], domain="ai.onnx.ml", classlabels_strings=labels
            )
        )
        value = helper.make_map_type_proto(
            TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
        )
        sequence = helper.make_sequence_type_proto(value)
        outputs.append(helper.make_value_info("output_probability", sequence))
    else:
        outputs.append(tensor("probabilities", TensorProto.FLOAT, None, 3))
    save(folder, nodes, [tensor("X", TensorProto.FLOAT, None, 3)], outputs)


def linear(folder: Path, kind: int = TensorProto.DOUBLE, width: "int | None" = 3) -> None:
    weights = helper.make_tensor("w", kind, [3, 1], WEIGHTS.tolist())
    node = helper.make_node("MatMul", ["X", "w"], ["variable"])
    save(folder, [node], [tensor("X", kind, None, width)], [tensor("variable", kind, None, 1)], [weights])


def softmax(z: np.ndarray) -> np.ndarray:
    raised = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("width", [3, None])
def test_a_matrix_of_float64_is_not_rounded(width: "int | None", tmp_path: Path) -> None:
    linear(tmp_path, width=width)
    model = open_onnx(tmp_path, NUMBERS, REGRESSION, {})
    found = model.predict({n: c * 1e12 + 0.5 for n, c in COLUMNS.items()}, 50)
    assert np.allclose(found, (X * 1e12 + 0.5) @ WEIGHTS, rtol=1e-12)
    assert model.predict_row({"x0": 1.0, "x1": 0.0, "x2": 2.0}) == [4.5]
    assert np.isnan(model.predict_row({"x0": None, "x1": 0.0, "x2": 2.0})).all()
    assert model.predict({n: c[:0] for n, c in COLUMNS.items()}, 0).shape == (0,)


def test_the_library_is_kept_from_reporting_its_use(tmp_path: Path) -> None:
    linear(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "ORT_", "XDG_"))}
    code = "import sys; from incumbent.algorithms.onnx import read_onnx; read_onnx(sys.argv[1])"
    environment = {**kept, "HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / FILE)], env=environment, check=True)
    assert not list(home.rglob("*")), "an identifier of this machine, and events that wait to be sent"


@pytest.mark.parametrize("zipmap", [True, False])
def test_probabilities_with_and_without_zipmap(zipmap: bool, tmp_path: Path) -> None:
    classifier(tmp_path, zipmap)
    expected = softmax(X @ np.vstack([WEIGHTS, -WEIGHTS, np.zeros(3)]).T + [0.0, 0.1, -0.2])
    output = OutputSchema("classification", "probabilities", ("early", "late", "on time"))
    found = open_onnx(tmp_path, NUMBERS, output, {}).predict(COLUMNS, 50)
    assert np.allclose(found, expected, rtol=1e-5)
    if zipmap:  # a mapping is read by class, whatever the order
        turned = OutputSchema("classification", "probabilities", ("on time", "early", "late"))
        found = open_onnx(tmp_path, NUMBERS, turned, {}).predict(COLUMNS, 50)
        assert np.allclose(found, expected[:, [2, 0, 1]], rtol=1e-5)


def test_one_input_a_column_by_name_and_type(tmp_path: Path) -> None:
    nodes = [
        helper.make_node(
            "LabelEncoder", ["carrier"], ["code"], domain="ai.onnx.ml",
            keys_strings=["UA", "AA"], values_floats=[10.0, 20.0], default_float=-1.0,
        ),
        helper.make_node("Cast", ["month"], ["months"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["code", "months"], ["variable"]),
    ]  # fmt: skip
    inputs = [tensor("month", TensorProto.INT64, None, 1), tensor("carrier", TensorProto.STRING, None, 1)]
    save(tmp_path, nodes, inputs, [tensor("variable", TensorProto.FLOAT, None, 1)])
    schema = InputSchema(
        (InputColumn("carrier", "category", "text"), InputColumn("month", "number", "int64"))
    )
    model = open_onnx(tmp_path, schema, REGRESSION, {})
    assert read_onnx(tmp_path / FILE).columns == ("month", "carrier")
    columns = {"carrier": column(["UA", "AA", None, "new"]), "month": column([1, 2, 3, 4])}
    assert model.predict(columns, 4).tolist() == [11.0, 22.0, 2.0, 3.0]
    columns["month"] = column([1, None, 3, 4])  # an int64 tensor has no null
    scores, raised = model.explained(columns, 4)
    assert np.isnan(scores).tolist() == [False, True, False, False]
    assert raised == {1: Raised("ValueError: an integer of the model is null, or too large", True)}
    assert model.predict_row({"carrier": "AA", "month": 5}) == [25.0]


def test_only_a_label_becomes_probabilities_of_zero_and_one(tmp_path: Path) -> None:
    node = helper.make_node(
        "LinearClassifier", ["X"], ["label", "unused"], domain="ai.onnx.ml", coefficients=WEIGHTS.tolist(),
        intercepts=[0.0], classlabels_ints=[0, 1], post_transform="LOGISTIC",
    )  # fmt: skip
    save(
        tmp_path,
        [node],
        [tensor("X", TensorProto.FLOAT, None, 3)],
        [tensor("label", TensorProto.INT64, None)],
    )
    output = OutputSchema("classification", "probabilities", (0, 1), 1)
    found = open_onnx(tmp_path, NUMBERS, output, {}).predict(COLUMNS, 50)
    assert set(found.ravel().tolist()) == {0.0, 1.0} and (found.sum(axis=1) == 1).all()
    scores = X.astype(np.float32) @ WEIGHTS
    assert np.array_equal(found[:, 1], scores > 0)


def test_models_that_do_not_fit(tmp_path: Path) -> None:
    linear(tmp_path)
    with pytest.raises(BundleError, match="names 2 columns"):
        open_onnx(tmp_path, InputSchema(NUMBERS.columns[:2]), REGRESSION, {})
    text = InputSchema((InputColumn("carrier", "category", "text"), *NUMBERS.columns[:2]))
    with pytest.raises(BundleError, match="'carrier' is text"):
        open_onnx(tmp_path, text, REGRESSION, {})
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:40])
    with pytest.raises(BundleError, match=r"cannot read .*model\.onnx") as caught:
        open_onnx(tmp_path, NUMBERS, REGRESSION, {})
    assert caught.value.hint
    (tmp_path / FILE).unlink()
    with pytest.raises(BundleError, match="lacks the file"):
        open_onnx(tmp_path, NUMBERS, REGRESSION, {})


def test_what_onnxruntime_raises_is_said_of_the_row(tmp_path: Path) -> None:
    encoder = helper.make_node(
        "OneHotEncoder", ["carrier"], ["variable"], domain="ai.onnx.ml", cats_strings=["UA"], zeros=0
    )
    save(tmp_path, [encoder], [tensor("carrier", TensorProto.STRING, None, 1)],
         [tensor("variable", TensorProto.FLOAT, None, 1, 1)])  # fmt: skip
    model = open_onnx(tmp_path, InputSchema((InputColumn("carrier", "category", "text"),)), REGRESSION, {})
    scores, raised = model.explained({"carrier": column(["UA", "AA"])}, 2)
    assert scores[0] == 1.0 and np.isnan(scores[1])
    assert list(raised) == [1] and raised[1].refusal and "Unknown Category" in raised[1].why
