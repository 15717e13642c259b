"""``trilayer report``: what a model is worth on a table, in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from trilayer.cli.settings import AS_IT_SAYS, Data, Flag, Output, Text
from trilayer.errors import InputError

if TYPE_CHECKING:
    from trilayer.cli.model import Model
    from trilayer.tables.files import TableFile

FORMS = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
}


def report(
    model: str,
    /,
    *data: Data,
    output: Output = None,
    target: str | None = None,
    by: str | None = None,
    lang: Literal["en", "zh"] = "en",
    force: Flag = False,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
    json: Flag = False,
) -> int:
    """Write what a model is worth on a table: findings, curves, explanations, what-if.

    Of the table that the model learnt from, the rows are judged that were held out then.

    Parameters
    ----------
    model
        Model file.
    data
        CSV, TSV or Parquet, plain or packed: a file, several, or a folder, with answers.
    output
        File to write: .html (one page that works offline), .md or .json. By default a page
        named after MODEL, in the current folder; with --json, none.
    target
        Column with the answer; by default the one that the model was trained on.
    by
        Column whose groups are compared: fairness figures.
    lang
        Language of the report: en or zh.
    force
        Replace the output if it exists.
    json
        Print the report as one JSON object.
    """
    from trilayer.cli.model import load_model
    from trilayer.cli.output import counted, say, show_json
    from trilayer.cli.paths import form_of, new_file, saved
    from trilayer.tables import find_tables

    paths = saved("report", data)
    if output is None and not json:
        output = Path(Path(model).with_suffix(".html").name)
    if output is not None:
        form_for(output)
        new_file(output, force=force)
    known = load_model(model)
    files = find_tables(paths, form=form_of(text))
    made = written(known, files, output, target=target, by=by, lang=lang, force=force)
    if output is not None:
        say(f"judged {counted(made['scores']['rows'], 'row')}; wrote {output}")
    if json:
        show_json(made)
    elif output is not None:
        for finding in made["findings"]:
            say(f"  {finding['text']}")
    return 0


def written(
    model: "Model",
    files: "list[TableFile]",
    output: Path | None,
    *,
    target: str | None = None,
    by: str | None = None,
    lang: str = "en",
    force: bool = False,
) -> dict[str, Any]:
    """Judge a model by a table, write the report where it shall be, and return it.

    Raises
    ------
    InputError
        If the table does not fit, or the file cannot be written.
    """
    from trilayer.report import judge, report_on

    rows = judge(model, files, target, by)
    made = report_on(model, rows, by, lang)
    if output is not None:
        _write(model, rows, made, output, force=force)
    return made


def form_for(output: Path) -> str:
    """Say in which form a report is written, by the file's name.

    Raises
    ------
    InputError
        If its name ends in none that is known.
    """
    form = FORMS.get(output.suffix.lower())
    if form is None:
        raise InputError(f"{output}: a report is .html, .md or .json: end the name so")
    return form


def _write(model: "Model", rows: Any, made: dict[str, Any], output: Path, *, force: bool) -> None:
    import json

    from trilayer.report import as_markdown
    from trilayer.tables import write_whole

    form = form_for(output)
    if form == "json":
        text = json.dumps(made, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    elif form == "markdown":
        text = as_markdown(made)
    else:
        text = _page(model, rows, made)
    write_whole(output, text.encode("utf-8", "backslashreplace"), force=force)


def _page(model: "Model", rows: Any, made: dict[str, Any]) -> str:
    from trilayer.export.description import describe
    from trilayer.export.js import module
    from trilayer.report import as_html, controls, shown_rows

    order = [each["column"] for each in made["importance"]["columns"]]
    live = {"controls": controls(model, rows, order), "rows": shown_rows(model, rows)}
    return as_html(made, live, module(describe(model.record)))
