"""Whole tables from files: every form that is read."""

import gzip
import io
import os
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import column_names, find_tables, read_table, scan_table
from trilayer.tables.kinds import survey_table

ROWS = "age,city,when\n31,Oslo,2024-05-01\n,Rome,2024-05-02\n45,,2024-05-03\n"
PEOPLE = {"age": [31, None, 45], "city": ["Oslo", "Rome", None]}


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def without_date(table):
    return table.select(["age", "city"]).to_pydict()


def refusal(sources, **options):
    with pytest.raises(TableError) as caught:
        read_table(sources, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "arrow" not in message.lower().replace("narrow", "")
    return message


# ---- forms ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", ROWS),
        ("t.txt", ROWS.replace(",", ";")),
        ("t.csv", ROWS.replace(",", "|")),
        ("t.tsv", ROWS.replace(",", "\t")),
        ("t.csv", ROWS.replace(",", "\t")),
        ("t.CSV.GZ", gzip.compress(ROWS.encode(), mtime=0)),
        (
            "t.data",
            gzip.compress(ROWS[:30].encode(), mtime=0) + gzip.compress(ROWS[30:].encode(), mtime=0),
        ),
        ("t.csv.gz", ROWS),
        ("t", "\ufeff" + ROWS.replace("\n", "\r\n")),
        ("t.csv", "\n\n" + ROWS.replace("\n", "\n\n")),
        ("t.csv", ROWS.replace("age", '"age"').replace("Oslo", '"Oslo"')),
    ],
)
def test_delimited_text_is_read_in_every_dress(tmp_path, name, content):
    table = read_table(put(tmp_path, name, content))
    assert table.column_names == ["age", "city", "when"]
    assert without_date(table) == PEOPLE
    assert pa.types.is_date(table["when"].type)


def test_a_tsv_may_have_more_commas_than_tabs_in_its_header(tmp_path):
    path = put(tmp_path, "t.tsv", "a,b,c\td\n1\t2\n")
    assert read_table(path).to_pydict() == {"a,b,c": [1], "d": [2]}


def test_quotation_marks_hide_delimiters_and_line_ends(tmp_path):
    path = put(tmp_path, "t.csv", '"a;b\nc;","d"\n"x\ny",1\n"z,""q""",2\n')
    assert read_table(path).to_pydict() == {"a;b\nc;": ["x\ny", 'z,"q"'], "d": [1, 2]}


def test_a_mark_inside_a_bare_field_opens_nothing(tmp_path):
    path = put(tmp_path, "t.csv", 'size 5",n\n3",1\n4,2\n')
    assert read_table(path).to_pydict() == {'size 5"': ['3"', "4"], "n": [1, 2]}


def test_a_header_longer_than_what_is_read_at_once(tmp_path):
    names = [f"column {i:03d} {'x' * 2000}" for i in range(200)]
    path = put(tmp_path, "t.csv", ",".join(names) + "\n" + ",".join(["1"] * 200) + "\n")
    assert read_table(path).column_names == names


@pytest.mark.parametrize("name", ["t.parquet", "t.pq", "t.unknown", "t.parquet.gz"])
def test_parquet_is_known_by_its_bytes(tmp_path, name):
    sink = io.BytesIO()
    pq.write_table(pa.table(PEOPLE), sink)
    content = gzip.compress(sink.getvalue(), mtime=0) if name.endswith(".gz") else sink.getvalue()
    assert read_table(put(tmp_path, name, content)).to_pydict() == PEOPLE


def test_the_row_labels_of_pandas_are_no_column(tmp_path):
    path = tmp_path / "t.parquet"
    table = pa.table({"a.b": [1], "a": [{"b": 2}], "__index_level_0__": ["r"]})
    pq.write_table(table, path)
    assert read_table(path).column_names == ["a.b", "a"]
    assert read_table(path, columns=["a.b"]).to_pydict() == {"a.b": [1]}


def test_missing_words_are_missing_among_numbers_and_levels_among_text(tmp_path):
    words = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"]
    lines = [f"{w},{w},{w},{w}" for w in words]
    path = put(tmp_path, "t.csv", "\n".join(["n,d,b,t", *lines, "1,2024-01-01,true,x"]))
    table = read_table(path)
    for name in ("n", "d", "b"):
        assert table[name].null_count == len(words)
    assert table["t"].to_pylist() == [None, *words[1:], "x"]


def test_codes_stay_text_where_that_is_asked(tmp_path):
    path = put(tmp_path, "t.csv", "zip,n\n007,1\nNA,2\n,3\n")
    assert read_table(path, as_text=["zip"])["zip"].to_pylist() == ["007", "NA", None]
    parquet = tmp_path / "t.parquet"
    pq.write_table(pa.table({"zip": [7.0, float("nan"), None], "n": [1, 2, 3]}), parquet)
    table = read_table(parquet, as_text=["zip"])
    assert table.to_pydict() == {"zip": ["7", None, None], "n": [1, 2, 3]}


def test_columns_are_read_in_the_order_asked_for(tmp_path):
    path = put(tmp_path, "t.csv", ROWS)
    assert read_table(path, columns=["city", "age"]).column_names == ["city", "age"]
    assert read_table(path, columns=["when"]).column_names == ["when"]


# ---- several files -------------------------------------------------------------------


def test_a_folder_is_its_files_by_name(tmp_path):
    put(tmp_path, "d/b.csv", "n,m\n3,c\n")
    put(tmp_path, "d/a.csv.gz", gzip.compress(b"m,n\na,1\nb,2\n", mtime=0))
    put(tmp_path, "d/.hidden.csv", "other\n1\n")
    put(tmp_path, "d/_SUCCESS", "")
    (tmp_path / "d/folder").mkdir()
    table = read_table(tmp_path / "d")
    assert table.to_pydict() == {"m": ["a", "b", "c"], "n": [1, 2, 3]}
    assert [column_names(f) for f in find_tables([tmp_path / "d"])] == [["m", "n"], ["n", "m"]]


def test_files_agree_on_the_type_of_a_column(tmp_path):
    a = put(tmp_path, "a.csv", "code,n,d,empty,note\n007,1,2024-01-01,,NA\n")
    b = put(tmp_path, "b.csv", "code,n,d,empty,note\nx,2.5,2024-01-02 12:00,,low\n")
    c = put(tmp_path, "c.csv", "code,n,d,empty,note\n,,,,\n")
    table = read_table([a, b, c])
    assert table["code"].to_pylist() == ["007", "x", None]
    assert table["n"].to_pylist() == [1.0, 2.5, None]
    assert [str(d) for d in table["d"].to_pylist()[:2]] == [
        "2024-01-01 00:00:00",
        "2024-01-02 12:00:00",
    ]
    assert table["empty"].null_count == 3
    assert table["note"].to_pylist() == ["NA", "low", None]


def test_parquet_files_agree_or_are_told_apart(tmp_path):
    a, b, c = tmp_path / "a.parquet", tmp_path / "b.parquet", tmp_path / "c.parquet"
    pq.write_table(pa.table({"n": pa.array([1], pa.int32())}), a)
    pq.write_table(pa.table({"n": [2.5]}), b)
    pq.write_table(pa.table({"n": ["x"]}), c)
    assert read_table([a, b])["n"].to_pylist() == [1.0, 2.5]
    message = refusal([a, c])
    assert all(word in message for word in ("c.parquet", "'n'", "category", "a.parquet", "number"))


def test_a_part_may_be_empty_but_not_all(tmp_path):
    a = put(tmp_path, "a.csv", "n,t\n")
    b = put(tmp_path, "b.csv", "n,t\n1,x\n")
    assert read_table([a, b]).to_pydict() == {"n": [1], "t": ["x"]}
    assert "no rows" in refusal(a)


# ---- streams -------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_stream_is_read_whole(pack):
    table = read_table(io.BytesIO(pack(ROWS.encode())))
    assert without_date(table) == PEOPLE


def test_a_pipe_is_read_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(ROWS.encode(),))
    writer.start()
    assert without_date(read_table(pipe)) == PEOPLE
    writer.join()


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**62), 2**62),
            st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(",;\t|"),
)
def test_what_a_spreadsheet_writes_is_what_is_read(tmp_path_factory, rows, delimiter):
    import csv

    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["n", "t", "end"])
    writer.writerows([*row, "."] for row in rows)
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_bytes(sink.getvalue().encode())
    table = read_table(path, as_text=["t", "end"])
    assert table["t"].to_pylist() == [text for _, text in rows]
    assert table["n"].to_pylist() == [number for number, _ in rows]


def test_the_rows_decide_between_delimiters_that_a_header_may_have(tmp_path):
    path = put(tmp_path, "t.csv", "0,||\n1,2\n3,4\n")
    assert read_table(path).to_pydict() == {"0": [1, 3], "||": [2, 4]}
    path = put(tmp_path, "t.csv", "name, first;name, last\nAda;Byron\n")
    assert read_table(path).column_names == ["name, first", "name, last"]


def test_a_damaged_column_name_in_parquet_is_a_damaged_file(tmp_path):
    """Found by fuzzing: the name's bytes are decoded only when they are asked for."""
    pq.write_table(pa.table({"column": [1, 2]}), tmp_path / "t.parquet", store_schema=False)
    path = tmp_path / "t.parquet"
    path.write_bytes(path.read_bytes().replace(b"column", b"colum\x80"))
    with pytest.raises(TableError, match="damaged"):
        read_table(path)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_folders_in_a_folder_and_what_their_names_tell(tmp_path, form):
    def write(name, rows):
        path = tmp_path / "d" / f"{name}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.table({"n": rows})
        pq.write_table(table, path) if form == "parquet" else table.to_pandas().to_csv(
            path, index=False
        )

    write("year=2023/town=Aix%20la/a", [1, 2])
    write("year=2024/town=__HIVE_DEFAULT_PARTITION__/a", [3])
    write("year=2024/_temporary/a", [4])
    table = read_table(tmp_path / "d")
    assert table.to_pydict() == {
        "n": [1, 2, 3], "year": [2023, 2023, 2024], "town": ["Aix la", "Aix la", None],
    }  # fmt: skip
    assert read_table(tmp_path / "d", columns=["year"], as_text=["year"])["year"].to_pylist() == [
        "2023", "2023", "2024",
    ]  # fmt: skip
    kinds = {"year": "number", "town": "category"}
    (first, second) = scan_table(tmp_path / "d", kinds)
    assert first.to_pydict() == {"year": [2023.0, 2023.0], "town": ["Aix la", "Aix la"]}
    assert second.to_pydict() == {"year": [2024.0], "town": [None]}
    survey = survey_table(find_tables(tmp_path / "d"), ["n", "year", "town"])
    assert survey.counts == (2, 1)
    assert survey.readings["year"].kind == "number"


def test_no_half_of_a_folder_is_left_out(tmp_path):
    put(tmp_path, "d/a.csv", "n,m\n1,2\n")
    put(tmp_path, "d/2024/b.csv", "n,m\n3,4\n")
    assert read_table(tmp_path / "d")["n"].to_pylist() == [3, 1]
