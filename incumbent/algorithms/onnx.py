"""``onnx``: models that arrive as ONNX, run by onnxruntime (the extra ``onnx``).

They are judged as they are: where the file rounds to float32, so do its predictions.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from incumbent.algorithms.base import Raised
from incumbent.algorithms.sklearn import score_width
from incumbent.columns import Array, Coded, Columns, column
from incumbent.errors import BundleError
from incumbent.fitting.scores import truth
from incumbent.native.answers import two_classes

if TYPE_CHECKING:
    from incumbent.schema import InputSchema, OutputSchema

FILE = "model.onnx"
#: Rows that go through a model together.
CHUNK = 16_384
#: What onnxruntime reads when it is imported, by release: then it makes neither events nor an identifier.
_NO_TELEMETRY = ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED")
_NULL = ValueError("an integer of the model is null, or too large")

_TYPES: "dict[str, Any]" = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}


@dataclass(frozen=True)
class OnnxInput:
    """One input of a model: its name, element type, and how many columns it takes (None: any number)."""

    name: str
    type: str
    width: "int | None"


@dataclass(frozen=True)
class OnnxFile:
    """A model file that has been read.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    inputs : tuple of OnnxInput
        One matrix, one a column, or several matrices side by side.
    outputs : tuple of (name, type)
    """

    session: Any
    inputs: "tuple[OnnxInput, ...]"
    outputs: "tuple[tuple[str, str], ...]"

    @property
    def columns(self) -> "tuple[str, ...] | None":
        """Names of the columns where there is one input a column; None for matrices."""
        if any(i.width != 1 for i in self.inputs):
            return None
        return tuple(i.name for i in self.inputs)

    def columns_of(self, names: Sequence[str]) -> "list[list[str]] | None":
        """Which of these columns each input takes: by name where all are named, else by position.

        None where they do not fit.
        """
        if self.columns is not None and set(self.columns) == set(names):
            return [[name] for name in self.columns]
        if len(self.inputs) == 1 and self.inputs[0].width is None:
            return [list(names)]
        widths = [i.width for i in self.inputs]
        if None in widths or sum(w for w in widths if w) != len(names):
            return None
        taken = iter(names)
        return [[next(taken) for _ in range(w or 0)] for w in widths]

    @property
    def scores_output(self) -> "tuple[str, str] | None":
        """The output with numbers a class, or the one number a row; None where there is only a label."""
        telling = [o for o in self.outputs if _is_scores(o)]
        named = [o for o in telling if "prob" in o[0].lower() or "score" in o[0].lower()]
        if named:
            return named[0]
        return telling[-1] if telling else None


def _is_scores(output: "tuple[str, str]") -> bool:
    return output[1] in ("tensor(float)", "tensor(double)") or output[1].startswith("seq(map(")


def _onnxruntime() -> Any:
    """The library, told in time to send nothing: its official builds report their use to Microsoft."""
    for name in _NO_TELEMETRY:
        os.environ.setdefault(name, "1")
    import onnxruntime

    if all(os.environ[name] == "1" for name in _NO_TELEMETRY):  # where the variables are not read: Windows
        onnxruntime.disable_telemetry_events()
    return onnxruntime


def read_onnx(path: "str | Path") -> OnnxFile:
    """Read an ONNX file.

    Raises
    ------
    BundleError
        Where onnxruntime is missing, or cannot read the file or one of its inputs.
    """
    path = Path(path)
    try:
        onnxruntime = _onnxruntime()
    except ImportError:
        raise BundleError(
            f"{path} needs onnxruntime, which is not installed here", hint="pip install 'incumbent[onnx]'"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions derive from nothing else
        raise BundleError(
            f"onnxruntime {onnxruntime.__version__} cannot read {path}: {str(error).strip()[:300]}",
            hint="export the model again for this onnxruntime, or update it",
        ) from error
    inputs = tuple(_input(path, i) for i in session.get_inputs())
    return OnnxFile(session, inputs, tuple((o.name, o.type) for o in session.get_outputs()))


def _input(path: Path, found: Any) -> OnnxInput:
    if found.type not in _TYPES:
        raise BundleError(
            f"{path} takes {found.name!r} as {found.type}, which rows of a table cannot be",
            hint=f"export it with inputs of {', '.join(_TYPES)}",
        )
    shape = list(found.shape)
    width = 1 if len(shape) < 2 else shape[1] if isinstance(shape[1], int) else None
    return OnnxInput(found.name, found.type, width)


class OnnxModel:
    """Scores rows with an ONNX model.

    Parameters
    ----------
    file : OnnxFile
    inputs : InputSchema
        Columns by name where the model has one input a column, else by position.
    output : OutputSchema
    """

    name = "onnx"

    def __init__(self, file: OnnxFile, inputs: "InputSchema", output: "OutputSchema") -> None:
        self._file = file
        self._inputs = inputs
        self._output = output
        self._width = score_width(output)
        found = file.scores_output
        label = file.outputs[0]
        self._answer, self._is_label = (label[0], True) if found is None else (found[0], False)
        self._ranks = {i.name: len(i.shape) for i in file.session.get_inputs()}
        self._taken = file.columns_of(inputs.names) or []

    def predict(self, columns: Columns, rows: int) -> np.ndarray:
        """Scores of many rows; NaN for those that the model fails on or cannot be given (a null integer)."""
        return self.explained(columns, rows)[0]

    def explained(self, columns: Columns, rows: int) -> "tuple[np.ndarray, dict[int, Raised]]":
        """The same, and what was raised, by row.

        All of it counts as refusals: onnxruntime does not tell an unseen category from a failure.
        """
        out = np.empty((rows, *self._width))
        raised: "dict[int, Raised]" = {}
        for start in range(0, rows, CHUNK):
            part = slice(start, min(start + CHUNK, rows))
            feed, refused = self._feed(columns, part)
            errors: "dict[int, Exception]" = {}
            scores = truth(self._run, _Feed(feed), part.stop - start, self._width, errors)
            scores[refused] = math.nan
            errors |= dict.fromkeys(np.flatnonzero(refused).tolist(), _NULL)
            raised |= {start + at: Raised.of(error)._replace(refusal=True) for at, error in errors.items()}
            out[part] = scores
        return out, raised

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row."""
        columns = self._inputs.check_columns({n: column([row[n]]) for n in self._inputs.names})
        return [float(score) for score in self.predict(columns, 1).ravel()]

    def _feed(self, columns: Columns, part: slice) -> "tuple[dict[str, np.ndarray], np.ndarray]":
        """Tensors by input name, and the rows that have a null where a tensor cannot hold one."""
        feed: "dict[str, np.ndarray]" = {}
        refused = np.zeros(part.stop - part.start, dtype=bool)
        for wanted, names in zip(self._file.inputs, self._taken):
            tensors = [_tensor(columns[n], part, _TYPES[wanted.type], refused) for n in names]
            one_dimension = self._ranks[wanted.name] == 1
            feed[wanted.name] = tensors[0] if one_dimension else np.stack(tensors, axis=1)
        return feed, refused

    def _run(self, feed: "_Feed") -> np.ndarray:
        found = self._file.session.run([self._answer], feed.tensors)[0]
        if self._is_label:
            return self._from_labels(found)
        if isinstance(found, list):  # ZipMap: one mapping of class to probability a row
            found = np.array([self._in_class_order(row) for row in found])
        scores = np.asarray(found, dtype=np.float64)
        if not self._width:
            return scores.reshape(len(scores))
        scores = scores.reshape(len(scores), -1)
        return two_classes(scores[:, 0]) if scores.shape[1] == 1 else scores

    def _in_class_order(self, row: Mapping[Any, float]) -> "list[float]":
        by_text = {str(key): value for key, value in row.items()}
        return [by_text[label] for label in self._output.labels]

    def _from_labels(self, found: Any) -> np.ndarray:
        labels = [v.decode() if isinstance(v, bytes) else v for v in np.ravel(found).tolist()]
        if not self._width:
            return np.array(labels, dtype=np.float64)
        text = self._output.labels
        return np.array([[float(str(label) == t) for t in text] for label in labels])


class _Feed:
    """Tensors of the same rows, which can be cut into fewer rows."""

    def __init__(self, tensors: "dict[str, np.ndarray]") -> None:
        self.tensors = tensors

    def __getitem__(self, rows: slice) -> "_Feed":
        return _Feed({name: tensor[rows] for name, tensor in self.tensors.items()})


def _tensor(values: Array, part: slice, dtype: Any, refused: np.ndarray) -> np.ndarray:
    """A column as a tensor of one dimension; rows whose null it cannot hold are marked in ``refused``."""
    if isinstance(values, Coded):
        if dtype is not np.object_:
            raise BundleError("the model takes a number where the column is text")
        table = np.array([*values.values, ""], dtype=object)
        return np.asarray(table[values.codes[part]])
    found = values[part]
    if dtype is np.object_:
        return np.array([str(v) for v in found.tolist()], dtype=object)
    if np.issubdtype(dtype, np.floating):
        with np.errstate(over="ignore"):
            return np.asarray(found, dtype=np.float64).astype(dtype)
    if found.dtype.kind == "f":
        unfit = ~(np.abs(found) < 2.0**62)
        refused |= unfit
        found = np.where(unfit, 0.0, found)
    return np.asarray(found.astype(dtype))


def open_onnx(
    folder: Path, inputs: "InputSchema", output: "OutputSchema", manifest: Mapping[str, Any]
) -> OnnxModel:
    """The ONNX model of a bundle's folder.

    Raises
    ------
    BundleError
        For a missing package or file, or a model that does not take the manifest's columns.
    """
    path = folder / FILE
    if not path.is_file():
        raise BundleError(
            f"the bundle {folder} lacks the file {FILE}",
            hint="restore the bundle from a backup, or register the version again",
        )
    file = read_onnx(path)
    _check(path, file, inputs)
    return OnnxModel(file, inputs, output)


def _check(path: Path, file: OnnxFile, inputs: "InputSchema") -> None:
    """Columns and inputs must fit: as many, and text where text is taken."""
    hint = "register the version again with the columns that it was trained on"
    taken = file.columns_of(inputs.names)
    if taken is None:
        found = ", ".join(f"{i.name} ({i.width or 'any'})" for i in file.inputs)
        raise BundleError(
            f"{path} takes the inputs {found}, the manifest names {len(inputs.columns)} columns", hint
        )
    for takes, names in zip(file.inputs, taken):
        for found_column in inputs.columns:
            if found_column.name in names and found_column.takes_text and takes.type != "tensor(string)":
                raise BundleError(
                    f"{path} takes {takes.name!r} as {takes.type}, and {found_column.name!r} is text", hint
                )
