"""Two checkouts of trilayer side by side: the works W1 to W6, old and new in turn.

python bench/builds.py OLD [NEW] [--works W1,W2] [--isa avx2,generic] [--repeats N]

OLD and NEW are checkouts with a .venv each (as `make demo` makes it); NEW is this one where it
is not said. Each runs in a process of its own, with its own bench/contest, on the same data; they
take turns, and medians are shown, through the public door and of the engine alone.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

DOORS = ("public", "engine")
HERE = Path(__file__).resolve().parent.parent


def serve(key: str, door: str, folder: Path, quick: bool, threads: int) -> None:
    """Run once for each line of standard input; write the seconds a step took."""
    from contest import ours
    from contest.works import WORKS, read

    work = WORKS[key].quick() if quick else WORKS[key]
    run = getattr(ours, door)(read(work, folder, threads))
    run()
    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        run()
        print((time.perf_counter() - began) / work.steps, flush=True)


class Build:
    """One checkout at one work."""

    def __init__(self, checkout: Path, arguments: list[str], isa: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(checkout / "bench"), "TRILAYER_ISA": isa}
        for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [checkout / ".venv/bin/python", __file__, "--serve", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        if self._line() != "ready":
            raise SystemExit(f"{checkout} does not run {arguments[0]}")
        self.times: list[float] = []

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def run(self) -> None:
        """Have it run once."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.times.append(float(self._line()))

    def close(self) -> float:
        """End it; return the median."""
        self.process.communicate()
        return median(self.times)


def compared(checkouts: list[Path], arguments: list[str], isa: str, repeats: int) -> list[float]:
    """Return both medians, of runs that take turns."""
    builds = [Build(checkout, arguments, isa) for checkout in checkouts]
    for turn in range(repeats):
        for build in builds if turn % 2 else builds[::-1]:
            build.run()
    return [build.close() for build in builds]


def main() -> None:
    """Measure what the command line asks for, and tell it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path, nargs="?", default=HERE)
    parser.add_argument("--works", default="W1,W2,W3,W4,W5,W5row,W6")
    parser.add_argument("--isa", default="", help="the best one where it is not said")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="small data: tries the harness")
    options = parser.parse_args()
    from contest.works import WORKS, generate

    print("| work | door | instructions | old | new | new / old |\n|---|---|---|---:|---:|---:|")
    for key in options.works.split(","):
        with tempfile.TemporaryDirectory() as folder:
            generate(WORKS[key].quick() if options.quick else WORKS[key], Path(folder), judge=False)
            for isa in options.isa.split(","):
                for door in DOORS:
                    arguments = [key, door, folder, str(int(options.quick)), str(options.threads)]
                    checkouts = [options.old.resolve(), options.new.resolve()]
                    old, new = compared(checkouts, arguments, isa, options.repeats)
                    cells = f"{old * 1e6:,.2f} µs | {new * 1e6:,.2f} µs | {new / old:.3f}"
                    print(f"| {key} | {door} | {isa or 'best'} | {cells} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        key, door, folder, quick, threads = sys.argv[2:]
        serve(key, door, Path(folder), bool(int(quick)), int(threads))
    else:
        main()
