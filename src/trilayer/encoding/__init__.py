"""A table's columns made the inputs of a network."""

from trilayer.encoding.columns import Column, ColumnSummary, Part
from trilayer.encoding.encoder import TableEncoder

__all__ = ["Column", "ColumnSummary", "Part", "TableEncoder"]
