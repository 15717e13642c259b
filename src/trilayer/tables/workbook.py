"""Sheets of Excel and OpenDocument workbooks, as the text that a spreadsheet would save."""

import csv
import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from trilayer.errors import TableError
from trilayer.optional import require

OLD = b"\xd0\xcf\x11\xe0"  # .xls; also a workbook with a password
_INSIDE = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_MARK = "\ufeff"  # says that this is UTF-8, whatever else is said

MOST_BYTES = 1 << 29
"""What the parts of a workbook may be together: it is parsed whole, in memory."""


def is_workbook(members: list[str]) -> bool:
    """Whether a zip archive of these files is one."""
    return any(name in members for name in _INSIDE)


def as_csv(data: bytes, name: str, sheet: str | None = None) -> bytes:
    """Write a sheet as CSV in UTF-8, with a byte order mark.

    Whole numbers are written so, dates and times in ISO form, durations in days; a cell with an
    error is empty.

    Parameters
    ----------
    data : bytes
        The workbook.
    name : str
        As messages call it.
    sheet : str, optional
        Its name; by default the only one with anything in it.

    Raises
    ------
    TableError
        If there is no such sheet, or several to choose from.
    OSError
        If the workbook is damaged.
    """
    calamine = require("python_calamine", "xlsx")
    if not data.startswith(OLD):
        _refuse_large(data, name)
    try:
        with calamine.load_workbook(io.BytesIO(data)) as workbook:
            return _written(_chosen(workbook, name, sheet))
    except calamine.PasswordError as error:
        raise TableError(f"{name}: the workbook has a password: save it without one") from error
    except calamine.CalamineError as error:
        raise OSError(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the parser's own, which is no Exception
            raise
        raise OSError("the workbook's parser gave up") from error


def _refuse_large(data: bytes, name: str) -> None:
    """Refuse a workbook that unpacks to more than memory should take."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            with archive.open(member) as part:
                while piece := part.read(1 << 20):
                    total += len(piece)
                    if total > MOST_BYTES:
                        raise TableError(
                            f"{name}: the workbook unpacks to more than {MOST_BYTES >> 20} MiB: "
                            "save its sheet as CSV"
                        )


def _chosen(workbook: Any, name: str, sheet: str | None) -> Any:
    names = workbook.sheet_names
    if sheet is not None:
        if sheet not in names:
            raise TableError(f"{name}: no sheet {sheet!r}; it has {', '.join(map(repr, names))}")
        return workbook.get_sheet_by_name(sheet)
    filled = [each for each in map(workbook.get_sheet_by_name, names) if each.height]
    if not filled:
        raise TableError(f"{name}: its sheets are empty")
    if len(filled) > 1:
        shown = ", ".join(repr(each.name) for each in filled)
        raise TableError(f"{name}: it has several sheets, {shown}: choose one with --sheet")
    return filled[0]


def _written(sheet: Any) -> bytes:
    sink = io.BytesIO()
    text = io.TextIOWrapper(sink, encoding="utf-8", errors="replace", newline="")
    text.write(_MARK)
    rows = csv.writer(text)
    rows.writerows([_cell(value) for value in row] for row in sheet.to_python())
    text.flush()
    return sink.getvalue()


def _cell(value: Any) -> str:
    """Write a cell's value as a person would."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return repr(value / timedelta(days=1))
    return str(value)
