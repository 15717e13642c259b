"""Exports to Python, NumPy and JavaScript, run by Python and Node.js, say what the library says."""

import ast
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings

from export.models import (
    NAMES,
    a_model,
    a_network,
    a_table,
    as_table,
    hard_rows,
    some_rows,
)
from trilayer.errors import EngineError
from trilayer.export import js, python
from trilayer.export.counterparts import scripts
from trilayer.export.description import describe
from trilayer.export.runtime import rows as oracle

MODEL = a_model()
DESCRIPTION = describe(MODEL)
TARGETS = {
    "python": (python.module, scripts.python),
    "numpy": (python.numpy_module, scripts.numpy),
    "js": (js.module, scripts.node),
}


@pytest.fixture(params=TARGETS)
def target(request):
    return TARGETS[request.param]


def said(target, description, rows):
    write, counterpart = target
    with counterpart(write(description)) as score:
        return score(rows)


@pytest.mark.parametrize("hidden", [0, 1, 30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_table_learnt_from(target, hidden, dtype):
    model, table = a_model(hidden=hidden, dtype=dtype, scale=0.2), a_table()
    told = oracle.prepared(describe(model))
    expected = [oracle.probability_of(told, row) for row in table.to_pylist()]
    np.testing.assert_allclose(said(target, describe(model), table), expected, rtol=0, atol=1e-13)
    tolerance = 1e-5 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(expected, model.predict_proba(table)[:, 1], rtol=0, atol=tolerance)


def test_edges_of_bins_and_hostile_text(target):
    table = as_table(hard_rows(MODEL))
    expected = MODEL.predict_proba(table)[:, 1]
    np.testing.assert_allclose(said(target, DESCRIPTION, table), expected, rtol=0, atol=1e-9)


@settings(max_examples=5)
@given(rows=some_rows())
def test_rows_of_chance(rows):
    table = as_table(rows)
    expected = MODEL.predict_proba(table)[:, 1]
    for target in TARGETS.values():
        np.testing.assert_allclose(said(target, DESCRIPTION, table), expected, rtol=0, atol=1e-9)


def test_a_network_alone(target):
    network = a_network(3)
    X = np.random.default_rng(0).normal(size=(20, 3))
    import pyarrow as pa

    table = pa.table({f"x{i}": column for i, column in enumerate(X.T)})
    expected = network.predict_proba(X)[:, 1]
    np.testing.assert_allclose(said(target, describe(network), table), expected, rtol=0, atol=1e-12)


def test_what_the_library_refuses_is_refused(target):
    table = as_table([{**a_table(rows=1).to_pylist()[0], NAMES["number"]: 1.0}])
    infinite = table.set_column(0, NAMES["number"], [[float("inf")]])
    with pytest.raises((EngineError, ValueError)):
        said(target, DESCRIPTION, infinite)


def test_modules_are_plain_ascii_that_ends_no_tag(target):
    text = target[0](DESCRIPTION)
    assert text.isascii()
    assert "</script" not in text or target[0] is not js.module


@pytest.mark.parametrize("write", [python.module, python.numpy_module])
def test_modules_of_python_hold_literals_and_run_nothing(write):
    tree = ast.parse(write(DESCRIPTION))
    (model,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "MODEL"
    ]
    told = ast.literal_eval(model.args[0])
    assert told == DESCRIPTION
    imported = {
        (getattr(node, "module", None) or node.names[0].name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    allowed = {"math", "re", "struct", "bisect", "collections.abc", "datetime", "typing"}
    assert imported <= allowed | ({"numpy"} if write is python.numpy_module else set())


def test_weights_of_float32_take_fewer_digits_and_are_the_same():
    double, single = (describe(a_model(hidden=30, dtype=dtype)) for dtype in ("float64", "float32"))
    assert len(js.module(single)) < 0.75 * len(js.module(double))
    text = re.search(r'"W1": (\[.*?\n\])', js.module(single), re.DOTALL)[1]
    written = np.array(json.loads(text), dtype=np.float64).astype(np.float32)
    np.testing.assert_array_equal(written, np.array(single["W1"], dtype=np.float32))


def node(code, description):
    """Run statements behind a module, which print JSON."""
    assert shutil.which("node"), "Node.js is needed to test exports to JavaScript"
    text = js.module(description) + code
    words = ["node", "--input-type=module", "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_javascript_and_python_attribute_alike():
    rows = json.loads(json.dumps(a_table(rows=40).to_pylist(), default=str))
    told = oracle.prepared(DESCRIPTION)
    code = f"""
    const rows = JSON.parse({json.dumps(json.dumps(rows))});
    const told = rows.map((row) => attributions(row, rows[0]));
    console.log(JSON.stringify({{ told, logits: rows.map(logit) }}));
    """
    found = node(code, DESCRIPTION)
    for pairs, z, row in zip(found["told"], found["logits"], rows, strict=True):
        expected = oracle.attributions_of(told, row, rows[0])
        assert [name for name, _ in pairs] == list(expected)
        values = [value for _, value in pairs]
        np.testing.assert_allclose(values, list(expected.values()), rtol=1e-9, atol=1e-12)
        assert sum(values) + found["logits"][0] == pytest.approx(z, abs=1e-13)


def test_javascript_exports_what_it_says():
    code = """
    console.log(JSON.stringify({ classes, threshold, first: description.columns[0].name }));
    """
    first = DESCRIPTION["columns"][0]["name"]
    assert node(code, DESCRIPTION) == {"classes": ["no", "yes"], "threshold": 0.5, "first": first}


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [
        ("number", '" 1.5e0 "', "1.5"), ("number", "true", "1"), ("gaps", '"Nan"', "null"),
        ("gaps", "NaN", "null"), ("gaps", '"-9999"', "null"), ("boolean", '"Yes"', "true"),
        ("boolean", "0", "false"), ("day", "new Date(0)", '"1970-01-01"'), ("text", "3", '"3"'),
        ("moment", '"1999-12-31T23:59:59+01:00"', '"1999-12-31 22:59:59"'),
        ("answer", "true", '"true"'), ("text", "NaN", "null"),
    ],
)  # fmt: skip
def test_values_of_other_types_mean_what_they_say_to_javascript(key, value, same):
    row = json.dumps(a_table(rows=1).to_pylist()[0], default=str)
    name = json.dumps(NAMES[key])
    # Not an object literal: in one, the name __proto__ sets what it inherits from.
    code = f"""
    const others = Object.entries(JSON.parse({json.dumps(row)}));
    const row = (value) => Object.fromEntries([...others, [{name}, value]]);
    console.log(JSON.stringify([logit(row({value})), logit(row({same}))]));
    """
    one, other = node(code, DESCRIPTION)
    assert one == other


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number", "Infinity"), ("number", '"x"'), ("number", "[1]"), ("boolean", "2"),
        ("boolean", '"maybe"'), ("day", '"1999-02-30"'), ("day", "5"), ("day", "new Date(NaN)"),
        ("number", "undefined"),
    ],
)  # fmt: skip
def test_javascript_refuses_what_the_library_refuses(key, value):
    row = json.dumps(a_table(rows=1).to_pylist()[0], default=str)
    name = json.dumps(NAMES[key])
    code = f"""
    const others = Object.entries(JSON.parse({json.dumps(row)}));
    const row = Object.fromEntries([...others, [{name}, {value}]]);
    let told = null;
    try {{ logit(row); }} catch (error) {{ told = error.message; }}
    console.log(JSON.stringify(told));
    """
    told = node(code, DESCRIPTION)
    assert told is not None
    assert json.dumps(NAMES[key], ensure_ascii=False) in told
