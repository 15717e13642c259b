"""The network's parameters: four matrices, or one vector."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trilayer.errors import InputError, ShapeError

FloatArray = NDArray[np.floating[Any]]
"""A NumPy array of float32 or float64."""


@dataclass(frozen=True, eq=False)
class Params:
    """W1, b1, W2, b2 of the derivation (E4, E5, E9).

    Parameters
    ----------
    W1 : array, n1 × n2
        Column j holds the weights into hidden unit j.
    b1 : array, n2 × 1
    W2 : array, n2 × 1
    b2 : array, 1 × 1
        All four 2-D and of one dtype, float32 or float64; anything else that NumPy
        reads as numbers becomes float64.

    Notes
    -----
    With n2 = 0 this is the unit without a hidden layer (E33): W1 is n1 × 0, b1 0 × 1,
    and W2 is its w, n1 × 1, acting on X itself.

    Raises
    ------
    InputError
        If a matrix does not hold real numbers.
    ShapeError
        If the shapes do not fit together.
    """

    W1: FloatArray
    b1: FloatArray
    W2: FloatArray
    b2: FloatArray

    def __post_init__(self) -> None:
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        single = all(getattr(value, "dtype", None) == np.float32 for value in given.values())
        for name, value in given.items():
            matrix = real_numbers(name, value, np.float32 if single else np.float64)
            object.__setattr__(self, name, matrix.copy())  # nobody else writes to it
        self._check_shapes()

    def _check_shapes(self) -> None:
        if self.W1.ndim != 2 or self.W1.shape[0] == 0:
            raise ShapeError(f"W1 must be n1 x n2 with n1 >= 1, got shape {self.W1.shape}")
        expected = {
            "b1": (self.n2, 1),
            "W2": (self.n2 or self.n1, 1),
            "b2": (1, 1),
        }
        for name, shape in expected.items():
            actual = getattr(self, name).shape
            if actual != shape:
                raise ShapeError(
                    f"{name} must be {shape[0]} x {shape[1]} beside a W1 of "
                    f"{self.n1} x {self.n2}, got shape {actual}"
                )

    @property
    def n1(self) -> int:
        """Number of inputs."""
        return int(self.W1.shape[0])

    @property
    def n2(self) -> int:
        """Number of hidden units; 0 for the unit of E33."""
        return int(self.W1.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64, the same for all four."""
        return self.W1.dtype

    def astype(self, dtype: Any) -> "Params":
        """Return the same parameters in another floating dtype."""
        return Params(*(getattr(self, f.name).astype(dtype) for f in fields(self)))

    def is_finite(self) -> bool:
        """Whether every number is finite."""
        return bool(np.all(np.isfinite(pack(self))))


def real_numbers(name: str, values: ArrayLike, dtype: Any = np.float64) -> FloatArray:
    """Read values as an array of real numbers.

    Raises
    ------
    InputError
        If they are ragged, complex, or no numbers; the message starts with `name`.
    """
    try:
        array = np.asarray(values)
        if not np.iscomplexobj(array):
            return np.asarray(array, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must hold real numbers: {error}") from error
    raise InputError(f"{name} must hold real numbers, got dtype {array.dtype}")


def n_parameters(n1: int, n2: int) -> int:
    """Length of the packed vector: n1·n2 + 2·n2 + 1, or n1 + 1 for the unit."""
    return n1 * n2 + 2 * n2 + 1 if n2 else n1 + 1


def pack(params: Params) -> FloatArray:
    """Copy W1, b1, W2, b2, each row by row, into one vector."""
    return np.concatenate([matrix.ravel() for matrix in vars(params).values()])


def unpack(vector: FloatArray, n1: int, n2: int) -> Params:
    """Give the vector's numbers their shapes again; the matrices are views of it.

    Raises
    ------
    ShapeError
        If the vector has another length than n1 and n2 ask for.
    """
    if vector.shape != (n_parameters(n1, n2),):
        raise ShapeError(
            f"a network of {n1} inputs and {n2} hidden units has "
            f"{n_parameters(n1, n2)} parameters, got a vector of shape {vector.shape}"
        )
    # Right by construction, and made at every evaluation of an objective: not checked again.
    params = object.__new__(Params)
    inner = n1 * n2
    vars(params).update(
        W1=vector[:inner].reshape(n1, n2),
        b1=vector[inner : inner + n2].reshape(n2, 1),
        W2=vector[inner + n2 : -1].reshape(-1, 1),
        b2=vector[-1:].reshape(1, 1),
    )
    return params


def average(members: Sequence[Params], shares: Sequence[float] | None = None) -> Params:
    """Return the one network whose logit is the mean of the members' logits.

    The mean of K networks' Z2 = W2ᵀA1 + b2 (E9) is itself of that form: its hidden units are
    all of theirs (W1 and b1 side by side), its W2 theirs over K, its b2 their mean.

    Parameters
    ----------
    members : sequence of Params
        With the same n1. Units without a hidden layer (E33) give such a unit.
    shares : sequence of float, optional
        What each counts for; they add up to 1. By default all for the same.

    Raises
    ------
    ShapeError
        If they have not the same number of inputs, or only some have a hidden layer.
    """
    K = len(members)
    if not K or len({(member.n1, member.n2 == 0) for member in members}) != 1:
        raise ShapeError(
            "networks are averaged if they have the same inputs and a hidden layer each"
        )
    dtype = members[0].dtype
    if shares is None:
        W2 = [member.W2 / K for member in members]
        b2 = np.mean([member.b2 for member in members], axis=0, dtype=dtype)
    else:
        pairs = list(zip(members, shares, strict=True))
        W2 = [member.W2 * dtype.type(share) for member, share in pairs]
        b2 = np.sum([member.b2 * dtype.type(share) for member, share in pairs], axis=0, dtype=dtype)
    return Params(
        np.concatenate([member.W1 for member in members], axis=1),
        np.concatenate([member.b1 for member in members]),
        np.concatenate(W2) if members[0].n2 else np.sum(W2, axis=0),
        b2,
    )


def split(params: Params, count: int) -> list[Params]:
    """Return `count` networks of which `average` makes this one: as many hidden units each.

    Raises
    ------
    ShapeError
        If the hidden units cannot be shared out.
    """
    if not params.n2 or params.n2 % count:
        raise ShapeError(f"{params.n2} hidden units are not those of {count} networks")
    parts = zip(
        np.split(params.W1, count, axis=1), np.split(params.b1, count),
        np.split(params.W2 * params.W2.dtype.type(count), count), strict=True,
    )  # fmt: skip
    return [Params(W1, b1, W2, params.b2) for W1, b1, W2 in parts]


def initialise(n1: int, n2: int, rng: "np.random.Generator", dtype: Any = np.float64) -> Params:
    """Draw a start: weights uniform, small enough that no sigmoid is saturated.

    Each weight matrix is drawn from ±√(2 / (fan_in + fan_out)) (Glorot and Bengio,
    2010, for the logistic sigmoid); biases likewise, so that no two units are alike.
    The unit (n2 = 0) starts at zero: its cost is convex and zero is fair.
    """
    if n2 == 0:
        shapes = ((n1, 0), (0, 1), (n1, 1), (1, 1))
        return Params(*(np.zeros(shape, dtype) for shape in shapes))
    hidden = np.sqrt(2.0 / (n1 + n2))
    output = np.sqrt(2.0 / (n2 + 1))
    return Params(
        rng.uniform(-hidden, hidden, (n1, n2)).astype(dtype),
        rng.uniform(-hidden, hidden, (n2, 1)).astype(dtype),
        rng.uniform(-output, output, (n2, 1)).astype(dtype),
        rng.uniform(-output, output, (1, 1)).astype(dtype),
    )
