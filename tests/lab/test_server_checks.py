"""The V of numerical gradients, the misprints, and what believing one leads to."""

import numpy as np
import pytest

from trilayer import check_gradients
from trilayer.derivation import oracle
from trilayer.derivation.misprints import MISPRINTS, examine
from trilayer.lab import beliefs, slopes
from trilayer.lab.beliefs import BELIEVABLE, believe, misprints
from trilayer.lab.faults import RefusalError
from trilayer.lab.lab import Lab
from trilayer.lab.run import Slice
from trilayer.lab.settings import changed
from trilayer.lab.slopes import STEPS, gradients


@pytest.fixture
def runs():
    """Make runs of a small network."""
    made = []

    def make(**wanted):
        lab = Lab()
        made.append(lab)
        lab.change(changed(lab.settings, {"points": 40, "hidden": 3, **wanted}))
        return lab.run

    yield make
    for lab in made:
        lab.close()


@pytest.mark.parametrize("hidden", [0, 3])
def test_numbers_are_those_of_check_gradients(runs, hidden):
    run = runs(hidden=hidden)
    h = 1e-3
    message = gradients(run, 0, h)
    truth = check_gradients(run.params(), run.objective.source.X, run.objective.source.Y, h)
    assert np.array_equal(message.arrays["analytic"], [row.analytic for row in truth.table])
    assert np.array_equal(message.arrays["numerical"], [row.numerical for row in truth.table])
    places = [(["W1", "b1", "W2", "b2"][n], r, c) for n, r, c in message.arrays["places"].tolist()]
    assert places == [(row.matrix, row.row, row.column) for row in truth.table]


def test_the_error_is_a_V(runs):
    run = runs()
    run.advance(Slice(60.0, 50))
    message = gradients(run, 50, 1e-4)
    for name, order in (("curve_error", 4), ("curve_error2", 2)):
        error = message.arrays[name]
        best = int(np.argmin(error))
        assert 0 < best < len(STEPS) - 1
        assert error[best] < 1e-8
        assert error[0] > 1e3 * error[best]
        assert error[-1] > 1e3 * error[best]
        # On the right side truncation rules: it grows as h to the form's order.
        right = slice(best + 5, best + 9)
        slope = np.polyfit(np.log(STEPS[right]), np.log(error[right]), 1)[0]
        assert slope == pytest.approx(order, abs=0.7)
    assert message.header["best_h"] == STEPS[np.argmin(message.arrays["curve_error"])]


def test_too_many_parameters_are_not_checked(runs, monkeypatch):
    monkeypatch.setattr(slopes, "CHECKED_PARAMETERS", 12)
    with pytest.raises(RefusalError) as refused:
        slopes.gradients(runs(), 0, 1e-4)
    assert refused.value.params == {"parameters": 13, "limit": 12}


def test_misprints_are_the_librarys(runs):
    run = runs()
    header = misprints(run, 0).header
    assert header["network"] == "current"
    source = run.objective.source
    from trilayer import trace

    findings = examine(trace(run.params(), source.X[:, :7], source.Y[:, :7]))
    assert [row["id"] for row in header["rows"]] == [f.id for f in findings]
    for row, finding in zip(header["rows"], findings, strict=True):
        assert row["fails"] == finding.printed_fails
        assert row["corrected_error"] == finding.corrected_error
        outcome = row["outcome"]
        said = finding.printed_outcome
        if outcome["kind"] == "product":
            assert said.endswith(outcome["detail"])
        elif outcome["kind"] == "shape":
            got, should = (" × ".join(map(str, outcome[k])) for k in ("got", "should"))
            assert said == f"shape {got}, should be {should}"
        else:
            assert said.endswith(f"relative error {outcome['error']:.1e}")


def test_r10_and_r12_break_shapes_and_r4_and_r11_values(runs):
    kinds = {row["id"]: row["outcome"]["kind"] for row in misprints(runs(), 0).header["rows"]}
    assert kinds["R10"] == kinds["R13"] == "product"
    assert kinds["R12"] == kinds["R1"] == "shape"
    assert kinds["R4"] == kinds["R11"] == "value"


def test_a_saturated_network_gives_way_to_the_example(runs):
    run = runs(learning_rate=100.0, momentum=0.9)
    run.advance(Slice(60.0, 2000))
    header = misprints(run, run.step.k).header
    assert (header["network"], header["reason"]) == ("example", "saturated")
    t = oracle.example()
    assert header["sizes"] == {"n1": t.W1.shape[0], "n2": t.W1.shape[1], "m": t.Y.shape[1]}


def test_a_network_too_large_to_write_out_gives_way_to_the_example(runs, monkeypatch):
    monkeypatch.setattr(beliefs, "_WRITTEN_OUT", 12)
    header = misprints(runs(), 0).header
    assert (header["network"], header["reason"]) == ("example", "large")


def test_belief_ends_when_its_time_is_over(runs, monkeypatch):
    monkeypatch.setattr(beliefs, "_SECONDS", 0.0)
    arrays = believe(runs(), "R4", 30, 0.5).arrays
    assert arrays["J_printed"].size == arrays["J_corrected"].size == 0


def test_believing_nothing_wrong_is_descent(runs):
    run = runs(learning_rate=0.5)
    message = believe(run, "R11", 30, 0.5)
    J = message.arrays["J_corrected"]
    for k in range(31):
        run.advance(Slice(60.0, k))
        assert run.step.J == pytest.approx(J[k], rel=1e-12)
    assert message.header["factor"] == run.objective.source.m


@pytest.mark.parametrize("misprint", BELIEVABLE)
def test_believing_a_misprint_leads_elsewhere(runs, misprint):
    message = believe(runs(), misprint, 40, 0.5)
    printed, corrected = message.arrays["J_printed"], message.arrays["J_corrected"]
    assert printed[0] == corrected[0]
    assert not np.allclose(printed, corrected, rtol=1e-6)
    assert np.isfinite(printed).all()


def test_r11_is_a_step_longer_by_m(runs):
    run = runs()
    m = run.objective.source.m
    printed = believe(run, "R11", 1, 0.3).arrays["J_printed"][1]
    params, t = run.params(), None
    from trilayer import Params, trace

    t = trace(params, run.objective.source.X, run.objective.source.Y)
    after = Params(
        t.W1 - 0.3 * m * t.dW1, t.b1 - 0.3 * t.db1, t.W2 - 0.3 * t.dW2, t.b2 - 0.3 * t.db2
    )
    assert trace(after, t.X, t.Y).J == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize("misprint", [*sorted({r.id for r in MISPRINTS} - set(BELIEVABLE)), "R99"])
def test_the_others_cannot_be_trained_with(runs, misprint):
    with pytest.raises(RefusalError) as refused:
        believe(runs(), misprint, 5, 0.5)
    assert refused.value.code == "not_believable"


def test_without_a_hidden_layer_there_is_nothing_to_misprint(runs):
    run = runs(hidden=0)
    for ask in (lambda: misprints(run, 0), lambda: believe(run, "R4", 5, 0.5)):
        with pytest.raises(RefusalError) as refused:
            ask()
        assert refused.value.code == "no_hidden_layer"
