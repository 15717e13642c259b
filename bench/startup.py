"""What starting costs: `import trilayer` and `trilayer --help`, each in fresh processes.

python bench/startup.py [--repeats N]

Prints medians: the import of the estimator beside scikit-learn's neural_network
(interleaved, as a ratio), and the shell's --help in seconds.
"""

import argparse
import statistics
import subprocess
import sys
import time

IMPORTS = {
    "trilayer": "from trilayer import TriLayerClassifier",
    "sklearn": "import sklearn.neural_network",
}


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    repeats = parser.parse_args().repeats
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    bare = []
    for _ in range(repeats):
        bare.append(seconds([sys.executable, "-c", "pass"]))
        for name, code in IMPORTS.items():
            times[name].append(seconds([sys.executable, "-c", code]))
    floor = statistics.median(bare)
    ours, theirs = (statistics.median(times[name]) - floor for name in IMPORTS)
    print(f"import trilayer's estimator     {ours:.3f} s")
    print(f"import sklearn.neural_network   {theirs:.3f} s")
    print(f"ratio                           {ours / theirs:.2f}   (to keep: 1.3 at most)")
    helps = [seconds([sys.executable, "-m", "trilayer", "--help"]) for _ in range(repeats)]
    print(
        f"trilayer --help                 {statistics.median(helps):.3f} s (to keep: 0.6 at most)"
    )


if __name__ == "__main__":
    main()
