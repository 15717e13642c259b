"""How large tables are, before they are read."""

from collections.abc import Sequence

from trilayer.tables.files import TableFile
from trilayer.tables.parquet import parquet_bytes
from trilayer.tables.storage import GZIP

# Text that gzip made small is taken to have been so many times larger.
_UNZIPPED = 5


def bytes_of(files: Sequence[TableFile]) -> int:
    """Return about how many bytes files hold, unpacked."""
    return sum(_bytes_of(file) for file in files)


def _bytes_of(file: TableFile) -> int:
    if file.header is None:
        return parquet_bytes(file)
    zipped = file.storage.start.startswith(GZIP)
    return file.storage.size * (_UNZIPPED if zipped else 1)
