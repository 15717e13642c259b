"""What JSON may say, declared: small checks that combine.

A check takes a value and the place where it stands, and returns the value or raises.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from trilayer.errors import ModelFileError

Check = Callable[[Any, str], Any]

MAX_DEPTH = 16
MAX_DIGITS = 20
"""More than any 64-bit integer has; longer numbers cost quadratic time to read."""


class LieError(ModelFileError):
    """Content that is not what `save` would have written."""


def shown(name: str) -> str:
    """Make a name that someone else chose fit for a message."""
    return name if re.fullmatch(r"[\w. -]{1,40}", name) else ascii(name[:40])


def json_loads(data: str | bytes, where: str) -> Any:
    """Read JSON as the standard has it: no NaN, no duplicate names, no endless numbers."""
    try:
        return json.loads(
            data.decode() if isinstance(data, bytes) else data,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except RecursionError as error:
        raise LieError(f"{where} is nested too deeply") from error
    except ValueError as error:
        raise LieError(f"{where} is not valid JSON ({error})") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name appears twice")
    return result


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# ---- leaves ------------------------------------------------------------------------


def text(at_most: int = 10_000) -> Check:
    """Accept a string that can be written down (no lone surrogates)."""

    def check(value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise LieError(f"{where} is not a text")
        if len(value) > at_most:
            raise LieError(f"{where} is longer than {at_most} characters")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise LieError(f"{where} is not valid Unicode") from error
        return value

    return check


def integer(low: int, high: int) -> Check:
    """Accept an integer between two bounds, both included."""

    def check(value: Any, where: str) -> int:
        if type(value) is not int:
            raise LieError(f"{where} is not an integer")
        if not low <= value <= high:
            raise LieError(f"{where} is not between {low} and {high}")
        return value

    return check


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    """Accept a finite number between two bounds, as a float."""

    def check(value: Any, where: str) -> float:
        if type(value) not in (int, float):
            raise LieError(f"{where} is not a number")
        if not math.isfinite(value) or not low <= value <= high:
            raise LieError(f"{where} is not a finite number between {low} and {high}")
        return float(value)

    return check


def one_of(*choices: str) -> Check:
    """Accept one of these texts."""

    def check(value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise LieError(f"{where} is not one of {', '.join(choices)}")
        return value

    return check


# ---- combinations ------------------------------------------------------------------


def nullable(inner: Check) -> Check:
    """Accept null, or what the inner check accepts."""
    return lambda value, where: None if value is None else inner(value, where)


def items(inner: Check, at_most: int = 10_000_000) -> Check:
    """Accept a list whose every element the inner check accepts."""

    def check(value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise LieError(f"{where} is not a list")
        if len(value) > at_most:
            raise LieError(f"{where} has more than {at_most} elements")
        return [inner(element, f"{where}[{i}]") for i, element in enumerate(value)]

    return check


def fixed(fields: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """Accept an object with exactly these fields, and any optional ones: None if not there."""
    known = {**fields, **(optional or {})}

    def check(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise LieError(f"{where} is not an object")
        for name in fields.keys() - value.keys():
            raise LieError(f"{where} lacks the field {name!r}")
        for name in value.keys() - known.keys():
            raise LieError(f"{where} has a field that does not belong there, {name[:40]!a}")
        return {
            name: inner(value[name], f"{where}.{name}") if name in value else None
            for name, inner in known.items()
        }

    return check


def named(inner: Check) -> Check:
    """Accept an object with any names whose every value the inner check accepts."""
    name_check = text()

    def check(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise LieError(f"{where} is not an object")
        return {
            name_check(name, f"a name in {where}"): inner(element, f"{where}.{shown(name)}")
            for name, element in value.items()
        }

    return check


def anything(value: Any, where: str, depth: int = 0) -> Any:
    """Accept any JSON value of finite numbers and a reasonable depth."""
    if depth > MAX_DEPTH:
        raise LieError(f"{where} is nested more than {MAX_DEPTH} deep")

    def deeper(element: Any, _: str) -> Any:
        return anything(element, where, depth + 1)

    if isinstance(value, dict):
        return named(deeper)(value, where)
    if isinstance(value, list):
        return items(deeper)(value, where)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return integer(-(1 << 63), (1 << 64) - 1)(value, where)
    return number()(value, where) if isinstance(value, float) else text()(value, where)
