"""The description says what the library computes: its evaluator is held against predict_proba."""

import json
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from export.models import NAMES, a_model, a_network, a_table, as_table, finite, hard_rows, some_rows
from trilayer import TriLayerClassifier, TriLayerClassifierCV, save
from trilayer.errors import ModelFileError
from trilayer.export.description import BLANKS, describe
from trilayer.export.runtime import rows as oracle
from trilayer.modelfile import read
from trilayer.tables.values import of_texts

MODEL = a_model()
TOLD = oracle.prepared(describe(MODEL))


def probabilities(told, rows):
    return np.array([oracle.probability_of(told, row) for row in rows])


def test_the_oracle_agrees_with_the_library_on_what_was_learnt_from():
    table = a_table()
    expected = MODEL.predict_proba(table)[:, 1]
    np.testing.assert_allclose(probabilities(TOLD, table.to_pylist()), expected, atol=1e-12)


def test_it_agrees_at_the_edges_of_bins_and_on_hostile_text():
    rows = hard_rows(MODEL)
    expected = MODEL.predict_proba(as_table(rows))[:, 1]
    np.testing.assert_allclose(probabilities(TOLD, rows), expected, atol=1e-12)


@given(rows=some_rows())
def test_it_agrees_on_rows_of_chance(rows):
    expected = MODEL.predict_proba(as_table(rows))[:, 1]
    np.testing.assert_allclose(probabilities(TOLD, rows), expected, atol=1e-11)


@pytest.mark.parametrize("hidden", [0, 1, 40])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_agrees_whatever_the_network(hidden, dtype):
    model, table = a_model(hidden=hidden, dtype=dtype, scale=0.3), a_table(rows=100, seed=9)
    told = oracle.prepared(describe(model))
    expected = model.predict_proba(table)[:, 1]
    atol = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(probabilities(told, table.to_pylist()), expected, atol=atol)


def test_a_description_survives_json():
    again = json.loads(json.dumps(describe(MODEL), allow_nan=False))
    assert again == describe(MODEL)
    rows = hard_rows(MODEL)
    found = probabilities(oracle.prepared(again), rows)
    np.testing.assert_array_equal(found, probabilities(TOLD, rows))


def test_the_label_that_is_reported_may_be_the_first(tmp_path):
    save(MODEL, tmp_path / "m", positive="no", threshold=0.25)
    told = oracle.prepared(describe(read(tmp_path / "m")))
    rows = a_table(rows=50).to_pylist()
    np.testing.assert_allclose(probabilities(told, rows), 1 - probabilities(TOLD, rows), atol=1e-12)
    assert told["classes"] == ["yes", "no"]
    said = [oracle.label_of(told, row) for row in rows]
    assert said == ["no" if p >= 0.25 else "yes" for p in probabilities(told, rows)]


SCALERS = [
    [StandardScaler()],
    [StandardScaler(with_mean=False)],
    [StandardScaler(with_std=False)],
    [MinMaxScaler((-1, 3), clip=True)],
    [MaxAbsScaler(), "passthrough"],
    [SimpleImputer(strategy="median"), RobustScaler()],
    [RobustScaler(), SimpleImputer(strategy="constant", fill_value=0.5), MinMaxScaler()],
]


@pytest.mark.parametrize("steps", SCALERS, ids=str)
@pytest.mark.parametrize("hidden", [0, 3])
def test_networks_behind_scalers_and_imputers(steps, hidden):
    rng = np.random.default_rng(0)
    X = rng.normal(5, 3, (60, 4))
    if any(isinstance(step, SimpleImputer) for step in steps):
        X[::7, 1] = np.nan
    network = a_network(4, hidden)
    seen, model = X, make_pipeline(*steps, network)
    for _, step in model.steps[:-1]:
        seen = seen if step == "passthrough" else step.fit_transform(seen)
    told = oracle.prepared(describe(model))
    far = np.vstack([X, X * 10])
    rows = [{f"x{i}": x for i, x in enumerate(row)} for row in far.tolist()]
    np.testing.assert_allclose(
        probabilities(told, rows), model.predict_proba(far)[:, 1], atol=1e-12
    )


def test_estimators_alone_are_described(blobs):
    X, y = blobs
    for model in (
        TriLayerClassifier(hidden_units=3),
        TriLayerClassifierCV(hidden_units=[2], l2s=[0.1]),
    ):
        model.fit(X, y)
        told = oracle.prepared(describe(model))
        rows = [{f"x{i}": x for i, x in enumerate(row)} for row in X.tolist()]
        np.testing.assert_allclose(
            probabilities(told, rows), model.predict_proba(X)[:, 1], atol=1e-12
        )
    with pytest.raises(ModelFileError, match="holds a TriLayerClassifier"):
        describe(Pipeline([("s", StandardScaler())]))


def test_the_blanks_are_those_that_the_library_trims():
    import pyarrow.compute as pc

    every = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    trimmed = pc.utf8_trim_whitespace(of_texts(every)).to_pylist()
    assert "".join(a for a, b in zip(every, trimmed, strict=True) if not b) == BLANKS


def row_with(key, value):
    return {**a_table(rows=1).to_pylist()[0], NAMES[key]: value}


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [
        ("number", "1.5", 1.5),
        ("number", " 1.5e0 ", 1.5),
        ("number", True, 1.0),
        ("number", "true", 1.0),
        ("gaps", "NA", None),
        ("gaps", "Nan", None),
        ("gaps", float("nan"), None),
        ("gaps", "-9999", None),
        ("gaps", -9999, None),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("boolean", "?", None),
        ("day", "1999-12-31", date(1999, 12, 31)),
        (
            "moment",
            "1999-12-31 23:59:59.5",
            datetime(1999, 12, 31, 23, 59, 59, 500000),
        ),
        (
            "moment",
            "1999-12-31T23:59:59+01:00",
            datetime(1999, 12, 31, 22, 59, 59),
        ),
        ("text", 3, "3"),
        ("text", 3.0, "3"),
        ("text", -5.0, "-5"),
        ("text", float("nan"), None),
        ("answer", True, "true"),
    ],
)
def test_values_of_other_types_mean_what_they_say(key, value, same):
    one, other = (oracle.logit_of(TOLD, row_with(key, each)) for each in (value, same))
    assert one == other


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number", float("inf")), ("number", "-inf"), ("number", "1,5"), ("number", "x"),
        ("number", [1]), ("number", 10**400), ("boolean", 2), ("boolean", "maybe"),
        ("day", "31/12/1999"), ("day", "1999-02-30"), ("day", "1999-12-31 24:00"), ("day", 5.0),
    ],
)  # fmt: skip
def test_what_the_library_refuses_is_refused(key, value):
    with pytest.raises(ValueError, match="is not") as error:
        oracle.logit_of(TOLD, row_with(key, value))
    assert repr(NAMES[key]) in str(error.value)


def test_a_column_that_is_not_there_is_named():
    row = row_with("number", 1.0)
    del row[NAMES["rare"]]
    with pytest.raises(ValueError, match="no column 'a;b--'"):
        oracle.logit_of(TOLD, row)


def added(start, told):
    """Every sum on the way, one after the other."""
    sums = [start]
    for each in told.values():
        sums.append(sums[-1] + each)
    return sums


@given(rows=some_rows())
def test_attributions_add_up_to_the_last_bits_of_the_largest_sum(rows):
    baseline, *others = rows
    for row in others:
        sums = added(oracle.logit_of(TOLD, baseline), oracle.attributions_of(TOLD, row, baseline))
        largest = max(map(abs, sums))
        assert abs(sums[-1] - oracle.logit_of(TOLD, row)) <= 2 * np.spacing(largest)


def test_attributions_of_most_rows_add_up_to_the_bit():
    told = oracle.prepared(describe(a_model(scale=0.1)))
    baseline, *others = a_table(rows=200).to_pylist()
    start = oracle.logit_of(told, baseline)
    sums = [added(start, oracle.attributions_of(told, row, baseline)) for row in others]
    exact = [s[-1] == oracle.logit_of(told, row) for s, row in zip(sums, others, strict=True)]
    assert np.mean(exact) > 0.9


@given(a=finite.map(lambda x: x % 50), b=finite.map(lambda x: x % 50 - 25))
def test_a_mean_slope_is_the_integral_of_the_slopes(a, b):
    nodes, weights = np.polynomial.legendre.leggauss(200)
    at = (a + b) / 2 + (b - a) / 2 * nodes
    e = np.exp(-np.abs(at))
    np.testing.assert_allclose(oracle._slope(a, b), weights @ (e / (1 + e) ** 2) / 2, rtol=1e-6)


def test_columns_that_do_not_differ_get_nothing_and_one_that_does_gets_all():
    row, baseline = row_with("number", 2.5), row_with("number", -1.0)
    told = oracle.attributions_of(TOLD, row, baseline)
    others = {name: each for name, each in told.items() if name != NAMES["number"]}
    assert set(others.values()) == {0.0}
    gain = oracle.logit_of(TOLD, row) - oracle.logit_of(TOLD, baseline)
    assert told[NAMES["number"]] == pytest.approx(gain, rel=1e-12)


@given(st.integers(0, 30))
def test_attributions_are_gauss_legendre_on_the_networks_inputs(i):
    """Against the definition: the gradient by each input, integrated along the line, by column."""
    table = a_table(rows=31)
    row, baseline = table.slice(i, 1), table.slice(0, 1)
    encoder, network = MODEL[0], MODEL[1]
    X, start = (encoder.transform(each)[0] for each in (row, baseline))
    P = network.params_
    nodes, weights = np.polynomial.legendre.leggauss(300)
    path = start + (nodes[:, None] + 1) / 2 * (X - start)
    A1 = 1 / (1 + np.exp(-(path @ P.W1 + P.b1[:, 0])))
    slopes = (A1 * (1 - A1) * P.W2[:, 0]) @ P.W1.T
    each = (weights / 2) @ slopes * (X - start)
    told = oracle.attributions_of(TOLD, row.to_pylist()[0], baseline.to_pylist()[0])
    for column, (first, width) in zip(encoder.columns_, encoder.layout_.columns, strict=True):
        assert told[column.name] == pytest.approx(each[first : first + width].sum(), abs=1e-6)


def test_dates_that_numbers_count_and_forms_of_their_own():
    counted = pa.table({"t": [f"{1_600_000_000 + 86_400 * k}" for k in range(40)], "u": range(40)})
    model = a_model(counted, date=["t"], number=["u"])
    told = oracle.prepared(describe(model))
    expected = model.predict_proba(counted)[:, 1]
    rows = [{"t": int(t), "u": u} for t, u in zip(*counted.to_pydict().values(), strict=True)]
    np.testing.assert_allclose(probabilities(told, rows), expected, atol=1e-12)
    money = pa.table({"p": [f"{k}.{k:02d} €" for k in range(40)]})
    told = oracle.prepared(describe(a_model(money)))
    assert oracle.probability_of(told, {"p": 3.5}) > 0
    with pytest.raises(ValueError, match="its text is not plain"):
        oracle.probability_of(told, {"p": "3.50 €"})
