"""Bounded address space: the libraries fit into it, or the command is refused before they load."""

import os
import resource
import subprocess
import sys

import pytest

from trilayer.cli import room
from trilayer.cli.room import address_space, require_room
from trilayer.errors import InputError

WATCHED = "asan" in os.environ.get("LD_PRELOAD", "")
"""AddressSanitizer takes all addresses there are."""


def run(most, *words, cwd=None):
    """Run a command in a process that may have so many KiB of addresses."""

    def little():
        resource.setrlimit(resource.RLIMIT_AS, (most << 10, most << 10))

    return subprocess.run(
        [sys.executable, "-m", "trilayer", *map(str, words)], cwd=cwd,
        preexec_fn=little, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.skipif(WATCHED, reason="AddressSanitizer needs all addresses")
@pytest.mark.parametrize("most", [300_000, 600_000, 900_000])
def test_little_room_is_one_sentence_or_suffices(people, tmp_path, most):
    plain = ("--hidden", 1, "--starts", 1, "--l2", 1)
    commands = {
        "train": (people.csv, "--target", "buys", *plain, "-o", "m"),
        "predict": (people.model, people.csv),
        "inspect": (people.model,),
    }  # fmt: skip
    for command, words in commands.items():
        done = run(most, command, *words, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 2), done
        if done.returncode:
            assert done.stdout == ""
            assert done.stderr.splitlines()[-1].startswith("trilayer: this process may use ")


@pytest.mark.skipif(WATCHED, reason="AddressSanitizer needs all addresses")
def test_help_needs_no_room():
    done = run(300_000, "train", "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_where_nothing_bounds_it_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(room, "address_space", lambda: None)
    monkeypatch.setattr(room, "_LIBRARIES", 1 << 60)
    require_room()


def test_what_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(room, "address_space", lambda: 400 << 20)
    monkeypatch.setattr(room, "_LIBRARIES", 1 << 60)
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    with pytest.raises(InputError, match=r"may use 400 MiB of memory \(ulimit -v\)"):
        require_room()


def test_the_bound_is_the_systems():
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    assert address_space() == (None if limit == resource.RLIM_INFINITY else limit)


def test_no_more_threads_is_one_sentence(refused, monkeypatch):
    from trilayer.cli import shell

    def fail(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(shell, "run", fail)
    assert "starts no more threads" in refused("inspect", "x")
