"""Columns that count the rows are left out, and said to be; others are not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer import TableEncoder
from trilayer.encoding.counters import Counter


def counts(values, pieces=1):
    counter = Counter()
    for part in np.array_split(np.asarray(values, dtype=float), pieces):
        counter.add(part)
    return counter.counts


@given(
    first=st.integers(-(10**12), 10**12),
    m=st.integers(20, 3000),
    pieces=st.integers(1, 7),
    seed=st.integers(0, 99),
)
def test_a_counter_is_one_in_any_order_and_pieces(first, m, pieces, seed):
    rng = np.random.default_rng(seed)
    whole = first + rng.permutation(m)
    assert counts(whole, pieces)
    kept = whole[rng.random(m) < 0.8]
    if len(kept) >= 20:
        assert counts(kept, pieces) == (np.ptp(kept) + 1 <= 2 * len(kept))
    assert not counts(np.append(whole, whole[0]), pieces)
    assert not counts(whole + 0.5, pieces)
    assert not counts(whole * 3, pieces)


def test_what_is_no_counter():
    rng = np.random.default_rng(0)
    assert not counts(np.arange(19))
    assert not counts(rng.integers(0, 10**9, 5000))
    assert not counts(rng.normal(size=100))
    assert not counts(2.0**53 + 2 * np.arange(100))
    assert not counts([])
    assert counts(rng.permutation(500_000), 9)


@pytest.mark.parametrize("cut", [1, 3, 50])
def test_the_reason_is_said_however_the_rows_are_cut(cut):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=100), "Unnamed: 0": np.arange(100), "k": 7})
    encoder = TableEncoder()
    for first in range(0, 100, 100 // cut):
        encoder.partial_fit(table.iloc[first : first + 100 // cut])
    reasons = dict(encoder.finish().dropped_)
    assert reasons["Unnamed: 0"].startswith("it counts the rows")
    assert reasons["k"] == "every value is the same"
    assert encoder.transform(table).shape[1] == TableEncoder().fit_transform(table[["x"]]).shape[1]


def test_numbers_of_too_many_digits_are_not_called_equal():
    ids = pd.DataFrame({"x": np.arange(60) % 7, "id": np.uint64(2**63) + np.arange(60, dtype="u8")})
    encoder = TableEncoder().fit(ids)
    assert "too many digits" in dict(encoder.dropped_)["id"]


def test_an_array_has_no_row_numbers():
    assert not TableEncoder().fit(np.arange(100.0)[:, None]).dropped_


def test_one_with_gaps_in_it_or_missing_values_stays():
    x = np.arange(100.0)
    assert not TableEncoder().fit(pd.DataFrame({"x": np.where(x == 3, np.nan, x)})).dropped_


def test_who_says_that_it_is_a_number_is_believed():
    ranks = pd.DataFrame({"rank": np.arange(100)})
    assert not TableEncoder(number=["rank"]).fit(ranks).dropped_
