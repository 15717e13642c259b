"""The Open Inference Protocol, version 2, in JSON: what KServe, Triton and MLServer speak.

https://github.com/kserve/open-inference-protocol. Binary tensors, an extension, are not read.
"""

from typing import Any

from trilayer.serve.limits import Limits
from trilayer.serve.refusals import BAD_REQUEST, RefusedError
from trilayer.serve.rows import refuse_too_many
from trilayer.serve.scoring import Asked, Label, Predictions, Served, refuse_names
from trilayer.serve.tensors import Tensor, read_tensor
from trilayer.tables.readings import BOOLEAN, CATEGORY, DATE, NUMBER

PLATFORM = "trilayer"
OUTPUTS = ("logit", "probability", "label")

_DATATYPES = {NUMBER: "FP64", CATEGORY: "BYTES", BOOLEAN: "BOOL", DATE: "BYTES"}
_OF_LABELS = {bool: "BOOL", int: "INT64", float: "FP64", str: "BYTES"}


def server_metadata(served: Served) -> dict[str, Any]:
    """Say what serves."""
    return {"name": PLATFORM, "version": served.version, "extensions": []}


def model_metadata(served: Served) -> dict[str, Any]:
    """Say which tensors the model takes, one for each column, and which it gives."""
    inputs = [
        {"name": name, "datatype": _DATATYPES[reading.kind], "shape": [-1]}
        for name, reading in served.readings.items()
    ]
    outputs = [
        {"name": name, "datatype": datatype, "shape": [-1]}
        for name, datatype in _output_datatypes(served).items()
    ]
    return {
        "name": served.name,
        "versions": [],
        "platform": PLATFORM,
        "inputs": inputs,
        "outputs": outputs,
    }


def read(served: Served, limits: Limits, request: Any) -> Asked:
    """Read a request for inference.

    Parameters
    ----------
    served : Served
    limits : Limits
    request : dict
        As JSON had it. ``inputs`` holds a tensor for each column, of its name and of shape [rows]
        or [rows, 1]; or a single one of shape [rows, columns], with the columns in the order of
        the model's metadata.

    Raises
    ------
    InputError
        If it is not as the protocol has it, has too many rows, or a column does not fit.
    """
    if not isinstance(request, dict):
        raise RefusedError(BAD_REQUEST, "the body must be an object with inputs")
    given = request.get("inputs")
    if not isinstance(given, list) or not given:
        raise RefusedError(BAD_REQUEST, "inputs must be a list of tensors")
    number = request.get("id")
    if number is not None and not isinstance(number, str):
        raise RefusedError(BAD_REQUEST, "id must be text")
    wanted = _wanted(request.get("outputs"))
    columns = _columns(served, limits, [read_tensor(each) for each in given])
    refuse_names(served, columns)
    head = {"model_name": served.name} | ({} if number is None else {"id": number})

    def written(made: Predictions) -> dict[str, Any]:
        return {**head, "outputs": [_output(served, name, getattr(made, name)) for name in wanted]}

    return Asked(columns, len(next(iter(columns.values()))), written)


def _output(served: Served, name: str, data: list[Any]) -> dict[str, Any]:
    datatype = _output_datatypes(served)[name]
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": data}


def _output_datatypes(served: Served) -> dict[str, str]:
    label: Label = served.positive
    return {"logit": "FP64", "probability": "FP64", "label": _OF_LABELS[type(label)]}


def _wanted(outputs: Any) -> list[str]:
    """Return the outputs that are asked for; all of them where none is."""
    if outputs is None or outputs == []:
        return list(OUTPUTS)
    if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
        raise RefusedError(BAD_REQUEST, "outputs must be a list of objects with a name")
    names = [each.get("name") for each in outputs]
    unknown = [name for name in names if name not in OUTPUTS]
    if unknown:
        raise RefusedError(
            BAD_REQUEST, f"there is no output {str(unknown[0])[:80]!r}: there are logit, "
            "probability and label"
        )  # fmt: skip
    return list(dict.fromkeys(names))


def _columns(served: Served, limits: Limits, tensors: list[Tensor]) -> dict[str, list[Any]]:
    """Return the values of each column."""
    names = [tensor.name for tensor in tensors]
    if len(set(names)) != len(names):
        raise RefusedError(BAD_REQUEST, "inputs has two tensors of one name")
    first = tensors[0]
    for tensor in tensors:
        if tensor.shape[0] != first.shape[0]:
            raise RefusedError(
                BAD_REQUEST,
                f"{tensor.name[:80]}: {tensor.shape[0]:,} rows beside {first.shape[0]:,} of "
                f"{first.name[:80]}",
            )
    refuse_too_many(first.shape[0], limits)
    if len(tensors) == 1 and len(first.shape) == 2 and first.name not in served.readings:
        return _of_rows(served, first)
    wide = next((each for each in tensors if len(each.shape) == 2 and each.shape[1] != 1), None)
    if wide is not None:
        raise RefusedError(
            BAD_REQUEST, f"{wide.name[:80]}: a column's tensor has the shape [rows] or [rows, 1]"
        )
    return {tensor.name: tensor.values for tensor in tensors}


def _of_rows(served: Served, tensor: Tensor) -> dict[str, list[Any]]:
    names = list(served.readings)
    if tensor.shape[1] != len(names):
        raise RefusedError(
            BAD_REQUEST,
            f"{tensor.name[:80]}: {tensor.shape[1]:,} columns where the model has {len(names):,}: "
            "see its metadata for their order",
        )
    return {name: tensor.values[place :: len(names)] for place, name in enumerate(names)}
