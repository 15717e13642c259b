"""What Parquet's footers say of how columns are stored: pyarrow's own words, or a refusal."""

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import CATEGORY, Reading, find_tables, read_table, scan_raw
from trilayer.tables.footer import Stored, stored

TABLE = pa.table(
    {
        "a": pa.array(range(100)),
        "text": pa.array([str(k % 7) for k in range(100)]),
        "nested": pa.array([{"x": "1", "y": [k]} for k in range(100)]),
        "wide": pa.array([f"{k:099}" for k in range(100)]),
        "when": pa.array(pd.date_range("2024-01-01", periods=100)),
    }
)


def written(**options):
    sink = io.BytesIO()
    pq.write_table(TABLE, sink, **options)
    return sink.getvalue()


def footer(data):
    return data[-8 - int.from_bytes(data[-8:-4], "little") : -8]


WAYS = [
    {},
    {"row_group_size": 16},
    {"use_dictionary": ["text"], "compression": "zstd", "write_statistics": False},
    {"version": "1.0", "store_schema": False, "write_page_index": True},
    {"sorting_columns": [pq.SortingColumn(0)], "data_page_version": "2.0"},
]


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_they_say_what_pyarrow_says(options):
    data = written(**options)
    about = pq.ParquetFile(io.BytesIO(data)).metadata
    pieces = [
        about.row_group(g).column(k)
        for g in range(about.num_row_groups)
        for k in range(about.num_columns)
    ]
    assert list(stored(footer(data))) == [
        Stored(each.path_in_schema, each.total_uncompressed_size, each.has_dictionary_page)
        for each in pieces
    ]


FOOTER = footer(written(row_group_size=50))


@given(st.integers(0, len(FOOTER) - 1), st.integers(0, 255), st.binary(max_size=9))
def test_any_other_bytes_are_facts_or_refused(at, byte, more):
    for data in (FOOTER[:at] + bytes([byte]) + FOOTER[at + 1 :], FOOTER[:at] + more, more):
        try:
            for each in stored(data):
                assert isinstance(each.size, int)
        except ValueError:
            continue


@pytest.mark.parametrize(
    "data",
    [b"", b"\x19", b"\x1c" * 99, b"\x39\xfc" + b"\xff" * 12, b"\x1b\x01", b"\x18\x7f", b"\x00"],
    ids=["empty", "cut", "deep", "endless", "map", "short", "nothing"],
)
def test_lies_of_footers_are_refused(data):
    with pytest.raises(ValueError, match="footer"):
        list(stored(data))


OPTIONAL, REQUIRED = (b"\x25" + kind + b"\x18\x04text" for kind in (b"\x02", b"\x00"))
"""A column of the schema: whether there may be gaps in it, and its name."""


def test_a_footer_that_contradicts_itself_ends_in_a_sentence(tmp_path):
    """A count of gaps in a column without: `RowGroupMetaData.column` ends the process there."""
    data = written()
    assert data.count(OPTIONAL) == 1
    path = tmp_path / "contradicts.parquet"
    path.write_bytes(data.replace(OPTIONAL, REQUIRED))
    with pytest.raises(TableError, match="damaged or cut off"):
        list(scan_raw(find_tables(path), {"text": Reading(CATEGORY)}, coded=["text"]))


@pytest.mark.parametrize("coded", [True, False])
def test_text_that_is_not_utf_8_is_named_by_its_column(tmp_path, coded):
    path = tmp_path / "t.parquet"
    data = written(use_dictionary=coded, compression="none", write_statistics=False)
    path.write_bytes(data.replace(b"\x01\x00\x00\x005", b"\x01\x00\x00\x00\xff"))
    with pytest.raises(TableError, match="column 'text' holds text that is not UTF-8"):
        list(scan_raw(find_tables(path), {"text": Reading(CATEGORY)}, coded=["text"]))
    with pytest.raises(TableError, match="column 'text' holds text that is not UTF-8"):
        read_table(path)


def test_texts_and_codes_come_as_they_are_stored(tmp_path):
    path = tmp_path / "t.parquet"
    for options, coded in (({}, True), ({"use_dictionary": False}, False)):
        path.write_bytes(written(**options))
        rows = next(scan_raw(find_tables(path), {"text": Reading(CATEGORY)}, coded=["text"])).rows
        assert pa.types.is_dictionary(rows["text"].type) == coded
