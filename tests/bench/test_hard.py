"""Tables made hard: what is done to rows, and that all models see the same."""

import numpy as np
import pandas as pd
import pytest

import hard
from trial.hardening import FLIPPED, GOOD, MISSING, NOISE, POSITIVES, VARIANTS, Rows
from trial.ledger import FIELDS
from trial.protocol import Fold


def rows(m=200, k=80, seed=0):
    """Six numbers, of which the first says most, and a category."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(m + k, 6)), columns=list("abcdef"))
    frame["town"] = rng.choice(["Ulm", "Bonn"], m + k)
    y = (frame["a"] + rng.normal(size=m + k) > 0).to_numpy().astype(int)
    return Rows(frame[:m], y[:m], frame[m:], y[m:], ("town",))


def hardened(name, seed=0):
    return rows(), VARIANTS[name](rows(), np.random.default_rng(seed))


@pytest.mark.parametrize("name", VARIANTS)
def test_a_seed_makes_the_same_rows_and_another_one_others(name):
    one, two, other = (hardened(name, seed)[1] for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(one.train, two.train)
    pd.testing.assert_frame_equal(one.test, two.test)
    assert np.array_equal(one.y_train, two.y_train)
    same = one.train.equals(other.train) and np.array_equal(one.y_train, other.y_train)
    assert same == (name == "plain")


@pytest.mark.parametrize("name", VARIANTS)
def test_rows_are_left_alone_that_it_was_given(name):
    given = rows()
    VARIANTS[name](given, np.random.default_rng(0))
    pd.testing.assert_frame_equal(given.train, rows().train)
    assert np.array_equal(given.y_train, rows().y_train)


def test_half_of_the_rows_come_three_times():
    before, after = hardened("duplicated")
    counts = after.train.groupby(list(after.train.columns)).size()
    assert counts.value_counts().to_dict() == {1: 100, 3: 100}
    assert after.test.equals(before.test)


def test_few_positives_are_left_and_as_rare_where_they_are_judged():
    _, after = hardened("rare")
    assert after.y_train.sum() == POSITIVES
    assert after.y_test.mean() == pytest.approx(after.y_train.mean(), rel=0.1)
    assert after.y_test.sum() == rows().y_test.sum()


def test_good_numbers_stay_beside_noise():
    _, after = hardened("noisy")
    assert after.train.shape == (200, GOOD + NOISE)
    assert list(after.train.columns[:1]) == ["a"]
    assert list(after.train.columns) == list(after.test.columns)
    assert after.categorical == ()


def test_half_of_the_cells_are_missing():
    _, after = hardened("gappy")
    for frame in (after.train, after.test):
        assert frame.isna().mean().mean() == pytest.approx(MISSING, abs=0.05)


def test_a_fifth_of_the_answers_to_learn_from_are_wrong():
    before, after = hardened("flipped")
    assert np.mean(before.y_train != after.y_train) == FLIPPED
    assert np.array_equal(before.y_test, after.y_test)


def test_models_get_the_rows_as_a_fold():
    given = rows()
    fold, forms, y = given.joined(Fold(3, 1, np.arange(5), np.arange(5), 0.6), seed=7)
    assert (fold.seed, len(fold.train), len(fold.test)) == (7, 200, 80)
    assert np.array_equal(y[fold.train], given.y_train)
    assert np.array_equal(y[fold.test], given.y_test)
    assert len(forms.encoded[1]) == 80


# ---- the program ---------------------------------------------------------------------


@pytest.fixture
def program(tables, tmp_path, monkeypatch):
    """`program(*words)` runs bench/hard.py on the small tables, logistic regression alone."""
    monkeypatch.setattr(hard, "TABLES", ("small", "other"))
    monkeypatch.setattr(hard, "HARDENED", ("small",))
    monkeypatch.setattr(hard, "limit_threads", lambda threads: None)
    out = ("--out", tmp_path / "r.csv", "--report", tmp_path / "r.md", "--threads", 1)

    def run(*words):
        given = ["hard.py", "--data", tables, "--models", "logreg", *out, *words]
        monkeypatch.setattr("sys.argv", [str(word) for word in given])
        return hard.main(), tmp_path / "r.csv", tmp_path / "r.md"

    return run


def test_a_run_goes_on_where_it_stopped(program, capsys):
    code, results, report = program("--seeds", 2, "--repeats", 2, "--variants", "plain", "gappy")
    assert code == 0
    found = pd.read_csv(results)
    assert list(found) == list(FIELDS)
    assert found.groupby("dataset").size().to_dict() == {
        "small, seeds": 2, "other, seeds": 2, "small, plain": 2, "small, gappy": 2,
    }  # fmt: skip
    assert "| gappy | small | 2 |" in report.read_text()
    capsys.readouterr()
    assert program("--seeds", 3, "--repeats", 2, "--variants", "plain", "gappy")[0] == 0
    assert capsys.readouterr().out.count("log-loss") == 2


def test_seeds_change_nothing_of_a_model_that_has_none(program):
    _, results, _ = program("--seeds", 3, "--variants", "--datasets", "other")
    assert pd.read_csv(results)["logloss"].nunique() == 1


def test_tables_that_are_not_there_are_named(program, monkeypatch):
    monkeypatch.setattr(hard, "TABLES", ("elsewhere",))
    with pytest.raises(SystemExit, match="no data set elsewhere"):
        program("--seeds", 1, "--variants")


def test_the_report_holds_spreads_and_medians():
    line = dict.fromkeys(FIELDS, 1.0)
    found = [
        line | {"dataset": f"t, {task}", "model": model, "fold": k, "logloss": loss + k / 10}
        for task in ("seeds", "rare")
        for model, loss in {hard.LABEL: 0.1, "catboost": 0.2, "logreg": 0.3}.items()
        for k in range(3)
    ]
    text = hard.markdown(pd.DataFrame(found))
    assert "| t | 3 | 0.2000 ± 0.1000 | 0.3000 ± 0.1000 | 0.2000 | 0.2000 |" in text
    assert "| rare | t | 3 | **0.2000** | 0.3000 | 0.4000 |" in text
