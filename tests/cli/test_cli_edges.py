"""Streams that are not there, pipes, numbers without end, and rows that are named."""

import errno
import os
import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trilayer import TriLayerClassifier, modelfile
from trilayer.cli import main

from .test_cli_bad_input import Full


@pytest.fixture
def here(refused, tmp_path):
    """The folder that commands run in, with a table of 200 rows in it."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 2)), columns=list("ab")).assign(y=[0, 1] * 100)
    frame.to_csv(tmp_path / "all.csv", index=False)
    return tmp_path


def put(here, name, row=None, **change):
    """Write the table with one row changed."""
    frame = pd.read_csv(here / "all.csv").astype(object)
    for column, value in change.items():
        frame.loc[row - 1, column] = value
    (here / name).parent.mkdir(exist_ok=True)
    frame.to_csv(here / name, index=False)


TRAIN = ("train", "all.csv", "--target", "y", "--hidden", "1", "-o", "m")

# ---- streams --------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("predict", "people.csv"), ("inspect",), ("inspect", "--json")])
def test_a_closed_standard_output(people, monkeypatch, capsys, words):
    command, *rest = words
    rest = [str(people.csv) if word == "people.csv" else word for word in rest]
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", None)
        assert main([command, str(people.model), *rest]) == 2
    assert capsys.readouterr().err == (
        "trilayer: standard output is closed, so there is nowhere to write to\n"
    )


def test_streams_that_are_not_needed(people, monkeypatch, tmp_path):
    words = ["predict", str(people.model), str(people.csv), "-o", str(tmp_path / "p.csv")]
    with monkeypatch.context() as patch:
        for name in ("stdin", "stdout", "stderr"):
            patch.setattr(f"sys.{name}", None)
        assert main(words) == 0
        assert main(words) == 2  # it is there now
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 501


def test_a_closed_standard_input(people, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", None)
        assert main(["predict", str(people.model), "-"]) == 2
    assert "standard input (-) is closed" in capsys.readouterr().err


def test_words_on_a_full_disk_are_no_error(monkeypatch):
    class FullWords(Full):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self):
            """Have nothing pending."""

    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", FullWords())
        assert main(["nonsense"]) == 2


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_model_written_before_standard_output_failed(here, monkeypatch, capsys, words):
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", None)
        assert main([*TRAIN, *words]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith("; the model is written all the same: m")
    assert (here / "m").exists()


# ---- pipes ----------------------------------------------------------------------------


@pytest.fixture
def pipe(here, people):
    """A named pipe, through which the people come once."""
    path = here / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(people.csv.read_bytes()))
    yield lambda: writer.start() or path
    if writer.ident is not None:
        writer.join()


def test_train_refuses_what_can_be_read_only_once(refused, here):
    os.mkfifo(here / "pipe")
    for name in ("-", "pipe"):
        said = refused("train", name, "--target", "buys")
        assert said == (
            f"trilayer: {name}: train reads its table more than once, which a pipe does not "
            "allow: save it to a file first\n"
        )


def test_trace_looks_at_a_pipe_twice(trilayer, people, pipe):
    said = trilayer("trace", people.model, pipe())
    assert (said.code, said.out) == (0, trilayer("trace", people.model, people.csv).out)


# ---- words ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["predict", "evaluate", "trace"])
@pytest.mark.parametrize(
    ("word", "meant"),
    [("--jsn", "--json"), ("--forse", "--force"), ("-dash.csv", "the file './-dash.csv'")],
)
def test_a_mistyped_option_is_no_file(refused, here, people, command, word, meant):
    said = refused(command, people.model, "all.csv", word)
    assert f"unknown option: {word}: did you mean " in said
    if (command, word) in {("predict", "--forse"), ("evaluate", "--jsn")} or word[1] != "-":
        assert f"did you mean {meant}?" in said


def test_an_empty_name_is_not_the_current_folder(refused, here):
    assert "is empty" in refused("train", "", "--target", "y")


# ---- numbers ---------------------------------------------------------------------------


def test_a_logit_that_is_not_finite(refused, here):
    frame = pd.read_csv(here / "all.csv")
    for hidden in (0, 2):
        model = TriLayerClassifier(hidden).fit(frame[["a", "b"]], frame.y)
        weights = model.params_
        weights.W2[:] = weights.W1[:] = 1.0
        modelfile.save(model, here / f"m{hidden}")
    put(here, "huge/1.csv")
    put(here, "huge/2.csv", 7, a=1.7e308, b=1.7e308)
    too_large = "the inputs are too large for this model"
    for words in (("predict", "m0", "huge"), ("evaluate", "m0", "huge", "--target", "y")):
        said = refused(*words, *(("-o", "p.csv") if words[0] == "predict" else ()))
        assert f"huge/2.csv: row 7: the logit is not finite: {too_large}" in said
    for model in ("m0", "m2"):
        said = refused("trace", model, "huge/2.csv", "--rows", "7", "--json")
        assert f"is not finite: {too_large}" in said


def test_a_score_that_is_not_finite(refused, here):
    frame = pd.read_csv(here / "all.csv")
    model = TriLayerClassifier(0).fit(frame[["a", "b"]], frame.y)
    model.params_.W2[:] = 1.0
    modelfile.save(model, here / "m")
    frame.assign(a=1e308, b=0.0).to_csv(here / "huge.csv", index=False)
    said = refused("evaluate", "m", "huge.csv", "--target", "y", "--json")
    assert "the log-loss is not finite: the inputs are too large for this model" in said


# ---- rows ------------------------------------------------------------------------------


def test_rows_are_named_by_file_and_number(refused, here, people):
    put(here, "parts/1.csv")
    put(here, "parts/2.csv", 101, a="inf")
    infinite = "parts/2.csv: column 'a', row 101: inf is not finite"
    assert infinite in refused("train", "parts", "--target", "y")
    put(here, "parts/2.csv", 101, a="oops")
    said = refused("train", "parts", "--target", "y")
    assert "parts/2.csv: column 'a' holds numbers, but 'oops' in row 101 is none" in said
    put(here, "parts/2.csv", 101, y=2)
    main([*TRAIN])
    strange = "parts/2.csv: target column 'y', row 101: 2 is neither 0 nor 1, the labels"
    assert strange in refused("evaluate", "m", "parts")
    put(here, "parts/2.csv", 101, a="inf")
    for words in (("evaluate", "m", "parts"), ("predict", "m", "parts", "-o", "p.csv")):
        assert infinite in refused(*words)


def test_a_kept_input_is_a_number_all_the_same(trilayer, here):
    frame = pd.read_csv(here / "all.csv")
    modelfile.save(TriLayerClassifier(0).fit(frame[["a", "b"]], frame.y), here / "m")
    said = trilayer("predict", "m", "all.csv", "--id", "a")
    assert said.code == 0
    assert said.out.startswith("a,logit")


# ---- targets ----------------------------------------------------------------------------


@pytest.mark.parametrize("label", [["u"], b"u"])
def test_a_target_that_holds_no_labels_is_named(refused, here, label):
    pq.write_table(pa.table({"a": range(40), "y": [label] * 40}), here / "t.parquet")
    said = refused("train", "t.parquet", "--target", "y")
    assert "target column 'y' holds values of a kind that is not used here" in said


def test_empty_text_is_no_label(trilayer, here):
    labels = ["u", "v"] * 19 + ["", ""]
    pq.write_table(pa.table({"a": [i * i for i in range(40)], "y": labels}), here / "t.parquet")
    said = trilayer("train", "t.parquet", "--target", "y", "--hidden", "1", "-o", "m")
    assert (said.code, "2 rows without a target left out" in said.err) == (0, True)
    assert "2 rows without a target" in trilayer("evaluate", "m", "t.parquet").err


def test_views_of_text_are_text(trilayer, here):
    text = pa.array(["u", "v"] * 20, pa.string_view())
    table = pa.table({"a": [i * i for i in range(40)], "s": text, "y": text})
    pq.write_table(table, here / "t.parquet")
    assert trilayer("train", "t.parquet", "--target", "y", "--hidden", "1", "-o", "m").code == 0
    assert trilayer("predict", "m", "t.parquet", "--id", "s").code == 0


# ---- the demo ---------------------------------------------------------------------------


def test_a_demo_on_a_full_disk_can_be_run_again(trilayer, monkeypatch, here):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (here / "demo").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        said = trilayer("demo")
    assert said.code == 2
    assert said.err.startswith("trilayer: demo/breast_cancer.csv: the disk is full")
    assert not list((here / "demo").iterdir())
    assert trilayer("demo").code == 0
