"""An error of the disk at the Nth call, for every N: one sentence, and no file half written."""

import errno
import io
import os
import sys
from pathlib import Path

import pytest

from trilayer.tables.identity import Reader

CALLS = {"open", "os.rename", "os.scandir", "os.listdir", "os.chmod", "os.mkdir"}

QUIET = {"os.scandir", "os.mkdir", ""}
"""What nothing depends on: looking for what others left, a folder that is there, no failure."""


class Nth:
    """Lets the Nth call of the system about a folder fail, in whatever code it is made."""

    def __init__(self):
        self.folder, self.left, self.failed = None, 0, ""
        sys.addaudithook(self)  # it stays for as long as the process does

    def __call__(self, event, args):
        if self.folder is None or event not in CALLS or not isinstance(args[0], str | bytes):
            return
        if os.fsdecode(args[0]).startswith(self.folder):
            self.count(event)

    def count(self, event, number=errno.EIO):
        """Count a call, and let it fail if it is the one."""
        self.left -= self.folder is not None
        if self.folder is not None and self.left == 0:
            self.failed = event
            raise OSError(number, os.strerror(number))

    def before(self, function):
        """Return a function that counts its calls."""

        def counted(*args):
            self.count(function.__name__)
            return function(*args)

        return counted

    def opening(self, opened):
        """Return `Path.open`, but that each write to a new file is counted; the disk is full."""
        nth = self

        class Written(io.FileIO):
            def write(self, data):
                nth.count("write", errno.ENOSPC)
                return super().write(data)

        def counted(path, mode="r", *args, **kwargs):
            if mode != "xb":
                return opened(path, mode, *args, **kwargs)
            return io.BufferedWriter(Written(path, "x"))

        return counted

    def fail(self, folder, number):
        self.folder, self.left, self.failed = str(folder), number, ""


@pytest.fixture(scope="module")
def nth():
    return Nth()


@pytest.fixture(params=["predict", "train", "checkpoint"])
def command(request, people, tmp_path):
    """Words, and the name of what they write."""
    data = tmp_path / "people.csv"
    data.write_bytes(people.csv.read_bytes())
    (tmp_path / "m").write_bytes(people.model.read_bytes())
    if request.param == "predict":
        return ("predict", tmp_path / "m", data, "-o", tmp_path / "out.csv", "--force"), "out.csv"
    words = ("train", data, "--target", "buys", "--id", "row", "--hidden", 1, "--starts", 1,
             "--l2", 1, "--max-iter", 2, "-o", tmp_path / "out", "--force")  # fmt: skip
    more = ("--checkpoint", tmp_path / "kept", "--checkpoint-every", 1)
    return words + more * (request.param == "checkpoint"), "out"


def test_an_error_at_every_call_is_one_sentence(command, nth, trilayer, tmp_path, monkeypatch):
    words, name = command
    monkeypatch.setattr(os, "fsync", nth.before(os.fsync))
    monkeypatch.setattr(Reader, "read", nth.before(Reader.read))
    monkeypatch.setattr(Path, "open", nth.opening(Path.open))
    out, kept = tmp_path / name, tmp_path / "kept"
    assert trilayer(*words).code == 0
    whole, codes, seen = out.read_bytes(), [], set()
    for number in range(1, 200):
        out.write_bytes(b"of before")
        for path in kept.glob("*"):
            path.unlink()
        nth.fail(tmp_path, number)
        try:
            said = trilayer(*words)
        finally:
            nth.folder = None
        codes.append(said.code)
        assert "Traceback" not in said.err
        assert not [path for path in tmp_path.rglob("*.part") if path.exists()]
        if said.code:
            assert said.code == 2
            assert said.err.splitlines()[-1].startswith("trilayer: ")
            there = "cannot save" in said.err and "though it is there now" in said.err
            assert out.read_bytes() == (whole if there else b"of before")
        else:  # it could do without what failed, and says so of a checkpoint
            assert out.read_bytes() == whole
            told = "the training goes on, and the checkpoint before stays" in said.err
            assert told or nth.failed in QUIET
        seen.add(nth.failed)
        if nth.left > 0:
            break
    assert codes[-1] == 0
    assert 2 in codes
    assert seen >= {"open", "os.rename", "write", "read"}
