"""The encoder's part of a query: what each column's values are, and where they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.export.description import ColumnSpec, Description, PartSpec
from trilayer.export.runtime.rows import position_in
from trilayer.export.sql_dialects import Dialect, number, part_of_date

Weights = npt.NDArray[np.float64]

_FAR = 1e20  # scaled numbers beyond are at the clip, to the last bit
_NEAR = 1e-100  # of this size nothing is left beside 1, and nothing underflows
_LARGEST = "1.7976931348623157e308"
_WHOLE = re.compile(r"[+-]?[0-9]+")


@dataclass
class Rows:
    """The rows of the table of weights, as they are asked for; the first one is of zeros."""

    W1: Weights
    found: list[Weights] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.found.append(np.zeros(self.W1.shape[1]))

    def add(self, row: Weights) -> int:
        """Add a row, and return its number."""
        self.found.append(row)
        return len(self.found) - 1


@dataclass(frozen=True)
class Cleaned:
    """A column's values: expressions with names, and when a value is wrong."""

    values: list[str]
    wrong: str = ""


@dataclass
class Placed:
    """Where a column's values are.

    Attributes
    ----------
    exprs : list of str
        Expressions with names.
    texts : list of rows
        Of the table of levels, in which the column's texts are then looked up.
    lookups : list of (alias, code)
        Rows of weights.
    """

    exprs: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    lookups: list[tuple[str, str]] = field(default_factory=list)
    _times: list[tuple[str, int]] = field(default_factory=list)
    _between: list[tuple[str, str, str]] = field(default_factory=list)

    def terms(self, j: int, W1: Any) -> list[str]:
        """Write what is added to unit j: column names are those of the step before."""
        told = [f"{name}*{number(W1[k, j])}" for name, k in self._times]
        told += [f"{a}.u{j}+{far}*({b}.u{j}-{a}.u{j})" for a, b, far in self._between]
        between = {alias for a, b, _ in self._between for alias in (a, b)}
        return told + [f"{alias}.u{j}" for alias, _ in self.lookups if alias not in between]

    def times(self, name: str, k: int) -> None:
        """Let a number be multiplied by the weights of input k."""
        self._times.append((name, k))

    def between(self, a: str, b: str, far: str) -> None:
        """Let a number be between two rows that are looked up."""
        self._between.append((a, b, far))


def cleaned(d: Dialect, description: Description, column: ColumnSpec, i: int) -> Cleaned:
    """Write what the values of column i of a table t are."""
    x = f"t.{d.identifier(column['name'])}"
    kind = column["kind"]
    if kind == "category":
        return Cleaned([f"{_trimmed(d, description, column, x)} AS k{i}"])
    if kind == "boolean":
        text = f"lower({_without_blanks(d, description, x)})"
        yes, no = (", ".join(map(d.text, description[key])) for key in ("yes", "no"))
        nothing = ", ".join(d.text(word.lower()) for word in ("", *column["nothing"]))
        value = f"CASE WHEN {text} IN ({yes}) THEN 1e0 WHEN {text} IN ({no}) THEN 0e0 END"
        wrong = f"{text} NOT IN ({yes}, {no}, {nothing})"
        return Cleaned([f"{value} AS n{i}_0"], wrong)
    if kind == "date":
        # Whether it is there must be known, even if nothing else of it counts.
        parts = [
            f"CAST({part_of_date(part['name'], d, x)} AS {d.double}) AS n{i}_{k}"
            for k, part in enumerate(column["parts"])
        ]
        return Cleaned(parts or [f"CASE WHEN {x} IS NULL THEN NULL ELSE 0e0 END AS n{i}_0"])
    value = d.number.replace("{x}", x)
    if column["nothing_numbers"]:
        listed = ", ".join(map(number, column["nothing_numbers"]))
        value = f"CASE WHEN {value} IN ({listed}) THEN NULL ELSE {value} END"
    for step in column["steps"]:
        value = _step(value, *step)
    cases = [f"abs({value}) > {_LARGEST}"]
    cases += [f"({value}) IS NULL"] * (kind == "plain")
    cases += [d.wrong_number.replace("{x}", x)] * bool(d.wrong_number)
    return Cleaned([f"{value} AS n{i}_0"], " OR ".join(cases))


def placed(d: Dialect, column: ColumnSpec, i: int, rows: Rows) -> Placed:
    """Write where the values of column i, cleaned, are."""
    out = Placed()
    if column["kind"] == "category":
        _level(d, column, i, rows, out)
        return out
    if column["kind"] == "plain":
        out.exprs.append(f"v.n{i}_0 AS z{i}_0")
        out.times(f"z{i}_0", column["input"])
        return out
    flag = column["missing"]
    for k, part in enumerate(column["parts"]):
        out.exprs.append(f"{_scaled(part, f'v.n{i}_{k}')} AS z{i}_{k}")
        out.times(f"z{i}_{k}", part["input"])
        if part["edges"]:
            # What is missing is where the center is, in a row of its own with the flag's weights.
            _bins(part, f"{i}_{k}", rows, flag, out)
            flag = None
    if flag is not None:
        out.exprs.append(f"CASE WHEN v.n{i}_0 IS NULL THEN 1e0 ELSE 0e0 END AS m{i}")
        out.times(f"m{i}", flag)
    return out


# ---- inside ------------------------------------------------------------------------


def _without_blanks(d: Dialect, description: Description, x: str) -> str:
    """Write a column as a text without the blanks around it."""
    blanks = d.text(description["blanks"])
    return d.trimmed.format(x=f"CAST({x} AS {d.string})", blanks=blanks)


def _trimmed(d: Dialect, description: Description, column: ColumnSpec, x: str) -> str:
    """Write a column as a trimmed text; NULL where that stands for nothing."""
    levels: Any = column["levels"]
    text = _without_blanks(d, description, x)
    nothing = ", ".join(d.text(word) for word in ("", *column["nothing"]))
    kept = f"CASE WHEN {text} IN ({nothing}) THEN NULL ELSE {text} END"
    known = (*levels["places"], *levels["truths"])
    return d.without_zeros.replace("{x}", kept) if any(map(_WHOLE.fullmatch, known)) else kept


def _scaled(part: PartSpec, x: str) -> str:
    """Write a number scaled; 0 where it is missing."""
    center, scale, clip = part["center"], part["scale"], part["clip"]
    z = f"({x} - {number(center)}) / {number(scale)}"
    if clip is None:
        return f"COALESCE({z}, 0e0)"
    return (
        f"CASE WHEN {x} IS NULL THEN 0e0"
        f" WHEN {x} >= {number(_finite(center + _FAR * scale))} THEN {number(clip)}"
        f" WHEN {x} <= {number(_finite(center - _FAR * scale))} THEN {number(-clip)}"
        f" WHEN abs({x} - {number(center)}) <= {number(_NEAR * scale)} THEN 0e0"
        f" ELSE {z} / sqrt(1e0 + {z} / {number(clip)} * ({z}) / {number(clip)}) END"
    )


def _finite(x: float) -> float:
    return min(max(x, -1.7e308), 1.7e308)


def _bins(part: PartSpec, name: str, rows: Rows, flag: int | None, out: Placed) -> None:
    edges, W1 = part["edges"], rows.W1
    first = part["input"] + 1
    nodes = np.concatenate([rows.found[0][None], W1[first : first + len(edges) - 1]]).cumsum(axis=0)
    at, far = position_in(edges, part["center"])
    missing = nodes[at] + far * (nodes[at + 1] - nodes[at])
    absent = rows.add(missing if flag is None else missing + W1[flag])
    start = absent + 1
    rows.found += list(nodes)
    x = f"v.n{name}"
    codes = [str(start + i) for i in range(len(edges) - 1)]
    shares = [_share(x, low, high) for low, high in pairwise(edges)]
    for told, leaves, none in ((f"a{name}", codes, str(absent)), (f"f{name}", shares, "0e0")):
        tree = _tree(x, edges, leaves)
        out.exprs.append(f"CASE WHEN {x} IS NULL THEN {none} ELSE {tree} END AS {told}")
    # Behind the row of missing values come the nodes: there is a row behind every one.
    out.lookups += [(f"wa{name}", f"a{name}"), (f"wb{name}", f"a{name} + 1")]
    out.between(f"wa{name}", f"wb{name}", f"f{name}")


def _tree(x: str, edges: Sequence[float], leaves: Sequence[str]) -> str:
    """Write which leaf a number is at, one for each bin, by halving them."""
    if len(leaves) == 1:
        return leaves[0]
    half = len(leaves) // 2
    less, more = _tree(x, edges[: half + 1], leaves[:half]), _tree(x, edges[half:], leaves[half:])
    return f"CASE WHEN {x} < {number(edges[half])} THEN {less} ELSE {more} END"


def _share(x: str, low: float, high: float) -> str:
    """Write how far a number has come in a bin, 0 to 1."""
    width = high - low
    return (
        f"CASE WHEN {x} >= {number(high)} THEN 1e0 WHEN {x} <= {number(low)} OR "
        f"{x} - {number(low)} <= {number(_NEAR * width)} THEN 0e0 "
        f"ELSE ({x} - {number(low)}) / {number(width)} END"
    )


def _level(d: Dialect, column: ColumnSpec, i: int, rows: Rows, out: Placed) -> None:
    levels: Any = column["levels"]
    found: dict[int | None, int] = {None: 0}
    inputs = (*levels["inputs"], levels["unseen"], levels["missing"])
    for k in sorted({k for k in inputs if k is not None}):
        found[k] = rows.add(rows.W1[k])
    codes = [found[k] for k in levels["inputs"]]
    out.texts = [
        [str(i), d.text(text), str(codes[place])]
        + [number(each["values"][place]) for each in levels["numbers"]]
        for text, place in levels["places"].items()
        if d.holds_nul or "\0" not in text
    ]
    key = f"v.k{i}"

    def chosen(name: str, by_place: Sequence[str], absent: str, unseen: str) -> str:
        truths = "".join(
            f" WHEN {d.text(word)} THEN {by_place[place]}"
            for word, place in levels["truths"].items()
        )
        other = f"CASE lower({key}){truths} ELSE {unseen} END" if truths else unseen
        if out.texts:
            other = f"COALESCE(v.l{name}{i}, {other})"
        return f"CASE WHEN {key} IS NULL THEN {absent} ELSE {other} END"

    code = chosen(
        "c", list(map(str, codes)), str(found[levels["missing"]]), str(found[levels["unseen"]])
    )
    out.exprs.append(f"{code} AS c{i}")
    out.lookups.append((f"wc{i}", f"c{i}"))
    for k, each in enumerate(levels["numbers"]):
        ends = number(each["missing"]), number(each["unseen"])
        found_there = chosen(f"z{k}_", list(map(number, each["values"])), *ends)
        out.exprs.append(f"{found_there} AS q{k}_{i}")
        out.times(f"q{k}_{i}", each["input"])


def _step(x: str, name: str, by: float, high: float = 0.0) -> str:
    """Write what happens to a plain number before the network."""
    if name == "fill":
        return f"COALESCE({x}, {number(by)})"
    if name == "clip":
        low, most = number(by), number(high)
        return f"CASE WHEN {x} < {low} THEN {low} WHEN {x} > {most} THEN {most} ELSE {x} END"
    sign = {"plus": "+", "minus": "-", "times": "*", "over": "/"}[name]
    return f"({x} {sign} {number(by)})"
