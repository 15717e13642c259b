"""How a network is to be trained: one plain record of all that can be said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from trilayer.params import Params


@dataclass(frozen=True)
class Spec:
    """`TriLayerClassifier`'s parameters, which has the words about each of them.

    Attributes
    ----------
    previous : Params or None
        What an estimator was trained to be before, for `warm_start`.
    """

    hidden_units: int | None = None
    solver: str = "auto"
    learning_rate: float | None = None
    momentum: float | None = None
    schedule: str | None = None
    batch_size: int | None = None
    l2: float = 1.0
    max_iter: int = 500
    tol: float = 1e-4
    n_iter_no_change: int = 10
    max_seconds: float | None = None
    shuffle: bool = True
    early_stopping: bool | str = False
    validation_fraction: float = 0.1
    class_weight: Mapping[Any, float] | str | None = None
    n_starts: int = 1
    init: Params | list[Params] | None = None
    warm_start: bool = False
    engine: str = "auto"
    dtype: Any = None
    n_threads: int | None = None
    random_state: Any = None
    previous: Params | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """All that is said, by the names that a user says it with."""
        named = (field.name for field in fields(self) if field.name != "previous")
        return {name: getattr(self, name) for name in named}
