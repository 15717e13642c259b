"""Run a command beside a PostgreSQL server of its own, on loopback, with nothing kept of it.

    python scripts/postgres.py COMMAND...

The command finds the server in TRILAYER_POSTGRES. The server needs PostgreSQL's programs
(Debian: postgresql); it refuses to run as root, so root runs it as the user "postgres" or "nobody".
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_USERS = ("postgres", "nobody")


@contextmanager
def server() -> Iterator[str]:
    """Start a server, hand out its address, and stop it."""
    with TemporaryDirectory(prefix="trilayer-postgres-") as folder:
        data, user = Path(folder) / "data", _somebody()
        if user:
            shutil.chown(folder, user)
        _run(
            user,
            "initdb",
            "-D",
            str(data),
            "-U",
            "trilayer",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        )
        port = _free_port()
        # Nothing of it must survive, so nothing waits for the disk; and no socket but loopback's.
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
        )
        words = ("-D", str(data), "-w", "-l", str(Path(folder) / "log"))
        _run(user, "pg_ctl", *words, "-o", options, "start")
        try:
            yield f"postgresql://trilayer@127.0.0.1:{port}/postgres"
        finally:
            _run(user, "pg_ctl", *words, "-m", "immediate", "stop")


def _somebody() -> str:
    """Return a user who is not root; nobody in particular where we are none."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _USERS if name in known)


def _run(user: str, program: str, *words: str) -> None:
    subprocess.run(
        [_found(program), *words], check=True, stdout=subprocess.DEVNULL, cwd="/", user=user or None
    )


def _found(program: str) -> str:
    """Return a program of PostgreSQL's: on PATH, or where Debian keeps it."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    found = shutil.which(program) or (str(places[-1]) if places else None)
    if found is None:
        raise SystemExit(f"{program} is not here: install PostgreSQL (Debian: postgresql)")
    return found


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


if __name__ == "__main__":
    with server() as url:
        environment = {**os.environ, "TRILAYER_POSTGRES": url}
        sys.exit(subprocess.run(sys.argv[1:], env=environment, check=False).returncode)
