"""Arrow's values are NumPy's and Python's, and back, without pandas."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.tables.values import missing, number, of_numpy, of_texts, to_numpy, whole

DTYPES = ["bool", "int8", "uint16", "int64", "float32", "float64"]


@given(st.lists(st.integers(0, 1), max_size=40), st.sampled_from(DTYPES), st.integers(1, 3))
def test_numbers_and_truth_values(values, dtype, step):
    given_ = np.array(values, dtype=dtype)[::step]
    made = of_numpy(given_)
    made.validate(full=True)
    assert made.equals(pa.array(given_))
    back = to_numpy(made)
    assert back.dtype == given_.dtype
    np.testing.assert_array_equal(back, given_)


@given(st.lists(st.text(), max_size=20))
def test_texts(texts):
    made = of_texts(texts)
    made.validate(full=True)
    assert made.to_pylist() == texts
    assert made.type == pa.large_string()


def test_one_number():
    assert (number(0.1).as_py(), number(0.1).type) == (0.1, pa.float64())
    assert (whole(-3).as_py(), whole(-3).type) == (-3, pa.int64())


@given(
    st.lists(st.one_of(st.none(), st.booleans(), st.just(None)), max_size=40),
    st.sampled_from([pa.bool_(), pa.float64(), pa.int32()]),
    st.integers(0, 9),
    st.integers(0, 40),
)
def test_parts_of_columns_with_gaps(values, kind, first, length):
    part = pa.array(values).cast(pa.int8()).cast(kind).slice(min(first, len(values)), length)
    kept = values[first:][:length]
    np.testing.assert_array_equal(missing(part), [value is None for value in kept])
    chunked = pa.chunked_array([part.slice(0, 2), part.slice(2)])
    for each in (part, chunked):
        there = to_numpy(each)[~missing(each)]
        np.testing.assert_array_equal(there, [value for value in kept if value is not None])


def test_nan_is_missing_where_that_is_meant():
    values = pa.array([0.0, np.nan, None])
    assert missing(values).tolist() == [False, False, True]
    assert missing(values, or_nan=True).tolist() == [False, True, True]


@pytest.mark.parametrize(
    "line",
    [
        "of_texts(['a', 'b'])",
        "of_numpy(np.arange(3.0))",
        "number(1.0)",
        "whole(1)",
        "to_numpy(of_numpy(np.arange(3.0)))",
        "missing(of_numpy(np.arange(3.0)), or_nan=True)",
        "nothing(pa.float64())",
    ],
)
def test_pandas_is_not_asked(line):
    code = (
        "import sys, numpy as np, pyarrow as pa\nfrom trilayer.tables.values import *\n"
        f"{line}\nsys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run((sys.executable, "-c", code), check=False).returncode == 0
