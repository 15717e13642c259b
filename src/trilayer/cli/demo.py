"""``trilayer demo``: train, evaluate and predict on data that come with the package."""

import shlex
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from trilayer.cli.settings import Seed

TABLE = "breast_cancer.csv"
MODEL = "breast_cancer.safetensors"
TRAIN, TEST, PREDICTIONS = "train.csv", "test.csv", "predictions.csv"


def demo(
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))] = Path("demo"),
    seed: Seed = 0,
) -> int:
    """Train, evaluate and predict on data that come with the package.

    Parameters
    ----------
    output
        Folder for the files, made if need be; what an earlier demo left in it is replaced.
    seed
        Decides the rows of the test, and the start of the training.
    """
    from trilayer.cli.output import say
    from trilayer.modelfile import read

    _write_tables(output, seed)
    train, test, model = (str(output / name) for name in (TRAIN, TEST, MODEL))
    told = ["--target", "diagnosis", "--positive", "malignant", "--seed", str(seed)]
    commands = (
        ["train", train, "--valid", test, *told, "-o", model, "--force"],
        ["evaluate", model, test],
        ["predict", model, test, "--id", "diagnosis", "-o", str(output / PREDICTIONS), "--force"],
    )
    for words in commands:
        code = _type_in(words)
        if code:
            return code
    say("")
    say(f"Now try: trilayer predict {shlex.quote(model)} {shlex.quote(str(output / TABLE))}")
    _announce(read(model).summary["network"]["auc"])
    return 0


def _type_in(words: list[str]) -> int:
    """Run a command as if it had been typed."""
    from trilayer.cli.output import say
    from trilayer.cli.shell import run

    say("")
    say(f"$ trilayer {shlex.join(words)}")
    return run(words)


def _announce(auc: float) -> None:
    from trilayer.cli.output import show

    show(f"test AUC {auc:.4f}")


def _write_tables(folder: Path, seed: int) -> None:
    """Put the table there, whole and cut into rows to learn from and rows for the test."""
    from sklearn.model_selection import train_test_split

    from trilayer.cli.output import say
    from trilayer.tables import write_whole

    whole = (files("trilayer") / "data" / TABLE).read_text(encoding="utf-8")
    _refuse_to_replace(folder, whole)
    header, *rows = whole.splitlines(keepends=True)
    answers = [row.rpartition(",")[2] for row in rows]
    parts = train_test_split(range(len(rows)), test_size=0.2, stratify=answers, random_state=seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / TABLE, whole.encode(), force=True)
    for name, part in zip((TRAIN, TEST), parts, strict=True):
        text = "".join([header, *(rows[index] for index in sorted(part))])
        write_whole(folder / name, text.encode(), force=True)
    say(f"{folder / TABLE}: {len(rows)} tumours, 30 measurements of each: malignant or benign?")
    say(f"A fifth of them, {folder / TEST}, is kept for the test.")


def _refuse_to_replace(folder: Path, whole: str) -> None:
    """Raise InputError if files of our names are not those of an earlier demo."""
    from trilayer.errors import InputError

    there = [name for name in (TABLE, MODEL, TRAIN, TEST, PREDICTIONS) if (folder / name).exists()]
    if not there:
        return
    if TABLE not in there or (folder / TABLE).read_bytes() != whole.encode():
        raise InputError(
            f"{folder / there[0]}: the file exists and is no earlier demo's: name another folder "
            "with --output"
        )
