"""An export beside the library: the same rows, and how far their probabilities are apart."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.fitted import FittedEncoder
from trilayer.modelfile import ModelRecord
from trilayer.tables.convert import convert
from trilayer.tables.readings import Reading

if TYPE_CHECKING:
    import pyarrow as pa

Probabilities = npt.NDArray[np.floating[Any]]

EXACT = 1e-9
"""What an export's probabilities may differ by from the library's in float64."""


def in_float64(record: ModelRecord) -> ModelRecord:
    """Return the same model computing in float64, as exports do, whatever it was trained in."""
    encoder = record.encoder
    if encoder is not None:
        encoder = FittedEncoder(encoder.learnt, replace(encoder.parameters, dtype="float64"))
    return replace(record, params=record.params.astype(np.float64), encoder=encoder)


def typed(rows: "pa.Table | pa.RecordBatch", readings: Mapping[str, Reading]) -> "pa.Table":
    """Return the columns that a model reads as what they are: numbers, text, truths, instants.

    Raises
    ------
    TableError
        If a value is of another kind.
    """
    import pyarrow as pa

    made = {name: convert(rows[name], reading, name) for name, reading in readings.items()}
    return pa.table(made)


@dataclass
class Difference:
    """How far an export is from the library, over rows that come in blocks.

    Attributes
    ----------
    rows : int
    largest, total : float
        Of the differences in probability; no number where the export had none.
    largest_to_said : float
        From what the library itself says, in the network's own dtype.
    other_labels : int
        Rows of which the export says another label than the library in float64.
    """

    threshold: float
    rows: int = 0
    largest: float = 0.0
    total: float = 0.0
    largest_to_said: float = 0.0
    other_labels: int = 0

    def add(self, found: Probabilities, exact: Probabilities, said: Probabilities) -> None:
        """Take in the next rows: what the export says, the library in float64, and as it is."""
        gaps = np.abs(found - exact)
        self.rows += len(gaps)
        # Not the built-in, of which NaN is not the greater.
        self.largest = float(np.maximum(self.largest, gaps.max(initial=0.0)))
        self.largest_to_said = float(
            np.maximum(self.largest_to_said, np.abs(found - said).max(initial=0.0))
        )
        self.total += float(gaps.sum())
        labels = (found >= self.threshold) != (exact >= self.threshold)
        self.other_labels += int(np.count_nonzero(labels))

    @property
    def is_exact(self) -> bool:
        """Whether the export computes what the library does."""
        return self.largest <= EXACT

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name; null where the export had no number."""
        finite = np.isfinite(self.largest)
        return {
            "rows": self.rows,
            "largest_difference": self.largest if finite else None,
            "mean_difference": self.total / self.rows if finite and self.rows else None,
            "largest_difference_to_predict": self.largest_to_said if finite else None,
            "other_labels": self.other_labels,
        }
