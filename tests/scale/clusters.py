"""Clusters of real processes, of which any may be killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import distributed

HERE = {"PYTHONPATH": str(Path(__file__).parent.parent)}
"""Where workers find this module."""


def told(chunk, log, seconds, block_info=None):
    """Read a chunk slowly, and write down which process does."""
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()} {block_info[0]['chunk-location'][0]}\n")
    time.sleep(seconds)
    return chunk


def killer(chunk):
    """Let the memory run out, say."""
    os.kill(os.getpid(), signal.SIGKILL)
    return chunk


class Cluster:
    """A scheduler and workers, one process each, started as a user would start them.

    Parameters
    ----------
    folder : path
        For their files, and what they say.
    workers, threads : int
        Workers, and threads of each.
    inside : callable, optional
        ``inside(name, words)``: the command that runs `words` where that process belongs.
    hosts : dict, optional
        Their addresses, by name; by default the loopback's.
    settings : dict, optional
        Of Dask, as environment variables.
    """

    def __init__(
        self, folder, workers, threads=1, inside=lambda _, words: words, hosts=None, settings=None
    ):
        self.folder, self.inside, self.hosts = Path(folder), inside, hosts or {}
        self.settings = settings or {}
        self.file = self.folder / "scheduler.json"
        self.processes = {}
        self._start(
            "scheduler", "dask_scheduler", "--port", "0", "--no-dashboard",
            "--scheduler-file", str(self.file),
        )  # fmt: skip
        self.threads = threads
        for number in range(workers):
            self.start_worker(number)

    def start_worker(self, number):
        name = f"worker-{number}"
        self._start(
            name, "dask_worker", "--no-nanny", "--no-dashboard", "--nworkers", "1",
            "--nthreads", str(self.threads), "--memory-limit", "0", "--name", name,
            "--scheduler-file", str(self.file), "--local-directory", str(self.folder),
            "--death-timeout", "30",
        )  # fmt: skip

    def _start(self, name, module, *words):
        host = self.hosts.get(name, "127.0.0.1")
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--host", host, *words]
        with (self.folder / f"{name}.log").open("w") as log:
            self.processes[name] = subprocess.Popen(
                self.inside(name, command),
                stdout=log,
                stderr=log,
                env=os.environ | HERE | self.settings,
            )

    def kill(self, name):
        """End a process as a failing machine would: at once, without a word."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def number_of(self, process):
        """Return the name of the process with this number."""
        return next(name for name, each in self.processes.items() if each.pid == process)

    def close(self):
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()


@contextmanager
def cluster(folder, workers, threads=1, **options):
    """Hold a cluster with all its workers there, and a client of it."""
    held = Cluster(folder, workers, threads, **options)
    try:
        wait_for(held.file.exists)
        address = {"scheduler_file": str(held.file), "set_as_default": False}
        with distributed.Client(**address, timeout=30) as client:
            client.wait_for_workers(workers, timeout=60)
            yield held, client
    finally:
        held.close()


def wait_for(condition, seconds=60):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)
