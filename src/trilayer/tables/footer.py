"""How the columns of a Parquet file are stored, read from its footer.

pyarrow says it too, but where a footer contradicts itself it ends the process, for what
`RowGroupMetaData.column` throws nobody catches. So the few facts that are wanted are read here:
Thrift's compact protocol, as https://parquet.apache.org/docs/file-format/metadata/ has it.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = (4, 5, 6)

_DEPTH = 16  # of structs in structs; Parquet has six

Fields = dict[int, Any]


class Stored(NamedTuple):
    """One column of one row group.

    Attributes
    ----------
    name : str
        With the names of what it is nested in before it, separated by points.
    size : int
        Bytes, unpacked.
    has_dictionary : bool
        Whether its different values are stored once, and codes into them.
    """

    name: str
    size: int
    has_dictionary: bool


def stored(footer: bytes) -> Iterator[Stored]:
    """Read of every row group how its columns are stored.

    Parameters
    ----------
    footer : bytes
        Without its length and the magic word behind it.

    Raises
    ------
    ValueError
        If it is no footer.
    """
    try:
        for group in _Compact(footer).struct()[4]:
            for chunk in group[1]:
                column = chunk[3]
                name = b".".join(column[3]).decode()
                yield Stored(name, int(column[6]), 11 in column)
    except (IndexError, KeyError, TypeError, struct.error) as error:
        raise ValueError("it is no footer of a Parquet file") from error


class _Compact:
    """Values of Thrift's compact protocol, one after another."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self, depth: int = 0) -> Fields:
        """Read a struct: its fields by number."""
        if depth > _DEPTH:
            raise ValueError("its footer is nested too deeply")
        fields: Fields = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _INTEGERS:
            return self._integer()
        if kind == _BINARY:
            return self._bytes(self._number())
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        raise ValueError(f"its footer has a field of the kind {kind}")  # maps: Parquet has none

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 != 15 else self._number()
        if count > len(self._data):  # each takes a byte at least
            raise ValueError("a list in its footer is longer than that")
        return [self._value(head & 15, depth + 1) for _ in range(count)]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._data):
            raise ValueError("its footer is cut short")
        return self._data[self._at - count : self._at]

    def _number(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number in its footer has no end")
        return value | byte << shift

    def _integer(self) -> int:
        value = self._number()
        return value >> 1 ^ -(value & 1)  # zigzag
