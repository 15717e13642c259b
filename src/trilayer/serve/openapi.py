"""The OpenAPI document of a served model: its columns are the schema of a row."""

from typing import Any
from urllib.parse import quote

from trilayer.serve.inference import OUTPUTS
from trilayer.serve.limits import Limits
from trilayer.serve.scoring import Served
from trilayer.serve.tensors import DATATYPES
from trilayer.tables.readings import BOOLEAN, CATEGORY, DATE, NUMBER

_LARGEST = 1.7e308

_VALUES: dict[str, dict[str, Any]] = {
    NUMBER: {"type": ["number", "null"], "minimum": -_LARGEST, "maximum": _LARGEST},
    CATEGORY: {"type": ["string", "null"]},
    BOOLEAN: {"type": ["boolean", "null"]},
    DATE: {"type": ["string", "null"], "format": "date"},
}
_LABELS = {bool: "boolean", int: "integer", float: "number", str: "string"}

_TEXT = {"type": "string"}
_YES = {"type": "boolean"}
_REFUSALS = {
    400: "It is not JSON, or not of the shape that is expected.",
    408: "The body did not come in time.",
    413: "The body is too large, or has too many rows.",
    415: "The body is not called JSON, or is packed.",
    422: "A column is missing or unknown, or a value is none for its column.",
}
_ANYWHERE = {
    401: "The token is missing, or another.",
    421: "Host is not a name of this machine.",
    431: "The headers are too long.",
}


def description(served: Served, limits: Limits, *, token: bool) -> dict[str, Any]:
    """Describe every endpoint, in the form of OpenAPI 3.1.

    Parameters
    ----------
    served : Served
    limits : Limits
    token : bool
        Whether one must be shown.
    """
    model = f"/v2/models/{quote(served.name, safe='')}"
    rows = {"type": "array", "maxItems": limits.rows, "items": _ref("Row")}
    made = {"type": "array", "items": _ref("Prediction")}
    paths = {
        "/predict": _posts("Predict rows, in their order.", rows, made),
        f"{model}/infer": _posts(
            "Open Inference Protocol: infer.", _ref("InferenceRequest"), _ref("InferenceResponse")
        ),
        model: _gets("Open Inference Protocol: the model's tensors.", _ref("Metadata")),
        f"{model}/ready": _gets(
            "Whether the model is.", _object(name=_TEXT, ready=_YES), free=True
        ),
        "/v2": _gets("Open Inference Protocol: the server.", {"type": "object"}),
        "/v2/health/live": _gets("Whether it lives.", _object(live=_YES), free=True),
        "/v2/health/ready": _gets("Whether it is ready.", _object(ready=_YES), free=True),
        "/metrics": _gets("Counters, in the text form of Prometheus.", None),
        "/openapi.json": _gets("This document.", {"type": "object"}),
    }
    components: dict[str, Any] = {"schemas": _schemas(served)}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": f"trilayer: {served.name}", "version": served.version},
        "paths": paths,
        "components": components,
    }
    if token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _schemas(served: Served) -> dict[str, Any]:
    columns = {
        name: {**_VALUES[reading.kind], "description": f"a {reading.kind}; null is missing"}
        for name, reading in served.readings.items()
    }
    label = {"enum": [served.negative, served.positive], "type": _LABELS[type(served.positive)]}
    number = {"type": "number"}
    probability = {"type": "number", "minimum": 0, "maximum": 1}
    tensor = _object(
        name=_TEXT,
        shape={"type": "array", "items": {"type": "integer", "minimum": 0}},
        datatype={"enum": list(DATATYPES)},
        data={"type": "array"},
    )
    tensors = {"type": "array", "items": _ref("Tensor"), "minItems": 1}
    described = {"type": "array", "items": {"type": "object"}}
    wanted = {"type": "array", "items": _object(name={"enum": list(OUTPUTS)})}
    request = {
        "type": "object",
        "properties": {"id": _TEXT, "inputs": tensors, "outputs": wanted},
        "required": ["inputs"],
    }
    return {
        "Row": {
            "type": "object",
            "properties": columns | {name: {"description": "not used"} for name in served.ignored},
            "required": list(columns),
            "additionalProperties": False,
        },
        "Prediction": _object(logit=number, probability=probability, label=label),
        "Tensor": tensor,
        "InferenceRequest": request,
        "InferenceResponse": _object(model_name=_TEXT, outputs=tensors),
        "Metadata": _object(name=_TEXT, platform=_TEXT, inputs=described, outputs=described),
        "Error": _object(error=_TEXT),
    }


def _posts(summary: str, body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    wanted = {"required": True, "content": {"application/json": {"schema": body}}}
    responses = _responses(answer, {**_REFUSALS, **_ANYWHERE})
    return {"post": {"summary": summary, "requestBody": wanted, "responses": responses}}


def _gets(summary: str, answer: dict[str, Any] | None, *, free: bool = False) -> dict[str, Any]:
    got: dict[str, Any] = {"summary": summary, "responses": _responses(answer, _ANYWHERE)}
    if free:
        got["security"] = []
    return {"get": got}


def _responses(answer: dict[str, Any] | None, refusals: dict[int, str]) -> dict[str, Any]:
    content = {"text/plain": {}} if answer is None else {"application/json": {"schema": answer}}
    wrong = {"application/json": {"schema": _ref("Error")}}
    said = {str(status): {"description": why, "content": wrong} for status, why in refusals.items()}
    return {"200": {"description": "As asked.", "content": content}, **said}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
