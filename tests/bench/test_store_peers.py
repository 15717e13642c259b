"""Peers are fitted once by the protocol, kept with how that came about, and read as others are."""

import re

import numpy as np
import pytest

import quality
import store_peers
from trial.ledger import STORED_FIELDS, read_results
from trial.models import PEERS
from trial.stored import path_of, stored_results


@pytest.fixture
def stored(tables, tmp_path, capsys):
    """`stored(*words)` does what bench/store_peers.py does; its code, output and errors."""

    def run(*words):
        given = ["--data", tables, "--stored", tmp_path / "kept", *words]
        try:
            code, more = store_peers.store(store_peers.options([str(word) for word in given])), ""
        except SystemExit as stop:
            code, more = (stop.code, "") if isinstance(stop.code, int) else (1, stop.code)
        out, err = capsys.readouterr()
        return code, out, err + more

    return run


def test_a_peer_is_kept_with_how_it_came_about(stored, tmp_path):
    assert stored("logreg", "mlp_relu", "--folds", 2)[0] == 0
    kept = tmp_path / "kept"
    assert sorted(path.name for path in kept.iterdir()) == ["logreg.csv", "mlp_relu.csv"]
    found = read_results(kept / "logreg.csv", STORED_FIELDS)
    assert found["dataset"].tolist() == ["small"] * 2 + ["other"] * 2  # small tables first
    assert found["fold"].tolist() == [0, 1, 0, 1]
    assert set(found["threads"]) == {1}
    assert found["versions"].str.contains(r"numpy \S+; scikit-learn \S").all()
    assert found["machine"].notna().all()
    assert set(found["settings"]) == {PEERS["logreg"].settings}


def test_a_run_that_is_started_again_goes_on(stored, tmp_path):
    stored("logreg", "--folds", 1)
    before = (tmp_path / "kept" / "logreg.csv").read_text()
    code, out, _ = stored("logreg", "--folds", 2, "--max-rows", 60)
    assert (code, out.count("log-loss")) == (0, 1)
    assert (tmp_path / "kept" / "logreg.csv").read_text().startswith(before)
    code, _, err = stored("logreg", "--threads", 2)
    assert code == 1
    assert "another number of threads" in err


def test_what_is_kept_stands_beside_the_folder_s_own(stored, quality, tmp_path):
    stored("rf", "logreg")
    prior = ("--estimator", "sklearn.dummy:DummyClassifier", "--label", "prior")
    report = quality(*prior, "--stored", tmp_path / "kept").report.read_text()
    ranked = set(re.findall(r"^\| \*?\*?(\w+)\*?\*? \| \d\.\d\d \|", report, re.MULTILINE))
    assert ranked == {"prior", "catboost", "logreg", "rf"}


def test_the_project_s_result_counts_where_a_folder_has_the_same_fit(stored, tables, tmp_path):
    stored("logreg", "--folds", 1)
    found = stored_results([tables], tmp_path / "kept")
    assert not found.duplicated(["dataset", "model", "fold"]).any()
    logreg = found[found["model"] == "logreg"]
    assert len(logreg) == 10
    made_up = np.isclose(logreg["logloss"], 0.3)  # the folder's
    assert (made_up == (logreg["fold"] != 0)).all()
    assert len(stored_results([tables], tmp_path / "none")) == 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nnet",), "nnet: no such peer; those that can be fitted are logreg,"),
        (("logreg", "--datasets", "smal"), "no data set smal"),
    ],
)
def test_what_cannot_be(stored, tmp_path, words, said):
    code, _, err = stored(*words)
    assert code == 1
    assert said in err
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("option", ["--folds", "--max-rows", "--threads"])
def test_numbers_are_positive(stored, option):
    code, _, err = stored("logreg", option, "0")
    assert code == 2
    assert f"{option} 0: there must be at least 1" in err


def test_what_the_project_keeps_is_whole():
    """Each file holds one peer, by its settings of now, no fit twice, in one form."""
    paths = sorted(quality.STORED.glob("*.csv"))
    assert paths
    for path in paths:
        found = read_results(path, (*STORED_FIELDS, "ece", "threads", "machine", "versions"))
        peer = PEERS[path.stem]
        assert path == path_of(peer.name, quality.STORED)
        assert set(found["model"]) == {peer.name}
        assert set(found["settings"]) == {peer.settings}
        assert set(found["threads"]) == {1}
        assert found["error"].isna().all()
        assert not found.duplicated(["dataset", "fold"]).any()
        assert found["logloss"].between(0, 3).all()
        assert found[["auc", "accuracy", "ece", "brier"]].stack().between(0, 1).all()
        assert (found["fit_s"] > 0).all()
