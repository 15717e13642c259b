"""`trilayer export`: what it writes runs, what it tells is true, and what is wrong is refused."""

import csv
import io
import json
import re
import runpy
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sqlglot

from cli.test_cli_light import imported
from conftest import ROOT
from trilayer import load
from trilayer.export import targets
from trilayer.export.counterparts import databases


@pytest.mark.parametrize(
    "words",
    [("python",), ("numpy",), ("js",), ("c",), ("sql",), ("sql", "--dialect", "sqlite")],
    ids=" ".join,
)
def test_what_is_written_was_checked_on_every_row(people, trilayer, tmp_path, words):
    file = tmp_path / "out"
    said = trilayer(
        "export", people.model, "--to", *words, "-o", file, "--check", people.csv, "--json"
    )
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["bytes"] == file.stat().st_size
    assert told["check"]["rows"] == len(people.frame)
    assert told["check"]["largest_difference"] < 1e-12
    assert told["check"]["largest_difference_to_predict"] < 1e-5
    assert told["check"]["other_labels"] == 0
    assert f"checked on {len(people.frame)} rows" in said.err
    # Without a check and a file, the same code goes to standard output.
    assert trilayer("export", people.model, "--to", *words).out == file.read_text()


def test_the_written_module_says_what_predict_says(people, trilayer, tmp_path):
    trilayer("export", people.model, "--to", "python", "-o", tmp_path / "m.py")
    module = SimpleNamespace(**runpy.run_path(str(tmp_path / "m.py")))
    predicted = pd.read_csv(io.StringIO(trilayer("predict", people.model, people.csv).out))
    with people.csv.open() as lines:
        rows = list(csv.DictReader(lines))
    found = [module.probability(row) for row in rows]
    np.testing.assert_allclose(found, predicted.probability, rtol=0, atol=1e-5)
    assert [module.label(row) for row in rows] == predicted.label.tolist()


def test_weights_of_8_bits_are_told_of_and_never_refused(people, trilayer, tmp_path):
    words = ("export", people.model, "--to", "c", "--int8", "-o", tmp_path / "m.c")
    said = trilayer(*words, "--check", people.csv, "--json")
    assert said.code == 0
    check = json.loads(said.out)["check"]
    assert 1e-9 < check["mean_difference"] < check["largest_difference"] < 0.05


def test_what_differs_is_not_written(people, trilayer, tmp_path, monkeypatch):
    """A target that says something else than the model, by 1e-8, and one that says nothing."""
    model = load(people.model)

    def wrong_by(gap):
        @contextmanager
        def run(*_):
            yield (
                lambda rows: (
                    model.predict_proba(rows.append_column("row", [range(len(rows))]))[:, 1] + gap
                )
            )

        return run

    file = tmp_path / "m.py"
    words = ("export", people.model, "--to", "python", "-o", file, "--check", people.csv)
    for gap, told in ((0.001, "differ by 1.0e-03"), (np.nan, "no number")):
        wrong = replace(targets.TARGETS["python"], run=wrong_by(gap))
        monkeypatch.setitem(targets.TARGETS, "python", wrong)
        said = trilayer(*words)
        assert said.code == 1
        assert told in said.err
        assert "nothing is written" in said.err
        assert not file.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "cobol"), "--to cobol: there are python, numpy, js, c, sql"),
        (("--to", "js", "--dialect", "sqlite"), "--dialect goes with --to sql, not js"),
        (("--to", "python", "--int8"), "--int8 goes with --to c, not python"),
        (("--to", "c", "--id", "x"), "--id goes with --to sql, not c"),
        (("--to", "sql", "--dialect", "oracle"), "--dialect oracle: there are duckdb, sqlite"),
        (("--to", "js", "--json"), "with --json the code needs a file"),
        (("--to", "js", "-o", "nowhere/m.mjs"), "no folder 'nowhere'"),
        (("--to", "js", "--check", "none.csv"), "none.csv: no such file"),
        (("--to", "sql", "--dialect", "bigquery", "--check", "x.csv"), "or leave --check out"),
        ((), "needs"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(people, refused, words, told):
    assert told in refused("export", people.model, *words)


def test_what_the_machine_lacks_is_named(people, refused, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(databases.SERVER, raising=False)
    check = ("--check", people.csv)
    assert "node on PATH" in refused("export", people.model, "--to", "js", *check)
    assert "cc on PATH" in refused("export", people.model, "--to", "c", *check)
    postgres = ("--to", "sql", "--dialect", "postgres")
    assert "address in TRILAYER_POSTGRES" in refused("export", people.model, *postgres, *check)


def test_a_table_without_rows_checks_nothing(people, refused, tmp_path):
    (tmp_path / "empty.csv").write_text("row,age,job,name,member,since,buys\n")
    assert "no rows" in refused("export", people.model, "--to", "python", "--check", "empty.csv")


def test_a_file_that_exists_is_kept(people, trilayer, refused, tmp_path):
    (tmp_path / "m.py").write_text("mine")
    words = ("export", people.model, "--to", "python", "-o", tmp_path / "m.py")
    assert "--force" in refused(*words)
    assert trilayer(*words, "--force").code == 0
    assert (tmp_path / "m.py").read_text() != "mine"


def test_exporting_imports_nothing_heavy(people, tmp_path):
    for target in targets.TARGETS:
        words = ("export", people.model, "--to", target, "-o", tmp_path / target)
        assert imported(*words)[1] == []


def test_the_table_in_the_readmes_is_true(people, trilayer, tmp_path, monkeypatch):
    """Each line is run; what has a counterpart here is checked by it on every row."""
    found = [
        re.findall(
            r"^\| .* \| `trilayer (export .*?)` \|", (ROOT / name).read_text(encoding="utf-8"), re.M
        )
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert found[0] == found[1]
    assert {line.split()[3] for line in found[0]} == set(targets.TARGETS)
    monkeypatch.chdir(tmp_path)
    shutil.copy(people.model, "adult.safetensors")
    for line in found[0]:
        words = line.split()
        dialect = words[words.index("--dialect") + 1] if "--dialect" in words else ""
        check = () if dialect in {"postgres", "bigquery", "clickhouse"} else ("--check", people.csv)
        said = trilayer(*words, *check)
        assert said.code == 0, said.err
        file = tmp_path / words[-1]
        assert file.exists()
        if dialect:
            sqlglot.parse_one(file.read_text(), dialect=dialect)


def test_the_module_of_the_readme_is_imported_by_node(people, trilayer, tmp_path):
    trilayer("export", people.model, "--to", "js", "-o", tmp_path / "adult.mjs")
    row = people.frame.iloc[0].to_dict()
    row = {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
    code = f"""
    import {{ probability }} from "./adult.mjs";
    console.log(probability(JSON.parse({json.dumps(json.dumps(row))})));
    """
    words = ["node", "--input-type=module", "-"]
    done = subprocess.run(
        words, input=code, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    trilayer("export", people.model, "--to", "python", "-o", tmp_path / "m.py")
    code = f"import json, m; print(m.probability(json.loads({json.dumps(row)!r})))"
    same = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert float(done.stdout) == pytest.approx(float(same.stdout), abs=1e-14)
