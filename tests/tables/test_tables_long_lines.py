"""A line has a most length, which is known before it is in memory, however small the file is."""

import gzip
import io
import resource

import pytest

from trilayer.errors import TableError
from trilayer.tables import read_table, scan_table
from trilayer.tables.header import first_record

MIB = 1 << 20
HEAD = b"a,b\n"


def many(text):
    """64 MiB that gzip makes 64 kB of."""
    return text * (64 * MIB // len(text))


BOMBS = {
    "a header": many(b"a"),
    "a header that is no text": many(b"\0"),
    "names without end": many(b"a,"),
    "a quoted name": b'a,"b' + many(b"x\n"),
    "quoted names": many(b'"a",'),
    "blank lines": many(b"\n"),
    "a field": HEAD + b"1," + many(b"x"),
    "fields": HEAD + many(b"1,"),
    "a quoted field": HEAD + b'1,"' + many(b"x\n"),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_line_without_end_is_refused_before_it_is_in_memory(tmp_path, name, packed):
    path = tmp_path / "bomb.csv"
    path.write_bytes(gzip.compress(BOMBS[name], 1) if packed else BOMBS[name])
    with pytest.raises(TableError) as refused:
        list(scan_table(path, {"a": "number"}))
    assert str(refused.value).startswith(f"{path}: ")
    if not name.startswith("a quoted name"):
        assert "4 MiB" in str(refused.value)
    with pytest.raises(TableError):
        read_table(path)


class Endless(io.RawIOBase):
    """A stream that begins like this, and goes on with this for ever."""

    def __init__(self, head, rest):
        self.text, self.rest, self.given = head, rest, 0

    def readable(self):
        return True

    def read(self, size=-1):
        self.text += self.rest * (size // len(self.rest) + 1)
        data, self.text = self.text[:size], self.text[size:]
        self.given += len(data)
        return data


@pytest.mark.parametrize(("head", "rest"), [(b"", b"a"), (b"", b"\n"), (b'"b', b"a,")])
def test_no_more_than_two_lines_are_read_of_a_header_without_end(head, rest):
    stream = Endless(head, rest)
    with pytest.raises(TableError, match="4 MiB"):
        list(scan_table(stream, {"a": "number"}))
    assert stream.given < 9 * MIB


@pytest.mark.parametrize("rest", [b"x", b"1,", b'"x",'])
def test_a_row_without_end_is_refused(rest):
    with pytest.raises(TableError, match="4 MiB"):
        list(scan_table(Endless(HEAD + b"1,", rest), {"a": "number"}))


def test_a_long_line_takes_no_memory_for_ways_back():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for rest in (b"a", b"a,", b'"a",', b'""', b"\n"):
        first_record(rest * (4 * MIB // len(rest)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 * 1024


def test_the_most_that_a_line_may_have(tmp_path):
    path = tmp_path / "t.csv"
    names = [f"k{i}" + "x" * 30_000 for i in range(100)]
    path.write_text("\n".join(",".join(line) for line in (names, ["1"] * len(names))))
    assert read_table(path, columns=names[7:9]).to_pydict() == {names[7]: [1], names[8]: [1]}
    path.write_text("a,b\n1," + "x" * (3 * MIB) + "\n")
    assert read_table(path)["b"].to_pylist() == ["x" * (3 * MIB)]


@pytest.mark.parametrize(
    ("head", "record"),
    [
        (b'a,"b\nc",d\n1', b'a,"b\nc",d'),
        (b"\r\n\na,b\r\n", b"a,b"),
        (b'3.5",b\n1,2\n', b'3.5",b'),
        (b'a,"b', None),
        (b"a,b", None),
        (b"\n\n", None),
        (b'"a""b",c\rd', b'"a""b",c'),
    ],
)
def test_the_first_record(head, record):
    assert first_record(head) == record
