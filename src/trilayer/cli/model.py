"""A model file, found by its name and read, as the commands use it."""

from trilayer.cli.paths import existing
from trilayer.modelfile import read
from trilayer.modelfile.predicting import (
    TOO_LARGE,
    Encoding,
    Model,
    answered,
    positive_logits,
    usable,
)

__all__ = ["TOO_LARGE", "Encoding", "Model", "answered", "load_model", "positive_logits"]


def load_model(name: str) -> Model:
    """Read a model file for use on tables.

    Raises
    ------
    InputError
        If it is not there, cannot be trusted, or does not say which columns it takes.
    """
    return usable(name, read(existing(name)))
