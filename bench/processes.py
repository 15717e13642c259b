"""What a process costs from its start to its end.

python bench/processes.py FD COMMAND ...

runs a command and writes its cost as JSON to a file descriptor: what `cost` has done between
itself and the command, for a process has at the least resident what its parent had.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Cost(NamedTuple):
    """What a process took: seconds by the clock and of processors, MB resident at the most."""

    wall: float
    processor: float
    peak_mb: float


def cost(
    words: Sequence[object],
    stdout: Any = subprocess.DEVNULL,
    stderr: Any = None,
    env: Mapping[str, str] | None = None,
) -> Cost:
    """Run a command to its end, and leave if it fails; the rest is as for `subprocess.run`."""
    command = [str(word) for word in words]
    told, tells = os.pipe()
    with os.fdopen(told) as found:
        try:
            # -S and -I: nothing is imported that would be resident.
            between = [sys.executable, "-S", "-I", __file__, str(tells), *command]
            run = subprocess.run(
                between, stdout=stdout, stderr=stderr, env=env, pass_fds=[tells], check=False
            )
        finally:
            os.close(tells)
        if run.returncode:
            where = "" if stderr is None else f", see {stderr.name}"
            raise SystemExit(f"{' '.join(command)[:200]}: exit code {run.returncode}{where}")
        return Cost(**json.load(found))


def tell(tells: int, command: Sequence[str]) -> int:
    """Run a command, tell its cost, and return its exit code."""
    began = time.perf_counter()
    with subprocess.Popen(command) as child:
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    found = Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3)
    os.write(tells, json.dumps(found._asdict()).encode())
    return abs(child.returncode)


if __name__ == "__main__":
    raise SystemExit(tell(int(sys.argv[1]), sys.argv[2:]))
