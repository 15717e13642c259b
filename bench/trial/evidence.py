"""The results of one label beside the peers', as tables that the report shows."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from trial.compare import SCORES, means, nearly_everywhere, on_common_folds, refuse_other_folds
from trial.ledger import Ledger
from trial.models import PEERS


@dataclass(frozen=True)
class Evidence:
    """Everything that the report is made of.

    Attributes
    ----------
    label : str
        The model on trial.
    results : DataFrame
        Its results and the peers' stored ones, fold by fold, on the data sets that it has run.
    refitted : DataFrame
        Results of the peers that were fitted again.
    variants : DataFrame
        Results of the model and of its ablations.
    failures : DataFrame
        Fits that failed.
    threads : int
        The model's.
    """

    label: str
    results: pd.DataFrame
    refitted: pd.DataFrame
    variants: pd.DataFrame
    failures: pd.DataFrame
    threads: int

    @cached_property
    def usual(self) -> list[str]:
        """The model, and the peers that have run nearly everything: those that are ranked."""
        return self.usual_on(self.results["dataset"].unique())

    def usual_on(self, sets: Collection[str]) -> list[str]:
        """Return the model, and the peers that have run nearly everything of these data sets."""
        peers = self.results[self.results["dataset"].isin(sets)]
        peers = peers[peers["model"] != self.label]
        return [self.label, *nearly_everywhere(peers)]

    @cached_property
    def info(self) -> pd.DataFrame:
        """About each data set, the small ones first; `folds` counts those of the ranks."""
        by_set = self._common(self.usual).groupby("dataset")
        info = by_set[["split", "n_rows", "n_features", "positive_rate", "n_train"]].first()
        info["folds"] = by_set["fold"].nunique()
        return info.sort_values(["n_rows", "n_features"])

    @cached_property
    def folders(self) -> dict[str, list[str]]:
        """The data sets of each folder, by the name that its manifest gives it."""
        groups = self.info.groupby("split", sort=False)
        return {str(name): list(group.index) for name, group in groups}

    @cached_property
    def rest(self) -> list[str]:
        """The peers that have run fewer."""
        return sorted(set(self.results["model"]) - set(self.usual))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Mean scores of the usual models; what `beside` returns."""
        return self.beside(self.usual)

    def beside(self, models: Collection[str]) -> pd.DataFrame:
        """Return the mean scores of models, over the folds that all of those named have run.

        Returns
        -------
        DataFrame
            A row for each data set, in the order of rows; columns (score, model).
        """
        return means(self._common(models), SCORES).reindex(self.info.index)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Mean calibration error and seconds of a fit of the model and the refitted peers."""
        own = self.results[self.results["model"] == self.label]
        measured = on_common_folds(pd.concat([own, self.refitted], ignore_index=True))
        return means(measured, ["ece", "fit_s"]).reindex(self.info.index)

    def _common(self, models: Collection[str]) -> pd.DataFrame:
        return on_common_folds(self.results[self.results["model"].isin(models)])


def gather(label: str, ledger: Ledger, stored: pd.DataFrame) -> Evidence:
    """Put the results of a label beside the peers' stored ones.

    Raises
    ------
    SystemExit
        If there are none, or they come from other rows.
    """
    own = ledger.results()
    ours = own[own["model"] == label]
    if ours.empty:
        raise SystemExit(f"{ledger.path} holds no results of {label!r}: nothing to report")
    refuse_other_folds(stored, own)
    here = set(ours["dataset"])
    failures = ledger.failures()
    lost = failures["model"].isin({label, *PEERS}) | _is_variant(failures, label)
    return Evidence(
        label=label,
        results=pd.concat([stored[stored["dataset"].isin(here)], ours], ignore_index=True),
        refitted=own[own["model"].isin(PEERS) & own["dataset"].isin(here)],
        variants=own[own["model"].eq(label) | _is_variant(own, label)],
        failures=failures[lost],
        threads=int(ours["threads"].iloc[0]),
    )


def _is_variant(results: pd.DataFrame, label: str) -> "pd.Series[bool]":
    return results["model"].astype(str).str.startswith(variant(label, ""))


def variant(label: str, name: str) -> str:
    """Return the name under which an ablation stands among the results."""
    return f"{label}: {name}"
