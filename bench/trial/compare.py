"""Means over folds, and ranks over data sets."""

from collections.abc import Sequence

import pandas as pd

BEST = {"logloss": "min", "auc": "max", "brier": "min", "accuracy": "max"}
"""The scores that are ranked, and which value is best."""
SCORES = (*BEST, "prior_logloss", "fit_s")
"""All that the ranks are made of."""

_KEY = ["dataset", "fold"]
_SAME = ["n_train", "n_test", "prior_logloss"]
_NEARLY_ALL = 0.85
"""Of the fits: who lacks one set of seven is still compared."""


def refuse_other_folds(peers: pd.DataFrame, ours: pd.DataFrame) -> None:
    """Raise SystemExit if the peers' results come from other rows than ours.

    The sizes of both parts and the log-loss of the class prior are compared, fold by fold.
    """
    own = ours.drop_duplicates(_KEY).set_index(_KEY)[_SAME]
    for model, results in peers.groupby("model"):
        theirs = results.set_index(_KEY)[_SAME]
        both = own.index.intersection(theirs.index)
        differ = (own.loc[both] - theirs.loc[both]).abs() > 2e-6  # rounded to six digits
        for name in _SAME:
            if differ[name].any():
                dataset, fold = where = differ[name].idxmax()
                raise SystemExit(
                    f"{dataset}, fold {fold}: {name} is {own.loc[where, name]:g}, but in the "
                    f"results of {model} {theirs.loc[where, name]:g}: they come from other rows, "
                    "and cannot be compared"
                )


def on_common_folds(results: pd.DataFrame) -> pd.DataFrame:
    """Keep, for each data set, the folds that all of its models have run."""
    wanted = results.groupby("dataset")["model"].transform("nunique")
    there = results.groupby(_KEY)["model"].transform("nunique")
    return results[wanted == there]


def means(results: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the means over folds: a row for each data set, columns (score, model)."""
    found = results.groupby(["dataset", "model"])[list(columns)].mean()
    return found.unstack("model")


def nearly_everywhere(results: pd.DataFrame) -> list[str]:
    """Return the models that have run nearly every fold of every data set."""
    count = results.groupby("model").size()
    return list(count.index[count >= _NEARLY_ALL * count.max()])


def standings(table: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Rank models over the data sets that all of them have run; 1 is best, ties share a rank.

    Parameters
    ----------
    table : DataFrame
        What :func:`means` returned, of :data:`SCORES`.
    models : sequence of str

    Returns
    -------
    DataFrame
        A row for each model, the best log-loss rank first: rank of each score, mean
        log-loss, its skill (1 - log-loss / that of the prior), mean AUC, wins on log-loss and
        AUC, median seconds of a fit.
    """
    scores = {name: table[name][list(models)].dropna() for name in SCORES}
    losses, areas = scores["logloss"], scores["auc"]
    found = pd.DataFrame(index=pd.Index(models, name="model"))
    for name, best in BEST.items():
        ranks = scores[name].round(5).rank(axis=1, ascending=best == "min")
        found[f"rank {name}"] = ranks.mean()
    found["mean logloss"] = losses.mean()
    found["skill"] = 1 - (losses / scores["prior_logloss"]).mean()
    found["mean auc"] = areas.mean()
    found["wins logloss"] = losses.round(4).eq(losses.round(4).min(axis=1), axis=0).sum()
    found["wins auc"] = areas.round(4).eq(areas.round(4).max(axis=1), axis=0).sum()
    found["median fit_s"] = scores["fit_s"].median()
    return found.sort_values("rank logloss")


def set_count(table: pd.DataFrame, models: Sequence[str]) -> int:
    """Return how many data sets all of these models have run."""
    return len(table["logloss"][list(models)].dropna())


def beside_each(results: pd.DataFrame, label: str) -> pd.DataFrame:
    """Hold a model against each other one, on the folds that both have run.

    Returns
    -------
    DataFrame
        A row for each other model, whoever has the highest skill first: data sets, fits, on how
        many sets the model is ahead by log-loss and by AUC, mean skill of both and the standard
        error of their difference over sets, mean AUC of both, median seconds of the other's fit.
    """
    ours = results[results["model"] == label]
    found = {}
    for name, theirs in results[results["model"] != label].groupby("model"):
        both = ours.merge(theirs[_KEY], on=_KEY), theirs.merge(ours[_KEY], on=_KEY)
        own, other = (each.groupby("dataset")[list(SCORES)].mean() for each in both)
        if own.empty:
            continue
        skills = [1 - each["logloss"] / each["prior_logloss"] for each in (own, other)]
        gap = skills[0] - skills[1]
        found[name] = {
            "sets": len(own),
            "fits": len(both[0]),
            "ahead logloss": int((own["logloss"] < other["logloss"]).sum()),
            "skill": skills[0].mean(),
            "its skill": skills[1].mean(),
            "error": gap.std(ddof=1) / len(gap) ** 0.5,
            "ahead auc": int((own["auc"] > other["auc"]).sum()),
            "auc": own["auc"].mean(),
            "its auc": other["auc"].mean(),
            "its fit_s": other["fit_s"].median(),
        }
    frame = pd.DataFrame.from_dict(found, orient="index")
    return frame.sort_values("its skill", ascending=False) if found else frame
