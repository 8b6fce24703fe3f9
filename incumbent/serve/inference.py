"""The Open Inference Protocol, version 2: metadata, and rows as tensors.

Every input column is a tensor, named as the column; the outputs are ``value``, ``probabilities`` (one a
class, in class order), ``id`` (for outcomes), ``version`` and ``route``. Where a request does not choose, it
gets the first three.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

from incumbent.errors import InputError
from incumbent.serve.body import need_json, read_json
from incumbent.serve.tensors import Blob, read_tensor

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from incumbent.prediction import Prediction
    from incumbent.predictor import Predictor
    from incumbent.schema import OutputSchema

#: Data types of input columns, by how training had them.
_INPUTS = {"float64": "FP64", "int64": "INT64", "bool": "BOOL", "text": "BYTES", "time": "BYTES"}
OUTPUTS = ("value", "probabilities", "id", "version", "route")
_USUAL = ("value", "probabilities", "id")


class Asked:
    """A request for inference.

    Parameters
    ----------
    document : object
        The request's JSON.
    most : int
        Rows.
    blob : Blob, optional
        What follows it.

    Raises
    ------
    InputError
        Naming what is wrong with it.
    Fault
        413 for more rows than may be.
    """

    def __init__(self, document: Any, most: int, blob: "Blob | None" = None) -> None:
        if not isinstance(document, Mapping):
            raise InputError("an inference request is an object with inputs")
        inputs = document.get("inputs")
        if not isinstance(inputs, list) or not inputs:
            raise InputError("the request has no inputs", "inputs is a list of tensors, one a column")
        self.columns: "dict[str, list[Any]]" = {}
        for at, tensor in enumerate(inputs):
            name, values = read_tensor(tensor, at, most, blob)
            if name in self.columns:
                raise InputError(f"input {name!r} comes twice")
            self.columns[name] = values
        if blob is not None:
            blob.end()
        self.count = self._count()
        self.id = document.get("id")
        if self.id is not None and not isinstance(self.id, str):
            raise InputError("id is no text")
        if not isinstance(document.get("parameters") or {}, Mapping):
            raise InputError("parameters is no object")
        self.outputs = _asked_outputs(document.get("outputs"))

    def _count(self) -> int:
        counts = {len(values): name for name, values in self.columns.items()}
        if len(counts) > 1:
            (one, first), (other, second) = list(counts.items())[:2]
            raise InputError(f"input {first!r} has {one} rows and {second!r} has {other}")
        return next(iter(counts))

    def row(self) -> "dict[str, Any]":
        """The request's only row."""
        return {name: values[0] for name, values in self.columns.items()}


def read_request(headers: "Mapping[bytes, bytes]", body: bytes, most: int) -> Asked:
    """A request for inference: JSON, with the bytes of tensors after it where a header says how long it is.

    Raises
    ------
    Fault
        415 for another content type, 413 for more rows than may be.
    InputError
    """
    length = headers.get(b"inference-header-content-length")
    if length is None:
        if b"content-type" in headers:  # clients of the protocol may leave it out
            need_json(headers)
        return Asked(read_json(body), most)
    if not (length.isdigit() and len(length) < 15 and int(length) <= len(body)):
        raise InputError("inference-header-content-length is not the length of the request's JSON")
    return Asked(read_json(body[: int(length)]), most, Blob(body[int(length) :]))


def _asked_outputs(outputs: Any) -> "tuple[str, ...] | None":
    if outputs is None or outputs == []:
        return None
    if not isinstance(outputs, list):
        raise InputError("outputs is no list")
    names = [output.get("name") if isinstance(output, Mapping) else None for output in outputs]
    for name in names:
        if name not in OUTPUTS:
            raise InputError(f"there is no output {name!r:.60}", f"there are {', '.join(OUTPUTS)}")
    return tuple(name for name in OUTPUTS if name in names)


def answered(
    asked: Asked, model: str, version: str, predictions: "Sequence[Prediction]", output: "OutputSchema | None"
) -> "dict[str, Any]":
    """The answer to a request, as the protocol has it.

    Parameters
    ----------
    version : str
        That answered, or is the champion where several did.
    output : OutputSchema, optional
        Of the champion; None where no version loads.
    """
    document: "dict[str, Any]" = {"model_name": model, "model_version": version}
    if asked.id is not None:
        document["id"] = asked.id
    labels = output.labels if output is not None and output.scores == "probabilities" else ()
    names = asked.outputs or [n for n in _USUAL if n != "probabilities" or labels]
    document["outputs"] = [_OUTPUTS[name](predictions, output, labels) for name in names]
    return document


def _values(
    predictions: "Sequence[Prediction]", output: "OutputSchema | None", _: "Sequence[str]"
) -> "dict[str, Any]":
    values = [p.value for p in predictions]
    datatype = value_datatype(output)
    kinds = {"BOOL": (bool,), "INT64": (int,), "FP64": (int, float), "BYTES": (str,)}[datatype]
    if not all(type(value) in kinds for value in values):  # a rule's, or a baseline's of another model
        datatype, values = "BYTES", [str(value) for value in values]
    return _tensor("value", datatype, [len(values)], values)


def _probabilities(
    predictions: "Sequence[Prediction]", output: "OutputSchema | None", labels: "Sequence[str]"
) -> "dict[str, Any]":
    if not labels:
        raise InputError("this model has no probabilities", "ask for value")
    data = [(p.probabilities or {}).get(label) for p in predictions for label in labels]
    tensor = _tensor("probabilities", "FP64", [len(predictions), len(labels)], data)
    return {**tensor, "parameters": {"classes": json.dumps(list(labels))}}


def _texts(name: str) -> "Callable[..., dict[str, Any]]":
    def tensor(predictions: "Sequence[Prediction]", *_: Any) -> "dict[str, Any]":
        return _tensor(name, "BYTES", [len(predictions)], [getattr(p, name) for p in predictions])

    return tensor


def _versions(predictions: "Sequence[Prediction]", *_: Any) -> "dict[str, Any]":
    data = [-1 if p.version is None else p.version for p in predictions]
    return _tensor("version", "INT64", [len(data)], data)


def _tensor(name: str, datatype: str, shape: "list[int]", data: "list[Any]") -> "dict[str, Any]":
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


_OUTPUTS: "dict[str, Callable[..., dict[str, Any]]]" = {
    "value": _values,
    "probabilities": _probabilities,
    "id": _texts("id"),
    "version": _versions,
    "route": _texts("route"),
}


def value_datatype(output: "OutputSchema | None") -> str:
    """The data type of ``value``."""
    if output is None or output.task == "regression":
        return "FP64"
    kinds = {type(value) for value in output.classes}
    if kinds == {bool}:
        return "BOOL"
    if kinds == {int}:
        return "INT64"
    return "FP64" if kinds and kinds <= {int, float} else "BYTES"


def metadata(name: str, predictor: "Predictor", version: "int | None" = None) -> "dict[str, Any]":
    """What the protocol tells of a model, or of one of its versions.

    Raises
    ------
    InputError
        Where the version is not published.
    """
    versions = predictor.versions
    bundle = chosen(versions, version)
    output = bundle.output if bundle is not None else None
    labels = output.labels if output is not None and output.scores == "probabilities" else ()
    outputs = [
        {"name": "value", "datatype": value_datatype(output), "shape": [-1]},
        {"name": "probabilities", "datatype": "FP64", "shape": [-1, len(labels)]},
        {"name": "id", "datatype": "BYTES", "shape": [-1]},
        {"name": "version", "datatype": "INT64", "shape": [-1]},
        {"name": "route", "datatype": "BYTES", "shape": [-1]},
    ]
    return {
        "name": name,
        "versions": [str(number) for number in versions],
        "platform": "incumbent_" + (bundle.manifest.algorithm if bundle is not None else "baseline"),
        "inputs": [
            {"name": c.name, "datatype": _INPUTS.get(c.dtype, "FP64"), "shape": [-1]}
            for c in (bundle.input.columns if bundle is not None else ())
        ],
        "outputs": [o for o in outputs if labels or o["name"] != "probabilities"],
    }


def chosen(versions: "Mapping[int, Bundle]", version: "int | None") -> "Bundle | None":
    """The bundle of a version; of the one that is asked first, where none is named."""
    if version is None:
        return next(iter(versions.values()), None)
    if version not in versions:
        raise InputError(
            f"version {version} is not published here", f"there are: {', '.join(map(str, versions))}"
        )
    return versions[version]
