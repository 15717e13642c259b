"""A table's columns made the inputs of a network."""

from typing import TYPE_CHECKING, Any

from trilayer.encoding.columns import Column, ColumnSummary, Part

if TYPE_CHECKING:
    from trilayer.encoding.encoder import TableEncoder

__all__ = ["Column", "ColumnSummary", "Part", "TableEncoder"]


def __getattr__(name: str) -> Any:
    """Import the transformer when it is asked for: it needs scikit-learn, predicting does not."""
    if name != "TableEncoder":
        raise AttributeError(f"module 'trilayer.encoding' has no attribute {name!r}")
    from trilayer.encoding.encoder import TableEncoder

    return TableEncoder
