"""How large tables are, before they are read."""

from collections.abc import Sequence
from pathlib import Path

from trilayer.tables.files import GZIP, TableFile
from trilayer.tables.parquet import parquet_bytes

# Text that gzip made small is taken to have been so many times larger.
_UNZIPPED = 5


def bytes_of(files: Sequence[TableFile]) -> int:
    """Return about how many bytes files hold, unpacked."""
    return sum(_bytes_of(file) for file in files)


def _bytes_of(file: TableFile) -> int:
    if file.header is None:
        return parquet_bytes(file)
    path = Path(file.name)
    with path.open("rb") as opened:
        zipped = opened.read(len(GZIP)) == GZIP
    return path.stat().st_size * (_UNZIPPED if zipped else 1)
