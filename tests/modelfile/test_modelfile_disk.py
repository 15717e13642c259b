"""Model files and the disk: all or nothing, and an error for everything that can be missing."""

import contextlib
import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import trilayer.modelfile.models as models_module
from trilayer import Params, TriLayerClassifier, load, save
from trilayer.errors import InputError, ModelFileError
from trilayer.modelfile import disk
from trilayer.modelfile.disk import MAX_FILE_BYTES


def model_of(seed=0):
    rng = np.random.default_rng(seed)
    model = TriLayerClassifier()
    model.params_ = Params(*(rng.normal(size=size) for size in [(3, 2), (2, 1), (2, 1), (1, 1)]))
    model.classes_, model.n_features_in_ = np.array([0, 1]), 3
    return model


def assert_same(model, loaded):
    for ours, theirs in zip(
        vars(model.params_).values(), vars(loaded.params_).values(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def saved(tmp_path):
    """A path that holds a model, and another model to replace it with."""
    path = tmp_path / "model.safetensors"
    save(model_of(), path)
    return path, model_of(1)


def refused(action, *words):
    with pytest.raises(ModelFileError) as refusal:
        action()
    for word in words:
        assert word in str(refusal.value)
    assert "; " in str(refusal.value)


@contextlib.contextmanager
def as_nobody():
    """As a user who owns nothing (root may do anything)."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextlib.contextmanager
def unchanged(path):
    """Whatever happens, the folder holds what it held."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    yield
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_saving_replaces_and_leaves_nothing_beside(saved):
    path, other = saved
    path.chmod(0o640)
    save(other, path)
    assert_same(other, load(path))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_that_the_user_gives_new_files(tmp_path):
    (tmp_path / "plain").touch()
    save(model_of(), tmp_path / "m")
    assert (tmp_path / "m").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_is_not_replaced_unasked(saved):
    path, other = saved
    with unchanged(path):
        refused(lambda: save(other, path, force=False), "cannot save", "it exists already")


def test_a_link_goes_on_pointing_to_the_file(saved):
    path, other = saved
    link = path.with_name("latest")
    link.symlink_to(path.name)
    save(other, link)
    assert link.is_symlink()
    assert_same(other, load(path))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing/m", "its folder does not exist"),
        (".", "it is a folder"),
        ("file/m", "is a file, not a folder"),
        ("x" * 300, "the system says: File name too long"),
        ("pipe", "it is a device or a pipe"),
        ("/dev/full", "it is a device or a pipe"),
    ],
)
def test_places_that_cannot_be_written(tmp_path, place, words):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    refused(lambda: save(model_of(), tmp_path / place), "cannot save", words)
    assert {file.name for file in tmp_path.iterdir()} == {"file", "pipe"}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing", "there is no such file"),
        (".", "it is a folder"),
        ("file/m", "is a file, not a folder"),
        ("x" * 300, "the system says: File name too long"),
        ("pipe", "it is a device or a pipe"),
        ("/dev/zero", "it is a device or a pipe"),
    ],
)
def test_places_that_cannot_be_read(tmp_path, place, words):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    refused(lambda: load(tmp_path / place), "cannot load", words)


@pytest.mark.parametrize("path", ["", "a\0b", 3, None, ["m"]])
def test_paths_that_are_none(path):
    for action in (lambda: load(path), lambda: save(model_of(), path)):
        with pytest.raises(InputError, match="path must be"):
            action()


def test_bytes_of_a_path_that_no_encoding_knows(tmp_path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.safetensors")
    save(model_of(), odd)
    Path(odd).write_bytes(b"")
    with pytest.raises(ModelFileError) as refusal:
        load(odd)
    assert str(refusal.value).encode()  # it can be printed


def test_no_permission_to_read(saved):
    path, _ = saved
    path.chmod(0o000)
    with as_nobody():
        refused(lambda: load(path), "cannot load", "you have no permission")


def test_no_permission_to_write(saved):
    path, other = saved
    path.parent.chmod(0o555)
    with unchanged(path), as_nobody():
        refused(lambda: save(other, path), "cannot save", "you have no permission")
    path.parent.chmod(0o755)


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    with (tmp_path / "m").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # sparse: it takes no space
    refused(lambda: load(tmp_path / "m"), f"{MAX_FILE_BYTES} are the limit")


def test_a_file_that_could_not_be_loaded_is_not_written(saved, monkeypatch):
    path, other = saved
    monkeypatch.setattr(disk, "MAX_FILE_BYTES", 1000)
    with unchanged(path):
        refused(lambda: save(other, path), "cannot save", "1000 are the limit")


def test_a_full_disk_keeps_the_old_file(saved):
    path, other = saved
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with unchanged(path):
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
        try:
            refused(lambda: save(other, path), "the disk is full")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full or a quota is used up"),
        (errno.EROFS, "the disk can only be read"),
        (errno.EIO, "the system says: Input/output error"),
    ],
)
def test_a_failing_disk_keeps_the_old_file(saved, monkeypatch, call, code, words):
    path, other = saved

    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), fail)
    with unchanged(path):
        refused(lambda: save(other, path), "cannot save", words)


def test_an_interrupt_keeps_the_old_file(saved, monkeypatch):
    path, other = saved

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with unchanged(path), pytest.raises(KeyboardInterrupt):
        save(other, path)


def test_the_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(saved, monkeypatch):
    path, other = saved
    real_fsync, real_replace, events = os.fsync, Path.replace, []

    def fsync(descriptor):
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(self, target):
        events.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    save(other, path)
    assert events == ["file", "rename", "folder"]


# ---- memory ------------------------------------------------------------------------------


def test_no_memory_is_an_error_of_its_own(saved, monkeypatch):
    def exhausted(_):
        raise MemoryError

    monkeypatch.setattr(models_module, "decode", exhausted)
    refused(lambda: load(saved[0]), "cannot load", "it needs more memory than there is")


HUNGRY = """
import resource, struct, sys
from pathlib import Path
from trilayer import load
from trilayer.errors import ModelFileError
path = Path(sys.argv[1])
if sys.argv[2] == "tensor":
    head = b'{"__metadata__":{"sha256":"","trilayer":""},'
    head += b'"W1":{"dtype":"U8","shape":[900000000],"data_offsets":[0,900000000]}}'
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        file.truncate(8 + len(head) + 900000000)
else:
    head = b'{"W1":[' + b"[]," * 5_000_000 + b"[]]}"
    path.write_bytes(struct.pack("<Q", len(head)) + head)
try:
    load("/missing")
except ModelFileError:
    pass
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (100 << 20), resource.RLIM_INFINITY))
try:
    load(path)
except ModelFileError as error:
    print(error)
"""


@pytest.mark.parametrize("kind", ["tensor", "header"])
def test_a_file_that_fills_the_memory_is_refused(tmp_path, kind):
    command = [sys.executable, "-c", HUNGRY, str(tmp_path / "m"), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "it needs more memory than there is" in done.stdout
    assert done.stderr == ""
