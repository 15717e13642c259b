"""``init`` and ``train --config``: options in a file are options on the command line."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.cli import app
from trilayer.cli.config import DATA, keys
from trilayer.cli.template import SAMPLES, _literal

OPTIONS = ("--hidden", 2, "--starts", 1, "--max-iter", 4, "--id", "row", "--id", "name")


TABLE = "data = 'people.csv'\ntarget = 'buys'\n"


def arguments():
    """What `train` takes, by its key in a file."""
    found = app["train"].assemble_argument_collection(parse_docstring=True)
    return {key: each for each in found for key in keys(each)}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def model_of(trilayer, *words):
    """The bytes of the model that a command trains."""
    said = trilayer("train", *words, "-o", "made.safetensors", "--force")
    assert said.code == 0, said.err
    return Path("made.safetensors").read_bytes()


def test_the_file_that_init_writes_trains_the_same_model(trilayer, people, here):
    columns = ("--target", "buys", "--id", "row", "--id", "name", "--missing=-1")
    said = trilayer("init", people.csv, *columns, "-o", "run.toml")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("wrote run.toml: ")
    more = ("--hidden", 2, "--starts", 1, "--max-iter", 4)
    plain = model_of(trilayer, people.csv, *columns, *more)
    assert model_of(trilayer, "--config", "run.toml", *more) == plain
    page = (here / "run.toml").read_text()
    page = page.replace("# hidden = 16", "hidden = 2").replace("# starts = 4", "starts = 1")
    (here / "run.toml").write_text(page.replace("# max-iter = 200", "max_iter = 4"))
    assert model_of(trilayer, "--config", "run.toml") == plain


def test_the_command_line_wins(trilayer, people, here):
    page = f"data = {str(people.parquet)!r}\ntarget = 'member'\nhidden = 5\nid = ['age', 'job']\n"
    (here / "run.toml").write_text(page + "starts = 1\nmax-iter = 4\nseed = 3\nforce = false\n")
    words = (people.csv, "--target", "buys", *OPTIONS, "--seed", 0)
    assert model_of(trilayer, *words, "--config", "run.toml") == model_of(trilayer, *words)


def test_the_file_has_every_option_and_its_default(trilayer, people, here):
    assert trilayer("init", people.csv, "--target", "buys", "-o", "run.toml").code == 0
    page = (here / "run.toml").read_text()
    set_, known = tomllib.loads(page), arguments()
    assert set_.pop(DATA) == [str(people.csv)]
    assert set_.pop("target") == "buys"
    for key, value in set_.items():
        default = known[key].field_info.default
        assert value == (list(default) if isinstance(default, tuple) else default)
    left_out = known.keys() - set_.keys() - {DATA, "target"}
    assert left_out == SAMPLES.keys()
    assert all(known[key].field_info.default is None for key in left_out)


def test_what_is_commented_out_may_be_said(trilayer, people, here):
    trilayer("init", people.csv, "--target", "buys", "-o", "run.toml")
    page = (here / "run.toml").read_text()
    full = re.sub(r"^# ([a-z0-9-]+ = \S.*)$", r"\1", page, flags=re.MULTILINE)
    assert tomllib.loads(full).keys() == arguments().keys()
    (here / "run.toml").write_text(full)
    _, bound, _ = app.parse_args(["train", "--config", "run.toml"], exit_on_error=False)
    assert bound.arguments["settings"].max_seconds == SAMPLES["max-seconds"]
    assert bound.arguments["columns"].dayfirst is True
    assert bound.args == (str(people.csv),)


def test_what_is_understood_of_each_column_is_said(trilayer, people, here):
    trilayer("init", people.csv, "--target", "buys", "-o", "run.toml")
    page = (here / "run.toml").read_text()
    told = dict(re.findall(r"^#   (\S.*?)  +(\w+)\b", page, flags=re.MULTILINE))
    lines = page.splitlines()
    for name in people.frame.columns:
        assert any(re.match(rf"#   \S.* {name}\b", line) for line in lines), name
    assert told["number"] == "age"
    assert told["boolean"] == "member"
    assert "  target    buys: 'yes' in" in page


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("hiden = 4", "run.toml: hiden is no option of train (did you mean 'hidden'?)"),
        ("zzz = 4", "run.toml: zzz is no option of train (trilayer init writes all there are)"),
        ("config = 'a'", "run.toml: config is no option"),
        ("DATA = 'a'", "run.toml: DATA is no option"),
        ("[columns]\ntarget = 'y'", "run.toml: columns is no option"),
        ("hidden = {a = 1}", "run.toml: hidden must be text, a number, true or false"),
        ("hidden = 2024-01-01", "run.toml: hidden must be text, a number, true or false"),
        ("max-iter = 1\nmax_iter = 2", "max-iter is there twice, once as max_iter"),
        ("hidden 4", "run.toml: this is not TOML: "),
        ("a = " + "[" * 5000, "run.toml: this is not TOML"),
        (TABLE + "hidden = 'many'", '"many"'),
        (TABLE + "hidden = -1", 'invalid value "-1" for [hidden] provided by run.toml'),
        (TABLE + "hidden = [1, 2]", "hidden"),
        (TABLE + "solver = 'newton'", "for [solver] provided by run.toml: choose from"),
        ("data = 'nowhere.csv'\ntarget = 'buys'", "nowhere.csv: no such file"),
        ("data = 3\ntarget = 'buys'", "3: no such file"),
        ("target = 'buys'", "trilayer train needs DATA"),
        ("data = 'people.csv'", "trilayer train needs --target"),
    ],
)
def test_what_is_no_file_of_options_is_refused(refused, tmp_path, options, why):
    (tmp_path / "run.toml").write_text(options)
    assert why in refused("train", "--config", "run.toml")


def test_a_file_that_is_not_there_or_not_text(refused, tmp_path):
    (tmp_path / "run.toml").write_bytes(b"\xff\xfe")
    assert "TOML is UTF-8" in refused("train", "--config", "run.toml")
    assert "did you mean 'run.toml'?" in refused("train", "--config", "runn.toml")
    assert "this is no file of options" in refused("train", "--config", ".")


def test_init_refuses_as_train_does(refused, people, tmp_path):
    (tmp_path / "people.toml").write_text("mine")
    assert "the file exists" in refused("init", people.csv, "--target", "buys")
    assert "no column 'buy'" in refused("init", people.csv, "--target", "buy", "--force")
    assert "needs --target" in refused("init", people.csv)


def test_names_of_columns_cannot_break_out_of_the_file(trilayer, here):
    names = ["a\nb = 1", 'q"]\nforce = true #', "\x1b[2J", "\u202eevil", "naïve"]
    values = np.random.default_rng(0).normal(size=(60, len(names)))
    frame = pd.DataFrame(values, columns=names).assign(y=[0, 1] * 30)
    frame.to_parquet("t.parquet")
    said = trilayer("init", "t.parquet", "--target", "y", "--drop", names[1], "--id", names[0])
    assert said.code == 0, said.err
    page = (here / "t.toml").read_text()
    found = tomllib.loads(page)
    assert (found["force"], found["drop"], found["id"]) == (False, [names[1]], [names[0]])
    assert not set(page) & set("\x1b\u202e")


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_text_is_written_as_toml_reads_it(texts):
    assert tomllib.loads(f"a = {_literal(texts)}") == {"a": texts}
