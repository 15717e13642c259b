"""`trilayer serve` as a process: what it says, how it ends, and connections that dawdle."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from trilayer.cli import main
from trilayer.serve import limits, server

PATIENCE = 60
HEAVY = ("sklearn", "scipy", "pandas")


@contextmanager
def serving(*words):
    """Start `trilayer serve`; yield the process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "trilayer", "serve", *map(str, words), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A background job of a shell ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )  # fmt: skip
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_it_serves_until_ctrl_c(files, rows, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-token-that-nobody-guesses\n")
    model = files / "people v1.safetensors"
    with serving(model, "--token-file", token, "--name", "buyers") as (process, address):
        headers = {"authorization": "Bearer a-token-that-nobody-guesses"}
        with httpx.Client(base_url=address, headers=headers, timeout=PATIENCE) as client:
            said = client.post("/predict", json=rows[:3])
            assert (said.status_code, len(said.json())) == (200, 3)
            assert client.get("/v2/models/buyers").json()["name"] == "buyers"
            assert client.get("/v2", headers={"authorization": ""}).status_code == 401
            assert client.get("/v2", headers={"x-long": "x" * 20_000}).status_code == 431
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == "serving buyers; Ctrl-C ends it\n"


def test_serving_imports_nothing_heavy(files):
    code = (
        "import sys, threading, urllib.request\n"
        "from trilayer.serve import server\n"
        "def run(app, opened, told):\n"
        "    opened.close(); told('')\n"
        "server.run = run\n"
        "from trilayer.cli import main\n"
        "code = main(['serve', sys.argv[1], '--port', '0'])\n"
        f"sys.exit(str(set({HEAVY}) & sys.modules.keys()) if code == 0 else 1)"
    )
    command = [sys.executable, "-c", code, files / "people v1.safetensors"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--host", "0.0.0.0"), "others than this machine can reach that: give a --token-file"),
        (("--token-file", "nowhere"), "no such file"),
        (("--token-file", "short"), "16 or more"),
        (("--token-file", "long", "--host", "no.such.invalid"), "no address of a machine"),
        (("--port", "99999"), "--port"),
        (("--timeout", "0"), "--timeout"),
        (("--name", "a/b"), "--name 'a/b': a part of an address"),
        (("--name", ""), "--name '': a part of an address"),
        (("--name", "\udc80"), "a part of an address"),
    ],
)
def test_what_cannot_be_served_is_refused(files, tmp_path, monkeypatch, capsys, words, why):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short").write_text("secret")
    (tmp_path / "long").write_text("x" * 20)
    assert main(["serve", str(files / "people v1.safetensors"), *words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert why in said.err


def test_a_port_that_is_taken_is_named(files, capsys):
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(files / "people v1.safetensors"), "--port", str(port)]) == 2
    assert f"port {port} (address already in use)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("example.org", False)],
)  # fmt: skip
def test_which_addresses_are_this_machines_alone(host, expected):
    assert server.is_loopback(host) is expected


@pytest.fixture
def address(app, monkeypatch):
    """Where the application listens, with little patience for headers."""
    import threading

    monkeypatch.setattr(limits, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(server, "_IDLE", 0.3)
    came, ends = threading.Event(), []
    opened = server.listen("127.0.0.1", 0)

    class Kept(server.uvicorn.Server):
        def __init__(self, config):
            super().__init__(config)
            ends.append(self)

    monkeypatch.setattr(server.uvicorn, "Server", Kept)
    thread = threading.Thread(target=server.run, args=(app, opened, lambda _: came.set()))
    thread.start()
    assert came.wait(PATIENCE)
    yield opened.getsockname()[:2]
    ends[0].should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive()


HEALTH = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("before", [b"", HEALTH + b"\r\n"])
def test_headers_that_never_end_are_not_waited_for(address, before):
    with socket.create_connection(address, timeout=PATIENCE) as dawdler:
        if before:
            dawdler.sendall(before)
            assert dawdler.recv(4096).startswith(b"HTTP/1.1 200")
        ended = False
        for _ in range(600):
            try:
                dawdler.sendall(HEALTH[:1] if not ended else b"")
                dawdler.settimeout(0.1)
                ended = dawdler.recv(4096) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
            if ended:
                break
            time.sleep(0.01)
        assert ended


def test_headers_without_an_end_are_refused_at_a_length(address):
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(HEALTH + b"X: " + b"x" * (limits.HEADER_BYTES + 1))
        assert client.recv(4096).startswith(b"HTTP/1.1 400")


def test_who_is_in_time_is_answered_again_and_again(address):
    with socket.create_connection(address, timeout=PATIENCE) as client:
        for _ in range(8):
            client.sendall(HEALTH + b"\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += client.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(0.1)
