"""A table is the same whatever it is packed in, and in whatever encoding."""

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import zipfile

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import find_tables, read_table, scan_table
from trilayer.tables.files import Form, sha256_of

TEXT = "name,n\nZoë,1\n农民,2\nAnn,3\n"
ROWS = {"name": ["Zoë", "农民", "Ann"], "n": [1, 2, 3]}


def zipped(data, *more, password=False):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/table.csv", data)
        archive.writestr("__MACOSX/._table.csv", b"nothing of anybody's")
        for name in more:
            archive.writestr(name, data)
    return sink.getvalue()


def zstd(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


PACKINGS = [bytes, gzip.compress, bz2.compress, lzma.compress, zstd, zipped]


@pytest.mark.parametrize("pack", PACKINGS)
def test_the_same_rows_from_every_packing(tmp_path, pack):
    path = tmp_path / "t.dat"
    path.write_bytes(pack(TEXT.encode()))
    assert read_table(path).to_pydict() == ROWS
    assert read_table(io.BytesIO(path.read_bytes())).to_pydict() == ROWS
    kinds = {"n": "number", "name": "category"}
    for source in (path, io.BytesIO(path.read_bytes())):
        assert pa.Table.from_batches(scan_table(source, kinds)).num_rows == 3


@pytest.mark.parametrize("pack", PACKINGS)
def test_the_fingerprint_is_of_the_packed_bytes(tmp_path, pack):
    path = tmp_path / "t.dat"
    path.write_bytes(pack(TEXT.encode()))
    files = find_tables(path)
    read_table(files)
    assert sha256_of(files) == hashlib.sha256(path.read_bytes()).hexdigest()


@given(data=st.binary(max_size=200), pack=st.sampled_from(PACKINGS[1:]), cut=st.integers(0, 60))
def test_damage_is_refused_or_rows(tmp_path_factory, data, pack, cut):
    path = tmp_path_factory.mktemp("damaged") / "t"
    whole = pack(TEXT.encode() * 40)
    place = len(whole) * cut // 60
    path.write_bytes(whole[:place] + data + whole[place + len(data) :])
    with contextlib.suppress(TableError):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped(TEXT, "other.csv"), "a zip archive of 2 files, where one is read"),
    ],
)
def test_what_else_is_a_zip_archive(tmp_path, content, words):
    path = tmp_path / "t.zip"
    path.write_bytes(content)
    with pytest.raises(TableError, match=words):
        read_table(path)


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        ("utf-16", Form()),  # its byte order mark says so
        ("utf-16-le", Form(encoding="utf-16-le")),
        ("gb18030", Form(encoding="gb18030")),
        ("utf-8-sig", Form()),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_same_rows_in_every_encoding(tmp_path, encoding, form, pack):
    path = tmp_path / "t.csv"
    path.write_bytes(pack(TEXT.encode(encoding)))
    assert read_table(find_tables(path, form=form)).to_pydict() == ROWS


@pytest.mark.parametrize(
    ("encoding", "hint"), [("gb2312", "gb18030"), ("latin-1", "latin-1"), ("cp1252", "latin-1")]
)
def test_the_likely_encoding_is_named(tmp_path, encoding, hint):
    text = "job,n\n农民,1\n工人,2\n" if encoding == "gb2312" else "job,n\nZoë é à,1\nb,2\n"
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(TableError, match=f"give --encoding {hint}"):
        read_table(path)
    assert len(read_table(find_tables(path, form=Form(encoding=hint)))) == 2


def test_text_that_the_encoding_does_not_fit(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.encode())
    with pytest.raises(TableError, match="damaged"):
        read_table(find_tables(path, form=Form(encoding="ascii")))
    with pytest.raises(TableError, match="--encoding klingon: Python knows no such encoding"):
        find_tables(path, form=Form(encoding="klingon"))
