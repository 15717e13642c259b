"""``trilayer lab``: opens, is told its table, and ends at Ctrl-C."""

import os
import signal
import subprocess
import sys

import pytest
from websockets.sync.client import connect

from trilayer.lab import server
from trilayer.lab.frames import decode

PATIENCE = 60


@pytest.fixture
def opened(monkeypatch):
    """What the server is asked to serve, instead of serving it."""
    calls = []

    def run(port, table, told, *, browser):
        told(f"http://127.0.0.1:{port}/?token=t")
        calls.append((port, table, browser))

    monkeypatch.setattr(server, "run", run)
    return calls


def test_the_address_goes_to_standard_output(trilayer, opened):
    said = trilayer("lab", "--port", 8799, "--no-browser")
    assert said.code == 0
    assert said.out == "http://127.0.0.1:8799/?token=t\n"
    assert "Ctrl-C" in said.err
    assert opened == [(8799, None, False)]


@pytest.mark.parametrize("target", [(), ("--target", "member")])
def test_data_are_read_and_their_target_found(trilayer, people, opened, target):
    assert trilayer("lab", people.csv, *target).code == 0
    _, table, browser = opened[0]
    assert browser
    assert table.plan.target == (target[1] if target else "buys")
    assert table.plan.roles["age"] == "number"
    assert table.plan.roles["job"] == "category"
    assert table.plan.roles["name"] == "ignore"


@pytest.mark.parametrize(
    ("words", "why"),
    [(("nowhere.csv",), "no such file"), (("--target", "a"), "no DATA"),
     (("--port", 0), "--port"), (("-x",), "unknown option"), (("-",), "more than once")],
)  # fmt: skip
def test_bad_words_are_refused(refused, opened, words, why):
    assert why in refused("lab", *words)
    assert not opened


def test_a_table_that_cannot_be_learnt_is_refused_at_once(refused, tmp_path, opened):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n1,x,5\n2,y,5\n3,z,5\n")
    assert "no column 'q'" in refused("lab", path, "--target", "q")
    assert "3 different values" in refused("lab", path, "--target", "a")
    path.write_text("a,y\n" + "1,0\n1,1\n" * 20)
    assert "no column" in refused("lab", path, "--target", "y")
    assert not opened


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "websockets"])
def test_without_its_packages_the_extra_is_named(package):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from trilayer.cli import main\n"
        "sys.exit(main(['lab', '--no-browser']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    said = f"trilayer: {package} is not installed: pip install 'trilayer[lab]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_ctrl_c_closes_the_lab_and_its_sessions():
    process = subprocess.Popen(
        [sys.executable, "-m", "trilayer", "lab", "--no-browser", "--port", str(free_port())],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A background job of a shell ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )  # fmt: skip
    try:
        address, _, token = process.stdout.readline().strip().partition("/?token=")
        with connect(
            f"{address.replace('http', 'ws')}/ws?token={token}", origin=address, max_size=None
        ) as socket:
            assert decode(socket.recv(timeout=PATIENCE)).header["type"] == "hello"
            socket.send('{"do": "play"}')
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == "the lab is open; Ctrl-C closes it\n"
    finally:
        process.kill()
        process.communicate()


def free_port():
    with server.listen(0) as opened:
        return opened.getsockname()[1]
