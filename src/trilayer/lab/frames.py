"""Binary messages: a JSON header, then arrays that a browser can look at in place."""

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.lab.faults import RefusalError

Array = NDArray[Any]

_ALIGN = 8
_DTYPES = {"f8": "<f8", "f4": "<f4", "i4": "<i4", "u1": "|u1"}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}


class Message(NamedTuple):
    """A header, and arrays by name."""

    header: Mapping[str, Any]
    arrays: Mapping[str, Array]


def encode(message: Message) -> bytes:
    """Write a message: u32 length, header, then the arrays, all at multiples of 8 bytes.

    Numbers that are not finite become null in the header, and stay in arrays.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in message.arrays.items()}
    length, head = -1, b""
    while length != len(head):  # the offsets are part of the header that they follow
        length = len(head)
        head = _header(message.header, arrays, _padded(4 + length))
    parts = [len(head).to_bytes(4, "little"), head, _gap(4 + len(head))]
    for array in arrays.values():
        parts += [array.tobytes(), _gap(array.nbytes)]
    return b"".join(parts)


def decode(data: bytes) -> Message:
    """Read a message that somebody sent.

    Raises
    ------
    RefusalError
        If it is none.
    """
    size = int.from_bytes(data[:4], "little")
    if len(data) < 4 or size > len(data) - 4:
        raise RefusalError("bad_message", detail="the header is cut off")
    header = read_json(data[4 : 4 + size])
    listed = header.pop("arrays", [])
    if not isinstance(listed, list):
        raise RefusalError("bad_message", detail="arrays is no list")
    return Message(header, dict(_array(data, entry) for entry in listed))


def read_json(text: str | bytes) -> dict[str, Any]:
    """Read one JSON object.

    Raises
    ------
    RefusalError
        If it is none.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusalError("bad_message", detail="it is not JSON") from error
    if not isinstance(value, dict):
        raise RefusalError("bad_message", detail="it is no JSON object")
    return value


def plain(value: Any) -> Any:
    """Make a value JSON: NumPy's numbers Python's, and null of what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _header(header: Mapping[str, Any], arrays: Mapping[str, Array], start: int) -> bytes:
    listed, offset = [], start
    for name, array in arrays.items():
        dtype = _NAMES[array.dtype]
        listed.append({"name": name, "dtype": dtype, "shape": list(array.shape), "offset": offset})
        offset = _padded(offset + array.nbytes)
    whole = {**plain(header), "arrays": listed}
    return json.dumps(whole, allow_nan=False, separators=(",", ":")).encode()


def _padded(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


def _gap(size: int) -> bytes:
    return bytes(_padded(size) - size)


def _array(data: bytes, entry: Any) -> tuple[str, Array]:
    try:
        name, dtype = str(entry["name"]), np.dtype(_DTYPES[entry["dtype"]])
        shape, offset = [int(n) for n in entry["shape"]], int(entry["offset"])
        if min([*shape, offset, 0]) < 0:
            raise RefusalError("bad_message", detail="an array has a negative size")
        flat = np.frombuffer(data, dtype, math.prod(shape), offset)
        return name, flat.reshape(shape)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RefusalError(
            "bad_message", detail="an array is not where it is said to be"
        ) from error
