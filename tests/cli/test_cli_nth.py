"""An I/O error at the Nth call, for every N: one sentence, and no file that is not whole."""

import errno
import os
import sys

import pytest

from trilayer.tables.identity import Reader

CALLS = {"open", "os.rename", "os.scandir", "os.listdir", "os.chmod", "os.mkdir"}


class Nth:
    """Lets the Nth call of the system about a folder fail, in whatever code it is made."""

    def __init__(self):
        self.folder, self.left = None, 0
        sys.addaudithook(self)  # it stays for as long as the process does

    def __call__(self, event, args):
        if self.folder is None or event not in CALLS or not isinstance(args[0], str | bytes):
            return
        if os.fsdecode(args[0]).startswith(self.folder):
            self.count()

    def count(self):
        """Count a call, and let it fail if it is the one."""
        self.left -= self.folder is not None
        if self.folder is not None and self.left == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def before(self, function):
        """Return a function that counts its calls."""

        def counted(*args):
            self.count()
            return function(*args)

        return counted

    def fail(self, folder, number):
        self.folder, self.left = str(folder), number


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
             "--l2", 1, "--max-iter", 3, "-o", tmp_path / "out", "--force")  # fmt: skip
    more = ("--checkpoint", tmp_path / "kept", "--checkpoint-every", 1)
    return words + more * (request.param == "checkpoint"), "out"


def test_an_error_at_every_call_is_one_sentence(command, nth, trilayer, tmp_path, monkeypatch):
    words, name = command
    monkeypatch.setattr(os, "fsync", nth.before(os.fsync))
    monkeypatch.setattr(Reader, "read", nth.before(Reader.read))
    out, kept = tmp_path / name, tmp_path / "kept"
    assert trilayer(*words).code == 0
    whole, codes = out.read_bytes(), []
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
            assert out.read_bytes() == b"of before"
        else:  # it could do without what failed
            assert out.read_bytes() == whole
        if nth.left > 0:
            break
    assert codes[-1] == 0
    assert 2 in codes
