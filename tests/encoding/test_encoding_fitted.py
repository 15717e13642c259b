"""The encoder without scikit-learn is the transformer, whatever way texts are stored."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer import TableEncoder
from trilayer.encoding.fitted import FittedEncoder
from trilayer.errors import InputError, TableError

TEXTS = ["a", "b", "3", "3.0", "-0.0", "rare", "", None, "never seen"]


def same(one, other):
    assert one.layout == other.layout
    for name in ("numbers", "at", "part"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def table(rows=200):
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "x": rng.normal(size=rows),
            "t": pa.array(rng.choice(np.array(["a", "b", "3", None], dtype=object), rows)),
            "day": pa.array(np.arange(rows, dtype=np.int32)).cast(pa.date32()),
            "ok": rng.random(rows) < 0.5,
        }
    )


@pytest.fixture(scope="module")
def encoder():
    return TableEncoder(min_count=3).fit(table())


def test_it_is_what_the_transformer_does(encoder):
    fitted, rows = encoder.fitted_, table()
    same(fitted.inputs(rows), encoder.inputs(rows))
    same(fitted.inputs(rows.select(["ok", "day", "t", "x"])), encoder.inputs(rows))
    same(fitted.inputs(rows.to_batches()[0]), encoder.inputs(rows))
    assert fitted.input_names() == list(encoder.get_feature_names_out())
    assert (fitted.kinds, fitted.layout) == (encoder.kinds_, encoder.layout_)
    assert (fitted.columns, list(fitted.dropped)) == (encoder.columns_, encoder.dropped_)
    assert fitted.describe() == encoder.describe()


def test_state_goes_round_and_is_a_transformer_again(encoder):
    again = FittedEncoder.from_state(*encoder.fitted_.to_state())
    assert again == encoder.fitted_
    made = TableEncoder.from_fitted(again)
    assert made.get_params() == encoder.get_params()
    assert made.transform(table()).tobytes() == encoder.transform(table()).tobytes()


@given(
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=30),
    st.lists(st.sampled_from(TEXTS), max_size=40),
    st.integers(0, 12),
)
def test_dictionaries_mean_what_their_texts_do(encoder, values, entries, cut):
    """With entries twice, entries that do not occur, and missing ones."""
    texts = [*values, *entries]
    codes = np.arange(len(values)) + 0
    coded = pa.DictionaryArray.from_arrays(
        pa.array(codes, pa.int32()), pa.array(texts, pa.string())
    )
    parts = pa.chunked_array([coded.slice(0, cut), coded.slice(cut).dictionary_decode()
                              .dictionary_encode()])  # fmt: skip
    plain = table(len(values)).set_column(1, "t", pa.array(values, pa.string()))
    expected = encoder.inputs(plain)
    for column in (coded, parts):
        same(encoder.inputs(plain.set_column(1, "t", column)), expected)


def test_numbers_as_levels_of_a_dictionary(encoder):
    codes = pa.array([0, 1, None, 0], pa.int8())
    coded = pa.DictionaryArray.from_arrays(codes, pa.array([3, 4]))
    plain = pa.array(["3", "4", None, "3"])
    one, other = (table(4).set_column(1, "t", column) for column in (coded, plain))
    same(encoder.inputs(one), encoder.inputs(other))


def test_what_is_not_there_is_named(encoder):
    with pytest.raises(TableError, match="no column 'day'"):
        encoder.fitted_.inputs(table().drop_columns("day"))
    with pytest.raises(InputError, match="number of features"):
        encoder.fitted_.input_names(["x"])


def test_scikit_learn_is_not_imported(encoder, tmp_path):
    arrays, spec = encoder.to_state()
    np.savez(tmp_path / "state.npz", spec=np.array(repr(spec)), **arrays)
    code = (
        "import ast, sys, numpy as np\n"
        "from trilayer.encoding.fitted import FittedEncoder\n"
        "state = dict(np.load(sys.argv[1]))\n"
        "spec = ast.literal_eval(str(state.pop('spec')))\n"
        "FittedEncoder.from_state(state, spec)\n"
        "sys.exit(' '.join({'sklearn', 'scipy', 'pandas'} & sys.modules.keys()) or 0)"
    )
    command = (sys.executable, "-c", code, str(tmp_path / "state.npz"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
