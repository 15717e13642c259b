r"""One pass with every matrix kept by name, and the table of what feeds what.

The derivation is a list of equations, each making one matrix from earlier ones. That
list is declared once, as `NETWORK` (and `UNIT` for the unit of E33): name, equation,
shape, TeX, which elements of which matrices each element is made of, and the function
that makes it. `trace` runs down the table; the lab, the checks and the tests read it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from trilayer.derivation import core
from trilayer.derivation.models import of_model
from trilayer.errors import InputError, ShapeError
from trilayer.params import FloatArray, real_numbers

Matrices = Mapping[str, FloatArray]


class Source(NamedTuple):
    """Which elements of one matrix go into element (r, c) of another.

    `row` and `column` are each ``"r"`` or ``"c"`` (the target's own index), ``"0"``
    (the only one) or ``":"`` (all of them).
    """

    matrix: str
    row: str
    column: str


class Equation(NamedTuple):
    """One line of the derivation: how `target` is made, and of what."""

    target: str
    id: str
    shape: tuple[str, str]
    tex: str
    sources: tuple[Source, ...]
    compute: Callable[[Matrices], FloatArray]


class Feed(NamedTuple):
    """The elements of one matrix that an element was computed from."""

    matrix: str
    elements: tuple[tuple[int, int], ...]


def _samples(v: Matrices) -> int:
    return int(v["Y"].shape[1])


def _cost(v: Matrices) -> FloatArray:
    ones = np.ones_like(v["Y"])
    total: FloatArray = np.reshape(core.cost_sum(v["Z2"], v["Y"], ones), (1, 1))
    return total / _samples(v)


_Y2 = Source("Y", "0", "c")
_OUTPUT_ROWS = (
    Equation(
        "A2", "E11", ("1", "m"), r"A^{(2)} = \sigma(Z^{(2)})",
        (Source("Z2", "0", "c"),), lambda v: core.output_activation(v["Z2"]),
    ),
    Equation(
        "J", "E13", ("1", "1"),
        r"J = \frac{1}{m} \sum_{i=1}^{m} \left[\log(1 + e^{z^{(2)}_i}) - y^{(i)} z^{(2)}_i\right]",
        (Source("Z2", "0", ":"), Source("Y", "0", ":")), _cost,
    ),
    Equation(
        "dZ2", "E22", ("1", "m"), r"dZ^{(2)} = A^{(2)} - Y",
        (Source("A2", "0", "c"), _Y2), lambda v: core.output_error(v["A2"], v["Y"]),
    ),
)  # fmt: skip
_GRAD_b2 = Equation(
    "db2", "E22", ("1", "1"),
    r"\frac{\partial J}{\partial b^{(2)}} = \frac{1}{m} \sum_{i=1}^{m} dZ^{(2)}_i",
    (Source("dZ2", "0", ":"),), lambda v: core.grad_b2(v["dZ2"]) / _samples(v),
)  # fmt: skip

GIVEN: dict[str, tuple[str, tuple[str, str]]] = {
    "X": ("E2", ("n1", "m")),
    "Y": ("E3", ("1", "m")),
    "W1": ("E4", ("n1", "n2")),
    "b1": ("E5", ("n2", "1")),
    "W2": ("E9", ("n2", "1")),
    "b2": ("E9", ("1", "1")),
}
"""What no equation makes: where each matrix is introduced, and its shape."""

NETWORK: tuple[Equation, ...] = (
    Equation(
        "Z1", "E7", ("n2", "m"), r"Z^{(1)} = (W^{(1)})^T X + b^{(1)}",
        (Source("W1", ":", "r"), Source("X", ":", "c"), Source("b1", "r", "0")),
        lambda v: core.hidden_preactivation(v["W1"], v["b1"], v["X"]),
    ),
    Equation(
        "A1", "E8", ("n2", "m"), r"A^{(1)} = \sigma(Z^{(1)})",
        (Source("Z1", "r", "c"),), lambda v: core.sigmoid(v["Z1"]),
    ),
    Equation(
        "Z2", "E10", ("1", "m"), r"Z^{(2)} = (W^{(2)})^T A^{(1)} + b^{(2)}",
        (Source("W2", ":", "0"), Source("A1", ":", "c"), Source("b2", "0", "0")),
        lambda v: core.output_preactivation(v["W2"], v["b2"], v["A1"]),
    ),
    *_OUTPUT_ROWS,
    Equation(
        "dW2", "E21", ("n2", "1"),
        r"\frac{\partial J}{\partial W^{(2)}} = \frac{1}{m} A^{(1)} (dZ^{(2)})^T",
        (Source("A1", "r", ":"), Source("dZ2", "0", ":")),
        lambda v: core.grad_W2(v["A1"], v["dZ2"]) / _samples(v),
    ),
    _GRAD_b2,
    Equation(
        "dZ1", "E30", ("n2", "m"),
        r"dZ^{(1)} = (W^{(2)} dZ^{(2)}) \odot A^{(1)} \odot (1 - A^{(1)})",
        (Source("W2", "r", "0"), Source("dZ2", "0", "c"), Source("A1", "r", "c")),
        lambda v: core.hidden_error(v["W2"], v["dZ2"], v["A1"]),
    ),
    Equation(
        "dW1", "E31", ("n1", "n2"),
        r"\frac{\partial J}{\partial W^{(1)}} = \frac{1}{m} X (dZ^{(1)})^T",
        (Source("X", "r", ":"), Source("dZ1", "c", ":")),
        lambda v: core.grad_W1(v["X"], v["dZ1"]) / _samples(v),
    ),
    Equation(
        "db1", "E32", ("n2", "1"),
        r"\frac{\partial J}{\partial b^{(1)}} = \frac{1}{m} \sum_{i=1}^{m} dZ^{(1)}_{\cdot i}",
        (Source("dZ1", "r", ":"),), lambda v: core.grad_b1(v["dZ1"]) / _samples(v),
    ),
)  # fmt: skip
"""The network's equations in the order in which one pass computes them."""

UNIT: tuple[Equation, ...] = (
    Equation(
        "Z2", "E33", ("1", "m"), r"Z = w^T X + b",
        (Source("W2", ":", "0"), Source("X", ":", "c"), Source("b2", "0", "0")),
        lambda v: core.unit_logits(v["W2"], v["b2"], v["X"]),
    ),
    *_OUTPUT_ROWS,
    Equation(
        "dW2", "E34", ("n1", "1"),
        r"\frac{\partial J}{\partial w} = \frac{1}{m} X (A - Y)^T",
        (Source("X", "r", ":"), Source("dZ2", "0", ":")),
        lambda v: core.grad_W2(v["X"], v["dZ2"]) / _samples(v),
    ),
    _GRAD_b2,
)  # fmt: skip
"""The unit's equations (section 6); its w and b stand in the places of W2 and b2."""


@dataclass(frozen=True, eq=False)
class Trace:
    """Every matrix of one forward and backward pass, by the derivation's names.

    Attributes
    ----------
    X, W1, b1, W2, b2, Y : array
        What went in: n1 × m, n1 × n2, n2 × 1, n2 × 1, 1 × 1, 1 × m.
    Z1, A1 : array, n2 × m
    Z2, A2, dZ2 : array, 1 × m
    dZ1 : array, n2 × m
        E30, transposed back to the orientation of Z1.
    dW1, db1, dW2, db2 : array
        ∂J/∂θ, with the 1/m of E20 to E32, shaped as W1, b1, W2, b2.
    J : float
        The cost, E13.
    """

    X: FloatArray
    W1: FloatArray
    b1: FloatArray
    Z1: FloatArray
    A1: FloatArray
    W2: FloatArray
    b2: FloatArray
    Z2: FloatArray
    A2: FloatArray
    Y: FloatArray
    J: float
    dZ2: FloatArray
    dZ1: FloatArray
    dW2: FloatArray
    db2: FloatArray
    dW1: FloatArray
    db1: FloatArray

    @property
    def equations(self) -> tuple[Equation, ...]:
        """The table this pass ran down: `NETWORK`, or `UNIT` without hidden units."""
        return table(self.W1.shape[1])

    @property
    def matrices(self) -> Matrices:
        """All matrices by name, J as 1 × 1."""
        named = {name: np.asarray(value) for name, value in vars(self).items() if name != "J"}
        return MappingProxyType(named | {"J": np.array([[self.J]])})

    def sources(self, matrix: str, row: int = 0, column: int = 0) -> tuple[str, list[Feed]]:
        """Say what one element was computed from.

        Parameters
        ----------
        matrix : str
            One of the computed matrices, such as ``"dW1"``.
        row, column : int
            The element, counted from 0.

        Returns
        -------
        equation : str
            Such as ``"E31"``; empty for what went in (X, Y, W1, b1, W2, b2).
        feeds : list of Feed
            The direct sources, matrix by matrix, in the equation's order.

        Raises
        ------
        InputError
            If there is no such matrix or element.
        """
        self._locate(matrix, row, column)
        for equation in self.equations:
            if equation.target == matrix:
                feeds = [self._feed(source, row, column) for source in equation.sources]
                return equation.id, feeds
        return "", []

    def feeds(self, matrix: str, row: int = 0, column: int = 0) -> list[tuple[str, Feed]]:
        """Say which elements one element goes into directly: `sources`, reversed.

        Returns
        -------
        list of (equation, Feed)
            Each equation that reads the element, and the elements of its target that do.
        """
        self._locate(matrix, row, column)
        found = []
        for equation in self.equations:
            elements = self._readers(equation, matrix, row, column)
            if elements:
                found.append((equation.id, Feed(equation.target, elements)))
        return found

    def _readers(
        self, equation: Equation, matrix: str, row: int, column: int
    ) -> tuple[tuple[int, int], ...]:
        rows, columns = self.matrices[equation.target].shape
        wanted = [source for source in equation.sources if source.matrix == matrix]
        return tuple(
            (r, c)
            for r in range(rows if wanted else 0)
            for c in range(columns)
            if any((row, column) in self._feed(source, r, c).elements for source in wanted)
        )

    def _feed(self, source: Source, row: int, column: int) -> Feed:
        n_rows, n_columns = self.matrices[source.matrix].shape
        place = {"r": (row,), "c": (column,), "0": (0,)}
        rows = range(n_rows) if source.row == ":" else place[source.row]
        columns = range(n_columns) if source.column == ":" else place[source.column]
        return Feed(source.matrix, tuple((i, k) for i in rows for k in columns))

    def _locate(self, matrix: str, row: int, column: int) -> None:
        if matrix not in self.matrices:
            raise InputError(f"no matrix {matrix!r}: there are {', '.join(sorted(self.matrices))}")
        rows, columns = self.matrices[matrix].shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise InputError(f"{matrix} is {rows} x {columns}: it has no element ({row}, {column})")


def table(n2: int) -> tuple[Equation, ...]:
    """Return the equations of a network with n2 hidden units."""
    return NETWORK if n2 else UNIT


def trace(params: Any, X: Any, Y: ArrayLike) -> Trace:
    """Run one pass in float64 and keep every matrix (E7 to E32; E33 and E34 for n2 = 0).

    Parameters
    ----------
    params : Params, or a fitted classifier
    X : array, n1 × m
        Samples as columns. For a classifier: rows, as its `predict` takes them.
    Y : array, 1 × m (or m numbers)
        Targets, 0 or 1. For a classifier: labels.

    Raises
    ------
    InputError
        If a shape does not fit, a number that goes in is not finite, or a target is not 0
        or 1.
    """
    params, X, Y = of_model(params, X, Y)
    params = params.astype(np.float64)
    if not params.is_finite():
        raise InputError("the parameters hold NaN or infinity")
    X, Y = check_samples(params.n1, X, Y)
    values: dict[str, Any] = {"X": X, "Y": Y} | {k: getattr(params, k) for k in vars(params)}
    for equation in table(params.n2):
        values[equation.target] = equation.compute(values)
    if params.n2 == 0:
        nothing = {"Z1": X, "A1": X, "dZ1": X, "dW1": params.W1.T, "db1": params.b1}
        values |= {name: np.empty((0, like.shape[1])) for name, like in nothing.items()}
        values["dW1"] = np.empty((params.n1, 0))
    return Trace(**values | {"J": float(values["J"][0, 0])})


def check_samples(n1: int, X: ArrayLike, Y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return X (n1 × m) and Y (1 × m) as float64, or say what is wrong with them.

    Raises
    ------
    ShapeError
        If X is not n1 × m with m >= 1, or Y does not have one number a sample.
    InputError
        If something is no number or not finite, or a target is not 0 or 1.
    """
    X, Y = real_numbers("X", X), np.atleast_2d(real_numbers("Y", Y))
    if X.ndim != 2 or X.shape[0] != n1 or X.shape[1] == 0:
        raise ShapeError(f"X must be n1 x m = {n1} x m with samples as columns, got {X.shape}")
    if Y.shape != (1, X.shape[1]):
        raise ShapeError(f"Y must be 1 x m = 1 x {X.shape[1]}, got {Y.shape}")
    if not np.all(np.isfinite(X)):
        raise InputError("X holds NaN or infinity")
    if not np.all((Y == 0) | (Y == 1)):
        raise InputError("Y must hold 0 and 1 only (E3)")
    return X, Y
