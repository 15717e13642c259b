"""Sparse matrices are what their dense twins are, and are never made dense."""

import io
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse as sp
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder
from sklearn.utils.estimator_checks import estimator_checks_generator

from trilayer import (
    Checkpoint,
    TriLayerClassifier,
    TriLayerClassifierCV,
    check_gradients,
    load,
    save,
    trace,
)
from trilayer.errors import CheckpointError
from trilayer.params import pack
from trilayer.solvers import SOLVERS

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Constructing a DIA matrix"),
]

FORMS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]
CLOSE = {"float64": {"rtol": 1e-8, "atol": 1e-10}, "float32": {"rtol": 2e-3, "atol": 2e-4}}


def one_hot(m=300, n1=30, seed=0, share=0.15):
    """Rows of which some inputs are 1 or more, labels that hang on them, weights."""
    rng = np.random.default_rng(seed)
    X = (rng.random((m, n1)) < share) * rng.integers(1, 4, (m, n1)).astype(float)
    y = np.where(X @ rng.normal(size=n1) + rng.normal(size=m) > 0, "yes", "no")
    y[:2] = ["no", "yes"]
    return X, y, rng.integers(0, 3, m).astype(float) + (np.arange(m) < 4)


def bits(clf):
    return np.concatenate([pack(clf.params_), clf.loss_curve_, clf.validation_curve_])


def assert_alike(one, other, dtype="float64"):
    assert len(one.loss_curve_) == len(other.loss_curve_)
    np.testing.assert_allclose(bits(one), bits(other), **CLOSE[dtype])


WAYS = {
    "plain": {},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 3},
    "auc": {"early_stopping": "auc"},
    "class weights": {"class_weight": "balanced"},
    "starts": {"n_starts": 3},
    "unit": {"hidden_units": 0},
    "narrow": {"hidden_units": 1},
}


@settings(max_examples=30)
@given(
    solver=st.sampled_from(sorted(SOLVERS)), way=st.sampled_from(sorted(WAYS)),
    engine=st.sampled_from(["fused", "reference"]), dtype=st.sampled_from(sorted(CLOSE)),
    weighted=st.booleans(), share=st.sampled_from([0.02, 0.15, 0.5]), seed=st.integers(0, 5),
)  # fmt: skip
def test_a_fit_of_sparse_rows_is_the_fit_of_dense_ones(
    solver, way, engine, dtype, weighted, share, seed
):
    if way == "auc":  # it ranks logits: in BLAS's products equal rows tie but for rounding
        dtype, share = "float64", 0.5
    X, y, s = one_hot(seed=seed, share=share)
    given = {"hidden_units": 5, "max_iter": 6, "tol": 0, "random_state": 0} | WAYS[way]
    clf = TriLayerClassifier(solver=solver, engine=engine, dtype=dtype, **given)
    s = s if weighted else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        dense, sparse = clone(clf).fit(X, y, s), clf.fit(sp.csr_array(X), y, s)
    if len(dense.loss_curve_) < 6 or len(sparse.loss_curve_) < 6:
        return  # at rest, where rounding decides which iteration is the last
    assert_alike(sparse, dense, dtype)
    for answer in ("decision_function", "predict_proba", "predict_log_proba", "transform"):
        ours, theirs = getattr(sparse, answer)(sp.csc_matrix(X)), getattr(sparse, answer)(X)
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert np.array_equal(sparse.predict(sp.csr_array(X)), sparse.predict(X))


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_every_form_and_number_of_threads_gives_the_same_bits(form, kind, solver):
    X, y, _ = one_hot(m=2500)
    clf = TriLayerClassifier(4, solver=solver, max_iter=3, tol=0, random_state=0, n_threads=1)
    expected = clone(clf).fit(sp.csr_array(X), y)
    found = clf.set_params(n_threads=3).fit(getattr(sp, f"{form}_{kind}")(X), y)
    assert np.array_equal(bits(found), bits(expected))
    rows = getattr(sp, f"{form}_{kind}")(X[7:9])
    whole = expected.predict_proba(sp.csr_array(X))
    assert np.array_equal(found.predict_proba(rows), whole[7:9])


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.bool_, np.float32])
def test_whole_numbers_and_truth_values_are_numbers(dtype):
    X, y, _ = one_hot()
    X = X.astype(dtype)
    clf = TriLayerClassifier(3, max_iter=3, tol=0, random_state=0)
    dense, sparse = clone(clf).fit(X, y), clf.fit(sp.coo_array(X), y)
    assert sparse.params_.dtype == dense.params_.dtype
    assert_alike(sparse, dense, sparse.params_.dtype.name)


def test_what_was_given_is_as_it_was():
    X = sp.csr_matrix(([1.0, 2, 0, 4], [2, 0, 1, 1], [0, 2, 3, 4]), shape=(3, 3))
    before = [part.copy() for part in (X.data, X.indices, X.indptr)]
    clf = TriLayerClassifier(2, max_iter=2, tol=0, random_state=0).fit(X, [0, 1, 1])
    clf.predict(X)
    for was, part in zip(before, (X.data, X.indices, X.indptr), strict=True):
        assert np.array_equal(was, part)


def test_partial_fit_takes_sparse_batches_and_dense_ones_in_turn():
    X, y, s = one_hot()
    rows, both = sp.csr_array(X), []
    for one in (X, rows):
        clf = TriLayerClassifier(4, solver="adam", random_state=0)
        for _ in range(2):
            clf.partial_fit(one[:200], y[:200], ["no", "yes"], s[:200])
        both.append(clf.partial_fit(rows[200:], y[200:]))
    assert_alike(both[1], both[0])


def test_held_out_rows_may_be_sparse_or_dense():
    X, y, _ = one_hot()
    rows, found = sp.csr_array(X), []
    for one, other in ((X, X), (rows, rows), (rows, X), (X, rows)):
        clf = TriLayerClassifier(4, max_iter=5, tol=0, random_state=0)
        found.append(clf.fit(one[:200], y[:200], X_val=other[200:], y_val=y[200:]))
    for each in found[1:]:
        assert_alike(each, found[0])


@pytest.mark.parametrize(
    "settings",
    [{}, {"cv": 3}, {"cv": GroupKFold(3)}, {"relevance": 1, "l2s": [1.0]}, {"hidden_units": 0}],
    ids=["recipe", "folds", "groups", "relevance", "unit"],
)
def test_the_classifier_that_chooses_chooses_the_same(settings):
    X, y, s = one_hot(160, 12)
    X[80:] = X[:80]  # equal rows stay together, dense or sparse
    groups = np.arange(160) % 7 if "cv" in settings and settings["cv"] != 3 else None
    clf = TriLayerClassifierCV(n_starts=1, random_state=0, **{"l2s": [10, 1, 0.1]} | settings)
    dense = clone(clf).fit(X, y, s, groups=groups)
    sparse = clf.fit(sp.coo_matrix(X), y, s, groups=groups)
    assert (sparse.l2_, sparse.hidden_units_) == (dense.l2_, dense.hidden_units_)
    for ours, theirs in zip(sparse.candidates_, dense.candidates_, strict=True):
        assert ours.log_loss == pytest.approx(theirs.log_loss, rel=1e-3)
    np.testing.assert_allclose(
        sparse.predict_proba(sp.csr_array(X)), dense.predict_proba(X), atol=0.02
    )


@pytest.mark.filterwarnings("ignore:every probability comes out as")
@pytest.mark.parametrize("estimator", [TriLayerClassifier(), TriLayerClassifierCV(l2s=[1.0])])
def test_sparse_input_is_claimed_and_scikit_learn_s_checks_of_it_pass(estimator):
    assert estimator.__sklearn_tags__().input_tags.sparse
    checks = [
        check for _, check in estimator_checks_generator(estimator)
        if check.func.__name__ in {"check_estimator_sparse_array", "check_estimator_sparse_matrix"}
    ]  # fmt: skip
    assert len(checks) == 2
    for check in checks:
        check(clone(estimator))


class Refused:
    """The sentence with which a fit or a prediction is refused."""

    def __init__(self, X, y=None, clf=None):
        with pytest.raises(ValueError, match=r".") as told:
            TriLayerClassifier(2).fit(X, y) if clf is None else clf.predict(X)
        self.words = str(told.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", FORMS)
def test_nan_and_infinity_are_refused_as_in_dense_rows(bad, form):
    X, y, _ = one_hot(20, 4)
    X[3, 2] = bad
    expected = Refused(X, y).words
    assert Refused(getattr(sp, f"{form}_array")(X), y).words == expected
    fitted = TriLayerClassifier(2, max_iter=1, tol=0).fit(np.nan_to_num(X, posinf=1, neginf=1), y)
    rows = sp.csr_array(X)
    assert Refused(rows, clf=fitted).words == Refused(X, clf=fitted).words


def test_numbers_beyond_float32_are_refused_as_in_dense_rows():
    X, y, _ = one_hot(20, 4)
    fitted = TriLayerClassifier(2, max_iter=1, tol=0, dtype="float32").fit(sp.csr_array(X), y)
    X[3, 2] = 1e300
    with np.errstate(over="ignore"):
        assert Refused(sp.csr_array(X), clf=fitted).words == Refused(X, clf=fitted).words


def test_what_does_not_fit_is_refused_as_in_dense_rows():
    X, y, _ = one_hot(20, 4)
    fitted = TriLayerClassifier(2, max_iter=1, tol=0).fit(sp.csr_array(X), y)
    for other in (np.zeros((3, 5)), np.zeros((0, 4)), np.zeros((2, 0))):
        assert Refused(sp.csr_array(other), clf=fitted).words == Refused(other, clf=fitted).words
    assert "inconsistent numbers of samples" in Refused(sp.csr_array(X), y[:-1]).words
    assert "Complex data not supported" in Refused(sp.csr_array(X * 1j), y).words
    broken = sp.csr_matrix(X)
    broken.indices[0] = 9
    assert Refused(broken, y).words.startswith("X is a sparse matrix that contradicts itself: ")


def test_rows_of_zeros_alone_say_what_the_biases_say():
    X, y, _ = one_hot(40, 4)
    clf = TriLayerClassifier(3, random_state=0, max_iter=5, tol=0).fit(sp.csr_array(X), y)
    empty = clf.decision_function(sp.csr_array((2, 4)))
    np.testing.assert_allclose(empty, clf.decision_function(np.zeros((2, 4))), rtol=1e-12)


@pytest.mark.parametrize("model", ["alone", "pipeline", "chosen"])
def test_save_and_load(model, tmp_path):
    X, y, _ = one_hot()
    rows = sp.csr_array(X)
    made = {
        "alone": TriLayerClassifier(3, max_iter=5, tol=0, random_state=0),
        "pipeline": make_pipeline(MaxAbsScaler(), TriLayerClassifier(3, max_iter=5, tol=0)),
        "chosen": TriLayerClassifierCV(l2s=[1.0], n_starts=1, random_state=0),
    }[model].fit(rows, y)
    save(made, tmp_path / "model.safetensors")
    found = load(tmp_path / "model.safetensors")
    assert np.array_equal(found.predict_proba(rows), made.predict_proba(rows))


def test_a_checkpoint_goes_on_with_the_same_rows_alone(tmp_path):
    X, y, _ = one_hot()
    clf = TriLayerClassifier(3, max_iter=8, tol=0, random_state=0)
    whole = clone(clf).fit(sp.csr_array(X), y)
    run = tmp_path / "run"

    def fault(progress):
        if progress.k == 3:
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        clone(clf).fit(sp.csr_array(X), y, on_step=fault, checkpoint=Checkpoint(run))
    for other in (X * 2, X[::-1]):
        going_on = Checkpoint(run, resume=True)
        with pytest.raises(CheckpointError, match="X"):
            clone(clf).fit(sp.csr_array(other), y, checkpoint=going_on)
    again = clone(clf).fit(sp.csc_array(X), y, checkpoint=Checkpoint(run, resume=True))
    assert np.array_equal(bits(again), bits(whole))


def test_trace_and_check_gradients_take_sparse_rows():
    X, y, _ = one_hot(12, 5)
    clf = TriLayerClassifier(3, max_iter=3, tol=0, random_state=0).fit(sp.csr_array(X), y)
    dense, sparse = trace(clf, X, y), trace(clf, sp.coo_array(X), y)
    assert np.array_equal(sparse.A1, dense.A1)
    assert check_gradients(clf, sp.csr_matrix(X), y).table == check_gradients(clf, X, y).table


def test_a_decay_that_leaves_nothing_is_named(recwarn):
    X, y, _ = one_hot()
    clf = TriLayerClassifier(3, l2=1e9, random_state=0).fit(sp.csr_array(X), y)
    assert np.ptp(clf.predict_proba(X)[:, 1]) < 1e-3
    assert any("every probability comes out as" in str(each.message) for each in recwarn)


def test_scikit_learn_s_own_makers_of_sparse_rows():
    rng = np.random.default_rng(0)
    words = np.array(["the", "cat", "sat", "on", "a", "mat", "dog", "ran"])
    texts = [" ".join(rng.choice(words, 6)) for _ in range(120)]
    y = ["cat" in text for text in texts]
    of_text = make_pipeline(CountVectorizer(), TriLayerClassifier(2, l2=0.1, random_state=0))
    assert cross_val_score(of_text, texts, y, cv=3).mean() > 0.95
    table = pd.DataFrame({"word": [text.split()[0] for text in texts]})
    of_table = make_pipeline(OneHotEncoder(), TriLayerClassifier(2, l2=0.1, random_state=0))
    assert of_table.fit(table, table["word"] == "dog").score(table, table["word"] == "dog") == 1


def test_a_frame_of_sparse_columns_is_the_frame():
    X, y, _ = one_hot()
    frame = pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])])
    clf = TriLayerClassifier(3, max_iter=4, tol=0, random_state=0)
    dense, sparse = clone(clf).fit(frame, y), clf.fit(frame.astype(pd.SparseDtype(float, 0.0)), y)
    assert list(sparse.feature_names_in_) == list(frame.columns)
    assert_alike(sparse, dense)
    found = sparse.predict_proba(frame.astype(pd.SparseDtype(float, 0.0)))
    np.testing.assert_allclose(found, sparse.predict_proba(frame), rtol=1e-12)


LARGE = """
import numpy as np, re, resource, scipy.sparse as sp, sys, warnings
from trilayer import TriLayerClassifier
from trilayer.params import pack
warnings.simplefilter("ignore")
m, n1, entries = 20_000, 50_000, 1_000_000
rng = np.random.default_rng(0)
# Dense, this would take 8 GB.
X = sp.coo_matrix((np.ones(entries), (rng.integers(0, m, entries), rng.integers(0, n1, entries))),
                  shape=(m, n1))
y = X @ rng.normal(size=n1) > 0
for solver in ("lbfgs", "adam"):
    clf = TriLayerClassifier(4, solver=solver, engine=sys.argv[1], max_iter=1, tol=0,
                             early_stopping=True, random_state=0, n_threads=2).fit(X, y)
    clf.predict_proba(X), clf.transform(X), clf.score(X.tocsc(), y)
# What `getrusage` says, Linux begins with what the process was that made this one.
if sys.platform == "linux":
    print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("engine", ["fused", "reference"])
def test_memory_goes_with_the_numbers_that_are_there(engine):
    told = subprocess.run(
        [sys.executable, "-c", LARGE, engine], capture_output=True, text=True, check=True
    )
    assert int(told.stdout) < 1_000_000  # kilobytes


def test_a_sparse_matrix_is_written_and_read_by_scipy_alone():
    """The bits do not hang on a journey through a file: places are read back as int64 or int32."""
    X, y, _ = one_hot()
    file = io.BytesIO()
    sp.save_npz(file, sp.csc_matrix(X))
    file.seek(0)
    clf = TriLayerClassifier(2, max_iter=2, tol=0, random_state=0)
    assert np.array_equal(
        bits(clone(clf).fit(sp.load_npz(file), y)), bits(clf.fit(sp.csr_array(X), y))
    )
