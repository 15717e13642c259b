"""``trilayer export``: a model file as code that needs no trilayer, checked on a whole table."""

from contextlib import ExitStack
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trilayer.cli.settings import AS_IT_SAYS, Flag, Output, Text, Texts

if TYPE_CHECKING:
    from trilayer.export.check import Difference
    from trilayer.export.counterparts.scripts import Score
    from trilayer.export.targets import Options
    from trilayer.modelfile import ModelRecord


def export(
    model: str,
    /,
    *,
    to: str,
    output: Output = None,
    check: Texts = (),
    dialect: str = "duckdb",
    table: str = "data",
    ids: Annotated[Texts, Parameter(name="--id")] = (),
    int8: Flag = False,
    force: Flag = False,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
    json: Flag = False,
) -> int:
    """Write a model as code that needs no trilayer, or as a folder that others keep models in.

    Parameters
    ----------
    model
        Model file.
    to
        python: a module on the standard library alone; numpy: one on NumPy, for whole tables; js:
        an ES module for browsers and Node.js; c: a file of C99 without a heap; sql: one query.
        hf, mlflow: a folder of the Hugging Face Hub, and an mlflow pyfunc, around the model file.
    output
        File to write, or the folder. By default the code goes to standard output.
    check
        Table to run the export on before it is handed over, by Python, Node.js, the C compiler or
        the database of this machine: the largest difference in probability is told, and what
        differs by more than 1e-9 is not written. Once for each file.
    dialect
        Of sql: duckdb, sqlite, postgres, bigquery or clickhouse.
    table
        Of sql: the table the rows are in.
    ids
        Of sql: column to keep beside those of the model. Once for each.
    int8
        Of c: weights of 8 bits, for microcontrollers; what that costs is told with --check.
    force
        Replace the output if it exists.
    json
        Print one JSON object about the export; the code then needs --output.
    """
    from trilayer.cli import exits
    from trilayer.cli.output import say, show_json, write
    from trilayer.cli.paths import existing, new_file
    from trilayer.errors import InputError
    from trilayer.export.description import describe
    from trilayer.export.targets import FOLDERS, Options, target_of
    from trilayer.modelfile import read
    from trilayer.tables.writing import write_whole

    options = Options(dialect, table, ids, int8)
    if to in FOLDERS:
        _folder(to, read(existing(model)), output, options, force=force, checks=bool(check))
        if json:
            show_json({"model": model, "to": to, "output": str(output)})
        return exits.OK
    target = target_of(to, options)
    if json and output is None:
        raise InputError("with --json the code needs a file of its own: say where with --output")
    if output is not None:
        new_file(output, force=force)
    missing = target.missing(options) if check else ""
    if missing:
        raise InputError(f"--check runs the export, which needs {missing}; or leave --check out")
    description = describe(read(existing(model)))
    code = target.write(description, options)
    result: dict[str, Any] = {"model": model, "to": to, "bytes": len(code.encode())}
    if check:
        with ExitStack() as stack:
            score = stack.enter_context(target.run(description, options))
            difference = _difference(model, check, text, score)
        result |= {"check": difference.as_json()}
        say(_in_words(difference))
        if not (difference.is_exact or (int8 and isfinite(difference.largest))):
            say(f"trilayer: the export to {to} is not what the model computes: nothing is written")
            return exits.FAILED
    if output is None:
        write(code)
    else:
        write_whole(output, code.encode(), force=force)
        say(f"wrote {output}, {len(code.encode()):,} bytes")
    if json:
        show_json(result)
    return exits.OK


def _folder(
    to: str, record: "ModelRecord", output: Path | None, options: "Options", *, force: bool,
    checks: bool,
) -> None:  # fmt: skip
    from trilayer.cli.output import say
    from trilayer.errors import InputError
    from trilayer.export.targets import write_folder

    if checks:
        raise InputError(f"--check runs code, and --to {to} writes a folder: leave it out")
    if output is None:
        raise InputError(f"--to {to} writes a folder: say where with --output")
    write_folder(to, record, output, options, force=force)
    say(f"wrote {output}")


def _difference(name: str, data: tuple[str, ...], text: Text, score: "Score") -> "Difference":
    """Compare an export with the library on every row of a table."""
    from dataclasses import replace

    from trilayer.cli.model import load_model
    from trilayer.cli.paths import sources
    from trilayer.errors import InputError
    from trilayer.export.check import Difference, in_float64, typed
    from trilayer.metrics.scores import probabilities
    from trilayer.tables import scan_raw

    known = load_model(name)
    wide = in_float64(known.record)
    exact = replace(known, record=wide, encoding=replace(known.encoding, encoder=wide.encoder))
    readings, rows_at_once = known.encoding.readings, known.encoding.batch_rows
    difference = Difference(known.record.threshold)
    files = sources("export", data, text)
    for raw in scan_raw(files, readings, batch_rows=rows_at_once, coded=readings):
        block = raw.block()
        said, told = (
            probabilities(each.logits(each.encoding.inputs(block), block.places.of))
            for each in (known, exact)
        )
        difference.add(score(typed(block.rows, readings)), told, said)
    if not difference.rows:
        raise InputError(f"{data[0]}: there are no rows to check the export on")
    return difference


def _in_words(difference: "Difference") -> str:
    from trilayer.cli.output import counted

    told = difference.as_json()
    if told["largest_difference"] is None:
        return f"checked on {counted(difference.rows, 'row')}: it gives no number for some of them"
    words = (
        f"checked on {counted(difference.rows, 'row')}: probabilities differ by "
        f"{told['largest_difference']:.1e} at the most, {told['mean_difference']:.1e} on average "
        f"(from those of predict, in the network's own precision, by "
        f"{told['largest_difference_to_predict']:.1e})"
    )
    others = difference.other_labels
    return f"{words}; {counted(others, 'row')} would get the other label" if others else words
