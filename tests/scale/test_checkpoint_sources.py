"""A checkpoint belongs to the rows and their bits, not to where they lie."""

import numpy as np
import pytest

from trilayer import Checkpoint, TriLayerClassifier
from trilayer.errors import CheckpointError
from trilayer.params import pack
from trilayer.sources import BLOCK
from trilayer.sources.cache import cached
from trilayer.sources.memory import MemorySource
from trilayer.sources.shuffle import CHUNKS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

M = CHUNKS * BLOCK + 500  # beyond one buffer of the two-level shuffle
RNG = np.random.default_rng(8)
X = RNG.normal(size=(M, 3)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def learner(solver):
    return TriLayerClassifier(3, solver=solver, max_iter=12, tol=0, random_state=2)


def interrupted(folder, solver, m):
    def watch(progress):
        if progress.k == 5:
            raise KeyboardInterrupt

    learner(solver).fit(X[:m], Y[:m], checkpoint=Checkpoint(folder, "1h"), on_step=watch)


def on_disk(m, part=999):
    """The first m rows in a cache, a context manager."""
    starts = range(0, m, part)
    parts = ((X[i : min(i + part, m)], Y[i : min(i + part, m)]) for i in starts)
    return cached(parts, m, 3, [0, 1])


def same(ours, theirs):
    return np.array_equal(pack(ours.params_), pack(theirs.params_)) and (
        ours.loss_curve_ == theirs.loss_curve_
    )


@pytest.mark.parametrize(
    ("solver", "m"), [("gd", M), ("lbfgs", M), ("sgd", 5000), ("adam", CHUNKS * BLOCK)]
)
def test_begun_in_memory_it_goes_on_from_a_cache_and_back(tmp_path, solver, m):
    whole = learner(solver).fit(X[:m], Y[:m])
    interrupted(tmp_path / "c", solver, m)

    def watch(progress):
        if progress.k == 9:
            raise KeyboardInterrupt

    with on_disk(m) as source:
        checkpoint = Checkpoint(tmp_path / "c", resume=True)
        learner(solver).fit_source(source, checkpoint=checkpoint, on_step=watch)
    checkpoint = Checkpoint(tmp_path / "c", resume=True)
    assert checkpoint.done == {"fit": (9, False)}
    assert same(learner(solver).fit(X[:m], Y[:m], checkpoint=checkpoint), whole)


def test_batches_in_another_order_are_another_run(tmp_path):
    """Beyond one buffer the two-level shuffle is not memory's: refused, by name."""
    interrupted(tmp_path / "c", "adam", M)
    with on_disk(M) as source, pytest.raises(CheckpointError, match="of batches was not given"):
        learner("adam").fit_source(source, checkpoint=Checkpoint(tmp_path / "c", resume=True))


def test_other_rows_are_refused_wherever_they_lie(tmp_path):
    interrupted(tmp_path / "c", "lbfgs", 5000)
    with on_disk(5001) as source, pytest.raises(CheckpointError, match=r"other data \(X differs"):
        learner("lbfgs").fit_source(source, checkpoint=Checkpoint(tmp_path / "c", resume=True))


class Nameless(MemorySource):
    """A source of somebody else's, which does not tell its bits."""

    fingerprint = None
    classes_ = np.array([0, 1])


def nameless(change=0.0, m=3000):
    rows = X[:m].copy()
    rows[7, 1] += change
    return Nameless(rows.T, Y[None, :m].astype(np.float32), np.ones((1, m), np.float32), 1)


def test_a_source_that_does_not_tell_its_bits_is_known_by_its_sums(tmp_path):
    def watch(progress):
        if progress.k == 5:
            raise KeyboardInterrupt

    whole = learner("gd").fit_source(nameless())
    learner("gd").fit_source(nameless(), checkpoint=Checkpoint(tmp_path / "c"), on_step=watch)
    with pytest.raises(CheckpointError, match=r"other data \(source differs"):
        learner("gd").fit_source(nameless(1e-3), checkpoint=Checkpoint(tmp_path / "c", resume=True))
    again = learner("gd").fit_source(nameless(), checkpoint=Checkpoint(tmp_path / "c", resume=True))
    assert same(again, whole)


@pytest.mark.parametrize("part", [1000, BLOCK, 7777])
def test_the_fingerprint_does_not_depend_on_the_parts(part):
    m, s = 9000, np.ones((1, 9000), np.float32)
    in_memory = MemorySource(np.asfortranarray(X[:m]).T, Y[None, :m].astype(np.float32), s, 1)
    with on_disk(m, part) as source:
        assert source.fingerprint == in_memory.fingerprint
