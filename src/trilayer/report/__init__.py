"""The report: what a model is worth on rows whose answers are known, in one file.

`contents` computes all of it as plain data; `markdown` and `page` write it down.
"""

from trilayer.report.contents import judge, report_on
from trilayer.report.controls import controls, shown_rows
from trilayer.report.markdown import as_markdown
from trilayer.report.page import as_html
from trilayer.report.words import LANGUAGES

__all__ = [
    "LANGUAGES",
    "as_html",
    "as_markdown",
    "controls",
    "judge",
    "report_on",
    "shown_rows",
]
