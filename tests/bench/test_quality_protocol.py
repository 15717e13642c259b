"""The folds are those of the peers' stored results, and nothing is learnt from test rows.

folds.json holds the answers of ten of the real data sets, and what the program that made the
peers' results divides them into: seeds, and SHA-256 of the row numbers as little-endian int64.
"""

import base64
import hashlib
import json
import zlib

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from trial.forms import MAX_CATEGORIES, Forms
from trial.protocol import MAX_TEST, MAX_TRAIN, fold_count, make_folds
from trial.sets import CHOOSE, CONFIRM, data_sets

FOLDS = json.loads((ROOT / "tests" / "bench" / "folds.json").read_text())


def answers(name):
    packed = zlib.decompress(base64.b64decode(FOLDS[name]["labels"]))
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    return bits[: FOLDS[name]["rows"]].astype(np.int64)


def digest(rows):
    return hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()


@pytest.mark.parametrize("name", FOLDS)
def test_the_folds_are_the_peers(name):
    made = make_folds(name, answers(name))
    assert [(f.seed, digest(f.train), digest(f.test)) for f in made] == [
        (f["seed"], f["train"], f["test"]) for f in FOLDS[name]["folds"]
    ]


@pytest.mark.parametrize("name", ["sonar", "eeg_eye_state", "skin"])
def test_a_fold_keeps_its_parts_apart(name):
    y = answers(name)
    for fold in make_folds(name, y):
        assert not set(fold.train) & set(fold.test)
        assert len(fold.train) <= MAX_TRAIN
        assert len(fold.test) <= MAX_TEST
        for part in (fold.train, fold.test):
            assert abs(y[part].sum() - y.mean() * len(part)) <= 1
        said = y[fold.train].mean()
        chances = np.where(y[fold.test] == 1, said, 1 - said)
        assert fold.prior_log_loss == pytest.approx(-np.log(chances).mean())


@pytest.mark.parametrize(
    ("rows", "folds"), [(208, 5), (8000, 5), (8001, 3), (20000, 3), (20001, 2)]
)
def test_large_sets_run_fewer_folds(rows, folds):
    assert fold_count(rows) == folds


def test_the_halves_have_every_developer_set_once():
    assert not set(CHOOSE) & set(CONFIRM)
    assert len({*CHOOSE, *CONFIRM}) == len(CHOOSE) + len(CONFIRM) == 19
    assert set(FOLDS) <= {*CHOOSE, *CONFIRM}


def test_a_table_is_read_as_its_manifest_says(tables):
    small = next(each for each in data_sets(tables) if each.name == "small")
    frame, y = small.load()
    assert frame["x"].dtype == np.float64
    assert frame["x"].isna().any()
    assert frame["word"][0] is None
    assert "NA" in set(frame["word"])  # a level: only an empty field is missing
    assert set(y) == {0, 1}


def frames():
    train = pd.DataFrame({"word": ["b", None, "c", "b"], "x": [1.0, np.nan, 3.0, 8.0]})
    test = pd.DataFrame({"word": ["d", None], "x": [np.nan, 5.0]})
    return train, test


def test_forms_by_hand():
    forms = Forms(*frames(), ["word"])
    native = forms.native
    assert native[0]["x"].tolist() == [1, 3, 3, 8]
    assert native[1]["x"].tolist() == [3, 5]
    assert native[0]["x__missing"].tolist() == [0, 1, 0, 0]
    assert native[1]["x__missing"].tolist() == [1, 0]
    assert native[1]["word"].tolist() == ["d", "missing"]
    train, test = forms.encoded
    assert train.tolist() == [[1, 0, 1, 0, 0], [3, 1, 0, 0, 1], [3, 0, 0, 1, 0], [8, 0, 1, 0, 0]]
    assert test.tolist() == [[3, 1, 0, 0, 0], [5, 0, 0, 0, 1]]
    np.testing.assert_allclose(forms.scaled[0].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(forms.scaled[0].std(axis=0), 1)
    assert forms.raw[0].equals(frames()[0])


@pytest.mark.parametrize("form", ["native", "encoded", "scaled"])
def test_nothing_is_learnt_from_the_test_rows(form):
    train, test = frames()
    other = pd.DataFrame({"word": ["x", "y"], "x": [1e6, np.nan]})
    one = getattr(Forms(train, test, ["word"]), form)[0]
    two = getattr(Forms(train, other, ["word"]), form)[0]
    np.testing.assert_array_equal(np.asarray(one), np.asarray(two))


def test_rare_levels_share_a_column():
    words = pd.DataFrame({"word": [f"{i % 60}" for i in range(200)]})
    assert Forms(words, words[:5], ["word"]).encoded[0].shape == (200, MAX_CATEGORIES)
