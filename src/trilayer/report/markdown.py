"""The report in Markdown, as GitHub and most others read it."""

import re
from collections.abc import Iterator
from typing import Any

from trilayer.report.escaping import shown
from trilayer.report.sections import Section, Table, about, sections
from trilayer.report.words import Words, words

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&!$]")


def as_markdown(report: dict[str, Any]) -> str:
    """Write a report as Markdown, in its language.

    Texts of the table and the model file mean nothing to the reader of Markdown: what would is
    behind a backslash.

    Parameters
    ----------
    report : dict
        As `report_on` returns it.
    """
    spoken = words(report["language"])
    lines = [
        f"# {_plain(spoken('title', model=report['card']['model']))}",
        "",
        _plain(about(report, spoken)),
        "",
        f"## {_plain(spoken('section.findings'))}",
        "",
        *(_finding(each, spoken) for each in report["findings"]),
    ]
    for section in sections(report, spoken):
        if section.tables or section.command or (section.help and not section.live):
            lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def _finding(found: dict[str, Any], spoken: Words) -> str:
    level = spoken(f"level.{found['level']}")
    return f"- **{_plain(level)}**: {_plain(found['text'])}"


def _section(section: Section) -> Iterator[str]:
    yield f"## {_plain(section.title)}"
    if section.help and not (section.live and not section.tables):
        yield from ("", _plain(section.help))
    for table in section.tables:
        yield ""
        if table.title:
            yield from (_plain(table.title), "")
        yield from _table(table)
    if section.command:
        # An indented block has no fence that a command could close.
        yield from ("", *("    " + line for line in section.command.splitlines()))


def _table(table: Table) -> Iterator[str]:
    yield _row(table.head)
    yield _row(["---", *(["---:" if table.numbers else "---"] * (len(table.head) - 1))], raw=True)
    yield from map(_row, table.rows)


def _row(cells: list[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(cells if raw else map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", shown(text))
