"""What `core` asks of arrays: whose functions compute on them, and how shapes are written.

Both are plain NumPy and typing where nothing else is needed: `array_api_compat` and
`jaxtyping` would take as long to import as all else that a prediction needs.
"""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np


def array_namespace(*arrays: Any) -> Any:
    """Return the module that has exp, sum, … for these arrays: NumPy, or their library's."""
    if all(isinstance(each, np.ndarray | np.generic) for each in arrays):
        return np  # from version 2 on it is what the array API wants
    from array_api_compat import array_namespace as of_any

    return of_any(*arrays)


if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Float  # whose import hook checks every shape, in the tests
else:

    class Float:
        """Stands in for jaxtyping's: it writes the same shapes down, and nobody checks them."""

        def __class_getitem__(cls, kind_and_shape: tuple[Any, str]) -> Any:
            kind, shape = kind_and_shape
            return Annotated[kind, shape]


__all__ = ["Float", "array_namespace"]
