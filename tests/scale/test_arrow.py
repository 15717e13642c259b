"""Files as a source: the bits of the rows' order alone, and of the same table in memory."""

import gzip
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from trilayer import TriLayerClassifier, load, save
from trilayer.encoding import TableEncoder
from trilayer.errors import InputError, TableError
from trilayer.sources.arrow import open_source
from trilayer.tables import Reading, find_tables, kind_of, read_table, scanning
from trilayer.tables.kinds import survey_table

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"  # runs are cut short on purpose
)


def make_table(rows=3000, seed=0):
    """Numbers with gaps, whole numbers, text, truth values, dates; two answers, some missing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    kind = rng.choice(["a", "b", "c, d"], rows)
    answer = np.where(x + (kind == "a") + rng.normal(0, 0.5, rows) > 0.3, "yes", "no")
    return pd.DataFrame(
        {
            "x": np.where(rng.random(rows) < 0.1, np.nan, x),
            "count": rng.integers(0, 9, rows),
            "kind": kind,
            "flag": rng.random(rows) < 0.5,
            "since": pd.date_range("2020-01-01", periods=rows, freq="7h"),
            "w": rng.integers(0, 3, rows) / 2,
            "answer": np.where(rng.random(rows) < 0.05, None, answer),
        }
    )


TABLE = make_table()
NETWORK = TriLayerClassifier(3, solver="lbfgs", max_iter=4, random_state=0)


def fitted(paths, network=NETWORK, target="answer", **options):
    """Learn from files; return the network and what its source was."""
    with open_source(paths, target, **options) as source:
        network = clone(network).fit_source(source)
        return network, (source.m, source.fingerprint, source.classes_.tolist(), source.encoder_)


def in_memory(table=TABLE, network=NETWORK, drop=(), **given):
    """Learn from the same rows in memory."""
    rows = table[table["answer"].notna()]
    encoder = TableEncoder(dtype="float32")
    X = encoder.fit_transform(rows.drop(columns=["answer", *drop]))
    return clone(network).fit(X, rows["answer"].to_numpy(), **given), encoder


def in_batches_of(rows, patch):
    """Let files be read so many rows at a time, at the most."""
    patch.setitem(scanning.scan_placed.__kwdefaults__, "batch_rows", rows)


def same(a, b):
    for name in ("W1", "b1", "W2", "b2"):
        assert np.array_equal(getattr(a.params_, name), getattr(b.params_, name)), name
    assert a.loss_curve_ == b.loss_curve_


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One table, in many ways."""
    place = tmp_path_factory.mktemp("tables")
    TABLE.to_parquet(place / "one.parquet", index=False, row_group_size=70)
    TABLE.to_csv(place / "one.csv", index=False)
    TABLE.to_csv(place / "one.tsv.gz", index=False, sep="\t")
    (place / "forty").mkdir()
    (place / "text").mkdir()
    for number, start in enumerate(range(0, len(TABLE), 75)):
        part = TABLE[start : start + 75]
        part.to_parquet(place / "forty" / f"{number:02}.parquet", index=False)
        part.to_csv(place / "text" / f"{number:02}.csv", index=False)
    return place


@pytest.mark.parametrize(
    "name", ["one.parquet", "one.csv", "one.tsv.gz", "forty", "text", "forty/*.parquet"]
)
def test_one_file_or_forty_have_the_bits_of_memory(folder, name):
    there, encoder = in_memory()
    here, (m, _, classes, learnt) = fitted(str(folder / name))
    same(here, there)
    assert m == TABLE["answer"].notna().sum()
    assert classes == ["no", "yes"]
    assert learnt.columns_ == encoder.columns_
    assert (here.n_features_in_, here.classes_.tolist()) == (there.n_features_in_, classes)


def test_a_list_of_files_is_read_in_its_order(folder):
    files = sorted((folder / "forty").iterdir())
    same(fitted(files)[0], fitted(folder / "one.parquet")[0])
    assert fitted(files[::-1])[1][1] != fitted(files)[1][1]


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=5),
    st.integers(1, 500),
    st.integers(1, 1000),
)
@settings(max_examples=8)
def test_row_groups_files_and_batches_leave_no_trace(tmp_path_factory, files, group, batch):
    place = tmp_path_factory.mktemp("cut")
    rows, at = TABLE[:800], 0
    for number, size in enumerate([*files, len(rows)]):
        part = rows[at : at + size]
        if len(part):
            part.to_parquet(place / f"{number}.parquet", index=False, row_group_size=group)
        at += size
    expected = fitted_whole(rows, place / "whole")
    with pytest.MonkeyPatch.context() as patch:
        in_batches_of(batch, patch)
        found = fitted(sorted(place.glob("*.parquet")))
    same(found[0], expected[0])
    assert found[1][:3] == expected[1][:3]


def fitted_whole(rows, place):
    place.mkdir()
    rows.to_parquet(place / "whole.parquet", index=False)
    return fitted(place)


def test_all_solvers_learn_from_files(folder):
    for solver in ("gd", "sgd", "adam"):
        network = clone(NETWORK).set_params(solver=solver, max_iter=2)
        same(fitted(folder / "text", network)[0], in_memory(network=network)[0])


def test_sample_weights_are_a_column_and_weight_0_is_absence(folder):
    weighted = TABLE["w"][TABLE["answer"].notna()]
    positive = TABLE[(TABLE["w"] > 0)]
    there, _ = in_memory(
        positive, drop=["w"], sample_weight=weighted[weighted > 0].astype(np.float32)
    )
    for name in ("one.csv", "forty"):
        here, (m, *_) = fitted(folder / name, sample_weight="w")
        same(here, there)
        assert m == (weighted > 0).sum()


@pytest.mark.parametrize("class_weight", ["balanced", {"yes": 3.0}])
def test_class_weights_are_those_of_fit(folder, class_weight):
    network = clone(NETWORK).set_params(class_weight=class_weight)
    there, _ = in_memory(network=network)
    same(fitted(folder / "one.csv", class_weight=class_weight)[0], there)


def test_categories_and_columns_left_out_are_as_said(folder):
    _, (_, _, _, encoder) = fitted(folder / "one.csv", categorical=["count"], drop=["since"])
    assert encoder.kinds_["count"] == "category"
    assert "since" not in encoder.kinds_


def test_held_out_rows_judge_from_a_source_or_from_memory(folder):
    network = clone(NETWORK).set_params(early_stopping=True, n_iter_no_change=2, max_iter=30)
    rows = TABLE[TABLE["answer"].notna()][:500]
    rows.to_parquet(folder / "held.parquet", index=False)
    with (
        open_source(folder / "one.parquet", "answer") as source,
        open_source(
            folder / "held.parquet", "answer", encoder=source.encoder_, classes=["no", "yes"]
        ) as val_source,
    ):
        X, y = source.encoder_.transform(rows.drop(columns="answer")), rows["answer"].to_numpy()
        by_source = clone(network).fit_source(source, val_source=val_source)
        by_array = clone(network).fit_source(source, X_val=X, y_val=y)
    there, _ = in_memory(network=network, X_val=X, y_val=y)
    same(by_array, there)
    assert by_array.validation_curve_ == there.validation_curve_
    np.testing.assert_allclose(by_source.validation_curve_, there.validation_curve_, rtol=1e-5)


def test_the_encoder_and_the_network_are_saved_as_one(folder, tmp_path):
    network, (*_, encoder) = fitted(folder / "one.csv")
    save(make_pipeline(encoder, network), tmp_path / "model.safetensors")
    rows = TABLE.drop(columns="answer")
    expected = network.predict_proba(encoder.transform(rows))
    assert np.array_equal(load(tmp_path / "model.safetensors").predict_proba(rows), expected)


def test_an_encoder_of_ones_own_is_copied_and_decides_the_dtype(folder):
    mine = TableEncoder(max_levels=1, dtype="float64")
    network, (*_, encoder) = fitted(folder / "one.csv", encoder=mine)
    assert not hasattr(mine, "_learnt")
    assert encoder.max_levels == 1
    assert network.params_.dtype == np.float64
    with pytest.raises(InputError, match="the encoder makes float64"):
        fitted(folder / "one.csv", encoder=mine, dtype="float32")


# ---- what the columns are ------------------------------------------------------------------


def as_csv(table, place, name="t.csv"):
    table.to_csv(place / name, index=False)
    return place / name


COLUMNS = {
    "whole": ["1", "20", "-3"],
    "gaps": ["1.5", "NA", ""],
    "blanks": [" 1 ", "2", " 3"],
    "words": ["x", "1", "2"],
    "truth": ["true", "False", ""],
    "day": ["2024-01-01", "2024-02-30", "1"],
    "days": ["2024-01-01", "2024-02-29", ""],
    "time": ["2024-01-01 10:00", "2024-01-01T10:00:01", ""],
    "empty": ["", "NA", ""],
    "zeros": ["007", "8", "9"],
    "float": ["1e5", "nan", "2"],
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("repeats", [1, 400])
def test_text_is_read_as_what_it_is_when_read_whole(name, repeats, tmp_path, monkeypatch):
    values = COLUMNS[name] * repeats
    path = as_csv(pd.DataFrame({name: values, "last": range(len(values))}), tmp_path)
    kind = kind_of(read_table(path)[name].type)
    in_batches_of(7, monkeypatch)
    survey = survey_table(find_tables(path), [name])
    assert survey.rows == len(values)
    # Where nothing is there, any kind will do: the column is left out.
    assert survey.readings[name].kind == kind or kind == "empty"


def test_parquet_knows_its_kinds_but_for_text(tmp_path):
    table = pa.table(
        {
            "n": [1, 2],
            "t": ["1", "2"],
            "level": pa.array(["1", "2"]).dictionary_encode(),
            "word": ["1", "x"],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    survey = survey_table(find_tables(tmp_path / "t.parquet"), list(table.column_names))
    assert survey.rows == 2
    assert survey.readings == {"t": Reading("number"), "word": Reading("category")}


def test_files_that_disagree_are_named(tmp_path):
    pq.write_table(pa.table({"a": [1], "y": ["u"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["x"], "y": ["v"]}), tmp_path / "2.parquet")
    with pytest.raises(TableError, match=r"2\.parquet: column 'a' holds values of another kind"):
        fitted(tmp_path, target="y")
    with pytest.raises(TableError, match="no column 'z'"):
        fitted(tmp_path, target="z")


@pytest.mark.parametrize("batch", [5, 10_000])
@pytest.mark.parametrize("at", [3, 47, 90])
def test_a_slip_among_numbers_is_refused_at_its_row(batch, at, tmp_path, monkeypatch):
    in_batches_of(batch, monkeypatch)
    values = [f"{i}.5" for i in range(100)]
    values[at] = "12,5"
    path = as_csv(pd.DataFrame({"a": values, "y": ["u", "v"] * 50}), tmp_path)
    with pytest.raises(TableError, match=rf"t\.csv: column 'a' holds numbers, .* row {at + 1} is"):
        fitted(path, target="y")
    values[at] = "12.5"
    mended = as_csv(pd.DataFrame({"a": values, "y": ["u", "v"] * 50}), tmp_path)
    *_, encoder = fitted(mended, target="y")[1]
    assert encoder.kinds_ == {"a": "number"}


# ---- what is refused -----------------------------------------------------------------------


def numbers(rows=60, **columns):
    base = {"a": np.linspace(0, 1, rows), "w": np.ones(rows), "y": ["u", "v"] * (rows // 2)}
    return pd.DataFrame(base | columns)


@pytest.mark.parametrize(
    ("columns", "options", "sentence"),
    [
        ({"y": ["u"] * 60}, {}, "one value only"),
        ({"y": ["u", "v", "w"] * 20}, {}, "3 different values"),
        ({"y": [None] * 60}, {}, "empty in every row"),
        ({"y": [0.5, 1.5] * 30}, {}, "labels are whole numbers"),
        ({"a": [*range(59), np.inf]}, {}, r"t\.parquet: column 'a', row 60: inf is not finite"),
        ({"w": [*range(59), -1]}, {"sample_weight": "w"}, "row 60: a sample weight must be"),
        ({"w": [*range(59), np.nan]}, {"sample_weight": "w"}, "row 60: a sample weight must be"),
        ({}, {"sample_weight": "b"}, "no column 'b'"),
        ({}, {"drop": ["y"]}, "it cannot be left out"),
        ({}, {"drop": ["a", "w"]}, "no column beside the target"),
        ({}, {"class_weight": {"z": 1}}, "names 'z', the classes are 'u', 'v'"),
        ({}, {"class_weight": {"u": -1}}, "must not be negative"),
        ({}, {"class_weight": "balanced", "sample_weight": "w"}, "give a dict"),
        ({}, {"classes": ["u"]}, "must be two labels"),
        ({}, {"classes": ["a", "b"]}, "'u' is neither"),
    ],
)
def test_bad_input_is_one_sentence(columns, options, sentence, tmp_path):
    path = tmp_path / "t.parquet"
    numbers(**columns).to_parquet(path, index=False)
    with pytest.raises(InputError, match=sentence), open_source(path, "y", **options):
        pass


def test_a_pattern_without_files_is_refused(tmp_path):
    with (
        pytest.raises(InputError, match="no file matches"),
        open_source(str(tmp_path / "*.csv"), "y"),
    ):
        pass


def test_files_that_change_between_the_passes_are_refused(tmp_path, monkeypatch):
    from trilayer.sources import arrow

    path, learn = as_csv(numbers(), tmp_path), arrow.learn

    def learn_and_change(*args, **kwargs):
        learnt = learn(*args, **kwargs)
        as_csv(numbers(50), tmp_path)
        return learnt

    monkeypatch.setattr(arrow, "learn", learn_and_change)
    with pytest.raises(InputError, match="changed while it was read"), open_source(path, "y"):
        pass


def test_settings_that_a_source_decides_are_refused(tmp_path):
    path = as_csv(numbers(), tmp_path)
    X = np.zeros((4, 2))
    with open_source(path, "y") as source:
        for network, given, sentence in [
            ({"class_weight": "balanced"}, {}, "does not take class_weight"),
            ({"dtype": "float64"}, {}, "the source holds float32"),
            ({"early_stopping": True}, {}, "needs held-out samples"),
            ({}, {"X_val": X}, "come together"),
            ({}, {"X_val": X, "y_val": ["u"] * 4, "val_source": source}, "two ways"),
            ({"early_stopping": "auc"}, {"val_source": source}, "in memory"),
        ]:
            with pytest.raises(InputError, match=sentence):
                TriLayerClassifier(2, max_iter=1, **network).fit_source(source, **given)
        with (
            open_source(path, "y", dtype="float64") as other,
            pytest.raises(InputError, match="in float64, the source 8 in float32"),
        ):
            TriLayerClassifier(2).fit_source(source, val_source=other)


def test_gzip_and_plain_text_have_the_same_rows(tmp_path):
    buffer = io.BytesIO()
    pa_csv.write_csv(pa.Table.from_pandas(numbers(), preserve_index=False), buffer)
    (tmp_path / "a.csv").write_bytes(buffer.getvalue())
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(buffer.getvalue()))
    first, second = (fitted(tmp_path / name, target="y") for name in ("a.csv", "b.csv.gz"))
    same(first[0], second[0])
