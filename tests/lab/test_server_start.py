"""How the lab comes up: its address, its browser, its table."""

import threading

import pytest

from trilayer.lab import server
from trilayer.lab.lab import Lab
from trilayer.lab.showing import state
from trilayer.lab.tables import read

from .conftest import PATIENCE, Page, Served

CSV = (
    "height,weight,kind\n" + "\n".join(f"{i},{i % 7},{'ab'[i > 20]}" for i in range(40))
).encode()


@pytest.fixture
def one_lab(monkeypatch):
    """Let `server.run` end as soon as the lab is up, as Ctrl-C would."""
    opened, seen = [], threading.Event()
    built = server.server_of

    def ending(app, ready):
        def at_once():
            ready()
            made.should_exit = True

        made = built(app, at_once)
        return made

    def browse(address):
        opened.append(address)
        seen.set()

    monkeypatch.setattr(server, "server_of", ending)
    monkeypatch.setattr(server.webbrowser, "open", browse)
    return opened, seen


@pytest.mark.parametrize("browser", [True, False])
def test_the_address_is_told_and_opened(one_lab, browser):
    opened, seen = one_lab
    told = []
    server.run(None, None, told.append, browser=browser)
    assert len(told) == 1
    assert told[0].startswith("http://127.0.0.1:")
    if browser:
        assert seen.wait(PATIENCE)
    assert opened == (told if browser else [])


def test_sessions_begin_on_the_table_of_the_command_line():
    lab = Served(read("mine.csv", CSV).suggested())
    try:
        with lab.connect() as socket:
            page = Page(socket)
            hello = page.until("hello").header
            assert (hello["table"]["name"], hello["table"]["target"]) == ("mine.csv", "kind")
            told = page.until("state").header
            assert told["inputs"] == ["height", "weight"]
            page.ask("play", iterations=3)
            assert page.until("state", lambda header: not header["running"]).header["k"] == 3
            assert page.ask("set", settings={"source": "toy"}).header["inputs"] == ["x1", "x2"]
    finally:
        lab.stop()


def test_a_table_without_a_likely_target_is_offered_and_not_learnt():
    table = read("mine.csv", b"a,b\n1,2\n2,3\n3,4\n").suggested()
    assert table.plan is None
    lab = Lab(table)
    assert state(lab).header["settings"]["source"] == "toy"
    assert lab.table is table
    lab.close()


def test_a_target_can_be_named():
    csv = b"a,b,c\n" + b"1,0,5\n2,1,6\n3,0,7\n" * 9
    assert read("t.csv", csv).suggested().plan.target == "b"
    named = read("t.csv", csv.replace(b"a,b,c", b"y,b,c").replace(b"3,0,7", b"2,0,7")).suggested()
    assert named.plan.target == "y"
    assert read("t.csv", csv).suggested("b").plan.roles == {"a": "number", "c": "number"}
