"""Ranks are what a hand counts, and each demand is met or missed for its own reason."""

import numpy as np
import pandas as pd
import pytest

from trial.claims import TARGETS, claims
from trial.compare import (
    SCORES,
    beside_each,
    means,
    nearly_everywhere,
    on_common_folds,
    refuse_other_folds,
    standings,
)
from trial.evidence import Evidence
from trial.groups import by_size, mean_skills
from trial.layout import lines, marked
from trial.report import markdown
from trial.sets import half

SETS = ("adult", "higgs_small", "eeg_eye_state", "phoneme", "sonar")
ROWS = dict(zip(SETS, (48842, 7500, 14980, 5404, 208), strict=True))
PEERS = {"catboost": 0.2, "logreg": 0.4, "rf": 0.5, "mlp_relu": 0.6}


def results(losses, folds=2):
    """One line for each set, fold and model; `losses` from a model to a number or one by set."""
    found = [
        {
            "split": "here", "dataset": name, "model": model, "fold": fold,
            "logloss": loss[name] if isinstance(loss, dict) else loss,
            "n_rows": ROWS[name], "n_features": 4, "positive_rate": 0.5,
            "n_train": 100, "n_test": 25, "prior_logloss": 0.7, "fit_s": 1.0,
        }
        for name in SETS
        for model, loss in losses.items()
        for fold in range(folds)
    ]  # fmt: skip
    frame = pd.DataFrame(found)
    loss = frame["logloss"]
    return frame.assign(auc=1 - loss, brier=loss, accuracy=1 - loss, ece=loss / 10)


def evidence(ours=0.1, refit=("catboost", "rf"), **changes):
    """Evidence of a model beside four peers, some of them fitted again."""
    found = results({"ours": ours, **PEERS})
    given = {
        "label": "ours",
        "results": found,
        "refitted": found[found["model"].isin(refit)],
        "variants": found[found["model"] == "ours"],
        "failures": pd.DataFrame(),
        "threads": 2,
    }
    return Evidence(**(given | changes))


def met(given):
    return {claim.demand: claim.holds for claim in claims(given)}


def test_ranks_by_hand():
    losses = {
        "a": dict(zip(SETS, (0.1, 0.2, 0.3, 0.3, 0.3), strict=True)),
        "b": dict(zip(SETS, (0.2, 0.1, 0.3, 0.2, 0.2), strict=True)),
        "c": 0.5,
    }
    found = results(losses)
    table = means(found, SCORES)
    ranks = standings(table, ["a", "b", "c"])
    assert list(ranks.index) == ["b", "a", "c"]
    assert ranks["rank logloss"].tolist() == pytest.approx([1.3, 1.7, 3.0])
    assert ranks["rank auc"].tolist() == pytest.approx([1.3, 1.7, 3.0])
    assert ranks["wins logloss"].tolist() == [4, 2, 0]
    assert ranks["skill"].tolist() == pytest.approx([1 - 0.2 / 0.7, 1 - 0.24 / 0.7, 1 - 0.5 / 0.7])


def test_ranks_of_n_models_have_the_mean_of_n():
    rng = np.random.default_rng(0)
    losses = {name: {each: rng.integers(1, 5) / 10 for each in SETS} for name in "abcdef"}
    table = means(results(losses), SCORES)
    ranks = standings(table, list("abcdef"))
    for column in ("rank logloss", "rank auc", "rank brier", "rank accuracy"):
        assert ranks[column].mean() == pytest.approx(3.5)


def test_only_folds_that_all_models_have_are_compared():
    found = results({"a": 0.1, "b": 0.2})
    lacking = found.drop(index=found[(found["model"] == "b") & (found["fold"] == 1)].index[:1])
    kept = on_common_folds(lacking)
    assert len(kept) == len(found) - 2
    assert kept.groupby(["dataset", "fold"])["model"].nunique().eq(2).all()


def test_a_model_that_lacks_sets_is_not_among_the_usual():
    found = results({"a": 0.1, "b": 0.2})
    lacking = found[(found["model"] == "a") | (found["dataset"] != "adult")]
    assert nearly_everywhere(lacking) == ["a"]
    # Nor is one that has run every set, but not the folds.
    assert nearly_everywhere(found[(found["model"] == "a") | (found["fold"] == 0)]) == ["a"]
    assert nearly_everywhere(found) == ["a", "b"]


@pytest.mark.parametrize("column", ["n_train", "n_test", "prior_logloss"])
def test_results_of_other_rows_are_refused(column):
    found = results({"a": 0.1})
    refuse_other_folds(found, found.assign(**{column: found[column] + 1e-7}))
    with pytest.raises(SystemExit, match=f"adult, fold 0: {column} is .* come from other rows"):
        refuse_other_folds(found, found.assign(**{column: found[column] * 1.01}))


def test_whoever_is_best_everywhere_meets_every_demand():
    found = met(evidence())
    assert len(found) == 10
    assert all(found.values())


def test_whoever_is_worst_everywhere_misses_every_demand():
    found = results({"ours": 0.9, **PEERS})
    found.loc[found["model"] == "ours", "fit_s"] = 7.0
    missed = met(evidence(0.9, results=found))
    assert len(missed) == 10
    assert not any(missed.values())
    assert None not in missed.values()


@pytest.mark.parametrize("name", TARGETS)
def test_each_target_is_its_own(name):
    losses = dict.fromkeys(SETS, 0.1) | {name: TARGETS[name] + 0.0001}
    missed = [demand for demand, holds in met(evidence(losses)).items() if holds is False]
    assert f"log-loss: {name} at the most {TARGETS[name]:.3f}" in missed
    assert sum("at the most 0." in demand for demand in missed) == 1


def test_a_set_behind_logistic_regression_is_named():
    losses = dict.fromkeys(SETS, 0.1) | {"sonar": 0.4031, "adult": 0.4029}
    behind = next(claim for claim in claims(evidence(losses)) if "behind the best" in claim.demand)
    assert behind.holds is False
    assert behind.found == "sonar +0.0031"
    text = markdown(evidence(losses), "")
    assert "| sonar | +0.0031 | logreg | **yes** |\n| adult | +0.0029 | logreg | no |" in text


def test_what_was_not_measured_is_not_claimed():
    found = met(evidence(refit=()))
    assert [demand.split(":")[0] for demand, holds in found.items() if holds is None] == [
        "calibration error",
        "fit time",
    ]


def test_a_peer_of_few_folds_takes_none_from_the_others():
    """Who has run one fold of one set is compared on that fold, the others on all of theirs."""
    found = results({"ours": 0.1, **PEERS})
    found.loc[(found["model"] == "ours") & (found["fold"] == 1), "logloss"] = 0.3
    few = results({"few": 0.2}, folds=1)
    given = evidence(results=pd.concat([found, few[few["dataset"] == "phoneme"]]))
    assert given.rest == ["few"]
    assert given.info["folds"].tolist() == [2] * 5
    assert given.table["logloss"].loc["phoneme", "ours"] == pytest.approx(0.2)
    beside = given.beside(["ours", "few"])["logloss"]
    assert beside.loc["phoneme"].to_dict() == pytest.approx({"ours": 0.1, "few": 0.2})
    assert "| few | 1 | 1 | 1 | 0.8571 | 0.7143 | +0.1429 |" in markdown(given, "")
    assert met(given)["log-loss: mean skill above that of few on the 1 sets that both have run"]


def test_one_to_one_is_on_what_both_have_run():
    found = results({"ours": {**dict.fromkeys(SETS, 0.14), "sonar": 0.35}, "a": 0.28, "b": 0.35})
    found = found[(found["model"] != "b") | found["dataset"].isin(["sonar", "adult"])]
    beside = beside_each(found, "ours")
    assert list(beside.index) == ["a", "b"]
    assert beside[["sets", "fits", "ahead logloss", "ahead auc"]].to_numpy().tolist() == [
        [5, 10, 4, 4],
        [2, 4, 1, 1],
    ]
    assert beside["skill"].tolist() == pytest.approx([1 - 0.182 / 0.7, 1 - 0.245 / 0.7])
    assert beside["its skill"].tolist() == pytest.approx([0.6, 0.5])
    assert beside["error"].tolist() == pytest.approx([0.06, 0.15])
    assert beside_each(found[found["model"] == "ours"], "ours").empty


def test_each_folder_is_ranked_among_its_own_peers():
    found = results({"ours": 0.1, **PEERS})
    second = found["dataset"].isin(["sonar", "phoneme"])
    found.loc[second, "split"] = "there"
    found.loc[second & (found["model"] == "ours"), "logloss"] = 0.3
    given = evidence(results=found[~(second & (found["model"] == "rf"))])
    assert given.folders == {
        "there": ["sonar", "phoneme"],
        "here": ["higgs_small", "eeg_eye_state", "adult"],
    }
    assert given.usual == ["ours", "catboost", "logreg", "mlp_relu"]
    assert "rf" in given.usual_on(given.folders["here"])
    text = markdown(given, "")
    assert "## Ranks in there (2 sets)" in text
    demands = met(given)
    assert demands["log-loss: first in mean rank over 3 sets (here)"] is True
    assert demands["log-loss: first in mean rank over 2 sets (there)"] is False


def test_sizes_have_their_own_peers_and_means():
    found = results({"ours": 0.14, **PEERS})
    given = evidence(results=found[(found["model"] != "rf") | (found["n_rows"] > 2_000)])
    assert by_size(given.info) == {
        "≤ 400": ["sonar"],
        "≤ 10,000": ["phoneme", "higgs_small"],
        "more": ["eeg_eye_state", "adult"],
    }
    text = mean_skills(given)
    assert "| **ours** | 0.8000 (1.00, 1.00) | 0.8000 (1.00, 1.00) |" in text
    assert "| rf | – | 0.2857 (4.00, 4.00) |" in text


def test_the_report_holds_the_numbers():
    failures = pd.DataFrame([{"dataset": "adult", "fold": 1, "model": "ours", "error": "Oops: no"}])
    variants = pd.concat([results({"ours": 0.1}), results({"ours: fewer": 0.15})])
    text = markdown(evidence(failures=failures, variants=variants), "About it.")
    for words in (
        "About it.",
        "## What must show",
        "## Ranks (5 sets)",
        "## The sets that defaults were chosen on (3 sets)",
        "The sets that are to confirm them (2 sets)",
        "| adult | **0.1000** | 0.2000 | 0.4000 | 0.5000 | 0.6000 |",
        "not measured: logreg, mlp_relu.",
        "stored result: catboost 0.0e+00, rf 0.0e+00.",
        "| fewer | 5 | +0.0500 | +0.0500 | +0.0500 | 0 | 5 | -0.0500 | +0.0050 | 1.00 |",
        "| adult | 48,842 | 4 | 0.500 | 100 | 2 | chosen |",
        "- adult, fold 1, ours: Oops: no",
    ):
        assert words in text


def test_tables_are_markdown():
    frame = pd.DataFrame({"a": [0.12344, np.nan], "b": [0.12341, 2.0]}, index=["x", "y"])
    assert marked(frame, "min", 4) == lines(
        ["data set", "a", "b"], [["x", "**0.1234**", "**0.1234**"], ["y", "", "**2.0000**"]]
    )


def test_halves():
    assert [half(name) for name in ("adult", "skin", "elsewhere")] == ["chosen", "confirm", "other"]
