"""How a delimited file may begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import find_tables, read_table, scan_table
from trilayer.tables.files import Form

NO_HEADER = Form(header=False)


def put(folder, text, name="t.csv"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (",k,y\n0,1,2\n", ["Unnamed: 0", "k", "y"]),
        ("num,k,y,,\n1,2,3,,\n", ["num", "k", "y", "Unnamed: 3", "Unnamed: 4"]),
        ('"",k\n1,2\n', ["Unnamed: 0", "k"]),
    ],
)
def test_columns_without_a_name_are_called_as_pandas_calls_them(tmp_path, text, names):
    table = read_table(put(tmp_path, text))
    assert table.column_names == names
    assert len(table) == 1


def test_a_line_that_names_the_separator(tmp_path):
    for line in ("sep=;", '"sep=;"', "SEP=;"):
        for end in ("\n", "\r\n"):
            text = f'{line}{end}"a, b";c{end}1;2{end}3;4{end}'
            table = read_table(put(tmp_path, text))
            assert table.to_pydict() == {"a, b": [1, 3], "c": [2, 4]}


def test_commas_in_a_file_called_tsv(tmp_path):
    assert read_table(put(tmp_path, "a,b\n1,2\n", "t.tsv")).to_pydict() == {"a": [1], "b": [2]}
    assert read_table(put(tmp_path, "a,b\tc\n1\t2\n", "t.tsv")).column_names == ["a,b", "c"]


def test_blanks_separate_where_nothing_else_does(tmp_path):
    path = put(tmp_path, "a b c\n1 x 2\n3 y 4\n", "t.data")
    assert read_table(path).to_pydict() == {"a": [1, 3], "b": ["x", "y"], "c": [2, 4]}
    assert read_table(put(tmp_path, "full name\nAnn Lee\nBob\n")).column_names == ["full name"]
    assert read_table(put(tmp_path, "a b c,d\n1 2 3,4\n")).column_names == ["a b c", "d"]


def test_utf_16_that_nothing_says(tmp_path):
    for encoding in ("utf-16-le", "utf-16-be"):
        path = put(tmp_path, "name,n\nAnn,1\n".encode(encoding))
        with pytest.raises(TableError, match=f"give --encoding {encoding}"):
            read_table(path)
        assert len(read_table(find_tables(path, form=Form(encoding=encoding)))) == 1


def test_no_header(tmp_path):
    path = put(tmp_path, "5.1,red\n4.9,blue\n")
    files = find_tables(path, form=NO_HEADER)
    assert read_table(files).to_pydict() == {"column1": [5.1, 4.9], "column2": ["red", "blue"]}
    (batch,) = scan_table(files, {"column1": "number"})
    assert batch["column1"].to_pylist() == [5.1, 4.9]
    with pytest.raises(TableError, match=r"it has '5\.1', 'red': is its first row no header"):
        read_table(path, columns=["y"])
    with pytest.raises(TableError, match=r"no column 'y'; it has 'a', 'b'$"):
        read_table(put(tmp_path, "a,b\n1,2\n"), columns=["y"])


def test_rows_are_counted_alike_with_and_without_a_header(tmp_path):
    for text, form in (
        ("a,b\n1,2\n3\n", Form()),
        ("1,2\n3\n", NO_HEADER),
        ("sep=,\na,b\n1,2\n3\n", Form()),
    ):
        with pytest.raises(TableError, match="row 2 has 1 field"):
            read_table(find_tables(put(tmp_path, text), form=form))


def test_a_name_that_occurs_twice_is_refused_where_it_is_used(tmp_path):
    path = put(tmp_path, "num,x,x,y\n1,2,3,4\n")
    assert read_table(path, columns=["num", "y"]).to_pydict() == {"num": [1], "y": [4]}
    for columns in (["x"], None):
        with pytest.raises(TableError, match="more than one column is named 'x'"):
            read_table(path, columns=columns)
    with pytest.raises(TableError, match="more than one column is named 'x'"):
        scan_table(path, {"x": "number"})


names = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=6)


@given(rows=st.lists(st.lists(names, min_size=2, max_size=2), min_size=1, max_size=5))
def test_without_a_header_no_row_is_lost(tmp_path_factory, rows):
    import csv
    import io

    sink = io.StringIO()
    csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    path = put(tmp_path_factory.mktemp("rows"), sink.getvalue())
    files = find_tables(path, form=NO_HEADER)
    if files[0].header.delimiter == ",":
        assert len(read_table(files, as_text=["column1", "column2"])) == len(rows)
