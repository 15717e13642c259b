"""How the classifier does where data are hard, and how much of that is chance.

python bench/hard.py [--datasets NAME ...] [--variants NAME ...] [--seeds N] [--report-only]

Two questions, each beside CatBoost's default on the same rows (and logistic regression, the floor):

seeds     the first fold of each table, fitted so often with nothing changed but random_state:
          how far apart are the log-losses?
variants  duplicated rows, 10 positives, 1,000 columns of noise beside 5 good ones, half of the
          cells missing, a fifth of the labels wrong: medians over splits drawn anew.

Tables are those of bench/quality.py, results a line for each fit in a CSV file, and a run that is
started again goes on where it stopped. At the end a report in Markdown is written.
"""

import argparse
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from quality import OUTPUT, ROOT, limit_threads

DATA = tuple(ROOT.parent / "shared" / name for name in ("data", "data2"))
TABLES = (
    "hepatitis", "sonar", "spectf_heart", "breast_cancer_ljubljana", "heart_failure",
    "heart_cleveland", "haberman", "breast_cancer", "pima_diabetes", "mammographic_masses",
)  # fmt: skip
"""Ten small tables: for the seeds."""
HARDENED = ("heart_cleveland", "breast_cancer", "pima_diabetes", "mammographic_masses")
"""Those with five numbers at least, and positives to spare: for the variants."""
LABEL = "TriLayerTableClassifier"
MODELS = (LABEL, "catboost", "logreg")
VARIANTS = ("plain", "duplicated", "rare", "noisy", "gappy", "flipped")
OF_SEEDS = "seeds"


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, nargs="+", default=DATA, metavar="FOLDER")
    add("--datasets", nargs="+", metavar="NAME", help="only these tables")
    add("--variants", nargs="*", default=VARIANTS, choices=VARIANTS, metavar="NAME")
    add("--seeds", type=int, default=20, help="fits of the same rows; 0: none")
    add("--repeats", type=int, default=5, help="splits of each variant")
    add("--models", nargs="+", default=MODELS, choices=MODELS, metavar="NAME")
    add("--threads", type=int, default=2)
    add("--out", type=Path, default=OUTPUT / "hard.csv", help="the results")
    add("--report", type=Path, default=OUTPUT / "hard.md")
    add("--report-only", action="store_true", help="fit nothing: report on the results so far")
    chosen = parser.parse_args(words)
    for name in ("threads", "repeats"):
        if getattr(chosen, name) < 1:
            parser.error(f"--{name} {getattr(chosen, name)}: there must be at least 1")
    if chosen.seeds < 0:
        parser.error(f"--seeds {chosen.seeds}: there cannot be fewer than 0")
    return chosen


def entries(names: Sequence[str]) -> list[Any]:
    """Return the models of these names."""
    from trial.models import PEERS, candidate, imported

    own = {LABEL: candidate(LABEL, f"trilayer:{LABEL}", {})}
    found = [(own | PEERS)[name] for name in names]
    for entry in found:
        imported(entry.path)
    return found


def tasks(chosen: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    """Walk what there is to do: a table, what is done to it, and which time it is."""
    for name in [each for each in TABLES if _asked(each, chosen)]:
        for number in range(chosen.seeds):
            yield name, OF_SEEDS, number
    for variant in chosen.variants:
        for name in [each for each in HARDENED if _asked(each, chosen)]:
            for number in range(chosen.repeats):
                yield name, variant, number


def _asked(name: str, chosen: argparse.Namespace) -> bool:
    return chosen.datasets is None or name in chosen.datasets


def run(chosen: argparse.Namespace, ledger: Any) -> None:
    """Fit what the ledger lacks; each result is in it before the next fit begins."""
    from trial.running import describe, judged, tell
    from trial.sets import sets_of

    known = {each.name: each for each in sets_of(chosen.data)}
    models = entries(chosen.models)
    for entry in models:
        ledger.refuse_other_settings(entry, chosen.threads)
    for name, variant, number in tasks(chosen):
        if name not in known:
            raise SystemExit(f"{', '.join(map(str, chosen.data))}: no data set {name}")
        lacking = [
            each for each in models if not ledger.has(f"{name}, {variant}", each.name, number)
        ]
        if not lacking:
            continue
        each = known[name]
        fold, forms, y = prepared(each, variant, number)
        for entry in lacking:
            about = describe(each, y, fold) | {
                "dataset": f"{name}, {variant}", "fold": number, "model": entry.name,
                "threads": chosen.threads, "settings": entry.settings,
            }  # fmt: skip
            result = judged(entry, fold, forms, y, chosen.threads)
            ledger.add(about | result)
            tell(about | result)


def prepared(each: Any, variant: str, number: int) -> tuple[Any, Any, Any]:
    """Return a fold, its rows' forms and answers: the same for every model."""
    import numpy as np

    from trial.hardening import VARIANTS as WAYS
    from trial.hardening import Rows
    from trial.protocol import make_folds

    frame, y = each.load()
    folds = list(make_folds(each.name, y))
    if variant == OF_SEEDS:
        return Rows.of(each, frame, y, folds[0]).joined(folds[0], seed=number)
    fold = folds[number % len(folds)]
    seed = zlib.crc32(f"{each.name}, {variant}, {number}".encode()) % (1 << 31)
    rows = WAYS[variant](Rows.of(each, frame, y, fold), np.random.default_rng(seed))
    return rows.joined(fold, seed)


def markdown(results: Any) -> str:
    """Return the report on results of any of the models."""
    from trial.layout import lines

    results = results.copy()
    results[["table", "task"]] = results["dataset"].str.split(", ", expand=True)
    sections = ["# Hard data, and chance"]
    of_seeds = results[results["task"] == OF_SEEDS]
    if len(of_seeds):
        sections.append("## Nothing but the seed changed\n\n" + _seeds(of_seeds, lines))
    rest = results[results["task"] != OF_SEEDS]
    if len(rest):
        sections.append("## Variants\n\n" + _variants(rest, lines))
    return "\n\n".join(sections) + "\n"


def _models(results: Any) -> list[str]:
    return [name for name in MODELS if name in set(results["model"])]


def _seeds(results: Any, lines: Any) -> str:
    """Lay out means and standard deviations over the seeds that all models have."""
    models = [name for name in _models(results) if name != "logreg"]  # it has no seed
    table = results.pivot_table(index=["table", "fold"], columns="model", values="logloss")
    table = table[models].dropna()
    rows = []
    for name, part in table.groupby(level="table", sort=False):
        spread = part.std(ddof=1)
        cells = [f"{part[each].mean():.4f} ± {spread[each]:.4f}" for each in models]
        cells += [f"{part[each].max() - part[each].min():.4f}" for each in models]
        rows.append([str(name), str(len(part)), *cells])
    deviations = table.groupby(level="table").std(ddof=1).mean()
    means = table.groupby(level="table").mean().mean()
    rows.append(
        ["mean", "", *(f"{means[each]:.4f} ± {deviations[each]:.4f}" for each in models)]
        + [""] * len(models)
    )
    head = ["table", "seeds", *models, *(f"{each}: range" for each in models)]
    return lines(head, rows)


def _variants(results: Any, lines: Any) -> str:
    """Lay out medians over the splits that all models have."""
    models, found = _models(results), []
    table = results.pivot_table(index=["task", "table", "fold"], columns="model", values="logloss")
    table = table[models].dropna()
    ranked = results.pivot_table(index=["task", "table", "fold"], columns="model", values="auc")
    ranked = ranked.loc[table.index]
    seconds = results.pivot_table(index=["task", "table"], columns="model", values="fit_s")
    for variant in [name for name in VARIANTS if name in table.index.get_level_values("task")]:
        for name, part in table.loc[variant].groupby(level="table", sort=False):
            best = part.median().min()
            cells = [_marked(part[each].median(), best) for each in models]
            areas = ranked.loc[(variant, name)][models].median()
            spent = seconds.loc[(variant, name)]
            found.append(
                [variant, str(name), str(len(part)), *cells]
                + [f"{areas[each]:.3f}" for each in models]
                + [f"{spent[each]:.1f}" for each in models[:2]]
            )
    head = ["variant", "table", "splits", *(f"{each}: log-loss" for each in models)]
    head += [*(f"{each}: AUC" for each in models), *(f"{each}: s" for each in models[:2])]
    return lines(head, found)


def _marked(loss: float, best: float) -> str:
    return f"**{loss:.4f}**" if round(loss, 4) == round(best, 4) else f"{loss:.4f}"


def main() -> int:
    """Fit what is missing, write the report; return 1 if a fit failed."""
    chosen = options()
    limit_threads(chosen.threads)
    from trial.ledger import Ledger

    ledger = Ledger(chosen.out)
    if not chosen.report_only:
        try:
            run(chosen, ledger)
        except KeyboardInterrupt:
            print(f"interrupted; {chosen.out} holds what is done: run again to go on")
            return 130
    results = ledger.results()
    if results.empty:
        raise SystemExit(f"{chosen.out} holds no results yet")
    chosen.report.parent.mkdir(parents=True, exist_ok=True)
    chosen.report.write_text(markdown(results), encoding="utf-8")
    print(f"wrote {chosen.report}")
    return int(not ledger.failures().empty)


if __name__ == "__main__":
    sys.exit(main())
