"""Where the rows of a table stand in the files that it came from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Rows that follow one another in one file; the first of a file is row 1."""

    file: str
    first_row: int
    rows: int


@dataclass(frozen=True)
class Places:
    """The rows of a table, as messages call them."""

    spans: tuple[Span, ...] = ()

    def of(self, index: int) -> tuple[str, int]:
        """Name a row by its index: how a message about it begins, and its number there.

        A table that came from no file has no name, and its rows are counted from 1.
        """
        for span in self.spans:
            if index < span.rows:
                return f"{span.file}: ", span.first_row + index
            index -= span.rows
        return "", index + 1


NOWHERE = Places()
"""Of a table that came from no file."""
