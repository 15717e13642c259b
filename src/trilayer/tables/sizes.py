"""How large tables are, before they are read."""

from collections.abc import Sequence

from trilayer.tables.files import TableFile
from trilayer.tables.packing import is_packed
from trilayer.tables.parquet import parquet_bytes

# Text that was packed is taken to have been so many times larger.
_UNPACKED = 5


def bytes_of(files: Sequence[TableFile]) -> int:
    """Return about how many bytes files hold, unpacked."""
    return sum(_bytes_of(file) for file in files)


def _bytes_of(file: TableFile) -> int:
    if file.header is None:
        return parquet_bytes(file)
    return file.storage.size * (_UNPACKED if is_packed(file.storage.start) else 1)
