"""Whether a change of the recipe is one, or is fitted to the tables that it was tried on.

python bench/guard.py BEFORE.csv AFTER.csv [--simplifies] [--markdown --change WORDS]

Both files are results of bench/quality.py, of the same tables and folds, with the recipe before
and after the change. Tables fall into five groups by a hash of their names. Five times one group
is left out, and the change must raise the mean skill (1 - log-loss / that of the class prior, for
each table) of the tables of the other groups by more than the standard error of that mean. It is
accepted where it does so four times of five. docs/benchmarks.md says why.

Ends with 0 if the change is accepted, 1 if it is refused, 2 if the files cannot be compared.
"""

import argparse
import sys
from pathlib import Path

LABEL = "TriLayerTableClassifier"


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("before", type=Path, metavar="BEFORE.csv")
    add("after", type=Path, metavar="AFTER.csv", help="may be the same file, of other labels")
    add("--label", default=LABEL, help="the recipe's name in BEFORE.csv (default: %(default)s)")
    add("--label-after", metavar="LABEL", help="in AFTER.csv (default: the same)")
    add(
        "--simplifies",
        action="store_true",
        help="the change leaves something out: it need not improve, only not lose",
    )
    add("--markdown", action="store_true", help="print a line for the list in docs/benchmarks.md")
    add("--change", default="", metavar="WORDS", help="what was changed, for that line")
    return parser.parse_args(words)


def judge(chosen: argparse.Namespace) -> int:
    """Print what the guard finds; return the exit code."""
    from trial.guard_report import markdown_line, told
    from trial.guarding import compare

    try:
        label = chosen.label_after or chosen.label
        verdict = compare((chosen.before, chosen.label), (chosen.after, label), chosen.simplifies)
    except SystemExit as problem:
        print(problem, file=sys.stderr)
        return 2
    print(markdown_line(verdict, chosen.change) if chosen.markdown else told(verdict))
    return int(not verdict.accepted)


if __name__ == "__main__":
    sys.exit(judge(options()))
