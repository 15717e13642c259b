"""Tables: streamed and held they teach the same, and a model predicts every row or says why not."""

import tempfile
import warnings
from functools import cache, partial
from pathlib import Path

import numpy as np

from attacks.encoder import sound_pipeline
from trilayer.cli.model import Encoding, Model
from trilayer.errors import InputError
from trilayer.modelfile.decode import decode
from trilayer.sources.lessons import Columns
from trilayer.sources.tables import encoded, learn, look
from trilayer.tables import column_names, find_tables, scan_raw
from trilayer.tables.files import Form

TEXTS = (".csv", ".tsv", ".csv.gz", ".jsonl", ".txt", ".csv")
FORMS = (Form(), Form(), Form(), Form(header=False), Form(encoding="latin-1"))


def text(data):
    """The first byte chooses the name and form of the file, the rest is its content."""
    if data:
        form = FORMS[data[0] // len(TEXTS) % len(FORMS)]
        _law(TEXTS[data[0] % len(TEXTS)], data[1:], form)


def parquet(data):
    """The bytes are a Parquet file's, or an Arrow file's."""
    _law(".parquet" if data.startswith(b"PAR1") else ".arrow", data, Form())


def _law(suffix, data, form):
    path = _folder() / f"table{suffix}"
    path.write_bytes(data)
    with warnings.catch_warnings(action="ignore"):
        held, streamed = (_outcome(partial(_taught, path, form, kept)) for kept in (True, False))
        assert held == streamed, (held, streamed)
        predicted = _outcome(partial(_predicted, path, form))
        assert isinstance(predicted, str) or predicted == _rows(path, form)


def _outcome(function):
    try:
        return function()
    except InputError as error:
        return f"refused: {error}"


def _rows(path, form):
    """Count the rows."""
    files = find_tables(path, form=form)
    first = column_names(files[0])[:1]
    return sum(len(raw.block().rows) for raw in scan_raw(files, {}, keep=first))


def _taught(path, form, kept):
    """Learn from the table, its last column the target; return all that was learnt."""
    files = find_tables(path, form=form)
    names = column_names(files[0])
    table = look(files, Columns(names[-1]))
    table = table.kept() if kept else table
    learnt = learn(table)
    inputs = [part.inputs.dense() for part in encoded(table, learnt)]
    X = np.concatenate(inputs, axis=1) if inputs else np.empty(0)
    assert np.all(np.isfinite(X))
    assert X.size == 0 or X.shape[1] == learnt.m
    readings = {name: str(each) for name, each in table.survey.readings.items()}
    return readings, learnt.counts, learnt.unanswered, X.tobytes()


def _predicted(path, form):
    """Predict every row; return how many."""
    model, rows = _model(), 0
    readings = model.encoding.readings
    for raw in scan_raw(find_tables(path, form=form), readings, coded=readings):
        block = raw.block()
        Z = model.logits(model.encoding.inputs(block), block.places.of)
        assert np.all(np.isfinite(Z))
        rows += len(Z)
    return rows


@cache
def _model():
    record = decode(sound_pipeline())
    return Model("model", record, Encoding(record.encoder))


@cache
def _folder():
    made = tempfile.TemporaryDirectory()
    _kept.append(made)  # as long as the process
    return Path(made.name)


_kept: list[tempfile.TemporaryDirectory] = []
