r"""The table of equations, as the page reads it: `trilayer.trace`'s, and how to say it.

Shapes, operands and what feeds what come from `trace`; the formula of one element, with
indices or with numbers, is made from the same sources.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from trilayer import core
from trilayer.lab.samples import Floats
from trilayer.trace import NETWORK, UNIT, Equation, Source, Trace


class Form(NamedTuple):
    """How one element is computed from its sources.

    Attributes
    ----------
    kind : str
        ``sum`` (of products, perhaps with something added), ``sigmoid``, ``loss``,
        ``difference`` or ``slope`` (W2 dZ2 a (1 - a)).
    mean : bool
        Whether the sum is divided by m.
    """

    kind: str
    mean: bool = False


FORMS = {
    "Z1": Form("sum"),
    "A1": Form("sigmoid"),
    "Z2": Form("sum"),
    "A2": Form("sigmoid"),
    "J": Form("loss", mean=True),
    "dZ2": Form("difference"),
    "dW2": Form("sum", mean=True),
    "db2": Form("sum", mean=True),
    "dZ1": Form("slope"),
    "dW1": Form("sum", mean=True),
    "db1": Form("sum", mean=True),
}

GIVEN: dict[str, tuple[str, tuple[str, str]]] = {
    "X": ("E2", ("n1", "m")),
    "Y": ("E3", ("1", "m")),
    "W1": ("E4", ("n1", "n2")),
    "b1": ("E5", ("n2", "1")),
    "W2": ("E9", ("n2", "1")),
    "b2": ("E9", ("1", "1")),
}

# One matrix, and one element of it: the indices of the derivation, which has the unit first
# and the input second in W1, though the matrix has the inputs as its rows.
SYMBOLS = {
    "X": ("X", "x_{{{r}}}^{{({c})}}"),
    "Y": ("Y", "y^{{({c})}}"),
    "W1": ("W^{(1)}", "W^{{(1)}}_{{{c},{r}}}"),
    "b1": ("b^{(1)}", "b^{{(1)}}_{{{r}}}"),
    "W2": ("W^{(2)}", "W^{{(2)}}_{{1,{r}}}"),
    "b2": ("b^{(2)}", "b^{{(2)}}_{{1}}"),
    "Z1": ("Z^{(1)}", "z^{{(1)}}_{{{r},{c}}}"),
    "A1": ("A^{(1)}", "a^{{(1)}}_{{{r},{c}}}"),
    "Z2": ("Z^{(2)}", "z^{{(2)}}_{{1,{c}}}"),
    "A2": ("A^{(2)}", "a^{{(2)}}_{{1,{c}}}"),
    "J": ("J", "J"),
    "dZ2": ("dZ^{(2)}", "dZ^{{(2)}}_{{1,{c}}}"),
    "dZ1": ("dZ^{(1)}", "dZ^{{(1)}}_{{{r},{c}}}"),
    "dW1": (
        r"\frac{\partial J}{\partial W^{(1)}}",
        r"\frac{{\partial J}}{{\partial W^{{(1)}}_{{{c},{r}}}}}",
    ),
    "db1": (
        r"\frac{\partial J}{\partial b^{(1)}}",
        r"\frac{{\partial J}}{{\partial b^{{(1)}}_{{{r}}}}}",
    ),
    "dW2": (
        r"\frac{\partial J}{\partial W^{(2)}}",
        r"\frac{{\partial J}}{{\partial W^{{(2)}}_{{1,{r}}}}}",
    ),
    "db2": (
        r"\frac{\partial J}{\partial b^{(2)}}",
        r"\frac{{\partial J}}{{\partial b^{{(2)}}_{{1}}}}",
    ),
}

_HELP = {
    "X": ("The samples, one a column, one input a row.", "样本：每列一个样本，每行一个输入。"),
    "Y": ("What each sample should give: 0 or 1.", "每个样本的标签：0 或 1。"),
    "W1": (
        "Weights from the inputs to the hidden units: column j leads into unit j.",
        "从输入层到隐藏层的权重：第 j 列通向隐藏单元 j。",
    ),
    "b1": ("One bias for each hidden unit.", "每个隐藏单元的偏置。"),
    "W2": ("Weights from the hidden units to the output.", "从隐藏层到输出层的权重。"),
    "b2": ("The output's bias.", "输出层的偏置。"),
    "Z1": (
        "Each hidden unit adds up the inputs of a sample by its weights, and its bias.",
        "每个隐藏单元把样本的输入按权重相加，再加上偏置。",
    ),
    "A1": (
        "The sigmoid squeezes each sum between 0 and 1: the unit's activation.",
        "sigmoid 把每个和压到 0 与 1 之间：即单元的激活值。",
    ),
    "Z2": (
        "The output adds up the hidden activations by its weights, and its bias.",
        "输出层把隐藏层的激活值按权重相加，再加上偏置。",
    ),
    "A2": (
        "The sigmoid again: the probability that the sample is of class 1.",
        "再取 sigmoid：样本属于类别 1 的概率。",
    ),
    "J": (
        "The cost: the mean over all samples of minus the logarithm of the probability given to "
        "the truth, computed from Z2 so that it stays finite.",
        "所有样本的误差函数：真实类别所得概率的负对数的平均值，由 Z2 计算，因此总是有限的。",
    ),
    "dZ2": (
        "How far each probability is from the truth; it is the slope of the sample's cost by z2.",
        "每个概率与真实值之差，也就是该样本的误差函数对 z2 的偏导。",
    ),
    "dW2": (
        "The slope of the cost by each weight into the output: activation times error, "
        "averaged over the samples.",
        "误差函数对输出层每个权重的偏导：激活值乘以误差，再对样本取平均。",
    ),
    "db2": (
        "The slope of the cost by the output's bias: the mean error.",
        "误差函数对输出层偏置的偏导：误差的平均值。",
    ),
    "dZ1": (
        "The error carried back to each hidden unit: through its weight, times the slope of the "
        "sigmoid where it stands.",
        "传回每个隐藏单元的误差：乘以其输出权重，再乘以 sigmoid 在该处的斜率。",
    ),
    "dW1": (
        "The slope of the cost by each weight into the hidden layer: input times error, "
        "averaged over the samples.",
        "误差函数对隐藏层每个权重的偏导：输入乘以误差，再对样本取平均。",
    ),
    "db1": (
        "The slope of the cost by each hidden bias: the unit's mean error.",
        "误差函数对隐藏层每个偏置的偏导：该单元误差的平均值。",
    ),
    "update": (
        "Every parameter goes a step against its slope.",
        "每个参数沿其偏导的反方向走一步（梯度下降）。",
    ),
}

_LETTER = {"n1": "k", "n2": "j", "m": "i", "1": "1"}
_SHOWN_TERMS = 6


def as_json() -> dict[str, list[dict[str, Any]]]:
    """Return the whole table: what is given, the network's equations and the unit's."""
    update: dict[str, Any] = {
        "matrix": "update", "id": "E35", "shape": [], "symbol": r"\theta",
        "tex": r"\theta \leftarrow \theta - \eta \frac{\partial J}{\partial \theta}",
        "element": "", "sources": [], "form": None, "help": _help("update"),
    }  # fmt: skip
    return {
        "given": [_given(name) for name in GIVEN],
        "network": [*(_row(equation) for equation in NETWORK), update],
        "unit": [*(_row(equation, unit=True) for equation in UNIT), update],
    }


def _given(name: str) -> dict[str, Any]:
    id_, shape = GIVEN[name]
    return {
        "matrix": name, "id": id_, "shape": list(shape), "symbol": symbol(name),
        "help": _help(name),
    }  # fmt: skip


def _row(equation: Equation, *, unit: bool = False) -> dict[str, Any]:
    shape = {"r": _LETTER[equation.shape[0]], "c": _LETTER[equation.shape[1]]}
    return {
        "matrix": equation.target,
        "id": equation.id,
        "shape": list(equation.shape),
        "symbol": symbol(equation.target),
        "tex": equation.tex,
        "element": element_tex(equation, shape["r"], shape["c"], _sum_letter(equation, unit=unit)),
        "sources": [source._asdict() for source in equation.sources],
        "form": FORMS[equation.target]._asdict(),
        "help": _help(equation.target),
    }


def symbol(matrix: str) -> str:
    """Return a matrix's name in TeX."""
    return SYMBOLS[matrix][0]


def element(matrix: str, row: object, column: object) -> str:
    """Return the name of one element in TeX; indices count from 1."""
    return SYMBOLS[matrix][1].format(r=row, c=column)


def element_tex(equation: Equation, row: str, column: str, over: str) -> str:
    """Write the formula of one element, with its indices.

    Parameters
    ----------
    equation : Equation
    row, column : str
        The element's indices, letters or numbers from 1.
    over : str
        The letter that a sum goes over.
    """
    named = [_named(source, row, column, over) for source in equation.sources]
    return f"{element(equation.target, row, column)} = {_right_side(equation, named, over)}"


def _right_side(equation: Equation, named: list[str], over: str) -> str:
    form = FORMS[equation.target]
    if form.kind == "sigmoid":
        return rf"\sigma({named[0]})"
    if form.kind == "difference":
        return f"{named[0]} - {named[1]}"
    if form.kind == "slope":
        weight, error, activation = named
        return rf"{weight} \, {error} \, {activation} (1 - {activation})"
    scale = r"\frac{1}{m} " if form.mean else ""
    total = rf"\sum_{{{over}=1}}^{{{_upper(over)}}}"
    if form.kind == "loss":
        z, y = named
        return rf"{scale}{total} \left[\log(1 + e^{{{z}}}) - {y} {z}\right]"
    summed = [n for n, s in zip(named, equation.sources, strict=True) if ":" in (s.row, s.column)]
    added = [n for n in named if n not in summed]
    return " + ".join([rf"{scale}{total} {' '.join(summed)}", *added])


def _upper(over: str) -> str:
    return {"k": "n_1", "j": "n_2", "i": "m"}[over]


def _named(source: Source, row: str, column: str, over: str) -> str:
    index = {"r": row, "c": column, ":": over, "0": "1"}
    return element(source.matrix, index[source.row], index[source.column])


def _sum_letter(equation: Equation, *, unit: bool) -> str:
    """Return the letter of the dimension that the equation sums over."""
    shapes = {name: shape for name, (_, shape) in GIVEN.items()}
    shapes |= {each.target: each.shape for each in (UNIT if unit else NETWORK)}
    if unit:
        shapes["W2"] = ("n1", "1")
    for source in equation.sources:
        for index, dimension in zip(
            (source.row, source.column), shapes[source.matrix], strict=True
        ):
            if index == ":":
                return _LETTER[dimension]
    return "i"


def _help(name: str) -> dict[str, str]:
    english, chinese = _HELP[name]
    return {"en": english, "zh": chinese}


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
    over = _sum_letter(equation, unit=unit)
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
