"""Predicting is light: what it imports, what it holds, and that threads change nothing."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from processes import cost
from trilayer import TriLayerClassifier, save
from trilayer.cli import predict as predict_module
from trilayer.modelfile import predicting as model_module

HEAVY = ("sklearn", "scipy", "pandas", "jaxtyping", "array_api_compat", "rich")


def imported(*words, besides=()):
    """Run a command in a process of its own, and return what of `HEAVY` it has imported."""
    code = (
        "import sys\nfrom trilayer.cli import main\n"
        "code = main(sys.argv[1:])\n"
        f"print(code, *(set({(*HEAVY, *besides)}) & sys.modules.keys()), file=sys.stderr)"
    )
    command = (sys.executable, "-c", code, *map(str, words))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, *heavy = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return done.stdout, heavy


@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_predicting_imports_nothing_heavy(people, tmp_path, table):
    data = getattr(people, table)
    out, heavy = imported("predict", people.model, data, "--id", "job")
    assert (out.count("\n"), heavy) == (501, [])
    assert imported("predict", people.model, data, "-o", tmp_path / "out.parquet")[1] == []


def test_nor_does_a_model_of_plain_numbers(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    for number, y in enumerate([frame.a > 0, (frame.a > 0).astype(int), (frame.a > 0).astype(str)]):
        path = tmp_path / f"{number}.safetensors"
        save(TriLayerClassifier(2, max_iter=5, tol=0, random_state=0).fit(frame, y), path)
        frame.to_csv(tmp_path / "x.csv", index=False)
        out, heavy = imported("predict", path, tmp_path / "x.csv")
        assert (out.count("\n"), heavy) == (61, [])


def test_evaluating_imports_nothing_that_computes(people):
    words = ("evaluate", people.model, people.csv, "--json")
    assert imported(*words)[1] == []


def test_help_imports_less_still():
    _, heavy = imported("predict", "--help", besides=("numpy", "pyarrow"))
    assert set(heavy) <= {"rich"}


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_blocks_and_threads_change_nothing(people, trilayer, monkeypatch, tmp_path, threads):
    words = ("predict", people.model, people.csv, people.csv, "--id", "row")
    before = trilayer(*words)
    monkeypatch.setattr(model_module, "rows_for", lambda _: 37)
    monkeypatch.setattr("trilayer.sources.walking.available_threads", lambda: threads)
    assert trilayer(*words) == before
    assert predict_module.PREDICTED == ("logit", "probability", "label")


def stored(people, tmp_path):
    """The same rows as Parquet stores them in several ways."""
    table = pa.Table.from_pandas(people.frame, preserve_index=False)
    gaps = people.frame.job.where(people.frame.row % 7 != 0, None)
    gaps = gaps.where(people.frame.row % 11 != 0, "")
    table = table.set_column(table.column_names.index("job"), "job", pa.array(gaps))
    coded = table.set_column(
        table.column_names.index("job"), "job", table["job"].dictionary_encode()
    )
    views = table.set_column(
        table.column_names.index("job"), "job", table["job"].cast(pa.string_view())
    )
    ways = {
        "plain": (table, {"use_dictionary": False}),
        "dictionaries": (table, {}),
        "many-groups": (table, {"row_group_size": 64}),
        "dictionaries-given-up": (table, {"dictionary_pagesize_limit": 1}),
        "coded": (coded, {}),
        "views": (views, {}),
    }
    for name, (rows, options) in ways.items():
        path = tmp_path / f"{name}.parquet"
        pq.write_table(rows, path, **options)
        yield name, path


def test_however_parquet_stores_texts_they_mean_the_same(people, trilayer, tmp_path):
    said = {
        name: trilayer("predict", people.model, path, "--id", "row")
        for name, path in stored(people, tmp_path)
    }
    frame = pd.read_parquet(tmp_path / "plain.parquet")
    frame.to_csv(tmp_path / "x.csv", index=False)
    expected = trilayer("predict", people.model, tmp_path / "x.csv", "--id", "row")
    assert expected.code == 0
    assert said == dict.fromkeys(said, expected)


def test_a_column_that_is_kept_may_be_an_input_too(people, trilayer, tmp_path):
    for name, path in stored(people, tmp_path):
        kept, alone = tmp_path / f"kept-{name}.csv", tmp_path / f"alone-{name}.csv"
        for words in (("-o", kept, "--id", "job"), ("-o", alone)):
            assert trilayer("predict", people.model, path, *words).code == 0
        table = pd.read_csv(kept)
        jobs = pd.read_parquet(path).job.astype(object).fillna("").to_list()
        assert table.pop("job").fillna("").to_list() == jobs
        pd.testing.assert_frame_equal(table, pd.read_csv(alone))


def test_memory_does_not_grow_with_the_rows(people, tmp_path):
    def peak(copies):
        table = pa.Table.from_pandas(people.frame, preserve_index=False)
        path = tmp_path / f"{copies}.parquet"
        pq.write_table(pa.concat_tables([table] * copies), path)
        return cost([sys.executable, "-m", "trilayer", "predict", people.model, path]).peak_mb

    assert peak(4000) < 1.25 * peak(1000)  # two million rows, half a million
