"""Scikit-learn's steps before a network that a model file holds: arrays, and what to do with them.

Scaling and filling gaps, column by column. They are kept beside the network, not folded into
it, so that the pipeline comes back as it was; `prepared` needs no scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import ModelFileError
from trilayer.modelfile.schema import LieError, anything, fixed, items, named, shown, text
from trilayer.params import FloatArray

PREFIX = "preparation."


class Kind(NamedTuple):
    """What a file keeps of a step: its module, settings and arrays; which may be None."""

    module: str
    settings: tuple[str, ...]
    arrays: tuple[str, ...]


KINDS = {
    "StandardScaler": Kind(
        "sklearn.preprocessing", ("with_mean", "with_std"), ("mean_", "scale_", "var_")
    ),
    "MinMaxScaler": Kind(
        "sklearn.preprocessing",
        ("feature_range", "clip"),
        ("scale_", "min_", "data_min_", "data_max_", "data_range_"),
    ),
    "MaxAbsScaler": Kind("sklearn.preprocessing", (), ("scale_", "max_abs_")),
    "RobustScaler": Kind(
        "sklearn.preprocessing",
        ("with_centering", "with_scaling", "quantile_range", "unit_variance"),
        ("center_", "scale_"),
    ),
    "SimpleImputer": Kind("sklearn.impute", ("strategy", "fill_value"), ("statistics_",)),
    "passthrough": Kind("", (), ()),
}

PREPARATION = fixed(
    {
        "last": text(200),
        "steps": items(
            fixed({"kind": text(40), "name": text(200), "settings": named(anything)}), at_most=100
        ),
    }
)
"""The form in JSON; ``last`` is the network's name among the steps."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step: its name in the pipeline, its kind, settings by name and arrays (n1,) by name."""

    name: str
    kind: str
    settings: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def step_of(name: str, transformer: Any) -> Step:
    """Return what a file keeps of a fitted step.

    Raises
    ------
    ModelFileError
        If it does what has no form in a file.
    """
    if transformer is None or transformer == "passthrough":
        return Step(name, "passthrough", {}, {})
    kind = KINDS.get(type(transformer).__name__)
    if kind is None or not type(transformer).__module__.startswith(kind.module):
        known = ", ".join(sorted(KINDS.keys() - {"passthrough"}))
        raise ModelFileError(
            f"the step {name!r} is a {type(transformer).__name__}, which has no form in a model "
            f"file: those have {known}, 'passthrough' and TableEncoder"
        )
    if getattr(transformer, "add_indicator", False):
        raise ModelFileError(f"the step {name!r} adds columns (add_indicator), which has no form")
    missing = getattr(transformer, "missing_values", np.nan)
    if not (isinstance(missing, float) and np.isnan(missing)):
        raise ModelFileError(f"the step {name!r} fills {missing!r}, and a file's steps fill NaN")
    arrays = {key: getattr(transformer, key, None) for key in kind.arrays}
    kept = {
        key: np.asarray(array, dtype=np.float64)
        for key, array in arrays.items()
        if array is not None
    }
    if not all(np.isfinite(array).all() for array in kept.values()):
        raise ModelFileError(f"the step {name!r} has learnt nothing of a column that is empty")
    return Step(name, type(transformer).__name__, _settings(transformer, kind), kept)


def _settings(transformer: Any, kind: Kind) -> dict[str, Any]:
    found = transformer.get_params(deep=False)
    plain = {key: found[key] for key in kind.settings}
    return {key: list(each) if isinstance(each, tuple) else each for key, each in plain.items()}


def to_json(steps: Sequence[Step], last: str) -> dict[str, Any]:
    """Describe steps; their arrays are tensors."""
    said = [{"kind": s.kind, "name": s.name, "settings": s.settings} for s in steps]
    return {"last": last, "steps": said}


def tensors_of(steps: Sequence[Step]) -> dict[str, NDArray[Any]]:
    """Return the steps' arrays by the names that they have in a file."""
    return {
        f"{PREFIX}{i}.{key}": array
        for i, step in enumerate(steps)
        for key, array in step.arrays.items()
    }


def from_file(said: Any, tensors: dict[str, NDArray[Any]], n1: int) -> tuple[Step, ...]:
    """Put steps together again.

    Raises
    ------
    ModelFileError
        If `step_of` would not have left them.
    """
    there = {name for name in tensors if name.startswith(PREFIX)}
    steps = []
    for i, each in enumerate([] if said is None else said["steps"]):
        kind = KINDS.get(each["kind"])
        if kind is None or set(each["settings"]) != set(kind.settings):
            raise LieError(f"the step {shown(each['name'])} is of no known kind")
        names = {key: f"{PREFIX}{i}.{key}" for key in kind.arrays}
        arrays = {key: tensors[name] for key, name in names.items() if name in there}
        there -= set(names.values())
        for key, array in arrays.items():
            if array.dtype != np.float64 or array.shape != (n1,):
                raise LieError(f"{key} of the step {shown(each['name'])} is not {n1} numbers")
        if "scale_" in arrays and np.any(arrays["scale_"] == 0):
            raise LieError(f"the step {shown(each['name'])} has a scale of 0")
        if each["kind"] in {"SimpleImputer", "MinMaxScaler", "MaxAbsScaler"} and (
            len(arrays) < len(kind.arrays)
        ):
            raise LieError(f"the step {shown(each['name'])} lacks an array")
        steps.append(Step(each["name"], each["kind"], each["settings"], arrays))
    if there:
        raise LieError(f"the tensor {min(there)[:40]!a} does not belong there")
    return tuple(steps)


def prepared(steps: Sequence[Step], X: FloatArray) -> FloatArray:
    """Return rows, m × n1, as the network takes them after these steps.

    In float64, whatever the rows are: scikit-learn's own steps round to float32 where rows are.
    """
    rows = np.asarray(X, dtype=np.float64)
    for step in steps:
        a = step.arrays
        if step.kind == "SimpleImputer":
            rows = np.where(np.isnan(rows), a["statistics_"], rows)
        elif step.kind == "MinMaxScaler":
            rows = rows * a["scale_"] + a["min_"]
            if step.settings["clip"]:
                rows = np.clip(rows, *step.settings["feature_range"])
        else:
            center = (
                a.get("mean_", a.get("center_")) if step.settings.get("with_mean", True) else None
            )
            rows = rows if center is None else rows - center
            rows = rows / a["scale_"] if "scale_" in a else rows
    return rows


def restored_steps(
    steps: Sequence[Step], n1: int, names: Sequence[str] | None
) -> list[tuple[str, Any]]:
    """Make the fitted steps of a pipeline; the first one that does anything knows the names."""
    made = []
    for step in steps:
        made.append((step.name, _restored(step, n1, names)))
        names = names if step.kind == "passthrough" else None
    return made


def _restored(step: Step, n1: int, names: Sequence[str] | None) -> Any:
    """Make the fitted transformer that a step is of.

    Raises
    ------
    ModelFileError
        If its settings cannot be.
    """
    from importlib import import_module

    if step.kind == "passthrough":
        return "passthrough"
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in step.settings.items()}
    transformer = getattr(import_module(KINDS[step.kind].module), step.kind)(**settings)
    try:
        transformer.fit(np.arange(2.0)[:, np.newaxis] + np.zeros(n1))
    except (TypeError, ValueError) as error:
        raise LieError(f"the step {shown(step.name)} cannot be: {error}") from error
    for key in KINDS[step.kind].arrays:
        setattr(transformer, key, step.arrays.get(key))
    if names is not None:
        transformer.feature_names_in_ = np.array(names, dtype=object)
    return transformer
