"""What is said of the weight decay that was chosen."""

from types import SimpleNamespace

import pytest

from trilayer.report.card import training
from trilayer.report.findings import findings


def model_that_tried(*pairs, l2):
    tried = [{"hidden": 4, "l2": a, "log_loss": loss, "damped": False} for a, loss in pairs]
    record = SimpleNamespace(training={}, summary={"tried": tried, "l2": l2})
    return SimpleNamespace(record=record)


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        ([(0.1, 0.5), (0.3, 0.49), (1, 0.5)], set()),
        ([(0.1, 0.6), (0.3, 0.49), (1, 0.5)], {"unstable_decay"}),
        ([(0.1, 0.48), (0.3, 0.49), (1, 0.5)], {"decay_at_edge"}),
        ([(0.3, 0.49)], set()),
    ],
)
def test_a_decay_on_an_edge_is_said(held_out, tried, expected):
    chosen = min(tried, key=lambda pair: pair[1])[0]
    report = {**held_out, "training": {
        "stop_reason": "converged",
        "decay": training(model_that_tried(*tried, l2=chosen))["decay"],
    }}  # fmt: skip
    codes = {each.code for each in findings(report)}
    assert codes & {"unstable_decay", "decay_at_edge"} == expected


@pytest.mark.parametrize(
    "summary",
    [None, "text", {}, {"tried": 3, "l2": 1}, {"tried": [1], "l2": 1}, {"tried": [{}], "l2": 1},
     {"tried": [{"l2": "x", "log_loss": 1, "damped": 0}], "l2": 1}],
)  # fmt: skip
def test_a_summary_of_ones_own_tells_nothing(summary):
    record = SimpleNamespace(training={}, summary=summary)
    assert training(SimpleNamespace(record=record))["decay"] is None
