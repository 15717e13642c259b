"""Build a wheel for each Python named, and a pure one; try each where nothing else is installed.

``python scripts/wheels.py python3.11 python3.13`` leaves them in dist/. Each is installed with its
command line into a new environment, which must then have the native engine (or, of the pure one,
must not), the mark of a typed package, and run the demo. auditwheel gives those for Linux their
manylinux tag. What builds for all systems at once is cibuildwheel: pyproject.toml has its settings.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE = ("-C", "wheel.cmake=false", "-C", "wheel.py-api=py3", "-C", "wheel.platlib=false")
ENGINE = "import importlib.util as u, sys; sys.exit(u.find_spec('trilayer._fused') is None)"


def run(*words: object, **more: object) -> str:
    """Run a command to its end, and return what it printed."""
    command = [str(word) for word in words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **more)
    return str(done.stdout)


def built(python: str, folder: Path, options: tuple[str, ...] = ()) -> Path:
    """Build one wheel; what it is built with is fetched into an environment of its own."""
    with tempfile.TemporaryDirectory() as made:
        run(
            python,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            made,
            *options,
            ROOT,
        )
        (wheel,) = Path(made).glob("*.whl")
        if not wheel.name.endswith("-none-any.whl") and sys.platform == "linux":
            run(sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", made, wheel)
            (wheel,) = Path(made).glob("*manylinux*.whl")
        return Path(shutil.copy(wheel, folder))


def tried(python: str, wheel: Path, *, pure: bool) -> str:
    """Install a wheel where nothing is, and run the demo; return the demo's last line."""
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("trilayer/py.typed", "trilayer/data/breast_cancer.csv"):
        if wanted not in names:
            raise SystemExit(f"{wheel.name} lacks {wanted}")
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "venv", folder)
        own = Path(folder, "bin", "python")
        run(own, "-m", "pip", "install", "--quiet", f"{wheel}[cli]")
        there = subprocess.run([own, "-c", ENGINE], cwd=folder, check=False).returncode == 0
        if there is pure:
            raise SystemExit(f"{wheel.name}: the native engine is {'' if there else 'not '}there")
        said = run(own, "-m", "trilayer", "demo", cwd=folder, stderr=subprocess.DEVNULL)
        return said.splitlines()[-1]


def main() -> None:
    """Build, try, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", default=[sys.executable], metavar="python")
    pythons = parser.parse_args().pythons
    folder = ROOT / "dist"
    folder.mkdir(exist_ok=True)
    wheels = [(python, built(python, folder), False) for python in pythons]
    pure = built(pythons[0], folder, PURE)
    for python, wheel, is_pure in [*wheels, *((python, pure, True) for python in pythons)]:
        version = run(python, "--version").strip()
        size = wheel.stat().st_size / 1e6
        print(f"{wheel.name}: {size:.1f} MB, {version}: {tried(python, wheel, pure=is_pure)}")


if __name__ == "__main__":
    main()
