"""How good the probabilities are on real tables, beside those of other classifiers.

python bench/quality.py [--datasets NAME ...] [--refit PEER ...] [--ablate JSON] [--report-only]

The data sets, and the peers' stored results on the same rows, are read from the folders --data;
results of more peers are kept in the project (--stored, see bench/store_peers.py).
The estimator is fitted with its defaults, the same for every set, on data frames as they are
read: texts and missing values left in. Every result is appended to a CSV file as it comes, and
a run that is started again goes on where it stopped. At the end, a report is written.

--refit fits peers again by the same protocol, for what is not stored of them: their calibration
error, and their fit time on this machine. --ablate runs the estimator with one thing changed at
a time: a JSON object (or a file that holds one) from a name to the parameters that change.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = (ROOT.parent / "shared" / "data",)
STORED = ROOT / "bench" / "trial" / "stored"
OUTPUT = ROOT / "build" / "bench"


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        nargs="+",
        default=DATA,
        metavar="FOLDER",
        help="folders, each with manifest.json and quality-peers.csv",
    )
    add("--estimator", default="trilayer:TriLayerTableClassifier", help="package.module:Class")
    add("--params", type=json_object("--params"), default={}, help="its parameters, as JSON")
    add("--label", help="its name in the results (default: that of the class)")
    add("--datasets", nargs="+", metavar="NAME", help="only these")
    add("--refit", nargs="+", default=[], metavar="PEER", help="peers to fit again, by name")
    add(
        "--ablate",
        type=json_object("--ablate"),
        default={},
        help="JSON or a file of it: name to parameters",
    )
    add("--threads", type=int, default=2)
    add("--out", type=Path, default=OUTPUT / "quality.csv", help="the results")
    add("--report", type=Path, default=OUTPUT / "quality.md")
    add("--stored", type=Path, default=STORED, metavar="FOLDER", help="more peers' results")
    add("--report-only", action="store_true", help="fit nothing: report on the results so far")
    chosen = parser.parse_args(words)
    chosen.label = chosen.label or chosen.estimator.rpartition(":")[2]
    if chosen.threads < 1:
        parser.error(f"--threads {chosen.threads}: there must be at least 1")
    return chosen


def json_object(option: str) -> Callable[[str], dict[str, Any]]:
    """Return a reader of a JSON object, given in place or in a file."""

    def read(text: str) -> dict[str, Any]:
        try:
            given = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text())
        except (OSError, ValueError) as error:
            raise argparse.ArgumentTypeError(
                f"{text}: neither JSON nor a file of it: {error}"
            ) from error
        if not isinstance(given, dict):
            raise argparse.ArgumentTypeError(f"{option} takes a JSON object: {{...}}")
        return given

    return read


def limit_threads(threads: int) -> None:
    """Keep this process to so many processors; before numpy is imported."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # either alone can slow OpenBLAS
        os.environ.pop(name, None)
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)


def entries(chosen: argparse.Namespace) -> list[Any]:
    """Return what is to be fitted: the estimator, its ablations, the peers."""
    from trial.evidence import variant
    from trial.models import PEERS, candidate, peers_named

    if chosen.label in PEERS:
        raise SystemExit(f"--label {chosen.label} is the name of a peer: choose another")
    for name, params in chosen.ablate.items():
        if not isinstance(params, dict):
            raise SystemExit(f"--ablate {name!r}: write its parameters as a JSON object: {{...}}")
    peers = peers_named(chosen.refit)
    variants = {variant(chosen.label, name): p for name, p in chosen.ablate.items()}
    settings = {chosen.label: {}} | variants
    own = [
        candidate(name, chosen.estimator, chosen.params | changed)
        for name, changed in settings.items()
    ]
    return own + peers


def about(chosen: argparse.Namespace) -> str:
    """Say what was run, on which machine."""
    from contest.telling import machine

    facts = machine()
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    params = f" with {json.dumps(chosen.params)}" if chosen.params else " with its defaults"
    return (
        f"`{chosen.estimator}`{params}, threads: {chosen.threads}, of {facts['processor']}, Python "
        f"{facts['python']}, {versions}."
    )


def judge(chosen: argparse.Namespace) -> int:
    """Fit what is missing, write the report; return 1 if a fit failed."""
    from trial.evidence import gather
    from trial.ledger import Ledger
    from trial.report import markdown
    from trial.running import run
    from trial.sets import sets_of
    from trial.stored import stored_results

    sets = sets_of(chosen.data, chosen.datasets)
    ledger = Ledger(chosen.out)
    if not chosen.report_only:
        wanted = entries(chosen)
        for entry in wanted:
            ledger.refuse_other_settings(entry, chosen.threads)
        try:
            run(sets, wanted, ledger, chosen.threads)
        except KeyboardInterrupt:
            print(f"interrupted; {chosen.out} holds what is done: run again to go on")
            return 130
    evidence = gather(chosen.label, ledger, stored_results(chosen.data, chosen.stored))
    chosen.report.parent.mkdir(parents=True, exist_ok=True)
    chosen.report.write_text(markdown(evidence, about(chosen)), encoding="utf-8")
    print(f"wrote {chosen.report}")
    return int(not evidence.failures.empty)


if __name__ == "__main__":
    asked = options()
    limit_threads(asked.threads)
    sys.exit(judge(asked))
