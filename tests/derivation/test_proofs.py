"""Every equation holds, and its proof would notice if it did not."""

import dataclasses
import inspect
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trilayer.derivation import core, oracle
from trilayer.derivation.claims import CLAIMS
from trilayer.derivation.proofs import TOLERANCE, prove
from trilayer.derivation.trace import trace
from trilayer.errors import InputError
from trilayer.params import n_parameters, unpack

FUNCTIONS = {
    name: f
    for name, f in vars(core).items()
    if inspect.isfunction(f) and f.__module__ == core.__name__
}


def random_trace(seed, n1, n2, m):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=n_parameters(n1, n2))
    return trace(unpack(theta, n1, n2), rng.normal(size=(n1, m)), rng.integers(0, 2, (1, m)))


def broken(value):
    return tuple(map(broken, value)) if isinstance(value, tuple) else 1.001 * value


@pytest.mark.parametrize("proof", prove(), ids=lambda p: p.id)
def test_the_equation_holds(proof):
    assert proof.holds
    assert proof.error < 1e-10
    assert proof.method in TOLERANCE


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5))
@settings(deadline=None, max_examples=15)
def test_all_equations_hold_on_any_small_network(seed, n1, n2, m):
    t = random_trace(seed, n1, n2, m)
    assume(min(M.min() for A in (t.A1, t.A2) for M in (A, 1 - A)) > oracle.MARGIN)
    assert [p.id for p in prove(t) if not p.holds] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_function_fails_the_proofs_it_names(monkeypatch, name):
    right = FUNCTIONS[name]
    monkeypatch.setattr(core, name, lambda *arguments: broken(right(*arguments)))
    failed = {p.id for p in prove() if not p.holds}
    lead = right.__doc__.partition(":")[0]
    named = set(re.findall(r"E\d+", lead))
    if len(named) == 1:
        assert named <= failed
    # The passes that run through several equations fail in what is made of them.
    assert failed


@pytest.mark.parametrize(
    ("matrix", "equation"),
    [
        ("Z1", "E7"), ("A1", "E8"), ("Z2", "E10"), ("A2", "E11"), ("J", "E13"), ("dZ2", "E22"),
        ("dW2", "E21"), ("db2", "E22"), ("dZ1", "E30"), ("dW1", "E31"), ("db1", "E32"),
    ],
)  # fmt: skip
def test_a_wrong_matrix_fails_its_equation(matrix, equation):
    t = oracle.example()
    wrong = dataclasses.replace(t, **{matrix: 1.001 * getattr(t, matrix)})
    assert equation in {p.id for p in prove(wrong) if not p.holds}


def test_the_unit_cannot_show_the_hidden_layers_equations():
    with pytest.raises(InputError, match="hidden layer"):
        prove(random_trace(0, 3, 0, 2))


@pytest.mark.parametrize("place", [0, -1])
def test_a_saturated_network_is_refused_by_name(place):
    theta = np.ones(n_parameters(2, 2))
    theta[place] = 100
    t = trace(unpack(theta, 2, 2), np.ones((2, 1)), [1])
    with pytest.raises(InputError, match=f"A{1 if place == 0 else 2} comes within"):
        prove(t)


def test_the_example_has_no_two_sizes_alike():
    t = oracle.example()
    assert len({*t.W1.shape, t.X.shape[1], 1}) == 4
    assert oracle.checkable(t) is t


def test_distance():
    assert oracle.distance([[1.0, 2.0]], [[1.0], [2.0]]) == np.inf
    assert oracle.distance([np.nan], [1.0]) == np.inf
    assert oracle.distance([0.0], [0.0]) == 0
    assert oracle.distance([1.0, 4.0], [2.0, 4.0]) == 0.25
    assert oracle.distance([1.0], [2.0], scale=10.0) == 0.1


def test_claims_are_in_the_order_of_the_derivation():
    numbers = [int(claim.id[1:]) for claim in CLAIMS]
    assert numbers == sorted(numbers)
