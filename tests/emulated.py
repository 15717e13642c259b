"""What `make test-emulated` asks of another processor before the native laws, under qemu-x86_64.

`TRILAYER_ISA` chooses among kernels; it does not show that everything around them, and the
choice itself, keeps to what a lesser processor can execute. An emulated one ends the process
at the first instruction that it lacks.

    qemu-x86_64 -cpu Westmere python tests/emulated.py generic
"""

import argparse
import os
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from trilayer import TriLayerClassifier
from trilayer import _fused as native

KNOWN = ("avx512", "avx2", "generic")


def check_the_choice(expected: list[str]) -> None:
    """What is not there is refused by its name; unless told, the best there is gets chosen."""
    assert native.available_isas() == expected
    for absent in set(KNOWN) - set(expected):
        refusal = f"no instruction set '{absent}' here; this machine has {', '.join(expected)}"
        os.environ["TRILAYER_ISA"] = absent
        with pytest.raises(ValueError, match=refusal):
            native.isa()
        with pytest.raises(ValueError, match=refusal):
            native.select_isa(absent)
    os.environ.pop("TRILAYER_ISA", None)
    assert native.isa() == expected[0]


def check_fits() -> None:
    """From rows to logits, by every solver: those of the reference engine."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    X = np.random.default_rng(0).normal(size=(300, 3))
    y = X[:, 0] ** 2 > X[:, 1]
    for solver in ("lbfgs", "gd", "sgd", "adam"):
        settings = {"solver": solver, "max_iter": 5, "tol": 0.0, "random_state": 0}
        found, expected = (
            TriLayerClassifier(4, engine=engine, **settings).fit(X, y).decision_function(X)
            for engine in ("fused", "reference")
        )
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10, err_msg=solver)


def main() -> None:
    """Raise where the processor was not seen for what it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("expected", nargs="+", help="the processor's instruction sets, best first")
    expected = parser.parse_args().expected
    check_the_choice(expected)
    check_fits()


if __name__ == "__main__":
    main()
