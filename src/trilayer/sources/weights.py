"""Class weights: factors on the weights of the samples of each class."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import InputError


def class_factors(
    class_weight: Mapping[Any, float] | str, classes: NDArray[Any], masses: Sequence[float]
) -> list[float]:
    """Return both classes' factors.

    Parameters
    ----------
    class_weight : mapping of label to factor, or "balanced"
        Balanced, both classes weigh the same, and all samples as much as before.
    classes : array, (2,)
        The labels.
    masses : sequence of two floats
        What the samples of each class weigh together.

    Raises
    ------
    InputError
        If `class_weight` names another label or holds an impossible factor.
    """
    if isinstance(class_weight, str):
        total = sum(masses)
        return [total / (2.0 * mass) if mass else 0.0 for mass in masses]
    labels = classes.tolist()
    unknown = [label for label in class_weight if label not in labels]
    if unknown:
        known = ", ".join(repr(label) for label in labels)
        raise InputError(f"class_weight names {unknown[0]!r}, the classes are {known}")
    factors = [float(class_weight.get(label, 1.0)) for label in labels]
    if not all(np.isfinite(factor) and factor >= 0 for factor in factors):
        raise InputError(f"class_weight must not be negative or infinite, got {class_weight!r}")
    return factors
