r"""Text of a table or a model file, made fit for a terminal.

A label may hold an escape code that clears the screen, or a mark that turns the reading
direction round. In words such characters are written as Python writes them, ``\x1b``; data
that go to a file or down a pipe stay the bytes that they are.
"""

import io
import re
from typing import Any, BinaryIO, TextIO, cast

# C0 and C1 codes and DEL; marks of direction, and what Unicode takes for the end of a line.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_IN_A_LINE = re.compile(f"[{_UNSEEN}]")
_IN_LINES = re.compile(rf"(?![\n\t])[{_UNSEEN}]")


def visible(line: str) -> str:
    """Write control characters out, so that a line stays one line and only shows."""
    return _IN_A_LINE.sub(_written_out, line)


def visible_lines(text: str) -> str:
    """Write control characters out, but for the ends of lines and tabs."""
    return _IN_LINES.sub(_written_out, text)


def shown_bytes(stream: TextIO) -> BinaryIO:
    """Return what takes the stream's bytes; on a terminal their control characters show."""
    return cast(BinaryIO, _Shown(stream.buffer)) if stream.isatty() else stream.buffer


class _Shown(io.RawIOBase):
    """Hands text on with its control characters written out."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Hand on whole characters, as a writer of rows gives them."""
        text = bytes(data).decode(errors="backslashreplace")
        self._stream.write(visible_lines(text).encode())
        return len(data)

    def flush(self) -> None:
        """Let them be seen."""
        self._stream.flush()


def _written_out(found: "re.Match[str]") -> str:
    return found[0].encode("unicode_escape").decode()
