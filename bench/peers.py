"""trilayer beside its peers: the works W1 to W6, one table and one picture.

python bench/peers.py [--works W1,W2] [--peers "NumPy blocked,JAX jit"] [--repeats N] [--quick]

Every peer runs in a process of its own, on the same data from the same start, on the same
number of processors; they take turns, and medians are shown. A peer whose final J (for
predictions: whose probabilities) disagrees with a float64 oracle gets no time, and the exit
status is 1. Peers that are not installed are named. Results go to build/bench.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from contest.measure import contest, set_threads
from contest.registry import OURS, PEERS
from contest.telling import Results, as_json, machine, markdown, plot, rows
from contest.works import WORKS


def chosen(text: str, known: list[str], what: str) -> list[str]:
    """Return the names in a comma-separated list, in their own order."""
    if not text:
        return known
    asked = [name.strip() for name in text.split(",")]
    if unknown := set(asked) - set(known):
        raise SystemExit(f"unknown {what}: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return [name for name in known if name in asked]


def main() -> None:
    """Measure what the command line asks for, and tell it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", default="", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--peers", default="", help=f"of {', '.join(PEERS)}")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="small data: tries the harness")
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    set_threads(options.threads)
    keys = chosen(options.works, list(WORKS), "works")
    names = [name for name in chosen(options.peers, list(PEERS), "peers") if PEERS[name].is_here]
    works = {key: WORKS[key].quick() if options.quick else WORKS[key] for key in keys}
    options.output.mkdir(parents=True, exist_ok=True)
    before = os.getloadavg()
    results: Results = {}
    for key, work in works.items():
        folder = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=options.output))
        try:
            results[key] = contest(work, names, options.repeats, options.threads, folder)
        finally:
            shutil.rmtree(folder)
        print("\n".join(rows(work, results[key])), flush=True)
    about = machine() | {
        "load_before": before, "threads": options.threads, "repeats": options.repeats,
    }  # fmt: skip
    table = markdown(works, results, about)
    stem = "quick" if options.quick else "peers"
    (options.output / f"{stem}.md").write_text(table)
    (options.output / f"{stem}.json").write_text(as_json(works, results, about))
    print(f"\n{table}")
    if not plot(results, options.output / f"{stem}.svg"):
        print("no picture: matplotlib is not installed")
    failed = [f"{key} {name}" for key, s in results.items() for name in s if s[name].failed]
    if OURS not in names:
        print(f"{OURS} did not take part: no ratios")
    if failed:
        raise SystemExit(f"no time for {', '.join(failed)}")


if __name__ == "__main__":
    main()
