"""A sheet is the table that a spreadsheet would save as CSV."""

import datetime as dt
import hashlib
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import find_tables, read_table, scan_table
from trilayer.tables import workbook as module
from trilayer.tables.files import Form, sha256_of


def book(*sheets):
    """Write a workbook of sheets, each a name and rows."""
    workbook, sink = openpyxl.Workbook(), io.BytesIO()
    workbook.remove(workbook.active)
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(sink)
    return sink.getvalue()


def put(folder, data, name="t.xlsx"):
    path = folder / name
    path.write_bytes(data)
    return path


NOON = dt.datetime(2024, 1, 2, 12)
ROWS = [
    ["n", "x", "word", "yes", "day", "at", "long"],
    [
        1,
        0.5,
        "Zoë",
        True,
        dt.date(2024, 1, 2),
        NOON,
        dt.timedelta(hours=6),
    ],
    [None, -3, 'a "b", c', False, dt.date(1999, 12, 31), NOON - dt.timedelta(hours=12), None],
    [3, 1e300, None, None, None, None, dt.timedelta(days=2)],
]


def test_every_kind_of_cell(tmp_path):
    path = put(tmp_path, book(("Data", ROWS)))
    found = read_table(path).to_pydict()
    assert found == read_table(io.BytesIO(path.read_bytes())).to_pydict()
    assert found["n"] == [1, None, 3]
    assert found["x"] == [0.5, -3, 1e300]
    assert found["word"] == ["Zoë", 'a "b", c', None]
    assert found["yes"] == [True, False, None]
    assert found["day"] == [dt.date(2024, 1, 2), dt.date(1999, 12, 31), None]
    assert found["at"][0] == NOON
    assert found["long"] == [0.25, None, 2]


def said(source, name):
    """Return what a table holds, or why it is refused."""
    try:
        return read_table(source).to_pydict()
    except TableError as error:
        return str(error).replace(name, "the file")


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**50), 2**50),
    st.floats(-1e15, 1e15),
    st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), min_size=1, max_size=5),
)


@settings(max_examples=20)  # to write a workbook takes its time
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8))
def test_a_sheet_is_the_csv_of_its_cells(tmp_path_factory, rows):
    """Whatever the cells hold: what the text says, one reading decides."""
    data = book(("S", [["a", "b", "c"], *rows]))
    tmp_path = tmp_path_factory.mktemp("sheet")
    text = module.as_csv(data, "t.xlsx")
    sheet, plain = put(tmp_path, data), put(tmp_path, text, "t.csv")
    assert said(sheet, "t.xlsx") == said(plain, "t.csv")


def test_the_fingerprint_is_of_the_workbook(tmp_path):
    path = put(tmp_path, book(("Data", ROWS)))
    files = find_tables(path)
    assert len(list(scan_table(files, {"n": "number"}))) == 1
    assert sha256_of(files) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_which_sheet(tmp_path):
    path = put(tmp_path, book(("Notes", []), ("A", [["x"], [1]]), ("B", [["x"], [2]])))
    with pytest.raises(TableError, match="several sheets, 'A', 'B': choose one with --sheet"):
        find_tables(path)
    with pytest.raises(TableError, match="no sheet 'C'; it has 'Notes', 'A', 'B'"):
        find_tables(path, form=Form(sheet="C"))
    assert read_table(find_tables(path, form=Form(sheet="B")))["x"].to_pylist() == [2]
    # A workbook says its encoding itself.
    form = Form(sheet="A", encoding="utf-16")
    assert read_table(find_tables(path, form=form))["x"].to_pylist() == [1]
    with pytest.raises(TableError, match="its sheets are empty"):
        find_tables(put(tmp_path, book(("Notes", [])), "e.xlsx"))


def test_no_header(tmp_path):
    path = put(tmp_path, book(("A", [[1, 2], [3, 4]])))
    table = read_table(find_tables(path, form=Form(header=False)))
    assert table.to_pydict() == {"column1": [1, 3], "column2": [2, 4]}


def test_damage_is_one_sentence(tmp_path):
    whole = book(("Data", ROWS))
    for cut in (len(whole) // 3, len(whole) - 30):
        with pytest.raises(TableError, match=r"damaged or cut off|cannot be read"):
            find_tables(put(tmp_path, whole[:cut]))
    with pytest.raises(TableError, match=r"damaged or cut off|cannot be read"):
        find_tables(put(tmp_path, module.OLD + b"\0" * 600, "t.xls"))


WHOLE = book(("Data", ROWS))


@given(st.data())
def test_hostile_bytes_end_in_a_table_or_a_sentence(data):
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert "\n" not in str(said(io.BytesIO(bytes(whole)), "standard input"))


def test_a_bomb_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    sink = io.BytesIO(book(("Data", ROWS)))
    with zipfile.ZipFile(sink, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(4 << 20))
    with pytest.raises(TableError, match="unpacks to more than 1 MiB: save its sheet as CSV"):
        find_tables(put(tmp_path, sink.getvalue()))
