"""Processes that run `trilayer` and may be killed.

Run as a script, it is a server that has imported everything and forks for each command, so
that fifty of them do not cost fifty starts of Python. What is forked is a real process.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path


class Victims:
    """The server, from outside."""

    def __enter__(self):
        words = [sys.executable, __file__]
        self._server = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._answer() == "ready"
        return self

    def __exit__(self, *error):
        self._server.stdin.close()
        self._server.wait(timeout=60)
        self._server.stdout.close()

    def start(self, words, said):
        """Run a command; what it says goes to the file. Return its process's number.

        The number stays its own until `wait`, even if it ends before.
        """
        self._order({"words": [str(word) for word in words], "said": str(said)})
        return int(self._answer())

    def wait(self):
        """Return the exit code of the command that runs, negative for a signal."""
        self._order("wait")
        return int(self._answer())

    def run(self, words, said):
        """Run a command to its end; return its exit code."""
        self.start(words, said)
        return self.wait()

    def _order(self, order):
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()

    def _answer(self):
        return self._server.stdout.readline().strip()


def _serve():
    importlib.import_module("trilayer.cli.training")
    from trilayer.cli import main
    from trilayer.engines import select

    select("auto")
    _say("ready")
    while line := sys.stdin.readline():
        pid = os.fork()
        if not pid:
            _obey(main, json.loads(line))
        _say(pid)
        sys.stdin.readline()
        _say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _obey(main, order):
    code = 99
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        said = os.open(Path(order["said"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        code = main(order["words"])
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
