"""The report as one HTML file: it asks for nothing, and its policy lets it ask for nothing."""

import base64
import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from trilayer._version import __version__
from trilayer.report.escaping import data_script, escaped
from trilayer.report.sections import Section, Table, about, sections
from trilayer.report.words import STATIC, Words, words

# Both are the lab's, and stand once.
_LAB = files("trilayer") / "lab" / "static"
_SCRIPTS = ("dom.js", "charts.js", "threshold.js", "whatif.js", "rows.js", "main.js")
_SPOKEN = ("chart.", "line.", "rate.", "cost.", "whatif.", "rows.", "truly", "said", "threshold")

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:default )?(?=[a-z])", re.MULTILINE)
_UPLOT = "export { uPlot as default };"


def as_html(report: dict[str, Any], live: dict[str, Any], model: str) -> str:
    """Write a report as a page that works by itself.

    Parameters
    ----------
    report : dict
        As `report_on` returns it.
    live : dict
        ``controls`` and ``rows``, as `trilayer.report.controls` makes them.
    model : str
        A JavaScript module that computes the model: it exports `logit(row)` and
        `attributions(row, baseline)`, and its text ends no HTML element.

    Returns
    -------
    str
        Text of the table and the model file is escaped wherever it stands.
    """
    spoken = words(report["language"])
    style = _style()
    script = _script(model)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = escaped(spoken("title", model=report["card"]["model"]))
    data = {"report": report, "words": _spoken(spoken), **live}
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{_LANGUAGES[report["language"]]}" data-theme="light">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            *_body(report, spoken, title),
            f'<script type="application/json" id="data">{data_script(data)}</script>',
            f'<script type="module">{script}</script>',
            "</body>",
            "</html>",
            "",
        )
    )


_LANGUAGES = {"en": "en", "zh": "zh-CN"}


def _spoken(spoken: Words) -> dict[str, str]:
    """Return the sentences that the page's script says."""
    return {key: text for key, text in spoken.sentences.items() if key.startswith(_SPOKEN)}


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _style() -> str:
    lab = [_LAB / "vendor" / "uplot.css", _LAB / "css" / "theme.css"]
    return "\n".join(each.read_text(encoding="utf-8") for each in (*lab, STATIC / "report.css"))


def _script(model: str) -> str:
    """Join the modules to one: nothing is imported by a page that may ask for nothing."""
    plot = (_LAB / "vendor" / "uplot.js").read_text(encoding="utf-8")
    parts = [
        _enclosed("uPlot", plot.replace(_UPLOT, "return uPlot;")),
        _enclosed("network", f"{_EXPORT.sub('', model)}\nreturn {{ logit, attributions }};"),
        f"const palettes = {(_LAB / 'palette.json').read_text(encoding='utf-8')};",
    ]
    for name in _SCRIPTS:
        text = (STATIC / "js" / name).read_text(encoding="utf-8")
        parts.append(_EXPORT.sub("", _IMPORT.sub("", text)))
    return "\n".join(parts).replace("</script", "<\\/script")


def _enclosed(name: str, text: str) -> str:
    return f"const {name} = (() => {{\n{text}\n}})();"


def _body(report: dict[str, Any], spoken: Words, title: str) -> Iterator[str]:
    all_sections = list(sections(report, spoken))
    what = escaped(about(report, spoken))
    yield f'<header><div><h1>{title}</h1><p class="about">{what}</p></div>'
    yield f'<button id="theme" type="button">{escaped(spoken("theme"))}</button></header>'
    yield f'<nav aria-label="{escaped(spoken("contents"))}"><ul>'
    for name, text in [("findings", spoken("section.findings"))] + [
        (each.name, each.title) for each in all_sections
    ]:
        yield f'<li><a href="#{name}">{escaped(text)}</a></li>'
    yield "</ul></nav><main>"
    yield f"<noscript><p>{escaped(spoken('script'))}</p></noscript>"
    yield f'<section id="findings"><h2>{escaped(spoken("section.findings"))}</h2>'
    yield '<ul class="findings">'
    for each in report["findings"]:
        level = escaped(spoken(f"level.{each['level']}"))
        text = escaped(each["text"])
        yield f'<li class="{each["level"]}"><b>{level}</b> <span>{text}</span></li>'
    yield "</ul></section>"
    for section in all_sections:
        yield from _section(section)
    yield f"</main><footer>{escaped(spoken('made', version=__version__))}</footer>"


def _section(section: Section) -> Iterator[str]:
    yield f'<section id="{section.name}"><h2>{escaped(section.title)}</h2>'
    if section.help:
        yield f'<p class="help">{escaped(section.help)}</p>'
    if section.charts:
        yield '<div class="charts">'
        for chart in section.charts:
            yield f'<figure data-chart="{chart}"></figure>'
        yield "</div>"
    if section.live:
        yield '<div class="live"></div>'
    if section.tables:
        yield '<div class="tables">'
        for table in section.tables:
            yield from _table(table, section)
        yield "</div>"
    if section.command:
        yield f'<pre tabindex="0">{escaped(section.command)}</pre>'
    yield "</section>"


def _table(table: Table, section: Section) -> Iterator[str]:
    numbers = "numbers" if table.numbers else "words"
    caption = escaped(table.title or section.title)
    yield f'<div class="scroll" tabindex="0" role="group" aria-label="{caption}">'
    yield f'<table class="{numbers}">'
    if table.title:
        yield f"<caption>{caption}</caption>"
    if any(table.head):
        yield "<thead><tr>"
        yield "".join(
            f'<th scope="col">{escaped(text)}</th>' if text else "<td></td>" for text in table.head
        )
        yield "</tr></thead>"
    yield "<tbody>"
    for name, *cells in table.rows:
        inside = "".join(f"<td>{escaped(text)}</td>" for text in cells)
        yield f'<tr><th scope="row">{escaped(name)}</th>{inside}</tr>'
    yield "</tbody></table></div>"
