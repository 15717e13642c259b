"""bench/quality.py from its command line, on small tables."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from conftest import ROOT
from trial.models import PEERS, candidate
from trial.running import CLIP, score

DUMMY = ("--estimator", "sklearn.dummy:DummyClassifier")
PRIOR = (*DUMMY, "--params", '{"strategy": "prior"}', "--label", "prior")


def test_a_run_and_its_report(quality):
    ablate = '{"a guess": {"strategy": "uniform"}}'
    said = quality(*PRIOR, "--refit", "logreg", "--ablate", ablate)
    assert (said.code, said.err) == (0, "")
    found = pd.read_csv(said.results)
    assert sorted(set(found["model"])) == ["logreg", "prior", "prior: a guess"]
    assert (found.groupby(["dataset", "model"]).size() == 5).all()
    prior = found[found["model"] == "prior"]
    np.testing.assert_allclose(prior["logloss"], prior["prior_logloss"], atol=2e-6)
    guess = found[found["model"] == "prior: a guess"]
    np.testing.assert_allclose(guess["logloss"], np.log(2), atol=1e-6)
    assert (found[found["model"] == "logreg"]["auc"] > 0.6).all()
    assert json.loads(prior["settings"].iloc[0])["params"] == {"strategy": "prior"}
    report = said.report.read_text()
    for words in ("# prior on 2 real tables", "## Ablations", "| a guess | 2 |", "**prior**"):
        assert words in report


def test_the_program_itself(tables, tmp_path):
    folder = ("--data", tables, "--out", tmp_path / "r.csv", "--report", tmp_path / "r.md")
    words = [ROOT / "bench" / "quality.py", *folder, *PRIOR, "--threads", 1, "--datasets", "small"]
    said = subprocess.run(
        [sys.executable, "-W", "error", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.endswith(f"wrote {tmp_path / 'r.md'}\n")
    assert "# prior on 1 real tables" in (tmp_path / "r.md").read_text()


def test_several_folders_are_one_report(quality, tables, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    for name in ("manifest.json", "quality-peers.csv"):
        (more / name).write_text((tables / name).read_text().replace("small", "tiny"))
    manifest = json.loads((more / "manifest.json").read_text())
    manifest["datasets"] = [each for each in manifest["datasets"] if each["name"] == "tiny"]
    for each in manifest["datasets"]:
        (more / each["file"]).write_bytes(
            (tables / each["file"].replace("tiny", "small")).read_bytes()
        )
    (more / "manifest.json").write_text(json.dumps(manifest))
    peers = pd.read_csv(more / "quality-peers.csv")
    peers[peers["dataset"] == "nothing"].to_csv(more / "quality-peers.csv", index=False)
    said = quality(*PRIOR, "--data", tables, more)
    assert said.code == 0
    assert set(pd.read_csv(said.results)["dataset"]) == {"small", "other", "tiny"}
    assert "several folders have a data set" in quality(*PRIOR, "--data", tables, tables).err


def test_a_run_goes_on_where_it_stopped(quality):
    assert quality(*PRIOR, "--datasets", "small").code == 0
    before = quality(*PRIOR, "--datasets", "small")
    lines = before.results.read_text().splitlines(keepends=True)
    assert before.out.startswith("wrote ")  # nothing was fitted
    before.results.write_text("".join(lines[:3]) + lines[3][:10])
    after = quality(*PRIOR, "--datasets", "small")
    assert after.code == 0
    assert after.out.count("log-loss") == 3
    drop = ["fit_s", "predict_s"]
    again = pd.read_csv(after.results).drop(columns=drop)
    assert again.equals(pd.read_csv(_written(after, lines)).drop(columns=drop))


def _written(said, lines):
    path = said.results.with_name("before.csv")
    path.write_text("".join(lines))
    return path


def test_ctrl_c_keeps_what_is_done(quality, monkeypatch):
    from sklearn.dummy import DummyClassifier

    fit, fits = DummyClassifier.fit, []

    def interrupted(self, X, y):
        fits.append(len(y))
        if len(fits) == 3:
            raise KeyboardInterrupt
        return fit(self, X, y)

    monkeypatch.setattr(DummyClassifier, "fit", interrupted)
    said = quality(*PRIOR, "--datasets", "small")
    assert said.code == 130
    assert "run again to go on" in said.out
    assert len(pd.read_csv(said.results)) == 2
    assert not said.report.exists()
    assert quality(*PRIOR, "--datasets", "small").out.count("log-loss") == 3


def test_a_report_without_a_fit(quality):
    assert "nothing to report" in quality(*PRIOR, "--report-only").err
    assert quality(*PRIOR, "--datasets", "small").code == 0
    said = quality(*PRIOR, "--report-only")
    assert (said.code, said.out.count("log-loss")) == (0, 0)
    assert "# prior on 1 real tables" in said.report.read_text()


def test_a_fit_that_fails_ends_nothing_and_is_told(quality):
    # Linear models take no texts: every fold fails, and the peers' go on.
    words = ("--estimator", "sklearn.linear_model:Perceptron", "--refit", "logreg")
    said = quality(*words, "--datasets", "small")
    assert said.code == 1
    found = pd.read_csv(said.results)
    assert found[found["model"] == "logreg"]["logloss"].notna().sum() == 5
    assert found[found["model"] == "Perceptron"]["error"].str.startswith("ValueError").all()
    assert "no results of 'Perceptron'" in said.err


def test_an_ablation_that_fails_is_told(quality):
    said = quality(*PRIOR, "--ablate", '{"oops": {"strategy": "oops"}}', "--datasets", "small")
    assert said.code == 1
    assert "- small, fold 4, prior: oops: InvalidParameterError" in said.report.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "nowhere"), "nowhere/manifest.json: No such file"),
        (("--datasets", "smal"), "no data set smal; there are small, other"),
        (("--refit", "nnet"), "nnet: no such peer; those that can be fitted are logreg,"),
        (("--label", "rf"), "--label rf is the name of a peer"),
        (("--estimator", "sklearn"), "'sklearn' names no class"),
        (("--estimator", "nothing:There"), "nothing:There cannot be imported"),
        (("--estimator", "sklearn.dummy:Oops"), "sklearn.dummy:Oops cannot be imported"),
        ((*DUMMY, "--params", '{"oops": 1}'), "unexpected keyword argument 'oops'"),
        ((*DUMMY, "--ablate", '{"without": {"oops": 1}}'), "DummyClassifier: without: "),
        ((*DUMMY, "--ablate", '{"without": 1}'), "--ablate 'without': write its parameters"),
        ((*DUMMY, "--params", "[1]"), "neither JSON nor a file of it"),
        ((*DUMMY, "--params", "{"), "neither JSON nor a file of it"),
        ((*DUMMY, "--threads", "0"), "there must be at least 1"),
    ],
)
def test_what_cannot_be(quality, words, said):
    told = quality(*words)
    assert told.code not in {0}
    assert said in told.err
    assert "Traceback" not in told.err
    assert not told.results.exists()


def test_other_settings_under_the_same_name_are_refused(quality):
    assert quality(*PRIOR, "--datasets", "small").code == 0
    said = quality(*DUMMY, "--label", "prior", "--datasets", "small")
    assert said.code == 1
    assert "choose another --label or --out" in said.err


def test_a_table_that_is_not_its_manifest_s(quality, tables, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for path in tables.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    manifest = (other / "manifest.json").read_text().replace('"n_rows": 60', '"n_rows": 61')
    (other / "manifest.json").write_text(manifest)
    assert "60 rows of 2 columns, but the manifest says 61" in quality(*PRIOR, data=other).err


def test_results_of_other_rows_are_refused(quality, tables, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for path in tables.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    peers = pd.read_csv(other / "quality-peers.csv")
    peers.assign(prior_logloss=0.5).to_csv(other / "quality-peers.csv", index=False)
    said = quality(*PRIOR, data=other)
    assert said.code == 1
    assert "they come from other rows, and cannot be compared" in said.err


def test_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 200), rng.random(200)
    found = score(y, p)
    assert found["logloss"] == pytest.approx(log_loss(y, p))
    assert found["brier"] == pytest.approx(brier_score_loss(y, p))
    assert found["auc"] == pytest.approx(roc_auc_score(y, p))
    assert score(y, y.astype(float))["logloss"] == pytest.approx(-np.log(1 - CLIP))


def test_a_candidate_gets_the_seed_and_threads_that_it_has():
    forest = candidate("forest", "sklearn.ensemble:RandomForestClassifier", {"max_depth": 2})
    assert (forest.seed, forest.threads, forest.texts) == ("random_state", "n_jobs", "")
    ours = candidate("ours", "trilayer:TriLayerClassifier", {})
    assert (ours.seed, ours.threads, ours.form) == ("random_state", "n_threads", "raw")


@pytest.mark.parametrize("name", [name for name, peer in PEERS.items() if "sklearn" in peer.path])
def test_peers_have_the_parameters_that_they_are_given(name):
    peer = PEERS[name]
    found = candidate(name, peer.path, peer.params)
    assert found.seed == peer.seed or name == "logreg"
    assert found.threads == peer.threads or name == "logreg"
