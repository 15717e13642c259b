"""Laws of what workers make of partitions, files and arrays, without a cluster."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale.test_dask import table
from trilayer.encoding import TableEncoder
from trilayer.errors import InputError
from trilayer.sources import dask_tables
from trilayer.sources.dask_arrays import array_rows, labels_in, two_labels
from trilayer.sources.dask_tables import (
    file_rows,
    frame_rows,
    heard,
    lesson_of,
    parts_of,
    settled,
    study,
)
from trilayer.sources.lessons import Columns
from trilayer.sources.shuffle import joined

COLUMNS = Columns("answer", sample_weight="weight")
ROWS = 6_000


def weighted_table():
    frame = table(ROWS)
    weights = np.random.default_rng(2).integers(0, 3, ROWS) / 2
    return frame.assign(weight=weights)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same rows as three files of CSV, and of Parquet with row groups of 700."""
    folder = tmp_path_factory.mktemp("files")
    whole = pa.Table.from_pandas(weighted_table(), preserve_index=False)
    for kind in ("csv", "parquet"):
        (folder / kind).mkdir()
        for number, (first, stop) in enumerate([(0, 100), (100, 4_500), (4_500, ROWS)]):
            part, path = whole.slice(first, stop - first), folder / kind / f"{number}.{kind}"
            if kind == "csv":
                pa_csv.write_csv(part, path)
            else:
                pq.write_table(part, path, row_group_size=700)
    return folder


def studied(folder, kind):
    return study(folder / kind, COLUMNS, TableEncoder(dtype="float32"))


def equal(found, expected):
    pairs = zip(bits(found), bits(expected), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def bits(rows):
    """All arrays of rows."""
    return rows.inputs.numbers, rows.inputs.at, rows.inputs.part, rows.Y, rows.s


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@settings(max_examples=8)
@given(threads=st.integers(1, 9))
def test_parts_of_files_are_the_rows_once_in_order(kind, folder, threads):
    found, learnt, edges = studied(folder, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dask_tables, "FEWEST_ROWS", 300)
        parts = parts_of(found, edges, threads)
    assert (len(parts) > threads) == (kind == "parquet")
    whole = file_rows(found.part(range(found.rows)), learnt, None)
    assert equal(joined([file_rows(part, learnt, None) for part in parts]), whole)
    assert whole.Y.shape[1] == learnt.m


def test_large_parts_are_cut_further_and_small_files_are_not(folder, monkeypatch):
    found, _, edges = studied(folder, "csv")
    assert len(parts_of(found, edges, 8)) == 1
    monkeypatch.setattr(dask_tables, "MOST_ROWS", 1_000)
    assert len(parts_of(found, edges, 1)) == 6


def test_rows_may_be_chosen(folder):
    found, learnt, _ = studied(folder, "parquet")
    whole = found.part(range(ROWS))

    def every_other(rest):
        return file_rows(whole, learnt, lambda first, n: np.arange(first, first + n) % 2 == rest)

    assert every_other(0).Y.shape[1] + every_other(1).Y.shape[1] == learnt.m


@settings(max_examples=8)
@given(st.lists(st.integers(0, ROWS), max_size=4))
def test_partitions_of_a_frame_are_heard_as_the_files_are(folder, inner):
    found, learnt, edges = studied(folder, "parquet")
    frame = weighted_table()
    cuts = [0, *sorted(inner), ROWS]
    partitions = [frame.iloc[a:b] for a, b in pairwise(cuts)]
    begun = lesson = lesson_of(frame, COLUMNS, TableEncoder(dtype="float32"))
    for place, partition in enumerate(partitions):
        lesson = heard(lesson, partition, place)
    with pytest.raises(InputError, match="empty in every row"):
        settled(begun)  # what a task was given is as it was
    taught = settled(lesson)
    assert taught.encoder.columns_ == learnt.encoder.columns_
    rows = [frame_rows(part, taught, COLUMNS, place) for place, part in enumerate(partitions)]
    assert equal(joined(rows), file_rows(found.part(range(ROWS)), learnt, None))
    assert edges[-1] == ROWS


@given(st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=1, max_size=30))
def test_a_chunk_of_an_array_is_its_rows_that_weigh_something(weights):
    s = np.array(weights)
    X, y = np.arange(2.0 * len(s)).reshape(-1, 2), np.arange(len(s)) % 2
    classes = np.array([0, 1])
    rows = array_rows(X, y, s, classes, [3.0, 4.0], np.dtype("float32"), 0)
    kept = s > 0
    assert np.array_equal(rows.inputs.dense().T, X[kept])
    assert np.array_equal(rows.Y[0], y[kept])
    assert np.array_equal(rows.s[0], s[kept] * np.where(y[kept] == 1, 4, 3))
    labels, masses = labels_in(y, s, 0)
    assert dict(zip(labels.tolist(), masses.tolist(), strict=True)) == {
        label: s[y == label].sum() for label in {*y[kept].tolist()}
    }
    if len(labels) == 2:
        _, both = two_labels([(labels, masses)] * 2, "y")
        assert both == [2 * s[y == 0].sum(), 2 * s[y == 1].sum()]


@pytest.mark.parametrize(
    ("X", "s", "message"),
    [
        ([[np.inf]], [1], "X holds NaN or infinity in chunk 7"),
        ([["much"]], [1], "X holds no numbers in chunk 7"),
        ([[1], [2]], [1], "chunk 7 has 2 rows in X, 1 in y"),
        ([[1]], [-1], "a negative number in chunk 7"),
        ([[1]], [1, 2], "chunk 7 has 1 rows in X, 2 in sample_weight"),
    ],
)
def test_a_chunk_that_cannot_be_used_is_named(X, s, message):
    with pytest.raises(InputError, match=message):
        array_rows(X, [0], s, np.array([0, 1]), [], np.dtype(float), 7)
