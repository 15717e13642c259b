"""Fit peers once, and keep what they scored in the project.

python bench/store_peers.py PEER ... [--datasets NAME ...] [--max-rows N] [--folds K]

The peers of `bench/trial/models.py` are fitted by the protocol of bench/quality.py, on the same
rows as everybody. What each scores is appended to bench/trial/stored/PEER.csv as it comes, with
its seconds, threads, machine and versions, and bench/quality.py reads it beside the folders' own
quality-peers.csv: nobody has to fit them again. A run that is started again goes on where it
stopped; small tables come first.

The heavy peers come with `pip install --group bench-tabular`.
"""

import argparse
import sys
from pathlib import Path

from quality import DATA, STORED, limit_threads


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("peers", nargs="+", metavar="PEER", help="one file of results each")
    add("--data", type=Path, nargs="+", default=DATA, metavar="FOLDER", help="of the tables")
    add("--datasets", nargs="+", metavar="NAME", help="only these")
    add("--max-rows", type=int, metavar="N", help="only tables of at most so many rows")
    add("--folds", type=int, metavar="K", help="only the first K folds of each table")
    add("--threads", type=int, default=1, help="of each fit (default: %(default)s)")
    add("--stored", type=Path, default=STORED, metavar="FOLDER", help="where results are kept")
    chosen = parser.parse_args(words)
    for name in ("max_rows", "folds", "threads"):
        value = getattr(chosen, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} {value}: there must be at least 1")
    return chosen


def store(chosen: argparse.Namespace) -> int:
    """Fit what is missing; return 1 if a fit failed."""
    from trial.ledger import Ledger
    from trial.models import peers_named
    from trial.running import run
    from trial.sets import sets_of
    from trial.stored import circumstances, path_of

    peers = peers_named(chosen.peers)
    sets = sets_of(chosen.data, chosen.datasets)
    if chosen.max_rows is not None:
        sets = [each for each in sets if each.n_rows <= chosen.max_rows]
    failed = False
    for peer in peers:
        ledger = Ledger(path_of(peer.name, chosen.stored), circumstances())
        ledger.refuse_other_settings(peer, chosen.threads)
        try:
            run(sets, [peer], ledger, chosen.threads, chosen.folds)
        except KeyboardInterrupt:
            print(f"interrupted; {ledger.path} holds what is done: run again to go on")
            return 130
        failed = failed or not ledger.failures().empty
    return int(failed)


if __name__ == "__main__":
    asked = options()
    limit_threads(asked.threads)
    sys.exit(store(asked))
