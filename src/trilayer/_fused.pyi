"""The native kernels; each function's own docstring says what it does.

float32 and float64 both fit wherever `Numbers` stands, one of them in one call; `Doubles` are
float64 and contiguous. Arrays that a docstring calls changed "in place" must be writeable.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.floating[Any]]
Doubles: TypeAlias = NDArray[np.floating[Any]]

block_samples: int

class Samples:
    @overload
    def __init__(
        self,
        X: Numbers,
        Y: Numbers | None,
        s: Numbers | None,
        n1: int,
        stairs: NDArray[np.int64],
        levels: NDArray[np.int64],
        at: NDArray[np.uint16] | None,
        part: Numbers | None,
        scale: Doubles | None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        values: Numbers,
        starts: NDArray[np.int64],
        inputs: NDArray[np.int32],
        Y: Numbers | None,
        s: Numbers | None,
        n1: int,
        scale: Doubles | None,
    ) -> None: ...

class Samples32(Samples): ...
class Samples64(Samples): ...

def isa() -> str: ...
def available_isas() -> list[str]: ...
def select_isa(name: str) -> None: ...
def elementwise(name: str, x: Numbers, out: Numbers) -> None: ...
def sums(
    theta: Doubles,
    n2: int,
    samples: Samples,
    out: Doubles,
    want_loss: bool = True,
    threads: int = 1,
) -> None: ...
def predict(
    theta: Doubles,
    n2: int,
    X: Numbers | Samples,
    out: Numbers,
    kind: int,
    threads: int = 1,
) -> None: ...
def run_gd(
    theta: Doubles,
    n2: int,
    velocity: Doubles | None,
    gradient: Doubles,
    samples: Samples,
    learning_rate: float,
    momentum: float,
    total_weight: float,
    decay: float,
    tolerance: float,
    steps: int,
    seconds: float,
    J: Doubles | None,
    largest: Doubles,
    threads: int,
) -> int: ...
def run_gd_over(
    theta: Doubles,
    n1: int,
    n2: int,
    velocity: Doubles | None,
    gradient: Doubles,
    sums: Doubles,
    fill: Callable[[], None],
    learning_rate: float,
    momentum: float,
    total_weight: float,
    decay: float,
    tolerance: float,
    steps: int,
    seconds: float,
    J: Doubles,
    largest: Doubles,
) -> int: ...
def run_sgd(
    theta: Doubles,
    n2: int,
    velocity: Doubles,
    samples: Samples,
    order: NDArray[np.int64] | None,
    size: int,
    first: int,
    rates: Doubles,
    average_weight: float,
    decay: float,
    seconds: float,
    total: Doubles,
    J: float,
    momentum: float,
    threads: int,
) -> tuple[int, float]: ...
def run_adam(
    theta: Doubles,
    n2: int,
    mean: Doubles,
    square: Doubles,
    samples: Samples,
    order: NDArray[np.int64] | None,
    size: int,
    first: int,
    rates: Doubles,
    average_weight: float,
    decay: float,
    seconds: float,
    total: Doubles,
    J: float,
    updates: int,
    beta1: float,
    beta2: float,
    epsilon: float,
    threads: int,
) -> tuple[int, float]: ...
def run_lbfgs(
    theta: Doubles,
    n2: int,
    gradient: Doubles,
    J: float,
    iterations: int,
    evaluations: int,
    S: list[Doubles],
    Y: list[Doubles],
    new_S: Doubles,
    new_Y: Doubles,
    samples: Samples,
    total_weight: float,
    decay: float,
    tolerance: float,
    history: int,
    steps: int,
    seconds: float,
    trail: Doubles,
    threads: int,
) -> tuple[int, int, float, list[int], bool]: ...
def run_lbfgs_over(
    theta: Doubles,
    n1: int,
    n2: int,
    gradient: Doubles,
    J: float,
    iterations: int,
    evaluations: int,
    S: list[Doubles],
    Y: list[Doubles],
    new_S: Doubles,
    new_Y: Doubles,
    point: Doubles,
    sums: Doubles,
    fill: Callable[[], None],
    total_weight: float,
    decay: float,
    tolerance: float,
    history: int,
    steps: int,
    seconds: float,
    trail: Doubles,
) -> tuple[int, int, float, list[int], bool]: ...
