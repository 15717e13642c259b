"""What training on a large table costs, end to end from the file, and what it is worth.

python bench/large.py [--rows 1e5,1e6] [--learners trilayer,stream,lightgbm,catboost]
    [--repeats N] [--seed S] [--threads T] [--folder build/large]

For each number of rows a table is made (see ``large_data.py``) and written as Parquet. Then each
learner, with its defaults, is a process of its own that reads the file, learns and writes a
model: ``trilayer train``, ``trilayer train --stream``, LightGBM's and CatBoost's classifiers
(pandas.read_parquet, the categories told as such). The seconds are the whole process's, from
its start to its end, so imports count; and so are the processor seconds and the peak of the
resident memory. Another process then predicts 100,000 rows held out. What nobody can beat is
the floor, the mean entropy of the probabilities that the answers were drawn with.

Learners take turns over the repeats, and the quickest run of each counts. The peers come with
``pip install --group bench-trees --group bench``; what is not installed is left out. A million
rows are 50 MB of Parquet.
"""

import argparse
import importlib.util
import json
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from processes import Cost, cost

HERE = Path(__file__).resolve()
LEARNERS = ["trilayer", "stream", "lightgbm", "catboost"]


def logged(words: Sequence[object], log: Path) -> tuple[Cost, str]:
    """Run a command to its end; return its cost and what it printed, and log what it said."""
    out = log.with_suffix(".out")
    with log.open("wb") as err, out.open("wb") as told:
        found = cost(words, told, err)
    return found, out.read_text()


def train_words(learner: str, train: Path, model: Path, told: argparse.Namespace) -> list[Any]:
    """Return the command that learns."""
    if learner in {"lightgbm", "catboost"}:
        return [sys.executable, HERE, "--fit", learner, train, model, told.threads]
    words = [sys.executable, "-m", "trilayer", "train", train, "--target", "y"]
    words += ["-o", model, "--force", "--threads", told.threads]
    return words + ["--stream", "--cache-dir", model.parent] * (learner == "stream")


def loss_of(learner: str, test: Path, model: Path) -> float:
    """Return the log-loss on the rows held out."""
    words: list[Any] = [sys.executable, HERE, "--judge", learner, test, model]
    if learner not in {"lightgbm", "catboost"}:
        words = [sys.executable, "-m", "trilayer", "evaluate", model, test, "--json"]
    return float(json.loads(logged(words, model.with_suffix(".judged"))[1])["log_loss"])


def fit_peer(learner: str, train: str, model: str, threads: str) -> None:
    """Read a table, learn with the defaults, and write the model; in a process of its own."""
    import pandas as pd

    frame = pd.read_parquet(train)
    X, y = frame.drop(columns="y"), frame["y"].to_numpy() == "yes"
    names = [name for name in X.columns if name.startswith("c")]
    if learner == "lightgbm":
        from lightgbm import LGBMClassifier

        X = X.astype(dict.fromkeys(names, "category"))
        levels = {name: X[name].dtype for name in names}
        fitted = LGBMClassifier(n_jobs=int(threads), verbose=-1).fit(X, y)
    else:
        from catboost import CatBoostClassifier

        levels = {}
        X[names] = X[names].fillna("")
        options: dict[str, Any] = {"verbose": 0, "allow_writing_files": False}
        fitted = CatBoostClassifier(thread_count=int(threads), **options)
        fitted.fit(X, y, cat_features=names)
    Path(model).write_bytes(pickle.dumps((fitted, levels, names)))


def judge_peer(test: str, model: str) -> None:
    """Print the log-loss of a peer's model; in a process of its own."""
    import pandas as pd
    from sklearn.metrics import log_loss

    fitted, levels, names = pickle.loads(Path(model).read_bytes())
    frame = pd.read_parquet(test)
    X, y = frame.drop(columns="y"), frame["y"].to_numpy() == "yes"
    if levels:
        for name, dtype in levels.items():
            X[name] = X[name].where(X[name].isin(dtype.categories)).astype(dtype)
    else:
        X[names] = X[names].fillna("")
    print(json.dumps({"log_loss": log_loss(y, fitted.predict_proba(X)[:, 1])}))


def made(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """Make the table, in another process."""
    words: list[Any] = [sys.executable, HERE.with_name("large_data.py")]
    words += ["--rows", rows, "--seed", seed, "--folder", folder]
    found: dict[str, Any] = json.loads(logged(words, folder / "made.log")[1])
    return found


def measured(rows: int, learners: Sequence[str], told: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure all learners on a table of so many rows."""
    data = made(told.folder, rows, told.seed)
    train, test = Path(data["train"]), Path(data["test"])
    best: dict[str, dict[str, Any]] = {}
    for _ in range(told.repeats):
        for learner in learners:
            model, load = train.with_name(f"{learner}.model"), os.getloadavg()[0]
            words = train_words(learner, train, model, told)
            found, _ = logged(words, train.with_name(f"{learner}.log"))
            row = {"rows": rows, "learner": learner, "load_before": load, **found._asdict()}
            row |= {"log_loss": loss_of(learner, test, model), "floor": data["floor"]}
            best[learner] = min(row, best.get(learner, row), key=lambda each: each["wall"])
            print(line(row), file=sys.stderr, flush=True)
    return list(best.values())


def line(row: dict[str, Any]) -> str:
    """Return a row of the report."""
    busy = row["processor"] / row["wall"]
    gap = row["log_loss"] - row["floor"]
    return (
        f"| {row['rows']:,} | {row['learner']} | {row['log_loss']:.4f} | {row['floor']:.4f} | "
        f"{gap:.4f} | {row['wall']:.1f} | {row['processor']:.1f} | {busy:.2f} | "
        f"{row['peak_mb']:,.0f} | {row['load_before']:.1f} |"
    )


HEAD = """\
| rows | learner | log-loss | floor | above it | wall s | processor s | busy | peak MB | load |
|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"""


def whole_numbers(text: str) -> list[int]:
    """Read numbers such as 1e5,1e6."""
    return [int(float(each)) for each in text.split(",")]


def listed(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return a reader of some of the known names."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        if strange := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{strange[0]!r} is none of {', '.join(known)}")
        return names

    return read


def main() -> None:
    """Measure, and tell."""
    if sys.argv[1:2] == ["--fit"]:
        fit_peer(*sys.argv[2:])
        return
    if sys.argv[1:2] == ["--judge"]:
        judge_peer(*sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=whole_numbers, default=[10**5, 10**6])
    parser.add_argument("--learners", type=listed(LEARNERS), default=LEARNERS)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=Path, default=Path("build/large"))
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    learners = [name for name in told.learners if _is_there(name)]
    found = [row for rows in told.rows for row in measured(rows, learners, told)]
    (told.folder / "large.json").write_text(json.dumps(found, indent=1))
    print("\n".join([HEAD, *map(line, found)]))


def _is_there(learner: str) -> bool:
    package = learner if learner in {"lightgbm", "catboost"} else "trilayer"
    there = importlib.util.find_spec(package) is not None
    if not there:
        print(f"{learner} is not installed, and left out", file=sys.stderr)
    return there


if __name__ == "__main__":
    main()
