"""Print where the newest CPython of this machine is: on PATH or among pyenv's versions."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ASKED = (
    "import sys; from sysconfig import get_config_var as told; "
    "print(sys.implementation.name, int(bool(told('Py_GIL_DISABLED'))), *sys.version_info[:4])"
)


def places() -> Iterator[Path]:
    """Yield every ``python3.X`` in sight; a shim of pyenv's may lead nowhere."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [Path(folder) for folder in os.get_exec_path()]
    for folder in [*folders, *pyenv.glob("versions/*/bin")]:
        yield from (
            path for path in folder.glob("python3.*") if re.fullmatch(r"python3\.\d+", path.name)
        )


def version(python: Path) -> tuple[int, ...]:
    """Return the version, or nothing where it is no final CPython with a lock or does not run."""
    done = subprocess.run(
        [python, "-c", ASKED], capture_output=True, text=True, check=False, timeout=60
    )
    name, *rest = done.stdout.split() or ["none"]
    if done.returncode or name != "cpython" or rest[0] != "0" or rest[-1] != "final":
        return ()
    return tuple(int(part) for part in rest[1:-1])


def main() -> None:
    """Print the path; where this Python is as new as any, say so elsewhere."""
    newest = max(places(), key=version, default=None)
    if newest is None or version(newest)[:2] <= sys.version_info[:2]:
        print(f"no Python here is newer than {sys.version.split()[0]}", file=sys.stderr)
    else:
        print(newest)


if __name__ == "__main__":
    main()
