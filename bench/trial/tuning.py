"""Peers that are more than a library's defaults: tuned within the fold, or a search of its own."""

import shutil
import tempfile
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import train_test_split

Answers = npt.NDArray[np.int64]


class TunedCatBoost:
    """CatBoost, its parameters chosen by Optuna on rows held out of the training rows.

    A fifth of the training rows, classes in proportion, is held out once. Each trial boosts up
    to `iterations` trees on the rest and stops where the log-loss held out has not fallen for
    `patience` trees. The first trial has CatBoost's own parameters, those after it are
    TPE's (Bergstra et al., 2011). The best trial's parameters, with as many trees as it kept, are
    fitted again on all rows: nothing of the test rows is seen.

    Parameters
    ----------
    random_state : int
        Of the split, of the search and of the fits.
    n_threads : int
    cat_features : sequence of str
        Columns of text.
    n_trials, iterations, patience : int
    """

    def __init__(
        self,
        random_state: int,
        n_threads: int,
        cat_features: Sequence[str],
        n_trials: int = 20,
        iterations: int = 1000,
        patience: int = 50,
    ) -> None:
        self.random_state = random_state
        self.n_threads = n_threads
        self.cat_features = list(cat_features)
        self.n_trials = n_trials
        self.iterations = iterations
        self.patience = patience

    def fit(self, frame: pd.DataFrame, y: Answers) -> Self:
        """Search, and fit the best again."""
        import optuna

        parts = train_test_split(
            frame, y, test_size=0.2, stratify=y, random_state=self.random_state
        )

        def loss(trial: optuna.Trial) -> float:
            model = self._catboost(_suggested(trial))
            train, held_out, y_train, y_held_out = parts
            model.fit(
                train,
                y_train,
                eval_set=(held_out, y_held_out),
                early_stopping_rounds=self.patience,
            )
            trial.set_user_attr("trees", model.tree_count_)
            return float(model.get_best_score()["validation"]["Logloss"])

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=self.random_state))
        study.enqueue_trial(_OWN)
        study.optimize(loss, n_trials=self.n_trials)
        best = study.best_trial
        chosen = best.params | {"iterations": max(1, best.user_attrs["trees"])}
        self.model_ = self._catboost(chosen).fit(frame, y)
        return self

    def predict_proba(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probabilities of both classes."""
        return self.model_.predict_proba(frame)

    def _catboost(self, params: dict[str, Any]) -> Any:
        from catboost import CatBoostClassifier

        return CatBoostClassifier(
            **{"iterations": self.iterations, **params},
            random_seed=self.random_state,
            thread_count=self.n_threads,
            cat_features=self.cat_features,
            bootstrap_type="MVS",
            verbose=0,
            allow_writing_files=False,
        )


_OWN = {
    "depth": 6, "learning_rate": 0.03, "l2_leaf_reg": 3.0, "random_strength": 1.0,
    "subsample": 0.8, "one_hot_max_size": 2,
}  # fmt: skip
"""CatBoost's defaults; its learning rate, which depends on the rows, is about this for a few
thousand of them."""


def _suggested(trial: Any) -> dict[str, Any]:
    trial.suggest_int("depth", 3, 8)
    trial.suggest_float("learning_rate", 0.01, 0.3, log=True)
    trial.suggest_float("l2_leaf_reg", 1.0, 30.0, log=True)
    trial.suggest_float("random_strength", 0.1, 10.0, log=True)
    trial.suggest_float("subsample", 0.5, 1.0)
    trial.suggest_int("one_hot_max_size", 2, 25)
    return dict(trial.params)


class AutoGluon:
    """AutoGluon's TabularPredictor with the presets `medium_quality`, in a limited time.

    Parameters
    ----------
    n_threads : int
    time_limit : float
        Seconds.
    """

    def __init__(self, n_threads: int, time_limit: float = 60.0) -> None:
        self.n_threads = n_threads
        self.time_limit = time_limit

    def fit(self, frame: pd.DataFrame, y: Answers) -> Self:
        """Fit whatever it fits, judged by log-loss."""
        from autogluon.tabular import TabularPredictor

        folder = tempfile.mkdtemp()
        try:
            predictor = TabularPredictor(
                "answer", "binary", eval_metric="log_loss", path=folder, verbosity=0
            )
            self.model_ = predictor.fit(
                frame.assign(answer=y),
                time_limit=self.time_limit,
                presets="medium_quality",
                num_cpus=self.n_threads,
                num_gpus=0,
            )
            self.model_.persist()
        finally:
            shutil.rmtree(folder)
        return self

    def predict_proba(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probabilities of both classes."""
        return self.model_.predict_proba(frame, as_multiclass=True)[[0, 1]].to_numpy()
