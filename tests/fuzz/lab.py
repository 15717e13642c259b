"""The lab's protocol: each message is answered, and what is sent can be read."""

import gc
import json
from contextlib import closing

from trilayer.lab.commands import answer
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message, decode, encode, read_json
from trilayer.lab.lab import Lab
from trilayer.lab.showing import data as points
from trilayer.lab.showing import frame, state

COMMANDS = 8
"""Messages of one session, at the most."""


def binary(data):
    """The bytes are one binary message: an upload, if they say so."""
    try:
        message = decode(data)
    except RefusalError as refusal:
        json.dumps(refusal.as_note(), allow_nan=False)
        return
    if message.header.get("do") == "upload":
        _session([message])


def text(data):
    """Each line is a text message of one session."""
    messages = []
    for line in data.split(b"\n")[:COMMANDS]:
        try:
            messages.append(Message(read_json(line.decode(errors="replace")), {}))
        except RefusalError as refusal:
            messages.append(Message({"do": None, "refusal": refusal}, {}))
    if any(message.header.get("do") for message in messages):
        _session(messages)


def _session(messages):
    with closing(Lab()) as lab:
        for message in messages:
            _same(answer(lab, message))
            lab.work()
            if lab.comparison is not None:
                lab.comparison.work()
                _same(lab.comparison.message())
            for shown in (state, points, frame):
                _same(shown(lab))
    gc.collect()  # where a session is a circle, a fuzzer has hundreds of them before it is due


def _same(message):
    """What is sent can be read again, and is then sent as the same bytes."""
    sent = encode(message)
    read = decode(sent)
    assert encode(read) == sent
    assert isinstance(read.header["type"], str)
