"""Texts of tables and model files, for readers who must not obey them."""

import html
import json
import unicodedata
from typing import Any

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# Joins letters in several scripts, and pictures.
_HARMLESS = ("\u200c", "\u200d")


def shown(text: str) -> str:
    r"""Write control characters, and marks of the reading direction, out: as ``\x1b``."""
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char) in _HIDDEN and char not in _HARMLESS
        else char
        for char in text
    )


def escaped(text: str) -> str:
    """Return text for the inside of an HTML element or of an attribute in quotes."""
    return html.escape(shown(text), quote=True)


def data_script(value: Any) -> str:
    """Return JSON for the inside of ``<script type="application/json">``: it ends no script."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
