"""A lab that is served in this process, and a page made of Python."""

import json
import threading

import pytest
from websockets.sync.client import connect

from trilayer.errors import InputError
from trilayer.lab import server
from trilayer.lab.frames import Message, decode, encode
from trilayer.lab.guard import new_token

PATIENCE = 60
"""Seconds after which a message will not come any more."""


class Served:
    """A lab on a port of its own."""

    def __init__(self, table=None):
        self.token = new_token()
        self.socket = server.listen(0)
        self.port = self.socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/?token={self.token}"
        started = threading.Event()
        app = server.application(self.port, self.token, table)
        self.server = server.server_of(app, started.set)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )
        self.thread.start()
        assert started.wait(PATIENCE)

    def stop(self):
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        self.socket.close()
        assert not self.thread.is_alive()

    def connect(self, *, token=None, origin=None, host=None):
        """Open a WebSocket as a page would, or with something else in the place of its own."""
        name = f"127.0.0.1:{self.port}"
        given = self.token if token is None else token
        return connect(
            f"ws://{name}/ws?token={given}",
            origin=f"http://{name}" if origin is None else origin or None,
            additional_headers={"Host": host} if host else None,
            max_size=None,
            compression=None,
            open_timeout=PATIENCE,
        )


class Page:
    """What the browser's page does, without a browser."""

    def __init__(self, socket, *, paints=True):
        self.socket, self.paints = socket, paints
        self.ids = 0
        self.seen = []

    def get(self, timeout=PATIENCE):
        message = decode(self.socket.recv(timeout=timeout))
        self.seen.append(message)
        if message.header["type"] == "frame" and self.paints:
            self.say(do="painted")
        return message

    def say(self, **command):
        self.socket.send(json.dumps(command))

    def upload(self, name, data):
        import numpy as np

        self.ids += 1
        file = np.frombuffer(data, dtype=np.uint8)
        header = {"do": "upload", "id": self.ids, "name": name}
        self.socket.send(encode(Message(header, {"file": file})))
        return self.answer_to(self.ids)

    def ask(self, do, **parameters):
        self.ids += 1
        self.say(do=do, id=self.ids, **parameters)
        return self.answer_to(self.ids)

    def answer_to(self, number):
        while (message := self.get()).header.get("re") != number:
            pass
        return message

    def until(self, kind, holds=lambda header: True):
        """Return the next message of that type whose header is as wished."""
        while (message := self.get()).header["type"] != kind or not holds(message.header):
            pass
        return message


def refusal_of(call):
    """What a call refuses to do, or None if it does it."""
    try:
        call()
    except InputError as error:
        return error
    return None


@pytest.fixture(scope="session")
def served():
    lab = Served()
    yield lab
    lab.stop()


@pytest.fixture
def tab(served):
    with served.connect() as socket:
        tab = Page(socket)
        tab.hello = tab.until("hello").header
        tab.state = tab.until("state").header
        tab.data = tab.until("data")
        tab.frame = tab.until("frame")
        yield tab
