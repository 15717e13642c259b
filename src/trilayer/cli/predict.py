"""``trilayer predict``: every row's logit, probability and label, as a stream."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trilayer.cli.settings import Data, Flag, Output, Texts

if TYPE_CHECKING:
    import pyarrow as pa

    from trilayer.cli.model import Model
    from trilayer.tables import Block

PREDICTED = ("logit", "probability", "label")


def predict(
    model: str,
    /,
    *data: Data,
    output: Output = None,
    ids: Annotated[Texts, Parameter(name="--id")] = (),
    force: Flag = False,
) -> int:
    """Predict every row of a table, in its order: logit, probability, label.

    Parameters
    ----------
    model
        Model file.
    data
        CSV, TSV or Parquet, plain or gzip: files, a folder, or - for standard input.
    output
        File to write: .csv, .tsv (also .gz) or .parquet. By default CSV to standard output.
    ids
        Column to keep beside the predictions, as it is. Once for each.
    force
        Replace the output if it exists.
    """
    from trilayer.cli.model import load_model
    from trilayer.cli.output import counted, say
    from trilayer.cli.paths import sources
    from trilayer.errors import InputError
    from trilayer.tables import TableWriter, rows_for, scan_placed

    clash = [name for name in ids if name in PREDICTED]
    if clash:
        raise InputError(f"--id {clash[0]}: a column of the predictions has that name: rename it")
    known = load_model(model)
    paths, at_once = sources("predict", data), rows_for(known.encoding.width)
    blocks = scan_placed(paths, known.encoding.kinds, keep=ids, batch_rows=at_once)
    rows = 0
    with TableWriter(sys.stdout.buffer if output is None else output, force=force) as writer:
        for block in blocks:
            writer.write(_predicted(known, block, ids))
            rows += len(block.rows)
    if output is not None:
        say(f"wrote {counted(rows, 'row')} to {output}")
    return 0


def _predicted(model: "Model", block: "Block", ids: tuple[str, ...]) -> "pa.Table":
    import numpy as np
    import pyarrow as pa

    from trilayer.metrics.scores import probabilities

    Z = model.logits(model.encoding.rows(block), block.places.of)
    p = probabilities(Z)
    target = model.target
    labels = np.where(p >= model.record.threshold, 1, 0)
    pair = np.array([target.negative, target.positive], dtype=target.classes.dtype)
    columns: dict[str, Any] = {name: block.rows[name] for name in ids}
    return pa.table(columns | {"logit": Z, "probability": p, "label": pa.array(pair[labels])})
