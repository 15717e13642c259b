"""Streams of rows: the same as the whole table, in order, in little memory."""

import datetime as dt
import gzip
import io
import subprocess
import sys

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import BOOLEAN, CATEGORY, DATE, NUMBER, read_table, scan_table

KINDS = {"n": NUMBER, "t": CATEGORY, "b": BOOLEAN, "d": DATE}
TEXT = "id,t,n,b,d\n007,x,1,true,2024-05-01\n008,,NA,,\n009,NA,2.5,false,2024-05-02\n"
ROWS = {
    "n": [1.0, None, 2.5],
    "t": ["x", None, "NA"],
    "b": [True, None, False],
    "d": [dt.datetime(2024, 5, 1), None, dt.datetime(2024, 5, 2)],
}


def rows_of(*args, **kwargs):
    return pa.Table.from_batches(scan_table(*args, **kwargs)).to_pydict()


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=2)
    return sink.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("stream", [False, True])
def test_columns_are_what_the_model_expects(tmp_path, pack, stream):
    content = pack(TEXT.encode())
    source = io.BytesIO(content) if stream else put(tmp_path, "t.csv", content)
    assert rows_of(source, KINDS) == ROWS


@pytest.mark.parametrize("stream", [False, True])
def test_parquet_too(tmp_path, stream):
    content = parquet(pa.table({**ROWS, "id": pa.array(["a", "b", "a"]).dictionary_encode()}))
    source = io.BytesIO(content) if stream else put(tmp_path, "t.parquet", content)
    batches = list(scan_table(source, KINDS, keep=["id"], batch_rows=2))
    assert [len(batch) for batch in batches] == [2, 1]
    assert pa.Table.from_batches(batches).to_pydict() == {**ROWS, "id": ["a", "b", "a"]}


def test_what_is_kept_is_kept_as_it_is(tmp_path):
    path = put(tmp_path, "t.csv", TEXT)
    kept = rows_of(path, {"n": NUMBER}, keep=["id", "n"])
    assert kept == {"n": ["1", "NA", "2.5"], "id": ["007", "008", "009"]}
    batches = scan_table(path, {"id": NUMBER}, keep=["t"])
    assert next(batches).schema.names == ["id", "t"]


def test_types_are_forced_not_guessed(tmp_path):
    path = put(tmp_path, "t.csv", "a,b,c,d\n1,2,1,\n")
    kinds = {"a": CATEGORY, "b": NUMBER, "c": BOOLEAN, "d": DATE}
    assert rows_of(path, kinds) == {"a": ["1"], "b": [2.0], "c": [True], "d": [None]}


def test_files_follow_one_another_and_rows_are_counted_in_each(tmp_path):
    a = put(tmp_path, "a.csv", "n,t\n1,x\n2,y\n")
    b = put(tmp_path, "b.csv", "t;n\nz;3\nw;four\n")
    batches = scan_table([a, b], {"n": NUMBER}, keep=["t"], batch_rows=1)
    assert [next(batches).to_pylist() for _ in range(3)] == [
        [{"n": 1.0, "t": "x"}],
        [{"n": 2.0, "t": "y"}],
        [{"n": 3.0, "t": "z"}],
    ]
    with pytest.raises(TableError, match=r"b\.csv: column 'n', row 2: 'four' is not a number"):
        next(batches)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("n,t\n1,x\n2,y\nthree,z\n", r"input: column 'n', row 3: 'three' is not a number"),
        ("n,t\n1,x\n2,y,z\n", r"input: row 2 has 3 fields, the header 2"),
        ("n,t\n", "input: there are column names, but no rows"),
        ("", "input: the file is empty"),
        ('n,t\n1,"x\n2,y\n3,z\n', "the quotation mark that opens in row 1 is never closed"),
        ("t\n1\n", "input: no column 'n'; it has 't'"),
        (b"n,t\n1,a\n2,\xff\n", r"input: row 2 \(column 't'\) is not UTF-8"),
    ],
)
def test_mistakes_on_standard_input(text, words):
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(TableError, match=words) as caught:
        rows_of(io.BytesIO(content), {"n": NUMBER, "t": CATEGORY})
    assert "\n" not in str(caught.value)


def test_rows_are_counted_over_the_blocks(tmp_path):
    text = "n,t\n" + "1,abcdef\n" * 700_000
    for last, words in (("x,y\n", "row 700,001: 'x'"), ("1\n", "row 700,001 has 1 field")):
        with pytest.raises(TableError, match=words):
            for _ in scan_table(io.BytesIO((text + last).encode()), {"n": NUMBER}):
                pass
    with pytest.raises(TableError, match="opens in row 700,001 is never"):
        for _ in scan_table(io.BytesIO((text + '1,"x\n1,y\n').encode()), {"n": NUMBER}):
            pass


def test_what_is_missing_is_said_at_once(tmp_path):
    path = put(tmp_path, "t.csv", TEXT)
    with pytest.raises(TableError, match="no column 'm'"):
        scan_table(path, {"m": NUMBER})
    with pytest.raises(TableError, match="no such file"):
        scan_table(tmp_path / "absent.csv", KINDS)


def test_damage_further_on_is_found(tmp_path):
    whole = gzip.compress(TEXT.encode() + b"1,2,3,true,\n" * 500_000)
    path = put(tmp_path, "t.csv.gz", whole[:-9])
    with pytest.raises(TableError, match=r"t\.csv\.gz: the file is damaged"):
        rows_of(path, {"n": NUMBER})
    hurt = bytearray(parquet(pa.table({"n": list(range(9))})))
    hurt[60:90] = b"\xff" * 30
    with pytest.raises(TableError, match=r"t\.parquet: the file is damaged"):
        rows_of(put(tmp_path, "t.parquet", bytes(hurt)), {"n": NUMBER})


@given(
    st.lists(
        st.tuples(st.none() | st.integers(-99, 99), st.none() | st.sampled_from(["a", "NA", "ü,"])),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 7),
)
def test_a_stream_is_the_table(tmp_path_factory, rows, batch_rows):
    # A row of two empty fields would be a blank line of a one-column table: keep a third.
    table = pa.table(
        {"n": [n for n, _ in rows], "t": [t for _, t in rows], "i": list(range(len(rows)))},
        schema=pa.schema([("n", pa.int64()), ("t", pa.string()), ("i", pa.int64())]),
    )
    path = tmp_path_factory.mktemp("scan") / "t.csv"
    pa_csv.write_csv(table, path)
    batches = list(scan_table(path, {"n": NUMBER, "t": CATEGORY}, batch_rows=batch_rows))
    assert all(len(batch) <= batch_rows for batch in batches)
    streamed = pa.Table.from_batches(batches).to_pydict()
    assert streamed == read_table(path, columns=["n", "t"], as_text=["t"]).to_pydict()


MEASURE = """
import resource, sys
from trilayer.tables import scan_table
rows = sum(len(batch) for batch in scan_table(sys.stdin.buffer, {"n": "number", "t": "category"}))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(rows):
    text = b"n,t\n" + b"1234567,some text\n" * rows
    command = [sys.executable, "-c", MEASURE]
    printed = subprocess.run(command, input=text, capture_output=True, check=True).stdout
    counted, kilobytes = (int(each) for each in printed.split())
    assert counted == rows
    return kilobytes / 1024


def test_memory_does_not_grow_with_the_rows():
    assert peak(6_000_000) < peak(600_000) + 60
