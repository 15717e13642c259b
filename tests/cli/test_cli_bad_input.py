"""Bad input: one sentence, exit code 2, nothing written."""

import contextlib
import errno
import io

import numpy as np
import pyarrow as pa
import pytest

from trilayer.cli import main, shell

from .conftest import make_people

PEOPLE = make_people(60)


@pytest.fixture
def here(refused, tmp_path):
    """The folder that commands run in, with a table in it."""
    PEOPLE.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


TRAIN = ("train", "people.csv", "--target", "buys")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "poeple.csv", "--target", "buys"), "(did you mean 'people.csv'?)"),
        (("train", "nowhere/x.csv", "--target", "buys"), "nowhere/x.csv: no such file or folder"),
        (("train", "a\0b", "--target", "buys"), "no such file or folder"),
        (("train", "people.csv", "--target", "buy"), "no column 'buy' (did you mean 'buys'?)"),
        ((*TRAIN, "--id", "rwo"), "no column 'rwo' (did you mean 'row'?)"),
        ((*TRAIN, "--drop", "nothing"), "no column 'nothing'"),
        ((*TRAIN, "--categorical", "jobs"), "(did you mean 'job'?)"),
        ((*TRAIN, "--drop", "buys"), "'buys' is the target"),
        ((*TRAIN, "--positive", "maybe"), "the labels of target column 'buys' are 'no' and 'yes'"),
        ((*TRAIN, "--valid", "nope.csv"), "nope.csv: no such file or folder"),
        ((*TRAIN, "-o", "people.csv"), "people.csv: the file exists: name another, or replace"),
        ((*TRAIN, "-o", "."), "this is a folder: name a file in it"),
        ((*TRAIN, "-o", "no/m"), "there is no folder 'no': make it first"),
        ((*TRAIN, "--hidden", "-1"), "--hidden: must be >= 0"),
        ((*TRAIN, "--hidden", "many"), '--hidden: unable to convert "many" into int'),
        ((*TRAIN, "--l2", "nan"), "--l2"),
        ((*TRAIN, "--l2", "inf"), "--l2"),
        ((*TRAIN, "--test-share", "1"), "--test-share: must be < 1"),
        ((*TRAIN, "--threshold", "2"), "--threshold: must be <= 1"),
        ((*TRAIN, "--solver", "newton"), "choose from"),
        ((*TRAIN, "--solver", "lbfgs", "--learning-rate", "1"), "lbfgs finds its own steps"),
        ((*TRAIN, "--hiden", "3"), "unknown option: --hiden"),
        ((*TRAIN, "--test-share", "0.01"), " rows, too few to hold out 0.01 of them"),
        (("train", "people.csv"), "trilayer train needs --target: see trilayer train --help"),
        (("train", "people.csv", "--target"), "--target needs a value"),
        (("train",), "trilayer train needs"),
        (("predict",), "trilayer predict needs MODEL"),
        (("predict", "people.csv"), "trilayer predict needs DATA"),
        (("predict", "people.csv", "people.csv"), "cannot load 'people.csv'"),
        (("predict", "model", "people.csv"), "model: no such file or folder"),
        (("inspect", "people.csv"), "cannot load 'people.csv'"),
        (("check", "people.csv"), "cannot load 'people.csv'"),
        (("trian",), "no command 'trian' (did you mean 'train'?)"),
        (("xyzzy",), "no command 'xyzzy' (there are init, train, tune,"),
    ],
)
def test_words_that_do_not_fit(refused, here, words, said):
    assert said in refused(*words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,y\n1,u\n2,v,w\n", "row 2 has 3 fields, the header 2"),
        ("a,a,y\n1,2,u\n", "more than one column is named 'a'"),
        ("a,y\n", "no rows"),
        ("", "the file is empty"),
        (b"a,y\n\xe9t\xe9,u\n", "not UTF-8 text"),
        ("a,y\n" + "1,u\n" * 20, "holds one value only, 'u': two are needed"),
        ("a,y\n1,u\n2,v\n3,w\n", "holds 3 different values, 'u', 'v' and 'w': not two"),
        ("y,a\n" + "1,0\n2,0\n3,0\n4,0\n5,0\n6,0\n7,0\n", "7 different values, 1, 2, 3, 4,"),
        ("a,y\n" + "1,\n" * 5, "target column 'y' is empty in every row"),
        ("a,y\n1,2020-01-01\n2,2020-01-02\n", "holds dates"),
        ("a,y\n" + "".join(f"{i},u\n" for i in range(30)) + "oops,v\n", "'oops' in row 31 is none"),
        ("a,y\n" + "1,u\n1,v\n" * 20, "no column"),
        ("y\n" + "u\nv\n" * 20, "there is no column beside the target"),
        ("a,y\n" + "1,0.5\n2,1.5\n" * 20, "holds the numbers 0.5 and 1.5: labels are whole"),
        ("a,y\n1,u\n2,v\n", "the label 'u' has 1 row, too few to hold out"),
        ("a,y\n" + "1,u\n2,u\n" * 60 + "3,v\n", "the label 'v' has 1 row, too few to hold out 0.2"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_learnt_from(refused, tmp_path, text, said):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "x.csv").write_bytes(data)
    assert said in refused("train", "x.csv", "--target", "y")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"buys": None}, "target column 'buys' is empty in every row"),
        ({"buys": "perhaps"}, "'perhaps' is neither"),
        ({"age": "old"}, "'old' is not a number"),
    ],
)
def test_held_out_tables_that_do_not_fit(refused, here, change, said):
    PEOPLE.assign(**change).to_csv(here / "judge.csv", index=False)
    assert said in refused(*TRAIN, "--valid", "judge.csv")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("predict", "sonar.csv"), "no columns"),
        (("predict", "people.csv", "--id", "nr"), "no column 'nr'"),
        (("predict", "people.csv", "--id", "logit"), "a column of the predictions has that name"),
        (("predict", "people.csv", "-o", "out.xlsx"), "must end in one of"),
        (("predict", "people.csv", "-o", "no/out.csv"), "there is no such folder"),
        (("predict", "people.csv", "-o", "people.csv"), "the file exists"),
        (("predict", "-", "people.csv"), "standard input (-) is read alone"),
        (("predict", "-"), "the file is empty"),
        (("trace", "people.csv", "--rows", "0"), "--rows: must be >= 1"),
        (("trace", "sonar.csv"), "no columns"),
        (("evaluate", "sonar.csv"), "no columns"),
    ],
)
def test_a_model_and_words_that_do_not_fit(refused, here, people, words, said):
    (here / "sonar.csv").write_text("band_01,band_02\n1,2\n")
    command, *rest = words
    assert said in refused(command, people.model, *rest)


def test_a_row_that_does_not_fit_leaves_no_output(refused, people, tmp_path):
    frame = people.frame.astype({"age": object})
    frame.loc[400, "age"] = "old"
    frame.to_csv(tmp_path / "x.csv", index=False)
    said = refused("predict", people.model, "x.csv", "-o", "out.csv")
    assert "column 'age', row 401: 'old' is not a number" in said


def test_a_full_disk(refused, here, people, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert "the disk is full" in refused("predict", people.model, "people.csv", "-o", "out.csv")
    said = main([*TRAIN, "-o", "m", "--hidden", "1"])
    assert said == 2
    assert not (here / "m").exists()


class Full(io.RawIOBase):
    """Standard output on a full disk."""

    def writable(self):
        return True

    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("words", [("inspect",), ("inspect", "--json"), ("predict", "people.csv")])
def test_a_full_disk_under_standard_output(here, people, monkeypatch, capsys, words):
    full = io.TextIOWrapper(io.BufferedWriter(Full()))
    monkeypatch.setattr("sys.stdout", full)
    command, *rest = words
    assert main([command, str(people.model), *rest]) == 2
    monkeypatch.undo()
    err = capsys.readouterr().err
    assert err.startswith("trilayer: standard output: ")
    assert err.count("\n") == 1
    with contextlib.suppress(OSError):  # what is left in its buffer, at the end of a process
        full.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the system says: No space left"),
        (OSError(errno.EIO, "Input/output error", "x.csv"), "x.csv: Input/output error"),
        (OSError("odd"), "the system says: odd"),
        (MemoryError(), "this needs more memory than there is"),
    ],
)
def test_what_the_machine_refuses(refused, monkeypatch, error, said):
    def run(_):
        raise error

    monkeypatch.setattr(shell, "run", run)
    assert said in refused("check")


def test_a_missing_package_is_named(refused, monkeypatch, people):
    import builtins
    import sys

    for name in [n for n in sys.modules if n.partition(".")[0] in {"pyarrow", "trilayer"}]:
        if name.startswith(("pyarrow", "trilayer.tables", "trilayer.cli.model")):
            monkeypatch.delitem(sys.modules, name)
    load = builtins.__import__

    def without(name, *rest, **named):
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")
        return load(name, *rest, **named)

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr(builtins, "__import__", without)
    said = refused("predict", people.model, people.csv)
    assert said == "trilayer: pyarrow is not installed: pip install 'trilayer[cli]'\n"


def test_without_cyclopts_the_extra_is_named(refused, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cyclopts", None)
    said = refused("--help")
    assert said == "trilayer: cyclopts is not installed: pip install 'trilayer[cli]'\n"


def test_a_name_that_the_system_cannot_look_up(refused, tmp_path):
    assert "cannot be looked up" in refused("inspect", "x" * 5000)


def test_an_infinite_number_is_named(refused, tmp_path):
    values = np.where(np.arange(40) == 7, np.inf, np.arange(40.0))
    table = pa.table({"a": values, "y": ["u", "v"] * 20})
    pa.parquet.write_table(table, tmp_path / "x.parquet")
    assert "'a'" in refused("train", "x.parquet", "--target", "y")
