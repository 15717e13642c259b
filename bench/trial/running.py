"""Fits, one at a time, and what each is worth."""

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from trial.forms import Forms
from trial.ledger import Ledger
from trial.models import Entry
from trial.protocol import REPEAT, Fold, make_folds
from trial.sets import DataSet
from trilayer.metrics.calibration import expected_calibration_error

CLIP = 1e-7
"""Probabilities are held this far from 0 and 1 for the log-loss alone, for every model."""


def run(
    sets: Sequence[DataSet],
    entries: Sequence[Entry],
    ledger: Ledger,
    threads: int,
    folds: int | None = None,
) -> None:
    """Fit and judge what the ledger lacks; each result is in it before the next fit begins.

    `folds` is how many of each set's, the first ones; None is all of them.
    """
    for each in sets:
        missing = [entry for entry in entries if not ledger.is_complete(each, entry.name, folds)]
        if not missing:
            continue
        frame, y = each.load()
        for fold in make_folds(each.name, y)[:folds]:
            train, test = frame.iloc[fold.train], frame.iloc[fold.test]
            forms = Forms(train, test, each.categorical)
            for entry in missing:
                if not ledger.has(each.name, entry.name, fold.index):
                    about = describe(each, y, fold) | {
                        "model": entry.name, "threads": threads, "settings": entry.settings,
                    }  # fmt: skip
                    result = _judged(entry, fold, forms, y, threads)
                    ledger.add(about | result)
                    _tell(about | result)


def describe(each: DataSet, y: npt.NDArray[np.int64], fold: Fold) -> dict[str, Any]:
    """Return what a result says of its data and fold."""
    return {
        "split": each.split,
        "dataset": each.name,
        "n_rows": each.n_rows,
        "n_features": each.n_features,
        "positive_rate": round(float(y.mean()), 4),
        "n_train": len(fold.train),
        "n_test": len(fold.test),
        "repeat": REPEAT,
        "fold": fold.index,
        "prior_logloss": round(fold.prior_log_loss, 6),
    }


def _judged(
    entry: Entry, fold: Fold, forms: Forms, y: npt.NDArray[np.int64], threads: int
) -> dict[str, Any]:
    train, test = getattr(forms, entry.form)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a default has not converged is its own affair
            model = entry.make(fold, forms, threads)
            began = time.perf_counter()
            model.fit(train, y[fold.train])
            fitted = time.perf_counter()
            p = np.asarray(model.predict_proba(test), dtype=np.float64)[:, 1]
            done = time.perf_counter()
        found = score(y[fold.test], p)
    except Exception as problem:  # noqa: BLE001 - a fit that fails is a line of the results
        return {"error": " ".join(f"{type(problem).__name__}: {problem}".split())[:300]}
    found |= {"fit_s": fitted - began, "predict_s": done - fitted}
    return {name: round(float(value), 6) for name, value in found.items()}


def score(y: npt.NDArray[np.int64], p: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return what the probabilities of 1 are worth.

    Raises
    ------
    ValueError
        If they are no probabilities.
    """
    error = expected_calibration_error(y, p)
    q = np.clip(p, CLIP, 1 - CLIP)
    return {
        "auc": roc_auc_score(y, p),
        "logloss": -np.mean(y * np.log(q) + (1 - y) * np.log(1 - q)),
        "brier": np.mean((p - y) ** 2),
        "accuracy": np.mean((p >= 0.5) == (y == 1)),
        "ece": error,
    }


def _tell(result: dict[str, Any]) -> None:
    start = f"{result['dataset']:<16} {result['fold']} {result['model']}: "
    if "error" in result:
        print(start + result["error"], flush=True)
    else:
        print(
            f"{start}log-loss {result['logloss']:.4f}, AUC {result['auc']:.4f}, "
            f"ECE {result['ece']:.4f}, fitted in {result['fit_s']:.2f} s",
            flush=True,
        )
