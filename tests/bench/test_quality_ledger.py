"""Results are kept as they come, and nothing is lost or mixed up."""

import pandas as pd
import pytest

from trial.ledger import FIELDS, STORED_FIELDS, Ledger, read_results
from trial.models import Entry
from trial.sets import DataSet

ENTRY = Entry("mine", "sklearn.dummy:DummyClassifier", params={"strategy": "prior"})


def result(fold=0, **changes):
    given = dict.fromkeys(FIELDS, 1) | {"error": None, "dataset": "a", "model": "mine"}
    return given | {"fold": fold, "settings": ENTRY.settings, "threads": 2} | changes


def failed(fold=0):
    lost = dict.fromkeys(("logloss", "auc", "brier", "accuracy", "ece", "fit_s", "predict_s"))
    return result(fold, **lost, error='Oops: "1,2"')


def test_what_was_added_is_there_again(tmp_path):
    ledger = Ledger(tmp_path / "deep" / "r.csv")
    assert ledger.results().empty
    ledger.add(result(0, logloss=0.123456))
    ledger.add(result(1))
    again = Ledger(ledger.path)
    for each in (ledger, again):
        assert each.results()["logloss"].tolist() == [0.123456, 1]
        assert [each.has("a", "mine", fold) for fold in range(3)] == [True, True, False]
    assert again.results()["settings"].tolist() == [ENTRY.settings] * 2


@pytest.mark.parametrize("cut", [1, 20])
def test_an_interrupted_line_is_done_again(tmp_path, cut):
    ledger = Ledger(tmp_path / "r.csv")
    ledger.add(result(0))
    before = ledger.path.read_bytes()
    ledger.add(result(1))
    ledger.path.write_bytes(ledger.path.read_bytes()[:-cut])
    again = Ledger(ledger.path)
    assert ledger.path.read_bytes() == before
    assert [again.has("a", "mine", fold) for fold in range(2)] == [True, False]
    again.add(result(1))
    assert len(Ledger(ledger.path).results()) == 2


def test_an_interrupted_head_is_written_again(tmp_path):
    (tmp_path / "r.csv").write_text("split,datas")
    ledger = Ledger(tmp_path / "r.csv")
    ledger.add(result())
    assert len(Ledger(ledger.path).results()) == 1


def test_another_file_is_not_touched(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("a,b\n1,2\nno newline at the end")
    with pytest.raises(SystemExit, match="holds something else than results"):
        Ledger(path)
    assert path.read_text() == "a,b\n1,2\nno newline at the end"


def test_what_a_result_came_about_with_is_kept(tmp_path):
    about = {"machine": "Z80, 1976", "versions": "numpy 2"}
    ledger = Ledger(tmp_path / "r.csv", about)
    ledger.add(result(0))
    again = Ledger(ledger.path, about | {"machine": "6502"})
    again.add(result(1))
    assert again.results()["machine"].tolist() == ["Z80, 1976", "6502"]
    assert again.results()["versions"].tolist() == ["numpy 2"] * 2
    with pytest.raises(SystemExit, match="holds something else than results"):
        Ledger(ledger.path)


def test_a_failed_fit_is_tried_again_and_replaced(tmp_path):
    ledger = Ledger(tmp_path / "r.csv")
    ledger.add(failed())
    assert not ledger.has("a", "mine", 0)
    assert ledger.failures()["error"].tolist() == ['Oops: "1,2"']
    assert ledger.results().empty
    ledger.add(result())
    assert Ledger(ledger.path).failures().empty
    assert len(ledger.results()) == 1


def test_a_set_is_complete_with_all_its_folds(tmp_path):
    ledger = Ledger(tmp_path / "r.csv")
    each = DataSet("a", "", tmp_path, "y", "1", (), n_rows=20_001, n_features=1)
    ledger.add(result(0))
    assert not ledger.is_complete(each, "mine")
    assert ledger.is_complete(each, "mine", folds=1)
    ledger.add(result(1))
    assert ledger.is_complete(each, "mine")
    assert ledger.is_complete(each, "mine", folds=3)  # it has two


def test_results_of_other_settings_are_not_mixed(tmp_path):
    ledger = Ledger(tmp_path / "r.csv")
    ledger.add(result())
    ledger.refuse_other_settings(ENTRY, 2)
    ledger.refuse_other_settings(Entry("other", "a:B"), 1)
    with pytest.raises(SystemExit, match="another number of threads"):
        ledger.refuse_other_settings(ENTRY, 1)
    with pytest.raises(SystemExit, match="choose another --label or --out"):
        ledger.refuse_other_settings(Entry("mine", ENTRY.path), 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,b\n1,2\n", "no column"), ("", "cannot be read"), ('a\n"', "cannot be read")],
)
def test_what_holds_no_results(tmp_path, text, said):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(SystemExit, match=said):
        read_results(tmp_path / "r.csv", STORED_FIELDS)
    with pytest.raises(SystemExit, match="cannot be read"):
        read_results(tmp_path / "none.csv", STORED_FIELDS)


def test_numbers_are_numbers(tmp_path):
    ledger = Ledger(tmp_path / "r.csv")
    ledger.add(failed())
    ledger.add(result())
    assert pd.api.types.is_float_dtype(ledger.results()["logloss"])
