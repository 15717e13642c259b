"""Tables made hard: what is done to a fold's rows before every model sees them alike."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from trial.forms import Forms
from trial.protocol import Fold
from trial.sets import DataSet

GOOD, NOISE = 5, 1_000
POSITIVES = 10
MISSING, FLIPPED = 0.5, 0.2

Labels = npt.NDArray[np.int64]


class Rows:
    """Rows to learn from and rows to be judged by, with their answers.

    Attributes
    ----------
    train, test : DataFrame
    y_train, y_test : array of 0 and 1
    categorical : tuple of str
    """

    def __init__(
        self,
        train: pd.DataFrame,
        y_train: Labels,
        test: pd.DataFrame,
        y_test: Labels,
        categorical: tuple[str, ...],
    ) -> None:
        self.train, self.y_train, self.test, self.y_test = train, y_train, test, y_test
        self.categorical = categorical

    @classmethod
    def of(cls, each: DataSet, frame: pd.DataFrame, y: Labels, fold: Fold) -> "Rows":
        """Return those of a fold."""
        train, test = frame.iloc[fold.train], frame.iloc[fold.test]
        return cls(train, y[fold.train], test, y[fold.test], each.categorical)

    def taken(self, numbers: npt.NDArray[np.int64]) -> "Rows":
        """Return the same with some of the rows to learn from, which may come more than once."""
        return Rows(
            self.train.iloc[numbers].reset_index(drop=True), self.y_train[numbers], self.test,
            self.y_test, self.categorical,
        )  # fmt: skip

    def joined(self, fold: Fold, seed: int) -> tuple[Fold, Forms, Labels]:
        """Return what `trial.running.judged` takes; the seed is the model's."""
        m, k = len(self.train), len(self.test)
        numbers = np.arange(m + k)
        renumbered = replace(fold, seed=seed, train=numbers[:m], test=numbers[m:])
        train, test = (part.reset_index(drop=True) for part in (self.train, self.test))
        y = np.concatenate([self.y_train, self.y_test])
        return renumbered, Forms(train, test, self.categorical), y


def plain(rows: Rows, rng: np.random.Generator) -> Rows:  # noqa: ARG001 - as the others
    """Leave the rows as they are."""
    return rows


def duplicated(rows: Rows, rng: np.random.Generator) -> Rows:
    """Give half of the rows to learn from three times, as joins and logs do."""
    m = len(rows.train)
    thrice = rng.permutation(m)[: m // 2]
    return rows.taken(rng.permutation(np.concatenate([np.arange(m), thrice, thrice])))


def rare(rows: Rows, rng: np.random.Generator) -> Rows:
    """Leave `POSITIVES` positives to learn from.

    The negatives to be judged by come so often that the share of positives is the same there.
    """
    positive, negative = np.flatnonzero(rows.y_train == 1), np.flatnonzero(rows.y_train == 0)
    few = rng.choice(positive, min(POSITIVES, len(positive)), replace=False)
    fewer = rows.taken(np.sort(np.concatenate([few, negative])))
    is_positive = rows.y_test == 1
    share = len(few) / len(negative)
    times = max(round(is_positive.sum() / share / max((~is_positive).sum(), 1)), 1)
    numbers = np.repeat(np.arange(len(rows.y_test)), np.where(is_positive, 1, times))
    test = rows.test.iloc[numbers].reset_index(drop=True)
    return Rows(fewer.train, fewer.y_train, test, rows.y_test[numbers], rows.categorical)


def noisy(rows: Rows, rng: np.random.Generator) -> Rows:
    """Keep the `GOOD` numbers that rank the answers best, beside `NOISE` columns of noise."""
    numbers = [name for name in rows.train.columns if name not in rows.categorical]
    ranked = rows.train[numbers].rank().corrwith(pd.Series(rows.y_train, rows.train.index))
    kept = list(ranked.abs().sort_values(ascending=False, kind="stable").index[:GOOD])
    names = [f"noise {k}" for k in range(NOISE)]

    def beside(frame: pd.DataFrame) -> pd.DataFrame:
        drawn = pd.DataFrame(rng.normal(size=(len(frame), NOISE)), frame.index, names)
        return pd.concat([frame[kept], drawn], axis=1)

    return Rows(beside(rows.train), rows.y_train, beside(rows.test), rows.y_test, ())


def gappy(rows: Rows, rng: np.random.Generator) -> Rows:
    """Let `MISSING` of all cells be missing, to learn from and to be judged by."""

    def holed(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        for name in frame.columns:
            gone = rng.random(len(frame)) < MISSING
            empty = None if name in rows.categorical else np.nan
            frame[name] = frame[name].where(~gone, empty)
        return frame

    return Rows(holed(rows.train), rows.y_train, holed(rows.test), rows.y_test, rows.categorical)


def flipped(rows: Rows, rng: np.random.Generator) -> Rows:
    """Turn `FLIPPED` of the answers to learn from round; those to be judged by are right."""
    wrong = rng.permutation(len(rows.y_train))[: round(FLIPPED * len(rows.y_train))]
    y = rows.y_train.copy()
    y[wrong] = 1 - y[wrong]
    return Rows(rows.train, y, rows.test, rows.y_test, rows.categorical)


VARIANTS: dict[str, Callable[[Rows, np.random.Generator], Rows]] = {
    "plain": plain,
    "duplicated": duplicated,
    "rare": rare,
    "noisy": noisy,
    "gappy": gappy,
    "flipped": flipped,
}
"""What the tables are put through, by name."""
