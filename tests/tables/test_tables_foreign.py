"""Arrow, Feather and JSON lines are read as what they are."""

import hashlib
import io
import json
import pickle
import struct

import pyarrow as pa
import pyarrow.feather as feather
import pytest

from trilayer.errors import TableError
from trilayer.tables import find_tables, read_table, scan_table
from trilayer.tables.files import sha256_of

TABLE = pa.table({"name": ["Zoë", None, "Ann"], "n": [1, 2, 3], "ok": [True, False, None]})


def arrow(path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)


def stream(path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)


def json_lines(path):
    path.write_text("".join(json.dumps(row) + "\n" for row in TABLE.to_pylist()), "utf-8")


WRITERS = {
    "arrow": arrow,
    "stream": stream,
    "feather": lambda path: feather.write_feather(TABLE, str(path)),
    "lz4": lambda path: feather.write_feather(TABLE, str(path), compression="lz4"),
    "jsonl": json_lines,
}


@pytest.fixture(params=WRITERS)
def path(request, tmp_path):
    path = tmp_path / "t.dat"
    WRITERS[request.param](path)
    return path


def test_the_same_rows(path):
    assert read_table(path).to_pydict() == TABLE.to_pydict()
    files = pickle.loads(pickle.dumps(find_tables(path)))
    (batch,) = scan_table(files, {"n": "number", "name": "category", "ok": "boolean"})
    assert batch["n"].to_pylist() == [1.0, 2.0, 3.0]
    assert batch["name"].to_pylist() == ["Zoë", None, "Ann"]
    (batch,) = scan_table(io.BytesIO(path.read_bytes()), {"n": "number"})
    assert len(batch) == 3


def test_the_fingerprint_is_of_its_own_bytes(path):
    files = find_tables(path)
    read_table(files)
    assert sha256_of(files) == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(TableError, match="changed while it was read"):
        read_table(files)


def test_cut_off(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(TableError, match=r"t\.dat: "):
        read_table(path)


@pytest.mark.parametrize("far", [5, 8, 1 << 30, -1])
@pytest.mark.parametrize("write", [arrow, stream])
def test_offsets_that_lead_elsewhere(tmp_path, write, far):
    """Followed as they are, they end the process."""
    path = tmp_path / "t.dat"
    write(path)
    data, ends = path.read_bytes(), struct.pack("<4i", 0, 4, 4, 7)
    assert data.count(ends) == 1
    path.write_bytes(data.replace(ends, struct.pack("<4i", 0, far, 4, 7)))
    with pytest.raises(TableError, match="damaged or cut off"):
        read_table(path)


def test_what_is_nested_in_json_is_no_column_to_use(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('{"n": 1, "inner": {"a": 1}, "none": {}}\n{"n": 2}\n')
    assert read_table(path)["n"].to_pylist() == [1, 2]
