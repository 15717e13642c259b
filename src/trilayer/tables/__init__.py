"""Tables: read whole or as a stream, written, and taken from other libraries.

Needs pyarrow (``pip install 'trilayer[cli]'``), and asks for it when imported.
"""

from trilayer.tables.convert import BOOLEAN, CATEGORY, DATE, KINDS, NUMBER, convert, kind_of
from trilayer.tables.files import Source, find_tables
from trilayer.tables.frames import from_array, has_names, is_table, to_arrow
from trilayer.tables.kinds import survey_frame
from trilayer.tables.numerals import refuse_infinite
from trilayer.tables.places import NOWHERE, Places
from trilayer.tables.reading import column_names, read_placed, read_table, require_columns
from trilayer.tables.readings import Hints, Reading
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
    "Hints",
    "Places",
    "Raw",
    "Reading",
    "Source",
    "TableWriter",
    "column_names",
    "convert",
    "find_tables",
    "from_array",
    "has_names",
    "is_table",
    "kind_of",
    "read_placed",
    "read_table",
    "refuse_infinite",
    "require_columns",
    "rows_for",
    "scan_placed",
    "scan_raw",
    "scan_table",
    "survey_frame",
    "to_arrow",
    "write_whole",
]
