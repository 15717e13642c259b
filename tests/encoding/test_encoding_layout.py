"""The layout of an encoder's inputs: whose they are, and what an engine may count on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.encoding import TableEncoder
from trilayer.encoding.inputs import compact


def frame(seed, m):
    """Numbers of all kinds, gaps, categories few and many, truth values, dates."""
    rng = np.random.default_rng(seed)
    town = rng.choice([f"t{k}" for k in range(40)], m, p=np.arange(40, 0, -1) / 820)
    return pd.DataFrame(
        {
            "age": np.where(rng.random(m) < 0.1, np.nan, rng.normal(size=m)),
            "paid": np.where(rng.random(m) < 0.7, 0.0, np.exp(rng.normal(0, 4, m))),
            "town": pd.Series(town, dtype=object).where(rng.random(m) < 0.9, None),
            "kind": rng.choice(["a", "b"], m),
            "member": rng.random(m) < 0.5,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, m), "D"),
        }
    )


def names_in(encoder, ranges):
    names = encoder.get_feature_names_out()
    return [list(names[first : first + n]) for first, n in ranges]


@given(
    seed=st.integers(0, 999), m=st.integers(30, 400), dtype=st.sampled_from(["float32", "float64"])
)
def test_what_was_never_seen_fits_the_layout_too(seed, m, dtype):
    encoder = TableEncoder(dtype=dtype).fit(frame(seed, m))
    unseen = frame(seed + 1, 50).replace({"town": {"t0": "Ulm"}})
    unseen.loc[:3, "paid"] = [1e300, -1e300, 0.0, 5e-324]
    for table in (frame(seed, m), unseen):
        rows = encoder.transform(table)
        assert rows.layout == encoder.layout_
        found, inputs = compact(rows, rows.layout), encoder.inputs(table)
        assert found is not None
        for name in ("numbers", "at", "part"):
            assert np.array_equal(getattr(found, name), getattr(inputs, name))
        assert np.array_equal(inputs.dense().T, rows)


def test_what_is_computed_from_rows_has_no_layout():
    rows = TableEncoder().fit_transform(frame(0, 100))
    assert rows.layout is not None
    for other in (rows * 2, rows[:5], rows.copy(), np.asarray(rows)):
        assert getattr(other, "layout", None) is None


def test_a_row_of_few_bytes_stands_for_a_wide_one():
    encoder = TableEncoder(dtype="float32").fit(frame(0, 2000))
    inputs = encoder.inputs(frame(1, 500))
    assert inputs.nbytes == 500 * encoder.layout_.row_bytes
    assert inputs.nbytes < inputs.dense().nbytes / 5


def test_columns_own_their_inputs_and_runs_are_named():
    table = frame(0, 400)
    encoder = TableEncoder().fit(table)
    layout = encoder.layout_
    stairs, levels, columns = layout.stairs, layout.levels, layout.columns
    flat = [k for first, n in columns for k in range(first, first + n)]
    assert flat == list(range(encoder.transform(table).shape[1]))
    for column, names in zip(encoder.columns_, names_in(encoder, columns), strict=True):
        assert all(name.startswith(column.name) for name in names)
    assert all(" from " in name for run in names_in(encoder, stairs) for name in run)
    town = next(run for run in names_in(encoder, levels) if "town=t0" in run)
    assert all(name.startswith(("town=", "town is ")) for name in town)
    assert "town is missing" in town
    assert "town is other" in town


@pytest.mark.parametrize("max_bins", [0, 8])
def test_without_bins_there_are_no_stairs(max_bins):
    encoder = TableEncoder(max_bins=max_bins).fit(frame(0, 400)[["age", "paid", "member"]])
    assert bool(encoder.layout_.stairs) == bool(max_bins)
    assert encoder.layout_.levels == ()
