"""``trilayer trace``: every matrix of the derivation for a few rows."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trilayer.cli.settings import AS_IT_SAYS, Count, Data, Flag, Text
from trilayer.cli.visible import visible
from trilayer.errors import InputError

if TYPE_CHECKING:
    from trilayer.cli.model import Model
    from trilayer.params import FloatArray
    from trilayer.tables.files import TableFile

GIVEN = {
    "X": "the samples as columns, encoded",
    "Y": "the targets",
    "W1": "weights into the hidden units, a column for each",
    "b1": "biases of the hidden units",
    "W2": "weights into the output",
    "b2": "bias of the output",
}
MADE = {
    "Z1": "W1ᵀ X + b1",
    "A1": "σ(Z1)",
    "Z2": "W2ᵀ A1 + b2",
    "A2": "σ(Z2)",
    "J": "(1/m) Σ_i [log(1 + exp(z2_i)) - y_i z2_i]",
    "dZ2": "A2 - Y",
    "dW2": "∂J/∂W2 = (1/m) A1 dZ2ᵀ",
    "db2": "∂J/∂b2 = (1/m) Σ_i dZ2_i",
    "dZ1": "(W2 dZ2) ⊙ A1 ⊙ (1 - A1)",
    "dW1": "∂J/∂W1 = (1/m) X dZ1ᵀ",
    "db1": "∂J/∂b1 = (1/m) Σ_i dZ1_i",
}
# Without a hidden layer (E33, E34), W2 and b2 are the unit's w and b.
MADE_BY_UNIT = MADE | {"Z2": "W2ᵀ X + b2", "dW2": "∂J/∂W2 = (1/m) X dZ2ᵀ"}


def trace(
    model: str,
    /,
    *data: Data,
    rows: Count = 3,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
    json: Flag = False,
) -> int:
    """Show every matrix of the derivation for the first rows of a table.

    Where the rows have the target column, the backward pass is shown too.

    Parameters
    ----------
    model
        Model file.
    data
        CSV, TSV or Parquet, plain or packed: files, a folder, or - for standard input.
    rows
        How many rows; each is a sample, a column of X.
    json
        Print one JSON object instead of text.
    """
    from trilayer.cli.model import load_model
    from trilayer.cli.output import say, show_json, write
    from trilayer.cli.paths import sources

    known = load_model(model)
    X, Y = _samples(known, sources("trace", data, text, keep=True), rows)
    matrices = _matrices(known, X, Y)
    first, second = known.record.classes.tolist()
    if Y is None:
        say("not every row has a target: no cost and no gradients without it")
    else:
        say(f"y = 0 is {first!r}, y = 1 is {second!r}")
    if json:
        sizes = {"n1": known.record.params.n1, "n2": known.record.params.n2, "m": X.shape[1]}
        inputs = known.encoding.input_names
        show_json({**sizes, "classes": [first, second], "inputs": inputs, "matrices": matrices})
    else:
        write("".join(_drawn(matrix, known.encoding.input_names) for matrix in matrices))
    return 0


def _samples(
    model: "Model", files: "list[TableFile]", rows: int
) -> "tuple[FloatArray, FloatArray | None]":
    """Return the first rows as X (n1 × m), and Y (1 × m) if all of them have an answer."""
    from dataclasses import replace

    import numpy as np

    from trilayer.tables import column_names, scan_placed

    there = column_names(files[0])
    target = model.target
    with_target = target.name in there
    answer = {target.name: target.reading(model.encoding.missing)} if with_target else {}
    kinds = model.encoding.readings | answer
    X, Y, done = [], [], 0
    for block in scan_placed(files, kinds):
        batch = block.rows.slice(0, rows - done)
        X.append(model.encoding.inputs(replace(block, rows=batch)).dense())
        if with_target:
            known, positive = target.answers(batch[target.name], block.places)
            Y.append(np.where(known, positive == target.positive_is_second, np.nan))
        done += len(batch)
        if done == rows:
            break
    answers = np.concatenate(Y)[None] if Y else np.full((1, done), np.nan)
    return np.concatenate(X, axis=1), None if np.isnan(answers).any() else answers


def _matrices(model: "Model", X: "FloatArray", Y: "FloatArray | None") -> list[dict[str, Any]]:
    """Return all matrices in the order of the derivation: with Y, or as far as X leads."""
    import numpy as np

    from trilayer.cli.model import TOO_LARGE
    from trilayer.derivation.trace import GIVEN as PLACES
    from trilayer.derivation.trace import table

    params = model.record.params.astype(np.float64)
    values = {"X": X.astype(np.float64)} | ({} if Y is None else {"Y": Y}) | dict(vars(params))
    if params.n2 == 0:
        del values["W1"], values["b1"]
    shown = [
        _matrix(name, *PLACES[name], words, values[name])
        for name, words in GIVEN.items()
        if name in values
    ]
    words = MADE if params.n2 else MADE_BY_UNIT
    for equation in table(params.n2):
        if all(source.matrix in values for source in equation.sources):
            name = equation.target
            with np.errstate(over="ignore", invalid="ignore"):
                made = values[name] = equation.compute(values)
            if not np.isfinite(made).all():
                raise InputError(f"{name} is not finite: {TOO_LARGE}")
            shown.append(_matrix(name, equation.id, equation.shape, words[name], made))
    if params.n2 == 0:
        next(each for each in shown if each["name"] == "W2")["symbols"] = ["n1", "1"]
    return shown


def _matrix(
    name: str, equation: str, symbols: tuple[str, str], words: str, value: "FloatArray"
) -> dict[str, Any]:
    return {
        "name": name,
        "equation": equation,
        "statement": words,
        "symbols": list(symbols),
        "shape": list(value.shape),
        "values": value.tolist(),
    }


def _drawn(matrix: dict[str, Any], inputs: list[str]) -> str:
    """Lay one matrix out as text: a heading, then a line for each row."""
    symbols, shape = " × ".join(matrix["symbols"]), " × ".join(map(str, matrix["shape"]))
    sizes = symbols if symbols == shape else f"{symbols} = {shape}"
    relation = "" if matrix["name"] in GIVEN else "= "
    heading = f"{matrix['name']}  {relation}{matrix['statement']}   ({matrix['equation']}, {sizes})"
    rows = matrix["values"]
    labels = [""] * len(rows)
    if matrix["symbols"][0] == "n1":
        labels = [f"  {visible(name)}" for name in inputs]
    lines = [
        "".join(f"{number:>12.5g}" for number in row) + label
        for row, label in zip(rows, labels, strict=True)
    ]
    return "\n".join([heading, *lines, "\n"])
