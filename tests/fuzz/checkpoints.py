"""Checkpoints: what can be read is written again as the same, and gone on with or refused."""

from functools import cache
from pathlib import Path
from unittest import mock

from trilayer.checkpoint.record import decode, encode
from trilayer.errors import CheckpointError, ModelFileError
from trilayer.modelfile.container import Container, pack, unpack


def whole(data):
    """The bytes are a file; its seal is taken as right."""
    with mock.patch.object(Container, "verify"):
        _law(data)


def description(data):
    """The bytes are a description, beside the arrays of a run that goes on and one that ended."""
    tensors = unpack(sound()).tensors
    _law(pack(tensors, data.decode(errors="replace")))


@cache
def sound():
    """A checkpoint of both kinds of stage."""
    return (Path(__file__).parent / "corpus" / "checkpoint" / "seed-00").read_bytes()


def _law(data):
    try:
        record = decode(data)
    except (ModelFileError, CheckpointError):
        return
    again = encode(record)
    assert encode(decode(again)) == again
    for stage in record.stages.values():
        assert (stage.memory is None) != (stage.outcome is None)
        assert stage.k >= 0
        assert stage.seconds >= 0
