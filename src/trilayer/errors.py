"""What can go wrong, by name.

Every error says what happened, where, and what to do about it. All of them are
`TriLayerError`; those about values are `ValueError` too, because scikit-learn
and its users catch that.
"""


class TriLayerError(Exception):
    """Anything trilayer raises on purpose."""


class InputError(TriLayerError, ValueError):
    """An argument or a data set that cannot be used."""


class ShapeError(InputError):
    """Arrays whose shapes do not fit together."""


class TableError(InputError):
    """A table, a file that should hold one, or a column of it."""


class ModelFileError(InputError):
    """A model file that cannot be trusted, or cannot be written."""


class CheckpointError(InputError):
    """A checkpoint that cannot be trusted, written, or gone on with."""


class CacheError(InputError):
    """A disk that has not the room for the rows that shall be kept on it."""


class DivergenceError(InputError):
    """Training left the finite numbers before it improved on its start."""


class EngineError(TriLayerError, RuntimeError):
    """An engine that is asked for and not there, or cannot take this data."""


class ClusterError(TriLayerError, RuntimeError):
    """Machines that were to compute and do not answer any more."""


class MissingExtraError(TriLayerError, ImportError):
    """An optional package is not installed; the message names the extra."""
