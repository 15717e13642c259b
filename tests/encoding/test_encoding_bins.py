"""How far a number has come in bins: the laws of the piecewise-linear encoding."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trilayer.encoding import Part, TableEncoder
from trilayer.encoding.bins import FEWEST_ROWS, bin_edges, write_positions
from trilayer.encoding.inputs import Inputs, Layout
from trilayer.encoding.quantiles import fair_cap, tabulated


def columns_of(seed):
    """A column as tables have them: continuous, whole, heavy with zeros, far-tailed."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(20, 900))
    whole = rng.integers(0, rng.integers(2, 60), rows).astype(float)
    tailed = np.exp(rng.normal(0, 3, rows))
    zeros = np.where(rng.random(rows) < rng.random(), 0.0, tailed)
    return [rng.normal(size=rows), whole, zeros, tailed.round(1)][seed % 4]


columns = st.integers(0, 9999).map(columns_of)
some = st.integers(2, 40)


def positions(numbers, edges):
    inputs = Inputs.empty(len(numbers), Layout(len(edges) - 1, ((0, len(edges) - 1),)), float)
    write_positions(inputs.at[:, 0], inputs.part[:, 0], np.asarray(numbers), np.asarray(edges))
    return inputs.dense().T


def edges_of(values, max_bins):
    edges = bin_edges(tabulated(values), max_bins)
    assume(edges.size)
    return edges


# ---- positions -----------------------------------------------------------------------

edge_lists = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=9, unique=True).map(sorted)


@given(edge_lists, hnp.arrays(np.float64, 20, elements=st.floats(-2e6, 2e6)))
def test_the_positions_add_up_to_the_place_among_the_edges(edges, numbers):
    numbers = np.sort(np.append(numbers, edges))
    found = positions(numbers, edges)
    assert ((found >= 0) & (found <= 1)).all()
    # Before a bin that has been begun, all are done; so the sum tells every one of them.
    np.testing.assert_array_equal(found[:, :-1][found[:, 1:] > 0], 1.0)
    place = np.interp(numbers, edges, np.arange(len(edges)))
    np.testing.assert_allclose(found.sum(axis=1), place, atol=1e-12)
    assert (np.diff(found, axis=0) >= 0).all()


@given(edge_lists)
def test_at_the_edges_bins_are_empty_or_full(edges):
    expected = np.tri(len(edges), len(edges) - 1, -1)
    np.testing.assert_array_equal(positions(edges, edges), expected)


def test_the_number_can_be_put_together_again():
    edges = np.array([-3.0, 0.0, 0.5, 8.0])
    numbers = np.linspace(-3, 8, 50)
    again = edges[0] + positions(numbers, edges) @ np.diff(edges)
    np.testing.assert_allclose(again, numbers, atol=1e-12)


# ---- edges ---------------------------------------------------------------------------


@given(columns, some)
def test_edges_are_values_and_reach_from_end_to_end(values, max_bins):
    edges = edges_of(values, max_bins)
    assert np.isin(edges, values).all()
    assert (np.diff(edges) > 0).all()
    assert (edges[0], edges[-1]) == (values.min(), values.max())
    assert 2 <= len(edges) - 1 <= max_bins


@given(columns, some)
def test_no_value_counts_for_more_than_a_bin(values, max_bins):
    """Cut to a bin's share, the values between two edges weigh no more than two shares."""
    edges, found = edges_of(values, max_bins), tabulated(values)
    assume(found.values.size > len(edges))
    bins = len(edges) - 1
    cap = fair_cap(found.weights, bins)
    assert cap >= FEWEST_ROWS * (1 - 1e-12)
    cut = np.minimum(found.weights, cap)
    assert cut.sum() == pytest.approx(bins * cap)
    heavy = found.values[found.weights >= cap]
    assert np.isin(heavy, edges).all()
    # What lies inside a bin is less than its share: an edge comes as soon as it is full.
    place = np.searchsorted(edges, found.values, side="right")
    inside = ~np.isin(found.values, edges)
    held = np.bincount(place[inside], weights=cut[inside], minlength=1)
    assert held.max(initial=0.0) <= cap * (1 + 1e-9)


@given(columns, some)
def test_how_often_a_heavy_value_occurs_does_not_matter(values, max_bins):
    """However many zeros there are, the bins of the other values stay where they are."""
    rest = np.abs(values[values != 0]) + 1
    assume(len(rest) > 8 * max_bins)
    one, other = (np.append(rest, np.zeros(len(rest) * times)) for times in (2, 50))
    np.testing.assert_array_equal(edges_of(one, max_bins), edges_of(other, max_bins))


@given(st.integers(0, 999), some)
def test_different_values_are_cut_into_bins_of_as_many_rows(seed, max_bins):
    values = np.random.default_rng(seed).normal(size=max_bins * FEWEST_ROWS + seed % 50)
    edges = edges_of(values, max_bins)
    assert len(edges) == max_bins + 1
    rows, _ = np.histogram(values, edges)
    assert rows.max() - rows.min() <= 2


@given(st.integers(2, 12), st.integers(0, 99))
def test_few_values_are_the_edges(different, seed):
    rng = np.random.default_rng(seed)
    levels = np.sort(rng.normal(size=different))
    values = np.repeat(levels, FEWEST_ROWS + rng.integers(0, 50, different))
    edges = bin_edges(tabulated(values), 32)
    # Two values are what the scaled number says already.
    np.testing.assert_array_equal(edges, levels if different > 2 else [])


@given(columns, some)
def test_a_small_table_has_few_bins(values, max_bins):
    edges = bin_edges(tabulated(values), max_bins)
    counts = np.unique(values, return_counts=True)[1]
    assert len(edges) - 1 <= np.minimum(counts, FEWEST_ROWS).sum() / FEWEST_ROWS


# ---- in a table ----------------------------------------------------------------------


@given(columns, st.integers(1, 2**20), st.integers(-(2**20), 2**20))
def test_another_unit_gives_the_same_inputs(values, factor, shift):
    """Affine maps that are exact on these values leave them exactly alone, others nearly."""
    table, moved = (pa.table({"x": each}) for each in (values, values * factor + shift))
    np.testing.assert_allclose(
        TableEncoder().fit(moved).transform(moved),
        TableEncoder().fit(table).transform(table),
        atol=1e-6,
    )
    doubled = pa.table({"x": values * 2.0 ** (factor % 9)})
    np.testing.assert_array_equal(
        TableEncoder().fit(doubled).transform(doubled), TableEncoder().fit(table).transform(table)
    )


@given(columns)
def test_bins_stand_beside_the_scaled_number(values):
    table = pa.table({"x": values})
    without, full = (TableEncoder(max_bins=bins).fit(table) for bins in (0, 32))
    inputs = full.transform(table)
    np.testing.assert_array_equal(inputs[:, :1], without.transform(table))
    part = full.columns_[0].parts[0]
    assert inputs.shape[1] == part.width == 1 + part.bins
    if part.bins:
        np.testing.assert_array_equal(inputs[:, 1:], positions(values, part.edges))


def test_a_missing_number_stands_where_the_median_does():
    values = [*np.random.default_rng(0).normal(size=301).tolist(), None]
    table = pa.table({"x": values})
    encoder = TableEncoder().fit(table)
    median = float(np.median(values[:-1]))
    one, other = encoder.transform(pa.table({"x": [None, median]}))
    np.testing.assert_array_equal(one, [*other[:-1], 1.0])
    assert one[0] == 0.0


def test_dates_have_bins_too():
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=11 * k) for k in range(400)]
    table = pa.table({"d": [*days, None]})
    encoder = TableEncoder().fit(table)
    (column,) = encoder.columns_
    bins = {part.name: part.bins for part in column.parts}
    years = len({day.year for day in days})
    assert bins == {"year": years - 1, "month": 11, "weekday": 6, "days": 32}
    names = encoder.get_feature_names_out().tolist()
    assert "d.year from 2020 to 2021" in names
    assert "d.weekday from 6 to 7" in names
    assert any(name.startswith("d.days from 2020-01-01 to 2020-") for name in names)
    inputs = dict(zip(names, encoder.transform(table).T, strict=True))
    is_late = [day.year > 2020 for day in days]
    assert (inputs["d.year from 2020 to 2021"][:-1] == is_late).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_bins_are_written_in_the_dtype_asked_for(dtype):
    table = pa.table({"x": np.random.default_rng(0).normal(size=5000)})
    out = TableEncoder(dtype=dtype).fit(table).transform(table)
    assert (out.dtype, out.flags.c_contiguous, out.shape) == (dtype, True, (5000, 33))
    exact = TableEncoder().fit(table).transform(table)
    np.testing.assert_array_equal(out, exact.astype(dtype))


# ---- names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([17, 22, 30], "x from 17 to 22"),
        ([0.1 + 0.2, 0.7, 3], "x from 0.3 to 0.7"),
        ([0.3, 0.1 + 0.2, 1], "x from 0.29999999999999999 to 0.30000000000000004"),
        ([1e6, 1e6 + 1, 2e6], "x from 1000000 to 1000001"),
        ([-1e30, 0, 1e100], "x from -1e+30 to 0"),
    ],
)
def test_edges_are_named_with_as_few_digits_as_tell_them_apart(values, name):
    table = pa.table({"x": np.repeat(np.array(values, float), 10)})
    assert TableEncoder().fit(table).get_feature_names_out()[1] == name


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (dt.timedelta(days=1), "d.days from 2024-05-01 to 2024-05-02"),
        (dt.timedelta(hours=1), "d.days from 2024-05-01T00:00:00 to 2024-05-01T01:00:00"),
        (dt.timedelta(microseconds=60), "d.days from 19844 to 19844.0000000007"),
    ],
)
def test_days_are_named_as_dates(step, name):
    instants = [dt.datetime(2024, 5, 1) + k * step for k in range(3)] * 10
    assert name in TableEncoder().fit(pa.table({"d": instants})).get_feature_names_out().tolist()


@given(st.lists(st.floats(-1e12, 1e12), min_size=3, max_size=6, unique=True))
def test_inputs_have_different_names(values):
    table = pa.table({"x": np.repeat(np.array(values) + 0.0, 10)})
    names = TableEncoder().fit(table).get_feature_names_out().tolist()
    assert len(set(names)) == len(names)


def test_days_that_no_calendar_reaches_are_numbers():
    """Only a file can say so."""
    part = Part("days", 0.0, 1.0, (-1e300, 0.0, 1e9))
    assert part.input_names("d")[1] == "d.days from -1e+300 to 0"
