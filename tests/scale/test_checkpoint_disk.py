"""Checkpoints and disks: full, read-only, damaged, shared. What is lost is nothing, and said."""

import contextlib
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from trilayer import Checkpoint, TriLayerClassifier
from trilayer.checkpoint import record
from trilayer.checkpoint.folder import LOCK
from trilayer.errors import CheckpointError, InputError

pytestmark = pytest.mark.filterwarnings("ignore:.* multi-threaded:DeprecationWarning")

RNG = np.random.default_rng(3)
X = RNG.normal(size=(200, 3))
Y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)


def fitted(checkpoint=None, k=40, **given):
    model = TriLayerClassifier(3, max_iter=k, tol=0, random_state=1, solver="adam")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, Y, checkpoint=checkpoint, **given)


def interrupted(checkpoint, at, before=None):
    """Fit until the interruption after iteration `at`; `before` is called in each iteration."""

    def watch(progress):
        if before is not None:
            before(progress.k)
        if progress.k == at:
            raise KeyboardInterrupt

    return fitted(checkpoint, on_step=watch)


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != LOCK)


def same(ours, theirs):
    return ours.loss_curve_ == theirs.loss_curve_ and np.array_equal(
        ours.params_.W1, theirs.params_.W1
    )


# ---- what is kept -------------------------------------------------------------------


def test_the_last_two_are_kept_and_strangers_left_alone(tmp_path):
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / ".trilayer-0123456789abcdef.tmp").write_text("of a process that was killed")
    checkpoint = Checkpoint(folder, 10)
    assert names(folder) == ["checkpoint-00000001.safetensors", "notes.txt"]
    interrupted(checkpoint, 35)
    numbers = [f"checkpoint-{n:08d}.safetensors" for n in (4, 5)]
    assert names(folder) == [*numbers, "notes.txt"]
    ks = [record.decode((folder / name).read_bytes()).stages["fit"].k for name in numbers]
    assert ks == [30, 35]
    fitted(Checkpoint(folder, 2, resume=True))
    numbers = [f"checkpoint-{n:08d}.safetensors" for n in (7, 8)]
    assert names(folder) == [*numbers, "notes.txt"]


def test_the_same_run_writes_the_same_bytes(tmp_path):
    """But for the time it took."""
    for name in "ab":
        interrupted(Checkpoint(tmp_path / name, 10), 35)
    found = []
    for name in "ab":
        decoded = record.decode((tmp_path / name / names(tmp_path / name)[-1]).read_bytes())
        object.__setattr__(decoded.stages["fit"].memory, "seconds", 0.0)
        found.append(record.encode(decoded))
    assert found[0] == found[1]


# ---- places -------------------------------------------------------------------------


def test_a_folder_of_an_earlier_run_is_not_written_over(tmp_path):
    fitted(Checkpoint(tmp_path / "c"))
    before = names(tmp_path / "c")
    with pytest.raises(CheckpointError, match="holds checkpoints of an earlier run: go on"):
        Checkpoint(tmp_path / "c")
    assert names(tmp_path / "c") == before


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("file", "it is a file"),
        ("missing/c", "No such file or directory"),
        ("file/c", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_places_where_no_folder_can_be(tmp_path, place, words):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=words) as refusal:
        Checkpoint(tmp_path / place)
    assert "name a folder that can be made or written to" in str(refusal.value)


@pytest.mark.parametrize("path", ["", "a\0b", 3, None])
def test_folders_that_are_none(path):
    with pytest.raises(InputError, match="path must be"):
        Checkpoint(path)


def test_nothing_to_go_on_from(tmp_path):
    with pytest.raises(CheckpointError, match=r"no folder '.*/c' to go on from"):
        Checkpoint(tmp_path / "c", resume=True)
    assert not (tmp_path / "c").exists()
    (tmp_path / "c").mkdir()
    with pytest.warns(RuntimeWarning, match="no checkpoint yet, so the run begins"):
        checkpoint = Checkpoint(tmp_path / "c", resume=True)
    assert same(fitted(checkpoint), fitted())


# ---- a full disk --------------------------------------------------------------------


class SmallDisk:
    """A folder whose disk can be filled: a tmpfs of our own, or a limit that acts like it."""

    def __init__(self, folder):
        self.folder, self.mounted = folder, False
        folder.mkdir()
        if os.geteuid() == 0 and shutil.which("mount"):
            words = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
            self.mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0
        self.limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self):
        if not self.mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, self.limits[1]))
            return
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", 0) as file:
            while True:
                file.write(bytes(4096))

    def free(self):
        if not self.mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, self.limits)
        else:
            (self.folder / "ballast").unlink(missing_ok=True)

    def lock(self):
        """Let it only be read."""
        if self.mounted:
            self._remount("ro")
        else:
            for path in (self.folder, *filter(os.path.isdir, self.folder.iterdir())):
                path.chmod(0o555)

    def unlock(self):
        if self.mounted:
            self._remount("rw")
        else:
            for path in (self.folder, *filter(os.path.isdir, self.folder.iterdir())):
                path.chmod(0o755)

    def _remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)

    def end(self):
        self.unlock()
        self.free()
        if self.mounted:
            subprocess.run(["umount", self.folder], check=True)


@pytest.fixture
def disk(tmp_path):
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.end()


def test_a_disk_that_fills_up_costs_a_sentence(disk):
    """The training goes on, the checkpoint before stays, and the next that fits is written."""
    told, folder = [], disk.folder / "c"
    checkpoint = Checkpoint(folder, 10, tell=told.append)

    def weather(k):
        if k == 15:
            disk.fill()
        elif k == 35:
            assert record.decode(newest(folder)).stages["fit"].k == 10
            disk.free()

    whole = fitted(checkpoint, on_step=lambda progress: weather(progress.k))
    assert len(told) == 2  # iterations 20 and 30
    for sentence in told:
        assert "cannot write" in sentence
        assert "the disk is full or a quota is used up" in sentence
        assert sentence.endswith("the training goes on, and the checkpoint before stays")
    assert same(whole, fitted())
    assert checkpoint.done == {"fit": (40, True)}
    assert record.decode(newest(folder)).stages["fit"].outcome is not None


def test_a_run_that_died_on_a_full_disk_goes_on_from_the_checkpoint_before(disk):
    checkpoint = Checkpoint(disk.folder / "c", 10, tell=lambda _: None)
    interrupted(checkpoint, 35, before=lambda k: disk.fill() if k == 25 else None)
    disk.free()
    checkpoint = Checkpoint(disk.folder / "c", 10, resume=True)
    assert checkpoint.done == {"fit": (20, False)}
    assert same(fitted(checkpoint), fitted())


def test_a_disk_that_is_full_at_once_is_said_at_once(disk):
    disk.fill()
    with pytest.raises(CheckpointError):
        Checkpoint(disk.folder / "c")


def test_by_default_what_went_wrong_is_a_warning(disk):
    checkpoint = Checkpoint(disk.folder / "c", 30)
    with pytest.warns(RuntimeWarning, match="the disk is full"):
        fitted(checkpoint, on_step=lambda progress: disk.fill() if progress.k == 25 else None)


def test_a_folder_that_can_only_be_read(disk):
    folder = disk.folder / "c"
    interrupted(Checkpoint(folder, 10), 35)
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    disk.lock()
    for action in (
        lambda: Checkpoint(folder, resume=True),
        lambda: Checkpoint(disk.folder / "d"),
    ):
        with pytest.raises(CheckpointError, match=r"Read-only file system|Permission denied"):
            action()
    disk.unlock()
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before
    assert same(fitted(Checkpoint(folder, resume=True)), fitted())


def newest(folder):
    return (folder / [name for name in names(folder) if name.endswith("rs")][-1]).read_bytes()


# ---- damage -------------------------------------------------------------------------


def damaged(folder, which=-1, at=0.5):
    path = folder / names(folder)[which]
    data = bytearray(path.read_bytes())
    data[int(at * (len(data) - 1))] ^= 0x10
    path.write_bytes(data)
    return path.name


@pytest.mark.parametrize("at", [0.0, 0.001, 0.05, 0.3, 0.6, 1.0])
def test_a_flipped_byte_leaves_the_checkpoint_before(tmp_path, at):
    interrupted(Checkpoint(tmp_path / "c", 10), 35)
    name, told = damaged(tmp_path / "c", at=at), []
    checkpoint = Checkpoint(tmp_path / "c", 10, resume=True, tell=told.append)
    assert checkpoint.done == {"fit": (30, False)}
    assert f"{name} cannot be used (" in told[0]
    assert told[0].endswith("goes on from checkpoint-00000004.safetensors")
    assert len(names(tmp_path / "c")) == 2  # nothing is thrown away before something is written
    assert same(fitted(checkpoint), fitted())
    assert name not in names(tmp_path / "c")
    assert Checkpoint(tmp_path / "c", resume=True).done == {"fit": (40, True)}


def test_both_damaged_is_an_error_that_names_both(tmp_path):
    interrupted(Checkpoint(tmp_path / "c", 10), 35)
    both = [damaged(tmp_path / "c", which) for which in (0, 1)]
    before = {name: (tmp_path / "c" / name).read_bytes() for name in both}
    with pytest.raises(CheckpointError, match=r"no checkpoint in .* can be used") as refusal:
        Checkpoint(tmp_path / "c", resume=True)
    assert all(name in str(refusal.value) for name in both)
    assert {name: (tmp_path / "c" / name).read_bytes() for name in both} == before


def test_a_cut_file_and_an_empty_one(tmp_path):
    interrupted(Checkpoint(tmp_path / "c", 10), 35)
    path = tmp_path / "c" / names(tmp_path / "c")[-1]
    for data in (path.read_bytes()[:-1], b"", b"PK\x03\x04" * 99, b"text " * 99):
        path.write_bytes(data)
        with pytest.warns(RuntimeWarning, match="cannot be used"):
            assert Checkpoint(tmp_path / "c", resume=True).done == {"fit": (30, False)}


def test_a_checkpoint_of_a_version_to_come_is_not_passed_over(tmp_path, monkeypatch):
    """Going on from the one before would throw it away in the end."""
    interrupted(Checkpoint(tmp_path / "c", 10), 25)
    path = tmp_path / "c" / names(tmp_path / "c")[-1]
    with monkeypatch.context() as patched:
        patched.setattr(record, "FORMAT", 2)
        decoded = record.decode(path.read_bytes())
        path.write_bytes(record.encode(decoded))
    with pytest.raises(CheckpointError, match=r"version 2, written by a newer trilayer.*upgrade"):
        Checkpoint(tmp_path / "c", resume=True)


# ---- processes ----------------------------------------------------------------------


def _hold(folder, ready):
    checkpoint = Checkpoint(folder, 10)
    ready.set()
    interrupted(checkpoint, 35)
    signal.pause()


def test_one_process_at_a_time(tmp_path):
    """And the next as soon as the first is gone, though it was killed."""
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "c", ready))
    holder.start()
    assert ready.wait(60)
    with pytest.raises(CheckpointError, match="another process keeps its checkpoints in"):
        Checkpoint(tmp_path / "c", resume=True)
    holder.kill()
    holder.join()
    checkpoint = Checkpoint(tmp_path / "c", 10, resume=True)
    assert same(fitted(checkpoint), fitted())


def _fit_in_child(checkpoint, queue):
    told = []
    checkpoint._book.tell = told.append
    queue.put((fitted(checkpoint.stage("child")).loss_curve_, told))


def test_a_forked_child_leaves_the_folder_to_its_parent(tmp_path):
    checkpoint = Checkpoint(tmp_path / "c", 10)
    before = names(tmp_path / "c")
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_fit_in_child, args=(checkpoint, queue))
    child.start()
    curve, told = queue.get(timeout=60)
    child.join(timeout=60)
    assert curve == fitted().loss_curve_
    assert set(told) == {"a forked process leaves the checkpoints to the process that began them"}
    assert names(tmp_path / "c") == before
