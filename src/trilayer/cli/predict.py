"""``trilayer predict``: every row's logit, probability and label, as a stream."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trilayer.cli.settings import AS_IT_SAYS, Data, Flag, Output, Text, Texts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from trilayer.cli.model import Model
    from trilayer.encoding.drift import Seen
    from trilayer.tables import Raw

PREDICTED = ("logit", "probability", "label")
SPREAD = ("lower", "upper")


def predict(
    model: str,
    /,
    *data: Data,
    output: Output = None,
    ids: Annotated[Texts, Parameter(name="--id")] = (),
    spread: Flag = False,
    force: Flag = False,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
) -> int:
    """Predict every row of a table, in its order: logit, probability, label.

    Parameters
    ----------
    model
        Model file.
    data
        CSV, TSV or Parquet, plain or packed: files, a folder, or - for standard input.
    output
        File to write: .csv, .tsv (also .gz) or .parquet. By default CSV to standard output.
    ids
        Column to keep beside the predictions, as it is. Once for each.
    spread
        Add columns lower and upper, between which the true probability lies in 9 of 10 rows. Only
        models of at most 2,000 rows have it.
    force
        Replace the output if it exists.
    """
    from functools import partial

    from trilayer.cli.model import load_model
    from trilayer.cli.output import counted, say
    from trilayer.cli.paths import sources
    from trilayer.cli.told import tell_drift
    from trilayer.cli.visible import shown_bytes
    from trilayer.errors import InputError
    from trilayer.sources.ahead import made_ahead
    from trilayer.sources.walking import available_threads
    from trilayer.tables import TableWriter, scan_raw

    clash = [name for name in ids if name in PREDICTED + SPREAD * spread]
    if clash:
        raise InputError(f"--id {clash[0]}: a column of the predictions has that name: rename it")
    known = load_model(model)
    if spread and known.record.spread is None:
        from trilayer.fit.spread import WHERE

        raise InputError(f"{model} has nothing for --spread: {WHERE}")
    paths, encoding = sources("predict", data, text), known.encoding
    kinds, rows_at_once = encoding.readings, encoding.batch_rows
    raw = scan_raw(paths, kinds, keep=ids, batch_rows=rows_at_once, coded=kinds)
    rows, seen = 0, encoding.nothing_seen()
    with TableWriter(shown_bytes(sys.stdout) if output is None else output, force=force) as writer:
        parts = made_ahead(partial(_predicted, known, ids, spread), raw, available_threads())
        for table, met in parts:
            writer.write(table)
            rows += len(table)
            seen += met
    tell_drift(each.said for each in encoding.drift(seen))
    if output is not None:
        say(f"wrote {counted(rows, 'row')} to {output}")
    return 0


def _predicted(
    model: "Model", ids: tuple[str, ...], spread: bool, raw: "Raw"
) -> tuple["pa.Table", "Seen"]:
    import pyarrow as pa

    from trilayer.fit.spread import bounds
    from trilayer.metrics.scores import probabilities
    from trilayer.tables.values import of_numpy

    block = raw.block()
    X, seen = model.encoding.inputs_seen(block)
    Z = model.logits(X, block.places.of)
    p = probabilities(Z)
    columns: dict[str, Any] = {name: block.rows[name] for name in ids}
    columns |= {"logit": of_numpy(Z), "probability": of_numpy(p)}
    columns["label"] = _labels(model, p >= model.record.threshold)
    if spread and model.record.spread is not None:
        found = bounds(model.record.spread, model.record.params, X, Z)
        columns |= {name: of_numpy(side) for name, side in zip(SPREAD, found.T, strict=True)}
    return pa.table(columns), seen


def _labels(model: "Model", positive: "npt.NDArray[np.bool_]") -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    from trilayer.tables.values import of_numpy, of_texts

    target = model.target
    pair, which = (target.negative, target.positive), of_numpy(positive.astype(np.int8))
    if target.classes.dtype.kind in "OU":
        return of_texts(pair).cast(pa.string()).take(which)
    return of_numpy(np.array(pair, dtype=target.classes.dtype)).take(which)
