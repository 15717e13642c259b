r"""The table of equations, as the page reads it: `trilayer.derivation.trace`'s, and how to say it.

Shapes, operands and what feeds what come from `trace`; the formula of one element, with
indices or with numbers, is made from the same sources.
"""

from typing import Any, NamedTuple

from trilayer.derivation.trace import GIVEN, NETWORK, UNIT, Equation, Source
from trilayer.lab.symbols import HELP, SYMBOLS


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

_LETTER = {"n1": "k", "n2": "j", "m": "i", "1": "1"}


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
        "element": element_tex(equation, shape["r"], shape["c"], sum_letter(equation, unit=unit)),
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


def sum_letter(equation: Equation, *, unit: bool) -> str:
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
    english, chinese = HELP[name]
    return {"en": english, "zh": chinese}
