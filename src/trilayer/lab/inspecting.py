"""One element, written out: its formula, its numbers, what it is made of and what it feeds."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from trilayer.derivation import core
from trilayer.derivation.trace import Equation, Source, Trace
from trilayer.lab.equations import FORMS, Form, element, element_tex, sum_letter
from trilayer.lab.samples import Floats

_SHOWN_TERMS = 6


class Inspection(NamedTuple):
    """One element, written out.

    Attributes
    ----------
    header : dict
        See `inspect` in docs/lab-protocol.md.
    terms : array, n × factors
        Each row's product is one term of the sum.
    """

    header: Mapping[str, Any]
    terms: Floats


def inspect(t: Trace, matrix: str, row: int, column: int) -> Inspection:
    """Write one element out: symbols, numbers, value, and what it is made of and feeds.

    Raises
    ------
    InputError
        If there is no such matrix or element.
    """
    id_, feeds = t.sources(matrix, row, column)
    value = float(t.matrices[matrix][row, column])
    header: dict[str, Any] = {
        "matrix": matrix, "row": row, "column": column, "id": id_, "value": value,
        "sources": [_range(f.matrix, f.elements) for f in feeds],
        "feeds": feeds_of(t, matrix, row, column),
        "symbols": element(matrix, row + 1, column + 1), "numbers": number(value, 6),
        "terms": [], "scale": 1.0, "plus": None, "kind": None,
    }  # fmt: skip
    if not feeds:
        return Inspection(header, np.zeros((0, 0)))
    equation = next(each for each in t.equations if each.target == matrix)
    form, m = FORMS[matrix], t.Y.shape[1]
    unit = t.W1.shape[1] == 0
    names, terms, plus = _terms(t, equation, row, column)
    over = sum_letter(equation, unit=unit)
    scale = 1 / m if form.mean else 1.0
    header |= {
        "kind": form.kind, "terms": names, "scale": scale, "plus": plus,
        "symbols": element_tex(equation, str(row + 1), str(column + 1), over),
        "numbers": _numbers(form, terms, plus, m) + f" = {number(value, 6)}",
    }  # fmt: skip
    return Inspection(header, terms)


def _range(matrix: str, elements: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Return a rectangle of elements as half-open ranges."""
    (top, left), (bottom, right) = elements[0], elements[-1]
    return {"matrix": matrix, "rows": [top, bottom + 1], "columns": [left, right + 1]}


def feeds_of(t: Trace, matrix: str, row: int, column: int) -> list[dict[str, Any]]:
    """Return what `Trace.feeds` does, as rectangles, without walking over every element."""
    found = []
    for equation in t.equations:
        for source in equation.sources:
            if source.matrix == matrix:
                ranges = _read_by(source, t.matrices[equation.target].shape, row, column)
                found.append({"id": equation.id, "matrix": equation.target, **ranges})
    return found


def _read_by(source: Source, shape: tuple[int, ...], row: int, column: int) -> dict[str, list[int]]:
    """Which elements of a target of that shape read (row, column) of the source."""
    ranges = {"r": [0, shape[0]], "c": [0, shape[1]]}
    for index, place in ((source.row, row), (source.column, column)):
        if index in ranges:
            ranges[index] = [place, place + 1]
    return {"rows": ranges["r"], "columns": ranges["c"]}


def _terms(
    t: Trace, equation: Equation, row: int, column: int
) -> tuple[list[str], Floats, float | None]:
    """Return the names of the factors, the factors of every term, and what is added."""
    _, feeds = t.sources(equation.target, row, column)
    values = [np.array([t.matrices[f.matrix][at] for at in f.elements]) for f in feeds]
    names = [f.matrix for f in feeds]
    kind = FORMS[equation.target].kind
    if kind == "loss":
        return ["j"], core.losses(t.Z2, t.Y).T, None
    if kind == "difference":
        return [f"{names[0]} - {names[1]}"], np.array([[values[0][0]], [-values[1][0]]]), None
    if kind == "slope":
        weight, error, activation = (float(v[0]) for v in values)
        return [*names, "1 - A1"], np.array([[weight, error, activation, 1 - activation]]), None
    if kind == "sigmoid":
        return names, values[0][:, None], None
    is_summed = [":" in (s.row, s.column) for s in equation.sources]
    summed = [v for v, yes in zip(values, is_summed, strict=True) if yes]
    added = [float(v[0]) for v, yes in zip(values, is_summed, strict=True) if not yes]
    kept = [n for n, yes in zip(names, is_summed, strict=True) if yes]
    return kept, np.stack(summed, axis=1), added[0] if added else None


def _numbers(form: Form, terms: Floats, plus: float | None, m: int) -> str:
    if form.kind == "sigmoid":
        return rf"\sigma({number(float(terms[0, 0]))})"
    products = [r" \cdot ".join(_bracketed(x) for x in row) for row in _cut(terms)]
    if len(terms) > _SHOWN_TERMS:
        products.insert(_SHOWN_TERMS // 2, r"\cdots")
    total = " + ".join(products)
    if form.mean:
        total = rf"\frac{{1}}{{{m}}} \left[{total}\right]"
    return total if plus is None else f"{total} + {_bracketed(plus)}"


def _cut(terms: Floats) -> list[list[float]]:
    half = _SHOWN_TERMS // 2
    shown = terms if len(terms) <= _SHOWN_TERMS else np.concatenate([terms[:half], terms[-half:]])
    rows: list[list[float]] = shown.tolist()
    return rows


def _bracketed(x: float) -> str:
    return rf"({number(x)})" if x < 0 else number(x)


def number(x: float, digits: int = 4) -> str:
    """Write a number in TeX, to some digits."""
    mantissa, _, exponent = f"{x:.{digits}g}".partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa
