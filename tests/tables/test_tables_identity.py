"""A file is what it was, or refused: laws of sizes, times, and the bytes that were read."""

import gzip
import hashlib
import os
import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.encoding import TableEncoder
from trilayer.errors import TableError
from trilayer.sources.dask_tables import file_rows, parts_of, study
from trilayer.sources.lessons import Columns
from trilayer.tables import find_tables, read_table, scan_table
from trilayer.tables.files import sha256_of

TABLE = pa.table({"n": [i / 2 for i in range(3000)], "t": ["yes", "no", "no"] * 1000})
CHANGED = r"t\.\w+: changed while it was read \("


def text(table=TABLE):
    rows = zip(*table.to_pydict().values(), strict=True)
    return ("n,t\n" + "".join(f"{n},{t}\n" for n, t in rows)).encode()


def parquet(table=TABLE):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=500, compression="none", use_dictionary=False)
    return sink.getvalue().to_pybytes()


FORMS = {"csv": text(), "gz": gzip.compress(text(), mtime=0), "parquet": parquet()}


def put(path, data):
    path.write_bytes(data)
    return path


def change_unseen(path, at):
    """Change one byte, and nothing else that shows."""
    before, data = path.stat(), bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def whole_pass(files):
    for _ in scan_table(files, {}, keep=["n", "t"]):
        pass


def whole_pass_and_digest(files):
    whole_pass(files)
    return sha256_of(files)


@pytest.mark.parametrize("form", FORMS)
@given(where=st.floats(0, 1, exclude_max=True))
def test_a_byte_that_changes_between_two_passes_is_noticed(form, where, tmp_path_factory):
    path = put(tmp_path_factory.mktemp("t") / f"t.{form}", FORMS[form])
    files = find_tables(path)
    whole_pass(files)
    change_unseen(path, int(where * len(FORMS[form])))
    with pytest.raises(TableError):  # it may no longer be a table at all
        whole_pass_and_digest(files)


def test_a_value_that_changes_between_two_passes_is_said_to_have_changed(tmp_path):
    for form in ("csv", "parquet"):
        path = put(tmp_path / f"t.{form}", FORMS[form])
        files = find_tables(path)
        whole_pass(files)
        change_unseen(path, FORMS[form].index(b"yes", 300) + 1)
        with pytest.raises(TableError, match=CHANGED + "its size and time are what they were"):
            whole_pass(files)


@pytest.mark.parametrize("form", FORMS)
def test_what_stays_is_read_as_often_as_one_likes(form, tmp_path):
    path = put(tmp_path / f"t.{form}", FORMS[form])
    files = find_tables(path)
    for _ in range(2):
        assert len(read_table(files)) == 3000
        assert whole_pass_and_digest(files) == hashlib.sha256(FORMS[form]).hexdigest()


def test_one_text_file_is_not_read_once_more_for_its_digest(tmp_path):
    path = put(tmp_path / "t.csv", FORMS["csv"])
    files = find_tables(path)
    whole_pass(files)
    path.unlink()
    assert sha256_of(files) == hashlib.sha256(FORMS["csv"]).hexdigest()


def test_one_of_several_text_files_that_changes_before_the_digest(tmp_path):
    paths = [put(tmp_path / f"t{k}.csv", FORMS["csv"]) for k in range(3)]
    files = find_tables(paths)
    whole_pass(files)
    assert sha256_of(files) == hashlib.sha256(3 * FORMS["csv"]).hexdigest()
    change_unseen(paths[1], 500)
    with pytest.raises(TableError, match=r"t1\.csv: changed while it was read"):
        sha256_of(files)


def test_columns_that_only_one_pass_reads_are_in_the_digest_too(tmp_path):
    path = put(tmp_path / "t.parquet", FORMS["parquet"])
    files = find_tables(path)
    for name in ("n", "t"):
        list(scan_table(files, {}, keep=[name]))
    change_unseen(path, FORMS["parquet"].index(b"yes", 300) + 1)
    with pytest.raises(TableError, match=CHANGED):
        sha256_of(files)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_change_during_the_only_pass_is_noticed(form, tmp_path):
    path = put(tmp_path / f"t.{form}", FORMS[form])
    batches = scan_table(path, {}, keep=["n"], batch_rows=100)
    next(batches)
    os.utime(path, ns=(1, 1))
    with pytest.raises(TableError, match=CHANGED + "it was written to"):
        list(batches)


def test_the_change_is_said_rather_than_the_row_it_broke(tmp_path):
    row = b"1,yes\n"
    path = put(tmp_path / "t.csv", b"n,t\n" + row * 4_000_000)
    batches = scan_table(path, {}, keep=["n"])
    next(batches)
    with path.open("r+b") as file:
        file.seek(-2 * len(row), os.SEEK_END)
        file.write(b"1,,,,\n")
        file.truncate()
    with pytest.raises(TableError, match=CHANGED):
        list(batches)


def test_what_comes_through_a_pipe_cannot_change(tmp_path):
    with (tmp_path / "t").open("w+b") as stream:
        stream.write(FORMS["gz"])
        stream.seek(0)
        files = find_tables(stream)
    whole_pass(files)
    assert files[0].storage.start.startswith(b"\x1f\x8b")
    assert sha256_of([files[0], files[0]]) == hashlib.sha256(2 * FORMS["gz"]).hexdigest()


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("how", [lambda p: os.utime(p, ns=(1, 1)), lambda p: p.unlink()])
def test_parts_elsewhere_hold_size_and_time_against_those_found_here(form, how, tmp_path):
    path = put(tmp_path / f"t.{form}", FORMS[form])
    table, learnt, edges = study(path, Columns("t"), TableEncoder(dtype="float32"))
    parts = pickle.loads(pickle.dumps([table.part(range(1000)), *parts_of(table, edges, 2)]))
    assert file_rows(parts[0], learnt, None).Y.shape == (1, 1000)
    how(path)
    for part in parts:
        with pytest.raises(TableError, match=CHANGED):
            file_rows(part, learnt, None)


def test_a_part_that_ends_before_its_file_does_is_held_too(tmp_path):
    path = put(tmp_path / "t.csv", FORMS["csv"])
    table, *_ = study(path, Columns("t"), TableEncoder(dtype="float32"))
    blocks = table.part(range(1000)).blocks(["n"], width=1 << 20)  # a few rows at a time
    next(blocks)
    os.utime(path, ns=(1, 1))
    with pytest.raises(TableError, match=CHANGED):
        list(blocks)


def test_files_are_found_from_other_folders(tmp_path, monkeypatch):
    put(tmp_path / "t.csv", FORMS["csv"])
    monkeypatch.chdir(tmp_path)
    files = find_tables("t.csv")
    monkeypatch.chdir("/")
    assert len(read_table(pickle.loads(pickle.dumps(files)))) == 3000
