"""All that a report says, as plain data: what ``--json`` prints and the page is made of."""

from typing import Any

from trilayer.modelfile.predicting import Model
from trilayer.report.card import card, training
from trilayer.report.data import of_data
from trilayer.report.dependence import dependent
from trilayer.report.findings import findings
from trilayer.report.importance import important
from trilayer.report.judged import Judged, judged, summary_of
from trilayer.report.reliability import calibrated
from trilayer.report.scoring import scored
from trilayer.report.slices import compared, worst_slices
from trilayer.report.words import words
from trilayer.tables.files import TableFile

FORMAT = 1


def judge(
    model: Model, files: list[TableFile], target: str | None = None, by: str | None = None
) -> Judged:
    """Judge a model by a table.

    Parameters
    ----------
    model : Model
    files : list of TableFile
    target : str, optional
        The column with the answers; by default the one that the model was trained on.
    by : str, optional
        A column whose groups are to be compared.

    Raises
    ------
    InputError
        If the table does not fit, or no row has an answer.
    """
    return judged(model, files, model.target_in(target), by)


def report_on(
    model: Model, rows: Judged, by: str | None = None, lang: str = "en"
) -> dict[str, Any]:
    """Return the report on a model and the rows that it was judged by.

    Parameters
    ----------
    model : Model
    rows : Judged
    by : str, optional
        A column whose groups are to be compared.
    lang : {"en", "zh"}
        Of the findings' sentences.

    Returns
    -------
    dict
        Has a form in JSON. Rows are sampled where a section says so by its own ``rows``.
    """
    importance = important(model, rows)
    top = [each["column"] for each in importance["columns"]]
    sections: dict[str, Any] = {
        "format": FORMAT,
        "language": lang,
        "data": of_data(model, rows),
        "scores": scored(rows, model.record.threshold, summary_of(model)),
        "calibration": calibrated(rows),
        "importance": importance,
        "dependence": dependent(model, rows, top),
        "slices": worst_slices(model, rows),
        "fairness": None if by is None else compared(model, rows, by),
        "training": training(model),
        "card": card(model, rows, model.name),
    }
    spoken = words(lang)
    return {"findings": [each.as_json(spoken) for each in findings(sections)]} | sections
