"""The odds of levels in the recipe: the same wherever rows are, and no row's own answer in them."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest

from trilayer import TriLayerTableClassifier, load, save
from trilayer.cli import main
from trilayer.encoding.odds import folds_of
from trilayer.modelfile import read
from trilayer.select import dataset
from trilayer.select.dataset import read_table
from trilayer.sources.dask_tables import file_rows, plain
from trilayer.sources.lessons import Columns
from trilayer.sources.shuffle import joined
from trilayer.sources.tables import encoded, look


@pytest.fixture(autouse=True)
def _few_rows_are_enough(monkeypatch):
    monkeypatch.setattr(dataset, "SMALL", 300)


def table(rows=800, levels=120, words=("no", "yes"), seed=0):
    """A shop of many that decides, and a number; some rows have no answer."""
    rng = np.random.default_rng(seed)
    shop = rng.integers(0, levels, rows)
    logit = 2 * rng.normal(size=levels)[shop]
    second = rng.random(rows) < 1 / (1 + np.exp(-logit))
    answer = np.array(words, dtype=object)[second.astype(int)]
    answer[rng.random(rows) < 0.03] = None
    return pd.DataFrame(
        {"shop": [f"s{each}" for each in shop], "size": rng.normal(size=rows), "buys": answer}
    )


def study(paths, **options):
    read_ = read_table(look(paths, Columns("buys")), **options)
    return read_, list(encoded(read_.table, read_.learnt))


def written(frame, folder, cuts=()):
    """Write a table to one file, or to several."""
    edges = [0, *cuts, len(frame)]
    paths = [folder / f"part-{i}.csv" for i in range(len(edges) - 1)]
    for path, a, b in zip(paths, edges, edges[1:], strict=False):
        frame[a:b].to_csv(path, index=False)
    return paths


def test_rows_that_are_held_out_get_the_odds_of_all_and_others_those_of_other_folds(tmp_path):
    frame = table()
    read_, parts = study(written(frame, tmp_path))
    encoder, split = read_.learnt.encoder, read_.split
    assert encoder.columns_[0].odds
    for part in parts:
        held = split.is_held(0, len(frame))[part.row]
        assert 0 < held.sum() < len(held)
        rows = frame.iloc[part.row]
        folds = np.where(held, -1, folds_of(part.row))
        expected = encoder.inputs(rows, folds=folds)
        assert part.inputs.dense().tobytes() == expected.dense().tobytes()
        assert np.array_equal(encoder.inputs(rows)[held].dense(), part.inputs[held].dense())
        assert not np.allclose(encoder.inputs(rows)[~held].numbers, part.inputs[~held].numbers)


@pytest.mark.parametrize("cuts", [(1, 300, 301), (650,)])
def test_files_leave_no_trace_and_workers_have_the_folds(tmp_path, cuts):
    frame = table()
    (tmp_path / "cut").mkdir()
    whole, parts = study(written(frame, tmp_path))
    cut, pieces = study(written(frame, tmp_path / "cut", cuts))
    assert whole.learnt.encoder.columns_ == cut.learnt.encoder.columns_
    expected = joined_inputs(part.inputs for part in parts)
    assert expected.tobytes() == joined_inputs(part.inputs for part in pieces).tobytes()
    sent = pickle.loads(pickle.dumps(plain(whole.learnt)))
    halves = [whole.table.part(range(333)), whole.table.part(range(333, 800))]
    rows = [file_rows(half, sent, None) for half in halves]
    assert expected.tobytes() == joined(rows).inputs.dense().tobytes()


def joined_inputs(parts):
    return np.concatenate([part.dense() for part in parts], axis=1)


@pytest.mark.parametrize("first", ["yes", "no"])
@pytest.mark.parametrize("positive", [None, "yes", "no"])
def test_they_are_the_odds_of_the_second_class_whichever_comes_first(tmp_path, first, positive):
    frame = table()
    frame = pd.concat([frame[frame["buys"] == first][:1], frame], ignore_index=True)
    read_, parts = study(written(frame, tmp_path), positive=positive)
    column = read_.learnt.encoder.columns_[0]
    learnt = frame[read_.split.is_learnt(0, len(frame)) & frame["buys"].notna()]
    share = (learnt["buys"] == "yes").groupby(learnt["shop"]).mean()
    known = [*column.levels, *column.counted]
    odds = pd.Series(column.odds[: len(known)], index=known)
    assert np.corrcoef(share[known], odds)[0, 1] > 0.9
    assert parts[0].Y.sum() == (frame["buys"][parts[0].row] == "yes").sum()


def test_one_label_against_the_rest_has_odds_of_its_own(tmp_path):
    frame = table()
    frame.loc[(frame["buys"] == "no") & (frame["size"] > 1), "buys"] = "later"
    read_, _ = study(written(frame, tmp_path), positive="yes")
    two = frame.replace({"buys": {"later": "no"}})
    (tmp_path / "two").mkdir()
    other, _ = study(written(two, tmp_path / "two"), positive="yes")
    sign = 1 if read_.learnt.target.positive_is_second else -1
    np.testing.assert_allclose(
        sign * np.array(read_.learnt.encoder.columns_[0].odds),
        np.array(other.learnt.encoder.columns_[0].odds),
        atol=1e-9,
    )


def test_few_rows_have_none(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "SMALL", 800)
    read_, _ = study(written(table(), tmp_path))
    assert not read_.learnt.encoder.columns_[0].odds


def test_a_stream_and_memory_give_the_same_model(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    written(table(), tmp_path)
    found = []
    for where in ([], ["--stream"]):
        words = ["train", "part-0.csv", "--target", "buys", "-o", "m", "--force", "--hidden", "2"]
        assert main([*words, "--max-iter", "15", "--starts", "1", *where]) == 0
        assert re.search(r"shop \(.* rare, the odds of \d+", capsys.readouterr().err)
        found.append(read(tmp_path / "m").params)
    for name in ("W1", "b1", "W2", "b2"):
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))


def test_the_classifier_has_them_and_its_file_predicts_the_same(tmp_path):
    frame = table().dropna()
    X, y = frame.drop(columns="buys"), frame["buys"]
    clf = TriLayerTableClassifier(n_starts=1, random_state=0, relevance=1).fit(X, y)
    assert clf.encoder_.columns_[0].odds
    save(clf, tmp_path / "m")
    again = load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))
    assert clf.relevance_.keys() == {"shop", "size"}


def test_rows_of_a_group_are_in_one_fold():
    """So what is said of a group by its name is nothing: its rows' answers are all its own."""
    rng = np.random.default_rng(1)
    patient = np.repeat(np.arange(200), 5)
    y = np.repeat(rng.random(200) < 0.5, 5).astype(int)
    X = pd.DataFrame({"patient": [f"p{each}" for each in patient], "x": rng.normal(size=1000)})
    clf = TriLayerTableClassifier(n_starts=1, random_state=0, l2s=(1,), max_bins=0)
    assert [column.name for column in clf.fit(X, y, groups=patient).encoder_.columns_] == ["x"]
    assert [column.name for column in clf.fit(X, y).encoder_.columns_] == ["patient", "x"]
    weights = np.r_[np.zeros(5), np.ones(995)]
    clf.fit(X, y, groups=patient, sample_weight=weights)
    assert [column.name for column in clf.encoder_.columns_] == ["x"]
