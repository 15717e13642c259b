"""Where rows stand in files, and types that few functions take."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import (
    CATEGORY,
    NOWHERE,
    NUMBER,
    find_tables,
    read_placed,
    read_table,
    refuse_infinite,
    scan_placed,
    scan_table,
    to_arrow,
)
from trilayer.tables.convert import without_views
from trilayer.tables.kinds import survey_frame
from trilayer.tables.places import Places, Span


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(1, 99), st.integers(0, 5)), max_size=6))
def test_rows_are_found_in_their_files(spans):
    places = Places(tuple(Span(*span) for span in spans))
    rows = [(f"{file}: ", first + i) for file, first, rows in spans for i in range(rows)]
    assert [places.of(index) for index in range(len(rows))] == rows


def test_without_a_file_rows_are_counted_from_one():
    assert NOWHERE.of(6) == ("", 7)


@pytest.fixture
def folder(tmp_path):
    for name, start in (("1.csv", 0), ("2.csv", 3)):
        text = "".join(f"{start + i},t{start + i}\n" for i in range(3))
        (tmp_path / name).write_text("n,t\n" + text)
    return tmp_path


def test_a_whole_table_and_a_stream_agree_on_the_places(folder):
    table, places = read_placed(folder)
    streamed = [
        (number.as_py(), block.places.of(index))
        for block in scan_placed(folder, {"n": NUMBER}, batch_rows=2)
        for index, number in enumerate(block.rows["n"])
    ]
    assert streamed == [(n, places.of(n)) for n in table["n"].to_pylist()]
    assert places.of(4) == (f"{folder / '2.csv'}: ", 2)


def test_infinite_numbers_are_named_where_they_stand(folder):
    (folder / "2.csv").write_text("n,t\n3,t\n-inf,t\n")
    table, places = read_placed(folder)
    with pytest.raises(TableError, match=r"2\.csv: column 'n', row 2: -inf is not finite"):
        refuse_infinite(table, ["n"], places)
    refuse_infinite(table.slice(0, 3), ["n"], places)
    refuse_infinite(pa.table({"n": pa.nulls(3)}), ["n"], NOWHERE)


def test_a_slip_is_named_where_it_stands(folder):
    numbers = "".join(f"{i}\n" for i in range(50))
    (folder / "1.csv").write_text("n\n" + numbers)
    (folder / "2.csv").write_text("n\n7\noops\n")
    table, places = read_placed(folder)
    with pytest.warns(UserWarning, match=r"2\.csv: column 'n' holds .* 'oops' in row 2 is none"):
        survey_frame(table, places=places)


VIEWS = pa.table(
    {
        "text": pa.array(["a", None, "b"], pa.string_view()),
        "bytes": pa.array([b"a", None, b"b"], pa.binary_view()),
        "texts": pa.array([["a"], None, ["b"]], pa.list_(pa.string_view())),
        "more": pa.array([["a"], None, ["b"]], pa.large_list(pa.string_view())),
        "pair": pa.array([{"x": "a"}, None, {"x": "b"}], pa.struct([("x", pa.string_view())])),
        "number": np.arange(3.0),
    }
)


def test_no_views_are_handed_out(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(VIEWS.select(["text", "bytes", "number"]), path)
    scanned = next(scan_table(path, {"text": CATEGORY}, keep=["bytes"]))
    for table in (read_table(path), to_arrow(VIEWS), without_views(VIEWS), scanned):
        rows = table.take(pa.array([0, 2])).to_pydict()
        assert rows == {n: v[::2] for n, v in VIEWS.select(table.column_names).to_pydict().items()}


def test_what_was_found_is_a_source_too(folder):
    files = find_tables(folder)
    assert find_tables(files) == files
    assert find_tables(files[0]) == files[:1]
    assert read_table(files).equals(read_table(folder))


def test_a_header_line_without_its_end(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n,t")
    for read in (read_table, lambda path: list(scan_table(path, {"n": NUMBER}))):
        with pytest.raises(TableError, match=r"t\.csv: there are column names, but no rows"):
            read(path)
