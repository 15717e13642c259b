"""Rows in a cache on disk are rows in memory: the same bits, whatever the windows and the parts."""

import errno
import signal
import subprocess
import sys
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from trilayer import TriLayerClassifier
from trilayer.engines import select
from trilayer.errors import CacheError, InputError
from trilayer.params import initialise
from trilayer.sources import BLOCK, cache, rowcache, shuffle
from trilayer.sources.cache import cached, windows
from trilayer.sources.memory import MemorySource
from trilayer.sources.rowcache import RowCache, size_of
from trilayer.sources.shuffle import buffers

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"  # runs are cut short on purpose
)
N1 = 3
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def small_windows(monkeypatch):
    """Windows of two blocks of float32, none of which stays mapped."""
    monkeypatch.setattr(cache, "WINDOW", 2 * BLOCK * N1 * 4)
    monkeypatch.setattr(cache, "RESIDENT", 0)


def rows_of(m, dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, N1)).astype(dtype)
    y = (X[:, 0] + X[:, 1] ** 2 + 0.5 * rng.normal(size=m) > 1).astype(int)
    return X, y, rng.uniform(0.5, 2, m).astype(dtype)


def parts_of(*arrays, sizes):
    """Cut arrays into parts of these sizes, the last one again and again."""
    at, place = 0, 0
    while at < len(arrays[0]):
        size = sizes[min(place, len(sizes) - 1)]
        yield tuple(array[at : at + size] for array in arrays)
        at, place = at + size, place + 1


def held(X, y, s=None, *, sizes=(999,), **options):
    arrays = (X, y) if s is None else (X, y, s)
    return cached(
        parts_of(*arrays, sizes=sizes), len(X), N1, [0, 1], dtype=X.dtype, weighted=s is not None,
        **options,
    )  # fmt: skip


def same(a, b, *names):
    for name in ("W1", "b1", "W2", "b2"):
        assert np.array_equal(getattr(a.params_, name), getattr(b.params_, name)), name
    for name in names:
        assert getattr(a, name) == getattr(b, name), name


CURVES = ("loss_curve_", "validation_curve_", "n_iter_", "best_iter_", "stop_reason_")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("engine", ["fused", "reference"])
@pytest.mark.parametrize("solver", ["gd", "lbfgs", "sgd", "adam"])
def test_every_solver_has_memorys_bits(solver, engine, dtype, small_windows):
    X, y, s = rows_of(13_333, dtype)
    network = TriLayerClassifier(4, solver=solver, engine=engine, max_iter=3, random_state=0)
    with held(X, y, s) as source:
        here = clone(network).fit_source(source)
    same(here, network.fit(X, y, sample_weight=s), *CURVES)
    assert here.predict(X).shape == y.shape


@pytest.mark.parametrize("solver", ["gd", "lbfgs"])
def test_sums_of_many_windows_have_memorys_bits(solver, small_windows):
    X, y, _ = rows_of(100_001)
    network = TriLayerClassifier(3, solver=solver, max_iter=2, random_state=0)
    with held(X, y) as source:
        assert len(source._windows) == 25
        here = clone(network).fit_source(source)
    same(here, network.fit(X, y), *CURVES)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_rows_in_their_own_order_step_as_in_memory(solver, small_windows):
    X, y, s = rows_of(100_001)
    settings = {"solver": solver, "max_iter": 2, "random_state": 0, "shuffle": False}
    with held(X, y, s) as source:
        here = TriLayerClassifier(3, **settings).fit_source(source)
    there = TriLayerClassifier(3, **settings).fit(X, y, sample_weight=s)
    same(here, there)
    np.testing.assert_allclose(here.loss_curve_, there.loss_curve_, rtol=1e-12)


@settings(max_examples=15)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=6), st.integers(1, 20_000))
def test_the_parts_in_which_rows_come_leave_no_trace(sizes, m):
    X, y, s = rows_of(m)
    params, engine = initialise(N1, 4, np.random.default_rng(1), np.float32), select("fused")
    memory = MemorySource(X.T, y[None].astype(np.float32), s[None])
    with held(X, y, s, sizes=sizes) as source:
        assert (source.m, source.n1, source.dtype) == (m, N1, np.float32)
        assert source.total_weight == memory.total_weight
        assert source.fingerprint == memory.fingerprint
        assert np.array_equal(source.sums(engine, params), memory.sums(engine, params))


@given(st.integers(1, 10**9), st.integers(1, 10**5))
def test_windows_are_whole_subtrees(m, row_bytes):
    cut = windows(min(m, 10**7), row_bytes)
    rows = cut[0].stop if len(cut) == 1 else cut[1].start
    blocks = -(-rows // BLOCK) if len(cut) == 1 else rows // BLOCK
    assert len(cut) == 1 or (rows % BLOCK == 0 and blocks & (blocks - 1) == 0)
    assert [part.start for part in cut] == list(range(0, min(m, 10**7), max(rows, 1)))
    assert len(cut) == 1 or rows * row_bytes <= max(cache.WINDOW, BLOCK * row_bytes)


# ---- the order of batches ------------------------------------------------------------------


def order_of(m, seed, epoch):
    """The rows' numbers as an epoch uses them."""
    found = []
    for ranges, order in buffers(m, seed, epoch):
        rows = np.concatenate([np.arange(part.start, part.stop) for part in ranges])
        found.append(rows[order])
    return np.concatenate(found)


@given(st.integers(1, 300_000), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=20)
def test_an_epoch_uses_every_row_once(m, seed, epoch):
    order = order_of(m, seed, epoch)
    assert np.array_equal(np.sort(order), np.arange(m))
    assert np.array_equal(order, order_of(m, seed, epoch))
    assert np.array_equal(order_of(m, None, epoch), np.arange(m))
    if m > 100:
        assert not np.array_equal(order, order_of(m, seed, epoch + 1))
        assert not np.array_equal(order, order_of(m, seed + 1, epoch))


def test_rows_that_fit_in_a_buffer_come_in_memorys_order():
    m = shuffle.CHUNKS * BLOCK
    memory = MemorySource(np.zeros((1, m)), np.zeros((1, m)), np.ones((1, m)))
    assert np.array_equal(order_of(m, 7, 3), memory.order(7, 3))
    assert not np.array_equal(order_of(m + 1, 7, 3)[:m], memory.order(7, 3))


def test_the_shuffle_mixes_all_rows():
    """Rows that lie together meet rows from everywhere, and others in every epoch."""
    m = 10 * shuffle.CHUNKS * BLOCK
    first, second = order_of(m, 0, 0)[:BLOCK], order_of(m, 0, 1)[:BLOCK]
    assert len(np.unique(first // BLOCK)) == shuffle.CHUNKS
    assert np.ptp(first) > m / 2
    assert len(np.intersect1d(first, second)) < BLOCK / 10


@given(st.integers(1, 40_000), st.integers(1, 9000), st.sampled_from([None, 5]))
@settings(max_examples=20)
def test_batches_are_the_order_cut_into_batches(m, size, seed):
    X = np.arange(m * N1, dtype=np.float64).reshape(m, N1)
    before, shuffle.CHUNKS = shuffle.CHUNKS, 2  # buffers of 4096 rows
    try:
        order = order_of(m, seed, 2)
        with held(X, np.arange(m) % 2, X[:, 0] + 1) as source:
            batches = list(source.batches(size, seed, 2))
            pieces = list(source.pieces(size, seed, 2))
    finally:
        shuffle.CHUNKS = before
    expected = [order[start : start + size] for start in range(0, m, size)]
    assert len(batches) == len(expected)
    for batch, rows in zip(batches, expected, strict=True):
        assert np.array_equal(batch.inputs.dense(), X[rows].T)
        assert np.array_equal(batch.Y, rows[None] % 2)
        assert np.array_equal(batch.s[0], X[rows, 0] + 1)
    assert all(piece.used % size == 0 for piece in pieces[:-1])


# ---- the disk ------------------------------------------------------------------------------


def test_a_disk_without_the_room_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    X, y, _ = rows_of(1000)
    size = size_of(1000, N1, np.float32)
    assert size == 1000 * (N1 + 1) * 4
    monkeypatch.setattr(rowcache.shutil, "disk_usage", lambda _: usage(0, 0, size - 1))
    with pytest.raises(CacheError, match=r"need 16\.0 kB, and 16\.0 kB are free.*--cache-dir"):
        RowCache(1000, N1, np.float32, folder=tmp_path)
    monkeypatch.setattr(rowcache.shutil, "disk_usage", lambda _: usage(0, 0, size))
    with held(X, y, folder=tmp_path) as source:
        assert source.m == 1000


def test_a_disk_that_fills_up_meanwhile_is_one_sentence(tmp_path, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rowcache.tempfile, "TemporaryFile", lambda **_: Full())
    X, y, _ = rows_of(10)
    with (
        pytest.raises(CacheError, match="filled up while the encoded rows were written"),
        held(X, y, folder=tmp_path),
    ):
        pass


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    X, y, _ = rows_of(10)
    with (
        pytest.raises(CacheError, match="no cache can be kept there"),
        held(X, y, folder=tmp_path / "absent"),
    ):
        pass


def test_too_many_rows_and_none_are_refused():
    X, y, _ = rows_of(10)
    with RowCache(9, N1, np.float32) as full, pytest.raises(InputError, match="for 9 rows"):
        full.write(X, y)
    with pytest.raises(InputError, match="no rows"), held(X[:0], y[:0]):
        pass


def test_the_default_folder_is_the_one_chosen_or_on_disk(monkeypatch, tmp_path):
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(rowcache.tempfile, "tempdir", None)
    usual = rowcache.default_folder()
    assert usual.is_dir()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(rowcache.tempfile, "tempdir", None)
    assert rowcache.default_folder() == tmp_path


def test_sizes_in_words():
    words = [rowcache.in_words(size) for size in (1500, 2_340_000, 5_800_000_000)]
    assert words == ["1.5 kB", "2.3 MB", "5.8 GB"]


HOLDING = """
import signal, sys, time
import numpy as np
from trilayer.sources.cache import cached
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
parts = ((np.ones((1000, 3), "f4"), np.ones(1000)) for _ in range(100))
with cached(parts, 100_000, 3, [0, 1], folder=sys.argv[1]) as source:
    print("held", flush=True)
    time.sleep(60)
"""


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_the_process_ends(number, tmp_path):
    """Not even while it lasts is there a name, so there is nothing to remove."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        assert list(tmp_path.iterdir()) == []
        holder.send_signal(number)
        assert holder.wait(30) != 0
    finally:
        holder.kill()
        holder.stdout.close()
    assert list(tmp_path.iterdir()) == []


PEAK = """
import sys
from pathlib import Path
import numpy as np
from trilayer.engines import select
from trilayer.params import initialise
from trilayer.sources.cache import cached
m = int(sys.argv[1])
part = np.ones((50_000, 28), "f4"), np.ones(50_000, "f4")
with cached((part for _ in range(m // 50_000)), m, 28, [0, 1], folder=sys.argv[2]) as source:
    params = initialise(28, 4, np.random.default_rng(0), "f4")
    for _ in range(2):
        source.sums(select("auto"), params)
    next(source.pieces(256, 0, 0))
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")))
"""


@LINUX
def test_memory_does_not_grow_with_the_rows(tmp_path):
    def peak(m):
        """MB of a process that learns from m rows of 112 bytes."""
        words = [sys.executable, "-c", PEAK, str(m), str(tmp_path)]
        return int(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout) / 1e3

    small, large = peak(1_500_000), peak(4_500_000)  # 168 and 504 MB of rows
    assert large < 600
    assert large - small < 60
