"""Every number on the page is the library's: read off the screen and held against `trace`."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from lab.browser import told
from trilayer import Params, trace
from trilayer.derivation.trace import NETWORK, UNIT, Trace


def matrices(page: Page, table=NETWORK) -> dict[str, told.Floats]:
    """Walk the rail and read every matrix that any equation shows."""
    found: dict[str, told.Floats] = {}
    for equation in table:
        told.show(page, equation.target)
        page.wait_for_selector(f'[data-matrix="{equation.target}"]')
        for name in (equation.target, *(source.matrix for source in equation.sources)):
            seen = told.read(page, name)
            np.testing.assert_array_equal(seen, found.setdefault(name, seen))
    return found


def traced(seen: dict[str, told.Floats]) -> Trace:
    return trace(Params(*(seen[name] for name in ("W1", "b1", "W2", "b2"))), seen["X"], seen["Y"])


def test_every_matrix_is_the_trace(open_lab):
    page = open_lab("train")
    told.small(page)
    told.choose(page, "learning_rate", "2")
    before = told.cost(page)
    told.iterate(page, 400)
    assert told.cost(page) < before
    page.locator('[data-screen="step"]').click()
    for _ in range(2):
        seen = matrices(page)
        t = traced(seen)
        for equation in NETWORK:
            np.testing.assert_array_equal(seen[equation.target], t.matrices[equation.target])
        told.show(page, "update")
        for name in ("W1", "b1", "W2", "b2"):
            after = told.read(page, f"{name}_new")
            # The run's own gradient is the engine's: the derivation's but for rounding.
            updated = seen[name] - 2 * t.matrices[f"d{name}"]
            np.testing.assert_allclose(after, updated, rtol=1e-12, atol=1e-12)
        k = told.iteration(page)
        page.locator('[data-do="step"]').click()
        expect(page.locator('[data-field="k"]')).to_have_text(told.spaced(k + 1))
        expect(page.locator('[data-do="step"]')).to_be_enabled()
        updated = seen["W1"] - 2 * t.dW1
        np.testing.assert_allclose(_parameters(page)["W1"], updated, rtol=1e-12, atol=1e-12)


def _parameters(page: Page) -> dict[str, told.Floats]:
    told.show(page, "update")
    return {name: told.read(page, name) for name in ("W1", "b1", "W2", "b2")}


def test_the_unit_without_a_hidden_layer(open_lab):
    page = open_lab("train")
    told.small(page, "line", hidden=0)
    told.iterate(page, 5)
    page.locator('[data-screen="step"]').click()
    seen = matrices(page, UNIT)
    empty = {"W1": np.empty((2, 0)), "b1": np.empty((0, 1))}
    t = traced(seen | empty)
    for equation in UNIT:
        np.testing.assert_array_equal(seen[equation.target], t.matrices[equation.target])


@pytest.mark.parametrize("matrix", ["dW1", "Z2", "dZ1"])
def test_rings_are_the_declared_table(open_lab, matrix):
    page = open_lab("train")
    told.small(page, points=10, hidden=3)
    page.locator('[data-screen="step"]').click()
    t = traced(matrices(page))
    told.show(page, matrix)
    rows, columns = t.matrices[matrix].shape
    for row, column in {(0, 0), (rows - 1, min(columns, 8) - 1), (rows // 2, columns // 2)}:
        told.point(page, matrix, row, column)
        _, feeds = t.sources(matrix, row, column)
        wanted = {(feed.matrix, *element) for feed in feeds for element in feed.elements}
        assert told.ringed(page) == wanted


def test_rings_the_other_way_round(open_lab):
    page = open_lab("train")
    told.small(page, points=10, hidden=3)
    page.locator('[data-screen="step"]').click()
    t = traced(matrices(page))
    told.show(page, "dZ1")
    told.point(page, "W2", 1, 0)
    wanted = {
        (feed.matrix, *element)
        for _, feed in t.feeds("W2", 1, 0)
        if feed.matrix == "dZ1"
        for element in feed.elements
    }
    assert told.ringed(page) == wanted


def test_the_inspector_writes_the_sum_out(open_lab):
    page = open_lab("train")
    told.small(page, points=10, hidden=3)
    told.iterate(page, 3)
    page.locator('[data-screen="step"]').click()
    told.show(page, "Z1")
    seen = {name: told.read(page, name) for name in ("Z1", "W1", "X", "b1")}
    told.point(page, "Z1", 2, 4)
    value = page.locator(".inspector output").get_attribute("data-value")
    assert float(value or "nan") == seen["Z1"][2, 4]
    shown = page.locator(".inspector .sum .tex").evaluate_all("all => all.map(e => e.dataset.tex)")
    symbols, numbers = shown
    assert "z^{(1)}_{3,5}" in symbols.replace(" ", "")
    for factor in (*seen["W1"][:, 2], *seen["X"][:, 4], seen["b1"][2, 0]):
        assert f"{abs(factor):.4g}" in numbers


def test_back_and_scrub_show_earlier_iterations_exactly(open_lab):
    page = open_lab("train")
    told.small(page)
    page.locator('[data-screen="step"]').click()
    kept = []
    for k in range(4):
        kept.append(_parameters(page)["W1"])
        page.locator('[data-do="step"]').click()
        expect(page.locator('[data-field="k"]')).to_have_text(told.spaced(k + 1))
    for earlier in reversed(kept):
        page.locator('[data-do="back"]').click()
        first = page.locator('[data-matrix="W1"] .cell').first
        expect(first).to_have_attribute("data-value", str(float(earlier[0, 0])))
        np.testing.assert_array_equal(_parameters(page)["W1"], earlier)
