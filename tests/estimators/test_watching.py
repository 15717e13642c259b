"""Who hears of a fit: `on_step`, `verbose`, callbacks, and whose line a warning is of."""

import gc
import re
import warnings
import weakref
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from estimators_three import ALL_THREE
from trilayer import TriLayerClassifier, TriLayerClassifierCV, load, save

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---- on_step -------------------------------------------------------------------------


@ALL_THREE
def test_on_step_hears_each_iteration_and_stops(clf, blobs):
    seen = []
    fitted = clone(clf).fit(*blobs, on_step=lambda told: seen.append(told.k) or told.k == 3)
    assert seen == [1, 2, 3]
    last = fitted if isinstance(fitted, TriLayerClassifier) else None
    last = last or getattr(fitted, "selection_", fitted).best_estimator_
    assert (last.n_iter_, last.stop_reason_) == (3, "callback")


def test_on_step_tells_starts_apart(blobs):
    seen = []
    clf = TriLayerClassifier(3, n_starts=3, max_iter=4, tol=0, random_state=0)
    clf.fit(*blobs, on_step=lambda told: seen.append((told.start, told.starts, told.k)))
    assert sorted(seen) == [(start, 3, k) for start in (1, 2, 3) for k in (1, 2, 3, 4)]


# ---- verbose -------------------------------------------------------------------------


@ALL_THREE
def test_verbose_writes_to_standard_error_and_changes_nothing(clf, blobs, capsys):
    quiet = clone(clf).fit(*blobs)
    assert capsys.readouterr() == ("", "")
    told = clone(clf).set_params(verbose=True).fit(*blobs)
    out, err = capsys.readouterr()
    assert not out
    lines = err.splitlines()
    assert re.fullmatch(r"ended after \d+ iterations: \w+, loss [\d.e-]+", lines[-1])
    iterations = [int(k) for k in re.findall(r"^iteration (\d+): loss", err, re.MULTILINE)]
    assert iterations == list(range(1, len(iterations) + 1))
    if not isinstance(clf, TriLayerClassifier):
        assert lines[:2] == [f"candidate {k} of at most 2 tried" for k in (1, 2)]
        assert re.fullmatch(r"took l2=[13] with .* of 2 candidates: .*", lines[-2])
    assert np.array_equal(told.predict_proba(blobs[0]), quiet.predict_proba(blobs[0]))


def test_verbose_thins_out_and_tells_starts_and_validation(blobs, capsys):
    clf = TriLayerClassifier(
        3, n_starts=2, max_iter=6, tol=0, early_stopping=True, random_state=0, verbose=3
    ).fit(*blobs)
    lines = capsys.readouterr().err.splitlines()
    form = r"start ([12]) of 2, iteration ([36]): loss [\d.e-]+, validation [\d.e-]+"
    found = sorted(re.fullmatch(form, line).groups() for line in lines[:-1])
    assert found == [("1", "3"), ("1", "6"), ("2", "3"), ("2", "6")]
    assert lines[-1].startswith(f"ended after {clf.n_iter_} iterations: {clf.stop_reason_}")


def test_verbose_tells_of_one_step(blobs, capsys):
    clf = TriLayerClassifier(3, solver="sgd", random_state=0, verbose=True)
    clf.partial_fit(*blobs, classes=[0, 1]).partial_fit(*blobs)
    assert re.fullmatch(
        r"iteration 1: loss [\d.]+\niteration 2: loss [\d.]+\n", capsys.readouterr().err
    )


def test_verbose_says_where_there_is_no_choice(blobs, capsys):
    TriLayerClassifierCV(l2s=[1.0], n_starts=1, random_state=0, verbose=10**6).fit(*blobs)
    assert "took l2=1 with 16 hidden units: there was no choice\n" in capsys.readouterr().err


@ALL_THREE
def test_verbose_comes_back_from_a_file_and_cannot_be_anything(clf, blobs, tmp_path, capsys):
    save(clone(clf).set_params(verbose=2).fit(*blobs), tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors").verbose == 2
    with pytest.raises(ValueError, match="'verbose' parameter"):
        clone(clf).set_params(verbose=-1).fit(*blobs)


# ---- whose line a warning is of ------------------------------------------------------


@pytest.mark.parametrize("method", ["fit", "refit"])
def test_a_warning_is_of_the_line_that_called(method, blobs):
    clf = TriLayerClassifier(3, max_iter=1, random_state=0)
    chooser = TriLayerClassifierCV(clf, l2s=[1.0], n_starts=1, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (clf if method == "fit" else chooser).fit(*blobs)
    assert {Path(w.filename) for w in caught if w.category is ConvergenceWarning} == {
        Path(__file__)
    }


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_that_warns_holds_nothing_of_its_own_afterwards(blobs):
    """Locks of folders, say, go with the call, not with the garbage collection."""

    class Listener:
        def __call__(self, progress):
            pass

    listener = Listener()
    there = weakref.ref(listener)
    gc.collect()
    gc.disable()
    try:
        with pytest.warns(ConvergenceWarning, match="max_iter"):
            TriLayerClassifier(2, max_iter=1, random_state=0).fit(*blobs, on_step=listener)
        del listener
        assert there() is None
    finally:
        gc.enable()
