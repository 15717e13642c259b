"""One iteration as a LaTeX document: every equation, and every matrix with its numbers."""

from typing import Any

from trilayer.derivation.trace import GIVEN, Equation
from trilayer.lab.frames import Array
from trilayer.lab.inspecting import number
from trilayer.lab.lab import Lab
from trilayer.lab.steps import matrices, traced
from trilayer.lab.symbols import SYMBOLS

_SHOWN = 6  # rows, or columns; of more, the first ones and the last

_HEAD = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage[margin=2cm]{geometry}
\allowdisplaybreaks
\begin{document}
\section*{One iteration of a three-layer network}
Iteration %d, with $n_1 = %d$ inputs, $n_2 = %d$ hidden units and $m = %d$ samples, a column each.
The equations are numbered as in the derivation (E1 to E35).
"""

_SECTIONS = {
    "X": "What goes in",
    "Z1": "Forward",
    "J": "Cost",
    "dZ2": "Backward",
    "update": "The step",
}


def make(lab: Lab, k: int) -> bytes:
    """Write the document of iteration k."""
    t = traced(lab.run, k)
    shown = matrices(t)
    n1, n2 = t.W1.shape
    parts = [_HEAD % (k, n1, n2, t.Y.shape[1])]
    for name, (id_, _) in GIVEN.items():
        if name in shown:
            parts += [_section(name), _given(name, id_, shown[name])]
    for equation in t.equations:
        name = "Z1" if equation is t.equations[0] else equation.target
        parts += [_section(name), _made(equation, shown[equation.target])]
    parts += [_section("update"), _update(lab, k), "\\end{document}\n"]
    return "\n".join(part for part in parts if part).encode()


def _section(name: str) -> str:
    return rf"\subsection*{{{_SECTIONS[name]}}}" if name in _SECTIONS else ""


def _given(name: str, id_: str, M: Array) -> str:
    symbol = SYMBOLS[name][0]
    return _display(f"{symbol} = {pmatrix(M)}{_size(M)}", id_)


def _made(equation: Equation, M: Array) -> str:
    formula = equation.tex
    value = number(float(M[0, 0]), 6) if M.size == 1 else pmatrix(M)
    return _display(f"{formula} = {value}{_size(M)}", equation.id)


def _size(M: Array) -> str:
    return "" if M.size == 1 else rf"_{{{M.shape[0]} \times {M.shape[1]}}}"


def _display(formula: str, id_: str) -> str:
    return f"\\[\n{formula}\n\\tag{{{id_}}}\n\\]"


def _update(lab: Lab, k: int) -> str:
    options: dict[str, Any] = next(o for since, o in reversed(lab.run.changes) if since <= k)
    rate = options.get("learning_rate")
    said = "" if rate is None else rf", \quad \eta = {number(rate)}"
    formula = r"\theta \leftarrow \theta - \eta \frac{\partial J}{\partial \theta}"
    whole = _display(f"{formula}{said}", "E35")
    following = lab.run.following(k)
    if following is None:
        return whole
    after = lab.run.unpacked(following.theta)
    lines = [
        f"{SYMBOLS[name][0]} \\leftarrow {pmatrix(M)}{_size(M)}"
        for name, M in vars(after).items()
        if M.size
    ]
    return whole + "\n" + "\n".join(f"\\[\n{line}\n\\]" for line in lines)


def pmatrix(M: Array) -> str:
    """Write a matrix in TeX; the middle of a large one is dots."""
    rows, columns = _places(M.shape[0]), _places(M.shape[1])
    lines = []
    for r in rows:
        if r is None:
            lines.append(" & ".join(r"\vdots" if c is not None else r"\ddots" for c in columns))
        else:
            cells = [r"\cdots" if c is None else number(float(M[r, c])) for c in columns]
            lines.append(" & ".join(cells))
    return "\\begin{pmatrix}\n" + " \\\\\n".join(lines) + "\n\\end{pmatrix}"


def _places(count: int) -> list[int | None]:
    if count <= _SHOWN:
        return list(range(count))
    return [*range(_SHOWN - 2), None, count - 1]
