"""The page's table of equations is `trace`'s, and an element written out gives its value."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from trilayer import Params, trace
from trilayer.derivation import core
from trilayer.derivation.trace import NETWORK, UNIT
from trilayer.lab.equations import FORMS, GIVEN, as_json
from trilayer.lab.inspecting import feeds_of, inspect, number


def traced(n1, n2, m, seed):
    rng = np.random.default_rng(seed)
    W2 = rng.normal(size=(n2 or n1, 1))
    start = Params(rng.normal(size=(n1, n2)), rng.normal(size=(n2, 1)), W2, rng.normal(size=(1, 1)))
    Y = rng.integers(0, 2, m)
    return trace(start, rng.normal(size=(n1, m)), Y)


traces = st.builds(
    traced, st.integers(1, 4), st.integers(0, 3), st.integers(1, 9), st.integers(0, 99)
)


@pytest.mark.parametrize(("name", "table"), [("network", NETWORK), ("unit", UNIT)])
def test_the_table_is_that_of_trace(name, table):
    rows = as_json()[name]
    assert [row["matrix"] for row in rows] == [*(e.target for e in table), "update"]
    for row, equation in zip(rows, table, strict=False):
        assert row["id"] == equation.id
        assert row["tex"] == equation.tex
        assert row["shape"] == list(equation.shape)
        assert row["sources"] == [source._asdict() for source in equation.sources]
        assert row["form"]["kind"] in {form.kind for form in FORMS.values()}


def test_every_row_says_what_it_is_in_both_languages():
    table = as_json()
    for row in table["given"] + table["network"] + table["unit"]:
        english, chinese = row["help"]["en"], row["help"]["zh"]
        assert english.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_all_operands_are_given_or_made_before():
    table = as_json()
    for name in ("network", "unit"):
        known = {row["matrix"] for row in table["given"]}
        for row in table[name]:
            assert {source["matrix"] for source in row["sources"]} <= known
            known.add(row["matrix"])
    assert known >= set(GIVEN)


def balanced(tex):
    depth = 0
    for letter in tex:
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    return depth == 0


def test_the_tex_of_the_table_is_balanced():
    table = as_json()
    for row in table["network"] + table["unit"]:
        assert balanced(row["tex"])
        assert balanced(row["element"])
        assert balanced(row["symbol"])


def cells(ranges):
    return {(r, c) for r in range(*ranges["rows"]) for c in range(*ranges["columns"])}


@given(traces, st.data())
@settings(max_examples=60)
def test_an_element_written_out_is_its_value(t, data):
    name = data.draw(st.sampled_from([n for n, M in t.matrices.items() if M.size]))
    M = t.matrices[name]
    row, column = (
        data.draw(st.integers(0, M.shape[0] - 1)),
        data.draw(st.integers(0, M.shape[1] - 1)),
    )
    header, terms = inspect(t, name, row, column)
    assert header["value"] == M[row, column]
    assert balanced(header["symbols"])
    assert balanced(header["numbers"])
    id_, sources = t.sources(name, row, column)
    assert header["id"] == id_
    assert [f["matrix"] for f in header["sources"]] == [f.matrix for f in sources]
    for found, feed in zip(header["sources"], sources, strict=True):
        assert cells(found) == set(feed.elements)
    if not sources:
        return
    total = header["scale"] * terms.prod(axis=1).sum() + (header["plus"] or 0.0)
    if header["kind"] == "sigmoid":
        total = core.sigmoid(terms)[0, 0]
    assert math.isclose(total, M[row, column], rel_tol=1e-12, abs_tol=1e-13)


@given(traces, st.data())
def test_what_an_element_feeds_is_what_the_library_says(t, data):
    name = data.draw(st.sampled_from([n for n, M in t.matrices.items() if M.size]))
    M = t.matrices[name]
    row, column = (
        data.draw(st.integers(0, M.shape[0] - 1)),
        data.draw(st.integers(0, M.shape[1] - 1)),
    )
    found = {(f["id"], f["matrix"]): cells(f) for f in feeds_of(t, name, row, column)}
    truth = {(id_, f.matrix): set(f.elements) for id_, f in t.feeds(name, row, column)}
    assert found == truth


@given(st.floats(-1e300, 1e300), st.integers(1, 17))
def test_numbers_in_tex_are_the_numbers(x, digits):
    tex = number(x, digits)
    back = float(tex.replace(r" \times 10^{", "e").replace("}", ""))
    assert math.isclose(back, x, rel_tol=10.0 ** (1 - digits), abs_tol=0.0)
