"""What is put on trial: an estimator that the user names, and peers with their defaults."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from trial.forms import Forms
from trial.protocol import Fold


@dataclass(frozen=True)
class Entry:
    """A model under a name.

    Attributes
    ----------
    name : str
        In the results.
    path : str
        Where its class is: ``package.module:Class``.
    form : str
        Which form of the rows it takes (`trial.forms`).
    params : dict
        What its defaults are overruled with.
    seed, threads, texts : str
        Its parameters for the seed, the number of threads and the names of the columns of
        text; empty where it has none.
    """

    name: str
    path: str
    form: str = "raw"
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: str = "random_state"
    threads: str = ""
    texts: str = ""

    def make(self, fold: Fold, forms: Forms, threads: int) -> Any:
        """Construct it for one fold."""
        given = {self.seed: fold.seed, self.threads: threads, self.texts: forms.texts}
        named = {name: value for name, value in given.items() if name}
        return imported(self.path)(**{**named, **self.params})

    @property
    def settings(self) -> str:
        """What its results depend on, as JSON."""
        return json.dumps({"estimator": self.path, "params": dict(self.params)}, sort_keys=True)


def imported(path: str) -> Callable[..., Any]:
    """Import what ``package.module:Class`` names.

    Raises
    ------
    SystemExit
        If it cannot be had.
    """
    module, colon, name = path.partition(":")
    if not colon:
        raise SystemExit(f"{path!r} names no class: write package.module:Class")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SystemExit(f"{path} cannot be imported: {error}") from error


def candidate(name: str, path: str, params: Mapping[str, Any]) -> Entry:
    """Return an entry that takes the rows as they are, with the parameters that its class has.

    Raises
    ------
    SystemExit
        If the class cannot be had, or does not take these parameters.
    """
    signature = inspect.signature(imported(path))
    try:
        signature.bind(**params)
    except TypeError as error:
        raise SystemExit(f"{name}: {path} and {json.dumps(dict(params))}: {error}") from error

    def first(*names: str) -> str:
        return next((name for name in names if name in signature.parameters), "")

    return Entry(
        name, path, params=params, seed=first("random_state"), threads=first("n_threads", "n_jobs")
    )


def peers_named(names: Sequence[str]) -> list[Entry]:
    """Return the peers of those names.

    Raises
    ------
    SystemExit
        If there is no such peer, or its library cannot be imported.
    """
    if unknown := sorted(set(names) - set(PEERS)):
        raise SystemExit(
            f"{', '.join(unknown)}: no such peer; those that can be fitted are {', '.join(PEERS)}"
        )
    found = [PEERS[name] for name in names]
    for peer in found:
        imported(peer.path)
    return found


_MLP = "sklearn.neural_network:MLPClassifier"
_SIGMOID = {"activation": "logistic", "hidden_layer_sizes": [100]}
_TABM, _REALMLP = "pytabkit:TabM_D_Classifier", "pytabkit:RealMLP_TD_Classifier"
_CPU = {"device": "cpu"}
_PLE = {"num_emb_type": "pwl"}  # piecewise linear embeddings of numbers
_BY_LOSS = {"val_metric_name": "cross_entropy"}

PEERS = {
    entry.name: entry
    for entry in (
        Entry("logreg", "sklearn.linear_model:LogisticRegression", "scaled", seed=""),
        Entry("mlp_relu", _MLP, "scaled"),
        Entry("mlp_sigmoid", _MLP, "scaled", _SIGMOID),
        Entry("rf", "sklearn.ensemble:RandomForestClassifier", "encoded", threads="n_jobs"),
        Entry("hgb", "sklearn.ensemble:HistGradientBoostingClassifier", "encoded"),
        Entry("lightgbm", "lightgbm:LGBMClassifier", "encoded", {"verbose": -1}, threads="n_jobs"),
        Entry("xgboost", "xgboost:XGBClassifier", "encoded", {"verbosity": 0}, threads="n_jobs"),
        Entry(
            "catboost",
            "catboost:CatBoostClassifier",
            "native",
            {"verbose": 0, "allow_writing_files": False},
            seed="random_seed",
            threads="thread_count",
            texts="cat_features",
        ),
        Entry("tabm", _TABM, "native", _CPU, threads="n_threads"),
        Entry("tabm_ple_ce", _TABM, "native", _CPU | _PLE | _BY_LOSS, threads="n_threads"),
        Entry("realmlp", _REALMLP, "native", _CPU, threads="n_threads"),
        Entry(
            "realmlp_ce", _REALMLP, "native", _CPU | _BY_LOSS | {"use_ls": False},
            threads="n_threads",
        ),
        Entry(
            "catboost_tuned", "trial.tuning:TunedCatBoost", "native", {"n_trials": 20},
            threads="n_threads", texts="cat_features",
        ),
        Entry(
            "autogluon", "trial.tuning:AutoGluon", "raw", {"time_limit": 60}, seed="",
            threads="n_threads",
        ),
    )
}  # fmt: skip
"""The peers that can be fitted: defaults of their libraries, seed, threads, silence.

TabM and RealMLP stop, by themselves, on the error rate; those that end in `ce` stop on
log-loss, RealMLP's without smoothed labels, as its authors advise where probabilities count.
"""
