"""Files that are no tables, or not good ones: each mistake has its sentence."""

import contextlib
import gzip
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import find_tables, read_table, require_columns, scan_table
from trilayer.tables.header import LONGEST_LINE

ROWS = "age,city,when\n31,Oslo,2024-05-01\n,Rome,2024-05-02\n45,,2024-05-03\n"
PEOPLE = {"age": [31, None, 45], "city": ["Oslo", "Rome", None]}


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(sources, **options):
    with pytest.raises(TableError) as caught:
        read_table(sources, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "arrow" not in message.lower().replace("narrow", "")
    return message


def test_nothing_there(tmp_path):
    assert "absent.csv: no such file" in refusal(tmp_path / "absent.csv")
    (tmp_path / "d").mkdir()
    put(tmp_path, "d/.hidden", "a\n1\n")
    assert "a folder without tables" in refusal(tmp_path / "d")
    assert "no table was named" in refusal([])


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file(tmp_path, content):
    assert "t.csv: the file is empty" in refusal(put(tmp_path, "t.csv", content))


def test_no_permission(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = put(tmp_path, "t.csv", ROWS)
    monkeypatch.setattr(Path, "open", refuse)
    assert "t.csv: no permission" in refusal(path)


def test_a_device_that_fails(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    path = put(tmp_path, "t.csv", ROWS)
    monkeypatch.setattr(Path, "open", fail)
    assert "t.csv: cannot be read (Input/output error)" in refusal(path)


@pytest.mark.parametrize(
    ("row", "fields"), [("1,2,3", "3 fields"), ("1", "1 field,"), ('"x\ny",2,3,4', "4 fields")]
)
def test_ragged_rows_are_counted_as_people_count(tmp_path, row, fields):
    text = 'a,b\n1,2\n\n"q\nr",2\n' + row + "\n5,6\n"
    message = refusal(put(tmp_path, "t.csv", text))
    assert "t.csv: row 3 has " + fields in message
    assert "the header 2" in message


SWALLOWED = """num,k,word
1,2,"red
2,3,red
3,4,blue
4,5,red
5,6,blue
6,7,green"
7,8,red
"""


def test_rows_that_a_quotation_mark_swallows_are_not_lost_in_silence(tmp_path):
    path = put(tmp_path, "t.csv", SWALLOWED)
    message = refusal(path)
    assert "t.csv: row 1, column 'word': a quoted value of 6 lines holds what look like" in message
    with pytest.raises(TableError, match="a quoted value of 6 lines"):
        list(scan_table(path, {"num": "number", "k": "number"}, keep=["word"]))


@pytest.mark.parametrize(
    "value", ["a\nb, c\nd\ne\nf", "Dear all,\nyes, I came,\nand saw,\nand left,\nbye", "\n" * 9]
)
def test_texts_of_several_lines_are_texts(tmp_path, value):
    frame = pd.DataFrame({"text": [value, "x"], "word": ["a", "b"], "n": [1, 2]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert read_table(tmp_path / "t.csv")["n"].to_pylist() == [1, 2]
    frame[["text", "n"]].to_csv(tmp_path / "two.csv", index=False)
    assert read_table(tmp_path / "two.csv")["text"].to_pylist() == [value, "x"]


def test_what_may_be_wrong_with_a_header_is_said(tmp_path):
    path = put(tmp_path, "t.csv", "# exported 2024-01-01\nnum,y\n1,2\n")
    with pytest.raises(TableError, match="is its first line a comment"):
        read_table(path, columns=["y"])
    path = put(tmp_path, "u.csv", "b,30.83,0,u,+\na,1.5,3,y,-\n")
    with pytest.raises(TableError, match="Give --no-header"):
        read_table(path, columns=["y"])


def test_a_ragged_row_far_down(tmp_path):
    text = "a,b\n" + "1,2\n" * 1_500_000 + "3\n" + "1,2\n" * 10
    assert "row 1,500,001 has 1 field" in refusal(put(tmp_path, "t.csv", text))


def test_duplicate_names(tmp_path):
    path = put(tmp_path, "t.csv", "a,b,a,c,b\n1,2,3,4,5\n")
    message = refusal(path)
    assert "more than one column is named 'a', 'b'" in message
    assert "--no-header" not in message
    assert read_table(path, columns=["c"]).to_pydict() == {"c": [4]}
    assert "--no-header" in refusal(put(tmp_path, "t.csv", "1,2,1\n3,4,5\n"))
    sink = tmp_path / "t.parquet"
    pq.write_table(pa.table([[1], [2]], names=["a", "a"]), sink)
    assert "more than one column is named 'a'" in refusal(sink)


def test_the_wrong_encoding_is_found_where_it_is(tmp_path):
    text = "name,n\n" + "Ann,1\n" * 5 + "Zoë,2\n" + "Bob,3\n"
    path = put(tmp_path, "t.csv", text.encode("latin1"))
    for options in ({}, {"as_text": ["name"]}):
        message = refusal(path, **options)
        assert "row 6 (column 'name') is not UTF-8" in message
        assert "--encoding latin-1" in message
    assert "the header line is not UTF-8" in refusal(put(tmp_path, "t.csv", b"na\xefve,b\n1,2\n"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "damaged or cut off"),
        (b"BZh91AY", "damaged or cut off"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x89\x00\x00\x01\n", "not a table"),
        (b"% made by Weka\n@RELATION r\n@attribute a numeric\n@data\n1\n", "an ARFF file"),
        (b"1 1:12.88 2:49\n0 2:1e-3\n", "a LIBSVM file"),
        (b"<!DOCTYPE html>\n<table><tr><td>1</td></tr></table>", "HTML or XML"),
        (b"SQLite format 3\0rest", "an SQLite database"),
        (b'"', "the header line is not readable"),
    ],
)
def test_what_is_no_table(tmp_path, content, words):
    assert words in refusal(put(tmp_path, "t.csv", content))


def test_a_broken_gzip(tmp_path):
    whole = gzip.compress((ROWS * 500).encode())
    for content in (whole[:-9], b"\x1f\x8b" + b"garbage" * 9):
        assert "t.csv.gz: the file is damaged" in refusal(put(tmp_path, "t.csv.gz", content))


def test_a_broken_parquet(tmp_path):
    sink = io.BytesIO()
    pq.write_table(pa.table(PEOPLE), sink)
    whole = sink.getvalue()
    assert "damaged or cut off" in refusal(put(tmp_path, "t.parquet", whole[:-30]))
    hurt = bytearray(whole)
    hurt[10:30] = b"\xff" * 20
    assert "damaged or cut off" in refusal(put(tmp_path, "t.parquet", bytes(hurt)))
    assert "not a Parquet file" in refusal(put(tmp_path, "t.parquet", ROWS))


def test_a_parquet_of_the_future(tmp_path, monkeypatch):
    def lack(*_, **__):
        raise pa.ArrowNotImplementedError("codec 'new' is not built\nmore")

    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(PEOPLE), path)
    monkeypatch.setattr(pq.ParquetFile, "read", lack)
    with pytest.raises(TableError, match=r"cannot read \(codec 'new' is not built\)$"):
        read_table(path)


def test_a_mark_that_never_closes(tmp_path):
    text = 'n,t\n1,x\n2,"y\n3,z\n4,w\n'
    assert "opens in row 2 is never closed" in refusal(put(tmp_path, "t.csv", text))
    # The last column shows it, whichever columns are wanted.
    assert "never closed" in refusal(put(tmp_path, "t.csv", text), columns=["n"])
    long = 'n,t\n1,"x\n' + "2,y\n" * (LONGEST_LINE // 2)
    assert "longer than 4 MiB" in refusal(put(tmp_path, "t.csv", long))


@pytest.mark.parametrize("last", ['"two\nlines"', '"a line,\nanother"', "NA", ""])
def test_a_long_note_at_the_end_is_no_mistake(tmp_path, last):
    path = put(tmp_path, "t.csv", f"n,t\n1,x\n2,{last}\n")
    assert read_table(path)["t"].to_pylist() == ["x", last.strip('"') or None]


def test_what_the_parser_cannot_say_better(tmp_path, monkeypatch):
    def lose(*_, **__):
        raise pa.ArrowInvalid("the parser lost its way\nmore")

    path = put(tmp_path, "t.csv", ROWS)
    files = find_tables(path)
    monkeypatch.setattr("trilayer.tables.delimited.pa_csv.read_csv", lose)
    monkeypatch.setattr("trilayer.tables.reading.find_tables", lambda _: files)
    with pytest.raises(TableError, match=r"not readable as delimited text \(the parser lost.*y\)"):
        read_table(path)


def test_columns_that_are_not_there(tmp_path):
    path = put(tmp_path, "t.csv", ROWS)
    message = refusal(path, columns=["age", "ctiy", "xyzzy"])
    assert "t.csv: no columns 'ctiy', 'xyzzy' (did you mean 'city'?)" in message
    assert "it has 'age', 'city', 'when'" in message
    assert "no column 'xyzzy'; it has" in refusal(path, as_text=["xyzzy"])
    with pytest.raises(TableError, match=r"'c7' and 12 more$"):
        require_columns(["zz"], [f"c{i}" for i in range(20)], "t")


def test_files_with_other_columns(tmp_path):
    a = put(tmp_path, "a.csv", "x,y\n1,2\n")
    b = put(tmp_path, "b.csv", "x,z\n1,2\n")
    c = put(tmp_path, "c.csv", "x,y,z\n1,2,3\n")
    assert "b.csv: no column 'y'" in refusal([a, b])
    message = refusal([a, c])
    assert "c.csv" in message
    assert "a.csv has no 'z'" in message
    assert read_table([a, b, c], columns=["x"])["x"].to_pylist() == [1, 1, 1]


def test_mixed_formats(tmp_path):
    a = put(tmp_path, "a.csv", "x\n1\n")
    b = tmp_path / "b.parquet"
    pq.write_table(pa.table({"x": [1]}), b)
    message = refusal([a, b])
    assert "a.csv and " in message
    assert "different formats" in message


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """Whole files whose bytes will be spoilt."""
    sink = io.BytesIO()
    pq.write_table(pa.table({**PEOPLE, "x": [1.5, 2.5, 3.5]}), sink)
    folder = tmp_path_factory.mktemp("damaged")
    return folder / "t", [ROWS.encode(), gzip.compress(ROWS.encode(), mtime=0), sink.getvalue()]


@given(data=st.data())
def test_no_bytes_at_all_end_in_anything_but_a_table_or_a_table_error(damaged, data):
    path, wholes = damaged
    content = bytearray(data.draw(st.sampled_from(wholes)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(TableError):
        assert len(read_table(path)) > 0
