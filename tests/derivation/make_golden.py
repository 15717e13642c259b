"""Write golden.json: the derivation at 50 digits, by hand and by mpmath alone.

Run it from anywhere: `python tests/derivation/make_golden.py`. It knows nothing of trilayer; the
numbers that go in are float64 numbers, written so that they read back exactly.
"""

import json
from pathlib import Path

from mpmath import exp, log1p, mp, mpf, nstr

DIGITS = 50
KEPT = 30
PATH = Path(__file__).with_name("golden.json")


def numbers(rows, columns, start, scale=1.0):
    """Numbers in (-scale, scale) without a pattern, exact in float64."""
    step = 0.6180339887498949
    places = [start + r * columns + c for r in range(rows) for c in range(columns)]
    values = [scale * (2 * (place * place * step % 1) - 1) for place in places]
    return [values[r * columns : (r + 1) * columns] for r in range(rows)]


def case(name, n1, n2, m, weights=1.0, inputs=1.0, **given):
    """Inputs of one case; `given` replaces matrices."""
    labels = [[float((7 * i + n1) % 3 == 0) for i in range(m)]]
    matrices = {
        "W1": numbers(n1, n2, 1, weights),
        "b1": numbers(n2, 1, 101, weights),
        "W2": numbers(n2 or n1, 1, 201, weights),
        "b2": numbers(1, 1, 301, weights),
        "X": numbers(n1, m, 401, inputs),
        "Y": labels,
    }
    return {"name": name, "n1": n1, "n2": n2, "m": m} | matrices | given


CASES = [
    case("one of each", 1, 1, 1),
    case("small", 2, 3, 4),
    case("wide", 7, 2, 3),
    case("more hidden units than inputs", 3, 6, 5),
    case("one hidden unit", 4, 1, 6),
    case("one sample", 3, 2, 1),
    case("large inputs, |z1| to 2000", 3, 3, 4, inputs=1000.0),
    case("large weights, |z2| > 700", 2, 3, 4, weights=1500.0),
    case("saturated and wrong", 1, 1, 2, W2=[[-900.0]], b2=[[50.0]], b1=[[800.0]], Y=[[1.0, 0.0]]),
    case("right by 280", 1, 1, 1, W2=[[300.0]], b2=[[-20.0]], b1=[[750.0]], Y=[[1.0]]),
    case("right by 880", 1, 1, 2, W2=[[900.0]], b2=[[-20.0]], b1=[[750.0]], Y=[[1.0, 1.0]]),
    case("all parameters zero", 2, 2, 3, weights=0.0),
    case("unit", 4, 0, 5),
    case("unit, one of each", 1, 0, 1),
    case("unit, |z| > 700", 2, 0, 4, weights=40.0, inputs=90.0),
]


def sigma(z):
    return 1 / (1 + exp(-z))


def exact(given):
    """All matrices of one case, element by element."""
    n1, n2, m = given["n1"], given["n2"], given["m"]
    W1, b1, W2, b2, X, Y = (
        [[mpf(x) for x in row] for row in given[name]]
        for name in ("W1", "b1", "W2", "b2", "X", "Y")
    )
    samples, units, inputs = range(m), range(n2), range(n1)
    Z1 = [[sum(W1[k][j] * X[k][i] for k in inputs) + b1[j][0] for i in samples] for j in units]
    A1 = [[sigma(z) for z in row] for row in Z1]
    last = A1 if n2 else X
    Z2 = [[sum(W2[r][0] * last[r][i] for r in range(len(last))) + b2[0][0] for i in samples]]
    A2 = [[sigma(z) for z in Z2[0]]]
    # log a2 = -log(1 + e^-z2), log(1-a2) = -log(1 + e^z2), a2 - 1 = -σ(-z2): at |z2| = 700
    # a2 is 1 even at 50 digits, and may not be subtracted from 1.
    j = [y * log1p(exp(-z)) + (1 - y) * log1p(exp(z)) for y, z in zip(Y[0], Z2[0], strict=True)]
    dZ2 = [[sigma(z) if y == 0 else -sigma(-z) for y, z in zip(Y[0], Z2[0], strict=True)]]
    dZ1 = [
        [dZ2[0][i] * W2[r][0] * sigma(Z1[r][i]) * sigma(-Z1[r][i]) for i in samples] for r in units
    ]
    return {
        "Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "J": [[sum(j) / m]], "dZ2": dZ2, "dZ1": dZ1,
        "dW1": [[sum(X[k][i] * dZ1[r][i] for i in samples) / m for r in units] for k in inputs],
        "db1": [[sum(dZ1[r]) / m] for r in units],
        "dW2": [[sum(row[i] * dZ2[0][i] for i in samples) / m] for row in last],
        "db2": [[sum(dZ2[0]) / m]],
    }  # fmt: skip


def golden():
    """Every case with its inputs and its exact matrices, as decimal strings."""

    def written(matrix, write):
        return [[write(x) for x in row] for row in matrix]

    cases = []
    with mp.workdps(DIGITS):
        for given in CASES:
            record = {k: written(v, repr) if isinstance(v, list) else v for k, v in given.items()}
            made = {k: written(v, lambda x: nstr(x, KEPT)) for k, v in exact(given).items()}
            cases.append(record | made)
    return {"digits": DIGITS, "written": KEPT, "cases": cases}


if __name__ == "__main__":
    PATH.write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
