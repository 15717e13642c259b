"""Numbers and texts as source code has them."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from trilayer.export.description import Description


def numbers(
    values: Sequence[float] | npt.NDArray[np.float64], *, single: bool = False
) -> list[str]:
    """Write numbers with the fewest digits that read back as the same.

    Parameters
    ----------
    values : sequence of float
    single : bool
        Whether the reader rounds them to float32 again.
    """
    wide = np.asarray(values, dtype=np.float64)
    if single:
        narrow = wide.astype(np.float32)
        # Not `astype(str)`, whose digits are as few, for it keeps numbers without a point.
        texts = [repr(float(text)) for text in narrow.astype(str).tolist()]
        if np.array_equal(np.array(texts, dtype=np.float64).astype(np.float32), narrow):
            return texts
    return [repr(each) for each in wide.tolist()]


def weights(description: Description) -> dict[str, str]:
    """Write W1, a row a line, b1, W2 and b2 as lists, which JavaScript and Python write alike.

    Without a hidden layer there is no W2.
    """
    single, written = description["single"], {}
    for name in ("W1", "b1", "W2", "b2"):
        if description.get(name) is None:
            continue
        values = np.array(description.get(name), dtype=np.float64)
        texts = iter(numbers(values.ravel(), single=single))
        if values.ndim == 2:
            rows = ("[" + ",".join(islice(texts, values.shape[1])) + "]" for _ in values)
            written[name] = "[\n" + ",\n".join(rows) + "\n]"
        else:
            written[name] = f"[{','.join(texts)}]" if values.ndim else next(texts)
    return written
