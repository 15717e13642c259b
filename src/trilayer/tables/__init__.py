"""Tables: read whole or as a stream, written, and taken from other libraries.

Needs pyarrow (``pip install 'trilayer[cli]'``), and asks for it when imported.
"""

from trilayer.tables.convert import BOOLEAN, CATEGORY, DATE, KINDS, NUMBER, convert, kind_of
from trilayer.tables.files import Source, find_tables
from trilayer.tables.frames import from_array, has_names, is_table, to_arrow
from trilayer.tables.numerals import numbers_from_text, refuse_infinite
from trilayer.tables.places import NOWHERE, Places
from trilayer.tables.reading import column_names, read_placed, read_table, require_columns
from trilayer.tables.scanning import Block, Raw, rows_for, scan_placed, scan_raw, scan_table
from trilayer.tables.writing import TableWriter, write_whole

__all__ = [
    "BOOLEAN",
    "CATEGORY",
    "DATE",
    "KINDS",
    "NOWHERE",
    "NUMBER",
    "Block",
    "Places",
    "Raw",
    "Source",
    "TableWriter",
    "column_names",
    "convert",
    "find_tables",
    "from_array",
    "has_names",
    "is_table",
    "kind_of",
    "numbers_from_text",
    "read_placed",
    "read_table",
    "refuse_infinite",
    "require_columns",
    "rows_for",
    "scan_placed",
    "scan_raw",
    "scan_table",
    "to_arrow",
    "write_whole",
]
