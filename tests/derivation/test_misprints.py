"""The misprints: as printed each fails, as corrected each holds."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trilayer.derivation import oracle
from trilayer.derivation.misprints import MISPRINTS, TOLERANCE, Misprint, examine
from trilayer.derivation.trace import trace
from trilayer.errors import InputError, ShapeError
from trilayer.params import n_parameters, unpack

IDS = [f"R{n}" for n in range(1, 16)]
BY_ID = {misprint.id: misprint for misprint in MISPRINTS}


def random_trace(seed, n1, n2, m):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=n_parameters(n1, n2))
    return trace(unpack(theta, n1, n2), rng.normal(size=(n1, m)), rng.integers(0, 2, (1, m)))


def usable(t):
    return min(M.min() for A in (t.A1, t.A2) for M in (A, 1 - A)) > oracle.MARGIN


@pytest.fixture(scope="module")
def example():
    return oracle.example()


def test_all_fifteen_are_there_in_order():
    assert [misprint.id for misprint in MISPRINTS] == IDS


@pytest.mark.parametrize("finding", examine(), ids=lambda f: f.id)
def test_printed_fails_and_corrected_holds(finding):
    assert finding.printed_fails
    assert finding.corrected_holds
    assert finding.corrected_error < 1e-10
    assert finding.corrected_outcome.startswith("agrees")
    assert finding.printed_outcome.startswith(("shape", "no such product", "wrong value"))
    assert finding.printed != finding.corrected
    assert all(finding[:7])


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(2, 4), st.integers(2, 5))
@settings(deadline=None, max_examples=15)
def test_values_tell_where_shapes_do_not(seed, n1, n2, m):
    """Any network with two hidden units and two samples shows all fifteen."""
    t = random_trace(seed, n1, n2, m)
    assume(usable(t))
    for finding in examine(t):
        assert finding.printed_fails, finding
        assert finding.corrected_holds, finding


@pytest.mark.parametrize(
    ("shape", "cannot_tell"),
    [
        ((3, 1, 4), {"R1", "R5"}),
        ((3, 1, 3), {"R1", "R5"}),
        ((3, 3, 1), {"R2", "R11"}),
        ((1, 1, 2), {"R1", "R5", "R7"}),
    ],
)
def test_a_network_too_small_to_tell_says_so(shape, cannot_tell):
    """Outcomes are computed, not declared: here the printed form is right."""
    findings = examine(random_trace(4, *shape))
    assert {f.id for f in findings if not f.printed_fails} == cannot_tell
    assert all(f.corrected_holds for f in findings)
    assert all(f.printed_outcome.startswith("agrees") for f in findings if f.id in cannot_tell)


# ---- each once more, by hand ----------------------------------------------------------------


def difference(f, at, h=1e-6):
    return (f(at + h) - f(at - h)) / (2 * h)


def cost(t, samples=slice(None), **changed):
    """J (or j of some samples) of the traced network with matrices changed."""
    v = {name: getattr(t, name) for name in ("W1", "b1", "W2", "b2")} | changed
    A1 = 1 / (1 + np.exp(-(v["W1"].T @ t.X[:, samples] + v["b1"])))
    a = 1 / (1 + np.exp(-(v["W2"].T @ A1 + v["b2"])))
    y = t.Y[:, samples]
    return float(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))


def nudged(M, row, column, by):
    M = M.copy()
    M[row, column] += by
    return M


def by_differences(t, matrix, samples=slice(None)):
    M = getattr(t, matrix)
    return np.array(
        [
            [
                difference(lambda d, r=r, c=c: cost(t, samples, **{matrix: nudged(M, r, c, d)}), 0)
                for c in range(M.shape[1])
            ]
            for r in range(M.shape[0])
        ]
    )


def printed(example, name):
    return BY_ID[name].printed(example)


def corrected(example, name):
    return BY_ID[name].corrected(example)


def close(a, b):
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-8)


def test_R1_gives_the_whole_layer(example):
    assert close(printed(example, "R1"), example.Z1[:, :1])
    assert close(corrected(example, "R1"), example.Z1[:1, :1])


def test_R2_repeats_the_first_column(example):
    assert close(printed(example, "R2"), np.tile(example.Z1[:, :1], 5))
    assert close(corrected(example, "R2"), example.Z1)


def test_R3_adds_the_other_layers_bias(example):
    assert printed(example, "R3").shape == (3, 5)
    assert close(printed(example, "R3")[[1]], example.Z2 - example.b2 + example.b1[1])
    assert close(corrected(example, "R3"), example.Z2)


def test_R4_is_off_by_the_bias(example):
    logit = np.log(printed(example, "R4") / (1 - printed(example, "R4")))
    assert close(logit + example.b2, example.Z2)
    assert close(corrected(example, "R4"), example.A2)


def test_R5_has_every_units_term_in_every_column(example):
    assert close(printed(example, "R5"), np.tile(corrected(example, "R5").sum(1)[:, None], 3))


def test_R6_lacks_the_factor_a2_minus_y(example):
    assert close(printed(example, "R6") * example.dZ2[0, 0], corrected(example, "R6"))
    assert close(corrected(example, "R6"), by_differences(example, "W1", slice(1)))


def test_R7_says_one_number_of_all_weights(example):
    assert len(np.unique(printed(example, "R7"))) == 1
    truth = by_differences(example, "W1", slice(1))
    assert printed(example, "R7")[0, 0] == pytest.approx(truth[2, 0], rel=1e-6)
    assert close(corrected(example, "R7"), truth)


def test_R8_has_a_number_for_every_input(example):
    assert close(printed(example, "R8"), by_differences(example, "W1").T)
    assert close(corrected(example, "R8"), by_differences(example, "b1"))


def test_R9_heads_the_column_with_another_matrix(example):
    assert close(printed(example, "R9"), by_differences(example, "W1"))
    assert close(corrected(example, "R9"), by_differences(example, "b1"))


def test_R10_cannot_be_multiplied(example):
    with pytest.raises(ShapeError, match="5 × 3 ⊙ 5 × 1"):
        printed(example, "R10")
    assert close(corrected(example, "R10"), example.dZ1.T)


def test_R11_is_m_times_too_large(example):
    assert close(printed(example, "R11"), 5 * by_differences(example, "W1"))
    assert close(corrected(example, "R11"), by_differences(example, "W1"))


def test_R12_is_neither_summed_nor_divided(example):
    assert close(printed(example, "R12").sum(0)[:, None] / 5, by_differences(example, "b1"))
    assert close(corrected(example, "R12"), by_differences(example, "b1"))


def test_R13_cannot_be_multiplied(example):
    with pytest.raises(ShapeError, match="4 × 1 ⊙ 5 × 3"):
        printed(example, "R13")
    assert close(corrected(example, "R13"), by_differences(example, "W1"))


def test_R14_has_an_entry_without_a_sample(example):
    row = printed(example, "R14")
    assert row.shape == (1, 6)
    assert math.isnan(row[0, 0])
    assert close(row[:, 1:], corrected(example, "R14"))
    assert close(corrected(example, "R14"), 1 / (1 + np.exp(-example.Z1[:1])))


def test_R15_leaves_the_second_term_out_of_the_sum(example):
    a, y = 1 / (1 + np.exp(-example.Z1[:1])), example.Y
    first, second = y * np.log(a), (1 - y) * np.log(1 - a)
    assert close(printed(example, "R15"), -first.sum() / 5 + second)
    assert close(corrected(example, "R15"), -np.mean(first + second, keepdims=True))


# ---- the verdict ------------------------------------------------------------------------------


def verdict(monkeypatch, printed, corrected, truth):
    forms = [lambda _t, M=M: np.array(M) for M in (printed, corrected, truth)]
    misprint = Misprint("R0", "E0", "p", "c", "why", "check", *forms)
    monkeypatch.setattr("trilayer.derivation.misprints.MISPRINTS", (misprint,))
    return examine()[0]


def test_a_correction_that_is_wrong_would_show(monkeypatch):
    finding = verdict(monkeypatch, [[1.0]], [[1.0 + 2 * TOLERANCE]], [[1.0]])
    assert not finding.printed_fails
    assert not finding.corrected_holds
    assert finding.corrected_outcome.startswith("wrong value")


def test_not_a_number_is_no_agreement(monkeypatch):
    finding = verdict(monkeypatch, [[math.nan]], [[1.0]], [[1.0]])
    assert finding.printed_fails
    assert finding.corrected_holds


def test_the_unit_has_no_hidden_layer_to_examine():
    with pytest.raises(InputError, match="hidden layer"):
        examine(random_trace(0, 3, 0, 2))
