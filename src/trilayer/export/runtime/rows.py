# What a trilayer model computes for one row, with Python's standard library alone.
#
# `trilayer.export` tests every other export against this file, and writes it, with a model's
# numbers behind it, as the export to Python; so it imports nothing else. A model is what
# `trilayer.export.description` says, and its functions take it first.
"""What a model computes for one row, on Python's standard library alone."""

import math
import re
import struct
from bisect import bisect_right
from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any

_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)", re.I
)
_WHOLE = re.compile(r"([+-]?[0-9]+)\.0+")
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?"
    r" ?(?:Z|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
DAY = 86_400_000_000  # microseconds
_EPOCH = date(1970, 1, 1).toordinal()


def prepared(model: Any) -> dict[str, Any]:
    """Return a model, its weights rounded to float32 if they are such, with nodes.

    These are, by part, what the rows of W1 of its bins have added up to at each edge.
    """
    if model["single"]:
        W2 = model["W2"] and _rounded(model["W2"])
        more = {"b1": _rounded(model["b1"]), "W2": W2, "b2": _rounded([model["b2"]])[0]}
        model = {**model, **more, "W1": [_rounded(row) for row in model["W1"]]}
    nodes = {}
    for column in model["columns"]:
        for part in column["parts"]:
            at = [0.0] * len(model["b1"])
            rows = [at]
            for k in range(part["input"] + 1, part["input"] + len(part["edges"])):
                at = [a + w for a, w in zip(at, model["W1"][k])]
                rows.append(at)
            nodes[part["input"]] = rows
    return {**model, "nodes": nodes}


def _rounded(numbers: Any) -> list[float]:
    kind = f"{len(numbers)}f"
    return list(struct.unpack(kind, struct.pack(kind, *numbers)))


def sums_of(model: Any, column: Any, value: Any) -> list[float]:
    """Return what a column's value adds to Z1: a list of n2 numbers."""
    sums = [0.0] * len(model["b1"])
    for row, times in terms_of(model, column, value):
        sums = [s + times * w for s, w in zip(sums, row)]
    return sums


def terms_of(model: Any, column: Any, value: Any) -> list[tuple[list[float], float]]:
    """Return rows, of W1 or between its bins, and what each is multiplied by."""
    W1 = model["W1"]
    if column["kind"] == "category":
        return [(W1[k], times) for k, times in _levels(model, column, value)]
    if column["kind"] == "plain":
        return [(W1[column["input"]], plain_of(model, column, value))]
    parts, terms = parts_of(model, column, value), []
    for part in column["parts"]:
        number = part["center"] if parts is None else parts[part["name"]]
        terms.append((W1[part["input"]], _scaled(number, part)))
        if part["edges"]:
            nodes = model["nodes"][part["input"]]
            at, far = position_in(part["edges"], number)
            terms += [(nodes[at], 1.0 - far), (nodes[at + 1], far)]
    if parts is None and column["missing"] is not None:
        terms.append((W1[column["missing"]], 1.0))
    return terms


def logit_of(model: Any, row: Any) -> float:
    """Return Z2 (E10): the logit of the second class."""
    Z1: list[float] = list(model["b1"])
    for column in model["columns"]:
        for weights, times in terms_of(model, column, _value(column, row)):
            Z1 = [z + times * w for z, w in zip(Z1, weights)]
    return _output(model, Z1)


def probability_of(model: Any, row: Any) -> float:
    """Return A2 (E11): the probability of the second class."""
    return _sigmoid(logit_of(model, row))


def label_of(model: Any, row: Any) -> Any:
    """Return the label that is said of a row."""
    return model["classes"][probability_of(model, row) >= model["threshold"]]


def attributions_of(model: Any, row: Any, baseline: Any) -> dict[str, float]:
    """Return by how much each column moves the logit from a baseline's to a row's.

    Integrated gradients (Sundararajan, Taly and Yan, 2017) along the straight line between the
    two rows' inputs, summed over each column's. On that line the gradient of a hidden unit
    depends on its own Z1 alone, so the integral needs no quadrature: it is the difference of the
    unit's activations, which the columns share as they share that of its Z1. What rounding
    leaves goes to the largest that can take it: the baseline's logit and these, added in their
    order, are the row's logit to the bit, or where no float can be that (the sum passes numbers
    much larger than where it ends) to the last bits of the largest.
    """
    columns = model["columns"]
    before = [sums_of(model, c, _value(c, baseline)) for c in columns]
    after = [sums_of(model, c, _value(c, row)) for c in columns]
    start, end = ([sum(z) for z in zip(model["b1"], *sums)] for sums in (before, after))
    slopes = [1.0] * len(start)
    if model["W2"] is not None:
        slopes = [w * _slope(a, b) for w, a, b in zip(model["W2"], start, end)]
    told = [math.fsum(s * (y - x) for s, x, y in zip(slopes, *pair)) for pair in zip(before, after)]
    return dict(zip((c["name"] for c in columns), _adding_up(model, told, row, baseline)))


def _adding_up(model: Any, told: list[float], row: Any, baseline: Any) -> list[float]:
    """Give the largest of some numbers what their sum lacks; or the next, to round otherwise."""
    start, end = logit_of(model, baseline), logit_of(model, row)
    for place in sorted(filter(told.__getitem__, range(len(told))), key=lambda i: -abs(told[i])):
        for _ in range(4):
            lacks = end - _added(start, told)
            if not lacks:
                return told
            told[place] += lacks
    return told


def _added(total: float, numbers: list[float]) -> float:
    """Add numbers one after the other, as everybody does; `sum` has been cleverer since 3.12."""
    for each in numbers:
        total += each
    return total


def _slope(a: Any, b: Any) -> float:
    """Return the mean slope of the sigmoid between a and b, without cancelling."""
    a, b = min(a, b), max(a, b)
    width = b - a
    share = -math.expm1(-width) / width if width else 1.0
    return _sigmoid(b) * _sigmoid(-a) * share


def _output(model: Any, Z1: list[float]) -> float:
    if model["W2"] is None:
        return Z1[0]
    return sum((w * _sigmoid(z) for w, z in zip(model["W2"], Z1)), float(model["b2"]))


def _sigmoid(z: Any) -> float:
    e = math.exp(-abs(z))
    return (1.0 if z >= 0 else e) / (1.0 + e)


def _value(column: Any, row: Any) -> Any:
    try:
        return row[column["name"]]
    except (KeyError, IndexError):
        raise ValueError(f"the row has no column {column['name']!r}") from None


def _refused(column: Any, value: Any, wanted: Any) -> ValueError:
    return ValueError(f"column {column['name']!r}: {value!r} is not {wanted}")


def absent(value: Any) -> bool:
    """Whether a value is missing: None, NaN, or what pandas has for these."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas' NA says of nothing whether it differs
        return True


def _trimmed(model: Any, column: Any, value: Any) -> Any:
    """Return a text without the blanks around it; None where it stands for nothing."""
    text = value.strip(model["blanks"])
    return None if not text or text in column["nothing"] else text


def parts_of(model: Any, column: Any, value: Any) -> Any:
    """Return the numbers of a value by name; None where it is missing."""
    read = {"number": _number, "boolean": _truth, "date": _date}[column["kind"]]
    if isinstance(value, str):
        value = _trimmed(model, column, value)
    return None if absent(value) else read(model, column, value)


def _number(model: Any, column: Any, value: Any) -> Any:
    try:
        x = _as_number(column, value)
    except (TypeError, OverflowError):
        x = math.inf
    if x != x or x in column["nothing_numbers"]:
        return None
    if not math.isfinite(x):
        raise _refused(column, value, "a finite number")
    return {"value": x}


def _as_number(column: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return float(value)
    word = value.lower()
    if word in ("true", "false"):
        return float(word == "true")
    if column["form"] or not _NUMBER.fullmatch(value):
        wanted = "a number" if not column["form"] else "a number: its text is not plain, so read it"
        raise _refused(column, value, wanted)
    return float(value)


def _truth(model: Any, column: Any, value: Any) -> Any:
    if isinstance(value, str):
        word = value.lower()
        if word not in model["yes"] and word not in model["no"]:
            raise _refused(column, value, "true or false")
        return {"value": float(word in model["yes"])}
    if value in column["nothing_numbers"]:
        return None
    if value not in (0, 1):
        raise _refused(column, value, "true or false")
    return {"value": float(value)}


def _date(model: Any, column: Any, value: Any) -> Any:
    if isinstance(value, (int, float)) and column["microseconds"]:
        if value in column["nothing_numbers"]:
            return None
        ticks = int(value * column["microseconds"])
    else:
        ticks = _ticks(column, value)
    days, rest = divmod(ticks, DAY)
    day = date.fromordinal(days + _EPOCH)
    return {
        "year": float(day.year),
        "month": float(day.month),
        "weekday": float(day.isoweekday()),
        "hour": rest / (DAY / 24),
        "days": ticks / DAY,
    }


def _ticks(column: Any, value: Any) -> Any:
    """Return microseconds since 1970; UTC, where no zone is said."""
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        since = zoned - datetime(1970, 1, 1, tzinfo=timezone.utc)
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if isinstance(value, date):
        return (value.toordinal() - _EPOCH) * DAY
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    wanted = "a date such as 2024-12-31 or 2024-12-31 23:59"
    if found is None:
        raise _refused(column, value, wanted)
    year, month, day_of, hour, minute, second = (int(piece or 0) for piece in found.groups()[:6])
    part, sign, zone_hours, zone_minutes = found.groups()[6:]
    try:
        day = date(year, month, day_of).toordinal() - _EPOCH
    except ValueError:
        raise _refused(column, value, wanted) from None
    if hour > 23 or minute > 59 or second > 59:
        raise _refused(column, value, "a time of day")
    zone = (int(zone_hours or 0) * 60 + int(zone_minutes or 0)) * (-1 if sign == "-" else 1)
    seconds = ((day * 24 + hour) * 60 + minute - zone) * 60 + second
    return seconds * 1_000_000 + int((part or "")[:6].ljust(6, "0"))


def _scaled(number: Any, part: Any) -> float:
    z = (number - part["center"]) / part["scale"]
    z = min(max(z, -1e150), 1e150)
    return float(z if part["clip"] is None else z / math.sqrt(1.0 + (z / part["clip"]) ** 2))


def position_in(edges: Any, number: Any) -> Any:
    """Return which bin a number has come to, and how far in it, 0 to 1."""
    at = min(max(bisect_right(edges, number) - 1, 0), len(edges) - 2)
    far = (number - edges[at]) / (edges[at + 1] - edges[at])
    return at, min(max(far, 0.0), 1.0)


def plain_of(model: Any, column: Any, value: Any) -> float:
    """Return the input that a number is, after the steps before the network."""
    if isinstance(value, str):
        value = _trimmed(model, column, value)
    x = math.nan if absent(value) else _as_number(column, value)
    for name, *with_ in column["steps"]:
        x = _STEPS[name](x, *with_)
    if not math.isfinite(x):
        raise _refused(column, value, "a finite number, and nothing fills gaps here")
    return x


_STEPS: dict[str, Callable[..., float]] = {
    "fill": lambda x, by: by if x != x else x,
    "plus": lambda x, by: x + by,
    "minus": lambda x, by: x - by,
    "times": lambda x, by: x * by,
    "over": lambda x, by: x / by,
    "clip": lambda x, low, high: min(max(x, low), high),
}


def _levels(model: Any, column: Any, value: Any) -> Any:
    """Return the inputs that are not zero, and what they are."""
    levels, text = column["levels"], _text(model, column, value)
    place = None
    if text is not None:
        place = levels["places"].get(text)
        if place is None:
            place = levels["truths"].get(text.lower())
    which = "missing" if text is None else "unseen"
    k = levels[which] if place is None else levels["inputs"][place]
    found = [] if k is None else [(k, 1.0)]
    for each in levels["numbers"]:
        z = each[which] if place is None else each["values"][place]
        if z:
            found.append((each["input"], z))
    return found


def _text(model: Any, column: Any, value: Any) -> Any:
    """Return a level's text, as a table would show the value; None where it is missing."""
    if absent(value):
        return None
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, float):
        value = repr(value + 0.0)  # -0.0 and 0.0 are one level
    text = _trimmed(model, column, str(value))
    whole = _WHOLE.fullmatch(text) if text else None
    return whole[1] if whole else text
