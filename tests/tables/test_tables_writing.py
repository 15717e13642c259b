"""Tables written batch by batch: whole, or not at all."""

import datetime as dt
import errno
import gzip
import io
import os
import pathlib
import stat

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import TableError
from trilayer.tables import TableWriter, read_table, write_whole

BATCH = pa.RecordBatch.from_pydict({"id": ["a", None], "p": [0.25, 1e-9]})
AS_TEXT = "id,p\na,0.25\n,1e-9\n"


def write(target, *batches, **options):
    write_all(target, batches, **options)


def write_all(target, batches, **options):
    with TableWriter(target, **options) as out:
        for batch in batches:
            out.write(batch)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz", ".TSV.GZ", ".parquet", ".pq"])
def test_what_is_written_is_read_back(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    write(path, BATCH, BATCH)
    assert read_table(path).to_pydict() == {"id": ["a", None] * 2, "p": [0.25, 1e-9] * 2}
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_text_is_plain(tmp_path):
    path = tmp_path / "t.csv"
    write(path, BATCH, BATCH)
    assert path.read_text() == AS_TEXT + AS_TEXT[5:]
    stream = io.BytesIO()
    write(stream, BATCH)
    assert stream.getvalue().decode() == AS_TEXT
    write(tmp_path / "t.csv.gz", BATCH)
    packed = (tmp_path / "t.csv.gz").read_bytes()
    write(tmp_path / "u.csv.gz", BATCH)
    assert packed == (tmp_path / "u.csv.gz").read_bytes()
    assert gzip.decompress(packed).decode() == AS_TEXT


def test_a_file_has_the_rights_that_new_files_have(tmp_path):
    write(tmp_path / "t.csv", BATCH)
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_batches_take_the_types_of_the_first(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    first = pa.table({"n": [1.5], "c": pa.array(["x"]).dictionary_encode()})
    write(path, first, pa.table({"n": [2], "c": ["y"]}))
    assert read_table(path).to_pydict() == {"n": [1.5, 2.0], "c": ["x", "y"]}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_nothing_written_is_an_empty_file(tmp_path, suffix):
    write(tmp_path / f"t{suffix}")
    assert (tmp_path / f"t{suffix}").read_bytes() == b""


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(
    st.lists(texts, min_size=2, max_size=2, unique=True),
    st.lists(st.tuples(st.none() | texts, st.floats(allow_nan=False)), min_size=1, max_size=9),
    st.sampled_from([".csv", ".tsv", ".parquet"]),
)
def test_any_text_and_any_number_survive(tmp_path_factory, names, rows, suffix):
    from hypothesis import assume

    assume(names[0].strip() and not names[0].startswith("\ufeff"))
    path = tmp_path_factory.mktemp("write") / f"t{suffix}"
    columns = [pa.array([t for t, _ in rows], pa.string()), pa.array([x for _, x in rows])]
    write(path, pa.table(columns, names=names))
    table = read_table(path, as_text=[names[0]])
    assert table.column_names == names
    assert table[0].to_pylist() == [t for t, _ in rows]
    assert table[1].cast("float64").to_pylist() == [x for _, x in rows]


# ---- mistakes ------------------------------------------------------------------------


def refusal(target, *batches, **options):
    with pytest.raises(TableError) as caught:
        write(target, *(batches or [BATCH]), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_existing_file_stays_unless_forced(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("precious")
    assert "t.csv: the file exists" in refusal(path)
    assert path.read_text() == "precious"
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    write(link, BATCH, force=True)
    assert path.read_text() == AS_TEXT
    assert link.is_symlink()


def test_a_file_that_came_meanwhile_stays(tmp_path):
    path = tmp_path / "t.csv"
    out = TableWriter(path).__enter__()
    out.write(BATCH)
    path.write_text("precious")
    with pytest.raises(TableError, match="exists"):
        out.__exit__(None, None, None)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_a_failure_leaves_nothing(tmp_path, suffix):
    def interrupted():
        yield BATCH
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path / f"t{suffix}", interrupted())
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be(tmp_path):
    assert "there is no such folder" in refusal(tmp_path / "absent" / "t.csv")
    (tmp_path / "d.csv").mkdir()
    assert "this is a folder" in refusal(tmp_path / "d.csv")
    assert "must end in one of .csv, .tsv, .parquet, .pq" in refusal(tmp_path / "t.xlsx")
    assert "must end in" in refusal(tmp_path / "t.parquet.gz")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "no permission to write there"),
        (OSError(30, "Read-only file system"), "cannot be written (Read-only file system)"),
    ],
)
def test_no_permission(tmp_path, monkeypatch, error, words):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(pathlib.Path, "open", refuse)
    assert words in refusal(tmp_path / "t.csv")


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_a_full_disk(tmp_path, monkeypatch, suffix):
    plain_open = pathlib.Path.open

    def full(path, mode):
        plain_open(path, mode).close()
        return plain_open(pathlib.Path("/dev/full"), "wb")

    monkeypatch.setattr(pathlib.Path, "open", full)
    message = refusal(tmp_path / f"t{suffix}", pa.table({"x": list(range(100_000))}))
    assert "the disk is full: make room" in message
    assert list(tmp_path.iterdir()) == []


def test_a_full_standard_output():
    with pathlib.Path("/dev/full").open("wb", buffering=0) as stream:
        assert "standard output: the disk is full" in refusal(stream)


def test_nobody_reads_on():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb", buffering=0) as stream, pytest.raises(BrokenPipeError):  # noqa: PTH123
        write(stream, BATCH)


def test_a_device_is_written_through(tmp_path):
    link = tmp_path / "null.csv"
    link.symlink_to("/dev/null")
    write(link, BATCH)
    assert link.is_symlink()
    assert pathlib.Path("/dev/null").is_char_device()


def test_columns_that_no_text_can_hold(tmp_path):
    message = refusal(tmp_path / "t.csv", pa.table({"l": [[1]]}))
    assert "these columns cannot be written" in message
    write(tmp_path / "t.parquet", pa.table({"l": [[1]], "d": [dt.date(2024, 1, 1)]}))


def test_a_file_that_is_replaced_keeps_its_rights(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("old\n")
    path.chmod(0o600)
    write(path, pa.table({"a": [1]}), force=True)
    assert path.read_text() == "a\n1\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_bytes_appear_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    write_whole(path, b"a\n")
    with pytest.raises(TableError, match="the file exists"):
        write_whole(path, b"b\n")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TableError, match="the disk is full"):
        write_whole(path, b"b\n", force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["t.csv"]
    assert path.read_bytes() == b"a\n"
