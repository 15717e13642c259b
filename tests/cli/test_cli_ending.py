"""A command that is told to end leaves nothing half written; one that is stopped goes on."""

import signal
import subprocess
import sys

import pytest

from trilayer.atomic import part_of
from trilayer.cli.ending import nothing_half_written

ENDINGS = (signal.SIGTERM, signal.SIGHUP)


def as_ever():
    """Let a child end by signals that its parent may ignore."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def here(tmp_path):
    """The names of what is in the folder of the output."""
    return lambda: sorted(path.name for path in tmp_path.iterdir())


@pytest.fixture
def writing(here, tmp_path, people):
    """A `predict` that has begun to write its output, and waits for more rows."""
    child = subprocess.Popen(
        [sys.executable, "-m", "trilayer", "predict", people.model, "-", "-o", tmp_path / "p.csv"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=as_ever,  # noqa: PLW1509
    )  # fmt: skip
    child.stdin.write(people.csv.read_bytes())
    child.stdin.flush()
    while not here():
        assert child.poll() is None
    yield child
    child.stdin.close()
    child.stderr.close()


@pytest.mark.parametrize("number", ENDINGS)
def test_a_command_that_is_told_to_end_leaves_nothing(writing, here, number):
    writing.send_signal(number)
    assert writing.wait(60) == -number  # as if it had never been caught
    assert here() == []
    assert writing.stderr.read() == b""


def test_a_command_that_is_stopped_goes_on(writing, here):
    writing.send_signal(signal.SIGSTOP)
    writing.send_signal(signal.SIGCONT)
    assert writing.communicate(timeout=60)[1].endswith(b"p.csv\n")
    assert here() == ["p.csv"]


def test_a_command_leaves_signals_as_they_were(trilayer):
    handlers = [signal.getsignal(n) for n in ENDINGS]
    mine = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert trilayer("--version").code == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # nohup
    finally:
        signal.signal(signal.SIGHUP, mine)
    assert [signal.getsignal(n) for n in ENDINGS] == handlers


@pytest.fixture
def _as_ever():
    before = [signal.signal(number, signal.SIG_DFL) for number in ENDINGS]
    yield
    for number, handler in zip(ENDINGS, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("_as_ever")
def test_signals_are_caught_only_while_something_is_half_written(tmp_path):
    """Python's handlers wait for native code: a process that hangs there can still be ended."""
    with nothing_half_written():
        assert [signal.getsignal(n) for n in ENDINGS] == [signal.SIG_DFL] * 2
        with part_of(tmp_path / "out"):
            assert signal.SIG_DFL not in [signal.getsignal(n) for n in ENDINGS]
        assert [signal.getsignal(n) for n in ENDINGS] == [signal.SIG_DFL] * 2
    with part_of(tmp_path / "out"):
        assert [signal.getsignal(n) for n in ENDINGS] == [signal.SIG_DFL] * 2
