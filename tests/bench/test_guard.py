"""The guard: what one table, chance, units or sizes can do cannot make a change of the recipe."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import guard
from conftest import ROOT
from trial.guarding import GROUPS, NEEDED, choices, compare, group_of
from trial.ledger import STORED_FIELDS
from trial.sets import CHOOSE, CONFIRM

NAMES = (*CHOOSE, *CONFIRM, *(f"table {k}" for k in range(18)))
"""As many tables as both folders hold."""
LABEL = guard.LABEL


def results(gain=0.0, **changes):
    """Results on every table, three folds each; `gain` in skill, one for all or one by name."""
    rng = np.random.default_rng(7)
    rows = []
    for number, name in enumerate(NAMES):
        skill, more = rng.uniform(0.1, 0.9), gain.get(name, 0) if isinstance(gain, dict) else gain
        for fold in range(3):
            prior = 0.3 + 0.01 * number + 0.001 * fold
            line = dict.fromkeys(STORED_FIELDS, 1.0) | {
                "split": "s", "dataset": name, "model": LABEL, "repeat": 0, "fold": fold,
                "n_rows": 100 * (number + 1), "n_train": 80 * (number + 1), "error": None,
                "prior_logloss": prior, "logloss": prior * (1 - skill - more),
            }  # fmt: skip
            rows.append(line | changes)
    return pd.DataFrame(rows)


@pytest.fixture
def judged(tmp_path, capsys):
    """`judged(before, after, *words)` does what bench/guard.py does: its code, output, errors."""

    def run(before, after, *words):
        paths = [tmp_path / "before.csv", tmp_path / "after.csv"]
        for path, frame in zip(paths, (before, after), strict=True):
            if isinstance(frame, str):
                path.write_text(frame)
            else:
                frame.to_csv(path, index=False)
        code = guard.judge(guard.options([*map(str, paths), *words]))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_better_everywhere_is_accepted_and_taking_it_back_is_refused(judged):
    code, out, err = judged(results(), results(0.01))
    assert (code, err) == (0, "")
    assert f"{len(NAMES)} tables" in out
    assert f"better on {len(NAMES)}, worse on 0" in out
    assert "Accepted: the mean skill of the other groups rises" in out
    code, out, _ = judged(results(0.01), results())
    assert code == 1
    assert "Refused" in out
    assert "in 0 of 5" in out


def test_no_change_is_no_improvement_but_no_loss_either(judged):
    code, out, _ = judged(results(), results())
    assert (code, "in 0 of 5" in out) == (1, True)
    code, out, _ = judged(results(), results(), "--simplifies")
    assert (code, "in 5 of 5" in out) == (0, True)
    assert judged(results(), results(-0.001), "--simplifies")[0] == 1


@given(name=st.sampled_from(NAMES), gain=st.floats(1e-4, 10))
def test_a_gain_on_one_table_alone_never_holds(name, gain):
    # In four choices of five the mean rises: that it does not rise by more than its standard
    # error is what refuses it.
    gains = pd.Series(0.0, index=NAMES)
    gains[name] = gain
    found = choices(gains, simplifies=False)
    assert sum(choice.gain > 0 for choice in found) == GROUPS - 1
    assert not any(choice.holds for choice in found)


def _accepted(draws):
    """Which share of rows of gains, one column for each table, is accepted."""
    found = [choices(pd.Series(gains, index=NAMES), simplifies=False) for gains in draws]
    return np.mean([sum(choice.holds for choice in each) >= NEEDED for each in found])


def test_chance_is_accepted_one_time_of_ten_and_what_helps_most_tables_nearly_always():
    rng = np.random.default_rng(0)
    noise = rng.standard_t(3, (150, len(NAMES))) / np.sqrt(3)
    assert _accepted(noise) < 0.15
    lucky = noise.copy()
    lucky[:, 5] += 20
    assert _accepted(lucky) < 0.4  # by the sign of the mean alone, all of them
    assert _accepted(noise + 0.5) > 0.9
    assert _accepted(noise - 0.2) < 0.02


@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(0.1, 10))
def test_neither_order_nor_the_unit_of_gains_changes_a_choice(seed, factor):
    rng = np.random.default_rng(seed)
    gains = pd.Series(rng.normal(0.3, 1, len(NAMES)), index=NAMES)
    before = choices(gains, simplifies=False)
    after = choices(gains[rng.permutation(NAMES)] * factor, simplifies=False)
    assert [choice.holds for choice in before] == [choice.holds for choice in after]
    told = [[(choice.gain, choice.error) for choice in each] for each in (before, after)]
    np.testing.assert_allclose(np.multiply(told[0], factor), told[1], rtol=1e-9, atol=1e-12)


def _told(judged, before, after):
    code, out, err = judged(before, after)
    assert err == ""
    return code, out


def test_order_units_and_sizes_of_tables_say_nothing(judged):
    rng = np.random.default_rng(3)
    gain = dict(zip(NAMES, rng.normal(0.01, 0.01, len(NAMES)), strict=True))
    before, after = results(), results(gain)
    told = _told(judged, before, after)
    mixed = after.sample(frac=1, random_state=1), before.sample(frac=1, random_state=2)
    assert _told(judged, mixed[1], mixed[0]) == told
    losses = ["logloss", "prior_logloss"]
    bits = [each.assign(**(each[losses] / np.log(2))) for each in (before, after)]
    assert _told(judged, *bits) == told
    large = [each.assign(n_rows=1000, n_train=10, n_test=5) for each in (before, after)]
    assert _told(judged, *large) == told


def test_a_table_counts_once_however_large_its_losses(judged):
    # Ten times the loss and the prior's loss of one table: the same skill, the same verdict.
    def louder(frame):
        here = frame["dataset"] == "adult"
        return frame.assign(
            logloss=frame["logloss"].where(~here, frame["logloss"] * 10),
            prior_logloss=frame["prior_logloss"].where(~here, frame["prior_logloss"] * 10),
        )

    gain = {name: 0.01 + 0.001 * number for number, name in enumerate(NAMES)}
    pair = results(), results(gain)
    assert _told(judged, *map(louder, pair)) == _told(judged, *pair)


def test_groups_are_made_of_names_alone_and_are_about_as_large():
    assert [group_of(name) for name in ("haberman", "german_credit", "spambase")] == [0, 1, 2]
    sizes = np.bincount([group_of(f"table {k}") for k in range(5000)], minlength=GROUPS)
    assert sizes.min() > 800


def test_what_one_file_lacks_is_left_out_and_said(judged):
    after = results(0.01)
    lacking = after[(after["dataset"] != "adult") | (after["fold"] != 2)]
    code, out, _ = judged(results(), lacking)
    assert code == 0
    assert "Left out, for only one file has them: adult, fold 2." in out


def test_two_labels_of_one_file(judged):
    both = pd.concat([results(), results(0.01, model=f"{LABEL}: other")])
    assert judged(both, both, "--label-after", f"{LABEL}: other")[0] == 0
    assert judged(both, both, "--label", f"{LABEL}: other", "--label-after", LABEL)[0] == 1


def test_the_latest_result_of_a_fit_counts(judged):
    again = pd.concat([results(), results(0.01)])
    assert judged(results(), again)[0] == 0


def test_a_line_for_the_list_in_the_docs(judged):
    code, out, _ = judged(results(), results(0.01), "--markdown", "--change", "a | b")
    assert code == 0
    assert out.startswith(f"| a \\| b | {len(NAMES)} | ")
    assert out.rstrip().endswith("| 5 of 5 | accepted |")
    docs = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    head = next(line for line in docs.splitlines() if line.startswith("| change | tables |"))
    assert head.count("|") == out.replace("\\|", "").count("|")


OTHER = results().assign(prior_logloss=0.9)
FEW = results()[lambda frame: frame["dataset"].isin(["haberman", "spambase"])]
FAILED = results()
FAILED.loc[4, ["logloss", "error"]] = None, "ValueError: no"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a,b\n1,2\n", results(), "before.csv holds no results: it has no column"),
        ("", results(), "before.csv cannot be read as results"),
        (results(), results(model="x"), f"no results of {LABEL!r}: those it has are of x"),
        (results(), OTHER, "they come from other rows"),
        (FEW, FEW, "2 tables in common, none of them in group 1, 3, 4 of 5: run more"),
        (results(), FAILED, f"{LABEL} failed on {NAMES[1]}, fold 1 (ValueError: no): mend"),
    ],
)
def test_what_cannot_be_compared_ends_with_two(judged, before, after, said):
    code, out, err = judged(before, after)
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_that_is_not_there(tmp_path, capsys):
    paths = [str(tmp_path / "a.csv")] * 2
    assert guard.judge(guard.options(paths)) == 2
    assert "a.csv cannot be read as results" in capsys.readouterr().err


def test_a_verdict_is_made_of_skills(tmp_path):
    results().to_csv(tmp_path / "a.csv", index=False)
    results({"adult": 0.1, "skin": -0.05}).to_csv(tmp_path / "b.csv", index=False)
    found = compare((tmp_path / "a.csv", LABEL), (tmp_path / "b.csv", LABEL), simplifies=False)
    assert found.gains["adult"] == pytest.approx(0.1)
    assert found.gains["skin"] == pytest.approx(-0.05)
    assert found.gains.drop(["adult", "skin"]).abs().max() < 1e-12
    assert not found.accepted
