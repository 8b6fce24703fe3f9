"""The service described in OpenAPI 3.1: every path, and what a row of each model is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

import incumbent
from incumbent.serve.inference import OUTPUTS
from incumbent.serve.invocations import FORMS
from incumbent.serve.replies import LONGEST_ID
from incumbent.serve.tensors import DATATYPES

if TYPE_CHECKING:
    from incumbent.predictor import Predictor
    from incumbent.schema import InputColumn
    from incumbent.serve.service import Service

#: What is text in JSON; everything else is a number, as which true and false are taken too.
_TEXTS = {"text": "string", "time": "string"}
_ERRORS = {
    "400": "The request is not of the form asked for; the sentence names the column at fault.",
    "401": "A token is wanted.",
    "404": "There is no such model or version.",
    "413": "Too many bytes or rows.",
    "415": "Another content type is wanted.",
    "503": "Too much to do: come again after the time that Retry-After says.",
    "504": "There was no answer in time.",
}


def description(service: "Service") -> "dict[str, Any]":
    """The OpenAPI document of a service, for the models that it serves now."""
    schemas = _schemas()
    paths = _common()
    for name in service.models.names:
        predictor = service.models.get(name)
        row = f"row.{name}"
        schemas[row] = _row(predictor)
        paths.update(_of_model(name, f"#/components/schemas/{row}"))
    document: "dict[str, Any]" = {
        "openapi": "3.1.0",
        "info": {
            "title": "Incumbent",
            "version": incumbent.__version__,
            "description": "Predictions of a site's models.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if service.settings.token is not None:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _row(predictor: "Predictor") -> "dict[str, Any]":
    columns = predictor.input.columns
    return {
        "type": "object",
        "description": "A row; null stands for a value that is not known. Further columns are ignored.",
        "properties": {column.name: _column(column) for column in columns},
        "required": [column.name for column in columns],
    }


def _column(column: "InputColumn") -> "dict[str, Any]":
    kinds = [column.dtype] if column.dtype in _TEXTS else ["number", "boolean"]
    found: "dict[str, Any]" = {"type": [*(_TEXTS.get(kind, kind) for kind in kinds), "null"]}
    if column.dtype == "time":
        found["description"] = "a moment as ISO 8601"
    if column.minimum is not None and column.maximum is not None:
        found["description"] = f"training had {column.minimum:g} to {column.maximum:g}"
    if column.categories and column.takes_text:
        found["examples"] = [str(category) for category in column.categories[:5]]
    return found


def _of_model(name: str, row: str) -> "dict[str, Any]":
    one_or_many = {"oneOf": [{"$ref": row}, {"type": "array", "items": {"$ref": row}}]}
    prediction = {"$ref": "#/components/schemas/prediction"}
    predictions = {"oneOf": [prediction, {"type": "array", "items": prediction}]}
    outcome = {"$ref": "#/components/schemas/outcome"}
    outcomes = {"oneOf": [outcome, {"type": "array", "items": outcome}]}
    infer = {"$ref": "#/components/schemas/inference_request"}
    inferred = {"$ref": "#/components/schemas/inference_response"}
    version = {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}
    metadata = {"$ref": "#/components/schemas/model_metadata"}
    ready = {"$ref": "#/components/schemas/model_ready"}
    v2 = f"/v2/models/{name}"
    by_version = f"{v2}/versions/{{version}}"
    return {
        f"/models/{name}/predict": {"post": _post(f"Predict with {name}", one_or_many, predictions)},
        f"/models/{name}/outcomes": {
            "post": _post(f"Outcomes of {name}", outcomes, {"$ref": "#/components/schemas/accepted"}, "202")
        },
        f"/models/{name}/invocations": {"post": _invocations(name)},
        v2: {"get": _get(f"Metadata of {name}", metadata)},
        f"{v2}/ready": {"get": _get(f"Whether {name} can be asked", ready)},
        f"{v2}/infer": {"post": _post(f"Infer with {name}", infer, inferred)},
        by_version: {"parameters": [version], "get": _get(f"Metadata of a version of {name}", metadata)},
        f"{by_version}/ready": {
            "parameters": [version],
            "get": _get(f"Whether a version of {name} can be asked", ready),
        },
        f"{by_version}/infer": {
            "parameters": [version],
            "post": _post(f"Infer with exactly one version of {name}", infer, inferred),
        },
    }


def _common() -> "dict[str, Any]":
    plain = {"type": "object"}
    live = {"type": "object", "properties": {"live": {"type": "boolean"}}}
    ready = {"type": "object", "properties": {"ready": {"type": "boolean"}}}
    server = {"$ref": "#/components/schemas/server_metadata"}
    metrics = {
        "summary": "Figures for Prometheus",
        "responses": {
            "200": {"description": "As text", "content": {"text/plain": {"schema": {"type": "string"}}}}
        },
    }
    return {
        "/v2": {"get": _get("The server", server)},
        "/v2/health/live": {"get": {**_get("Whether the process answers", live), "security": []}},
        "/v2/health/ready": {"get": {**_get("Whether every model can be asked", ready), "security": []}},
        "/models": {"get": _get("Every model and how it does", {"type": "array", "items": plain})},
        "/metrics": {"get": metrics},
        "/invocations": {"post": _invocations("the one model that there is")},
    }


def _invocations(name: str) -> "dict[str, Any]":
    found = _post(
        f"MLflow's forms of rows, for {name}",
        {"type": "object", "oneOf": [{"required": [form]} for form in FORMS]},
        {"type": "object", "properties": {"predictions": {"type": "array"}}, "required": ["predictions"]},
    )
    found["requestBody"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    return found


def _get(summary: str, answer: "Mapping[str, Any]") -> "dict[str, Any]":
    return {"summary": summary, "responses": {"200": _said("Done", answer), **_refusals("401", "404")}}


def _post(
    summary: str, body: "Mapping[str, Any]", answer: "Mapping[str, Any]", status: str = "200"
) -> "dict[str, Any]":
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {status: _said("Done", answer), **_refusals(*_ERRORS)},
    }


def _refusals(*statuses: str) -> "dict[str, Any]":
    return {status: _said(_ERRORS[status], {"$ref": "#/components/schemas/error"}) for status in statuses}


def _said(description: str, schema: "Mapping[str, Any]") -> "dict[str, Any]":
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _object(**properties: Any) -> "dict[str, Any]":
    optional = {name.removesuffix("_") for name in properties if name.endswith("_")}
    named = {name.removesuffix("_"): schema for name, schema in properties.items()}
    return {"type": "object", "properties": named, "required": [n for n in named if n not in optional]}


def _schemas() -> "dict[str, Any]":
    """What is the same for every model; a name that ends in an underscore is optional."""
    text, number = {"type": "string"}, {"type": "integer"}
    scalar = {"type": ["string", "number", "boolean"]}
    texts = {"type": "array", "items": text}
    shape = {"type": "array", "items": number}
    name = {"type": "string", "minLength": 1}
    rows = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 2}
    described = _object(name=text, datatype={"enum": list(DATATYPES)}, shape=shape)
    tensor = _object(
        name=text, datatype={"enum": list(DATATYPES)}, shape=shape, data={"type": "array"},
        parameters_={"type": "object"},
    )  # fmt: skip
    column = _object(
        name=name, datatype={"enum": list(DATATYPES)}, shape=rows, data_={"type": "array"},
        parameters_={"type": "object"},
    )  # fmt: skip
    wanted = _object(name={"enum": list(OUTPUTS)}, parameters_={"type": "object"})
    return {
        "error": _object(error=text, hint_=text),
        "prediction": _object(
            id=text,
            value=scalar,
            probabilities={"type": ["object", "null"], "additionalProperties": {"type": "number"}},
            version={"type": ["integer", "null"]},
            route={"enum": ["champion", "challenger", "fallback", "rules", "baseline"]},
            reason={"type": ["string", "null"]},
        ),
        "outcome": _object(id={**name, "maxLength": LONGEST_ID}, actual=scalar),
        "accepted": _object(accepted=number),
        "server_metadata": _object(name=text, version=text, extensions=texts),
        "model_metadata": _object(
            name=text,
            versions=texts,
            platform=text,
            inputs={"type": "array", "items": described},
            outputs={"type": "array", "items": described},
        ),
        "model_ready": _object(name=text, ready={"type": "boolean"}),
        "inference_request": _object(
            id_=text,
            parameters_={"type": "object"},
            inputs={"type": "array", "items": column, "minItems": 1},
            outputs_={"type": "array", "items": wanted},
        ),
        "inference_response": _object(
            model_name=text, model_version=text, id_=text, outputs={"type": "array", "items": tensor}
        ),
    }
