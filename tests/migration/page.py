"""docs/migration.md as rows and code: what the page says is what the tests run."""

import re
from typing import NamedTuple

from conftest import ROOT

PAGE = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")


class Row(NamedTuple):
    """One line of a table: their name and spelling of it, ours, and the words beside."""

    name: str
    theirs: str
    ours: str
    words: str


def section(title: str) -> str:
    """The text below a title, up to the next one."""
    return re.split(r"^## ", PAGE, flags=re.MULTILINE)[titles().index(title) + 1]


def titles() -> list[str]:
    return re.findall(r"^## (.*)$", PAGE, re.MULTILINE)


def rows(title: str, *heads: str) -> list[Row]:
    """The rows of the tables that begin with one of these words; all tables without any."""
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", section(title), re.MULTILINE):
        head, _, *lines = [line.strip("|").split(" | ") for line in table.strip().split("\n")]
        if heads and head[0].strip() not in heads:
            continue
        for line in lines:
            theirs, ours, words = (cell.strip() for cell in line)
            theirs, ours = theirs.strip("`"), "" if ours == "–" else ours.strip("`")
            found.append(Row(re.match(r"[\w.-]+", theirs)[0], theirs, ours, words))
    return found


def settings(code: str, **names: object) -> dict[str, object]:
    """What `name=value, …` says."""
    return eval(f"dict({code})", {}, names)


def functions() -> dict[str, object]:
    """The functions that the page defines."""
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "docs/migration.md", "exec"), names)
    return names
