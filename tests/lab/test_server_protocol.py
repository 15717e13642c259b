"""One session from the outside: what is asked is answered, frames follow credits."""

import threading
import time
from socket import SHUT_RDWR

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from websockets.exceptions import ConnectionClosed

from conftest import ROOT
from trilayer import Params, trace
from trilayer.lab import limits
from trilayer.lab.commands import COMMANDS, answer
from trilayer.lab.faults import CODES
from trilayer.lab.frames import Message, encode
from trilayer.lab.lab import Lab
from trilayer.lab.showing import data, frame, state
from trilayer.lab.toys import TOYS

from .conftest import PATIENCE, Page

PROTOCOL = (ROOT / "docs" / "lab-protocol.md").read_text(encoding="utf-8")


def test_a_page_is_told_all_it_needs(tab):
    assert tab.hello["protocol"] == 1
    assert {toy["name"] for toy in tab.hello["toys"]} == set(TOYS)
    assert set(tab.hello["solvers"]) == {"gd", "sgd", "adam", "lbfgs"}
    assert len(tab.hello["misprints"]) == 15
    assert tab.hello["table"] is None
    assert tab.state["sizes"] == {
        "n1": 2, "n2": 8, "m": 300, "m_held_out": 100, "parameters": 33
    }  # fmt: skip
    assert tab.data.arrays["x"].shape == (400,)
    assert tab.frame.arrays["boundary"].dtype == np.float32
    assert tab.frame.arrays["maps"].shape == (8, 40, 40)


def test_every_answer_says_to_what(tab):
    for do in ("pause", "rewind", "clear_points"):
        assert tab.ask(do).header["type"] == "state"


def test_training_lowers_the_loss_and_the_frames_show_it(tab):
    first = tab.frame.header["J"]
    tab.ask("set", settings={"toy": "xor", "learning_rate": 5.0})
    tab.ask("play")
    frame = tab.until("frame", lambda header: header["J"] < 0.3)
    assert frame.header["J"] < 0.3 < first
    assert frame.header["metrics"]["train"]["accuracy"] > 0.8
    assert tab.ask("pause").header["stopped"] == "pause"


def test_so_many_iterations_and_no_more(tab):
    tab.ask("play", iterations=137)
    state = tab.until("state", lambda header: not header["running"]).header
    assert (state["k"], state["stopped"]) == (137, "count")
    tab.ask("play", iterations=1)
    state = tab.until("state", lambda header: not header["running"]).header
    assert state["k"] == 138


@pytest.mark.parametrize(
    ("rule", "reason"),
    [({"stop_iteration": 50}, "iteration"), ({"stop_loss": 0.6}, "loss"),
     ({"stop_seconds": 0.05}, "seconds")],
)  # fmt: skip
def test_a_rule_stops_the_run(tab, rule, reason):
    tab.ask("set", settings={"learning_rate": 1.0, **rule})
    tab.ask("play")
    state = tab.until("state", lambda header: not header["running"]).header
    assert state["stopped"] == reason
    if reason == "iteration":
        assert state["k"] == 50


def theta(arrays):
    return np.concatenate([arrays[name].ravel() for name in ("W1", "b1", "W2", "b2")])


def test_a_rule_that_was_met_before_stops_nothing(tab):
    tab.ask("set", settings={"stop_iteration": 20})
    for k in (20, 45):
        tab.ask("play", iterations=25)
        state = tab.until("state", lambda header: not header["running"]).header
        assert state["k"] == k


@pytest.mark.parametrize("solver", ["gd", "sgd", "adam", "lbfgs"])
def test_rewinding_gives_the_same_bits(tab, solver):
    tab.ask("set", settings={"solver": solver})
    start = tab.ask("trace").arrays
    ends = []
    for _ in range(2):
        tab.ask("play", iterations=60)
        tab.until("state", lambda header: not header["running"])
        ends.append(tab.ask("trace").arrays)
        assert tab.ask("rewind").header["k"] == 0
    assert np.array_equal(theta(ends[0]), theta(ends[1]))
    assert np.array_equal(theta(tab.ask("trace").arrays), theta(start))
    assert not np.array_equal(theta(start), theta(ends[0]))


def test_another_seed_is_another_start(tab):
    start = theta(tab.ask("trace").arrays)
    tab.ask("set", settings={"seed": 1})
    assert not np.array_equal(theta(tab.ask("trace").arrays), start)
    tab.ask("set", settings={"seed": 0})
    assert np.array_equal(theta(tab.ask("trace").arrays), start)


def test_every_iteration_of_the_ring_is_traced_exactly(tab):
    tab.ask("play", iterations=1000)
    tab.until("state", lambda header: not header["running"])
    oldest, newest = tab.ask("pause").header["ring"]
    assert (oldest, newest) == (1000 - limits.RING + 1, 1000)
    before = None
    for k in (oldest, oldest + 1, 900, 901, newest):
        M = tab.ask("trace", k=k).arrays
        t = trace(Params(M["W1"], M["b1"], M["W2"], M["b2"]), M["X"], M["Y"])
        for name, truth in t.matrices.items():
            assert np.array_equal(M[name], truth)
        if before is not None and k in (oldest + 1, 901):
            assert np.array_equal(theta(M), before)
        before = np.concatenate([M[f"{name}_new"].ravel() for name in ("W1", "b1", "W2", "b2")])
    refused = tab.ask("trace", k=oldest - 1).header
    assert (refused["code"], refused["params"]["oldest"]) == ("no_iteration", oldest)


def test_looking_back_changes_nothing(tab):
    tab.ask("play", iterations=50)
    tab.until("state", lambda header: not header["running"])
    end = tab.ask("trace").arrays
    state = tab.ask("look", k=20).header
    assert (state["looking"], state["k"]) == (20, 50)
    frame = tab.until("frame", lambda header: header["looking"] == 20)
    assert frame.header["k"] == 20
    assert np.array_equal(theta(frame.arrays), theta(tab.ask("trace").arrays))
    assert tab.ask("look", k=None).header["looking"] is None
    assert np.array_equal(theta(tab.ask("trace").arrays), theta(end))


def test_the_frame_is_of_the_networks_own_numbers(tab):
    tab.ask("play", iterations=200)
    tab.until("state", lambda header: not header["running"])
    frame = tab.until("frame", lambda header: header["k"] == 200)
    M = tab.ask("trace").arrays
    assert np.array_equal(theta(frame.arrays), theta(M))
    params = Params(M["W1"], M["b1"], M["W2"], M["b2"])
    x0, x1, y0, y1 = tab.data.header["domain"]
    for row, column in ((0, 0), (0, 99), (99, 0), (42, 17)):
        x = x0 + (x1 - x0) * column / 99, y0 + (y1 - y0) * row / 99
        t = trace(params, np.array(x)[:, None], [0])
        assert frame.arrays["boundary"][row, column] == pytest.approx(t.A2[0, 0], abs=2e-5)
    x = x0 + (x1 - x0) * 7 / 39, y0 + (y1 - y0) * 30 / 39
    t = trace(params, np.array(x)[:, None], [0])
    np.testing.assert_allclose(frame.arrays["maps"][:, 30, 7], t.A1[:, 0], atol=2e-5)


def test_of_many_hidden_units_the_strongest_are_shown(tab):
    tab.ask("set", settings={"hidden": 20})
    frame = tab.until("frame", lambda header: len(header["units"]) == limits.FULL_MAPS)
    assert frame.arrays["maps"].shape == (limits.FULL_MAPS, 40, 40)
    strength = np.abs(frame.arrays["W2"][:, 0])
    shown = frame.header["units"]
    assert shown == sorted(shown)
    assert strength[shown].min() >= np.delete(strength, shown).max()


def test_without_a_hidden_layer_there_are_no_maps(tab):
    state = tab.ask("set", settings={"hidden": 0}).header
    assert state["sizes"]["parameters"] == 3
    frame = tab.until("frame", lambda header: header["units"] == [])
    assert frame.arrays["maps"].shape == (0, 40, 40)
    assert "W1" not in tab.ask("trace").arrays
    assert tab.ask("misprints").header["code"] == "no_hidden_layer"
    assert tab.ask("inspect", matrix="W1", row=0, column=0).header["code"] == "no_element"


def test_other_axes_change_the_picture_and_not_the_run(tab):
    tab.ask("play", iterations=30)
    tab.until("state", lambda header: not header["running"])
    seen = [m for m in tab.seen if m.header["type"] == "frame" and m.header["k"] == 30]
    before = seen[-1] if seen else tab.until("frame", lambda header: header["k"] == 30)
    state = tab.ask("set", settings={"axis_x": 1, "axis_y": 0}).header
    assert state["k"] == 30
    turned = tab.until("data")
    assert np.array_equal(turned.arrays["x"], tab.data.arrays["y"])
    after = tab.until("frame")
    assert np.array_equal(after.arrays["boundary"], before.arrays["boundary"].T)


def test_a_table_must_be_there_to_be_learnt_from(tab):
    assert tab.ask("set", settings={"source": "table"}).header["code"] == "no_table"
    assert tab.ask("pause").header["settings"]["source"] == "toy"


def test_points_are_clicked_in_and_out(tab):
    state = tab.ask("add_point", x=0.5, y=-1.0, label=1).header
    assert state["sizes"]["m"] == 301
    data = tab.until("data")
    assert (data.arrays["x"][-1], data.arrays["y"][-1]) == (0.5, -1.0)
    assert data.arrays["added"].tolist() == [0] * 400 + [1]
    assert tab.ask("remove_point", index=400).header["sizes"]["m"] == 300
    refused = tab.ask("remove_point", index=400).header
    assert (refused["type"], refused["code"]) == ("error", "no_index")
    tab.ask("remove_point", index=0)
    assert tab.ask("clear_points").header["sizes"] == tab.state["sizes"]


def test_inspecting_says_what_an_element_is_made_of(tab):
    message = tab.ask("inspect", matrix="dW1", row=1, column=2)
    M = tab.ask("trace").arrays
    assert message.header["value"] == M["dW1"][1, 2]
    assert np.array_equal(message.arrays["terms"], np.stack([M["X"][1], M["dZ1"][2]], axis=1))
    assert tab.ask("inspect", matrix="Q", row=0, column=0).header["code"] == "no_matrix"
    assert tab.ask("inspect", matrix="W1", row=2, column=0).header["code"] == "no_element"


def test_runs_are_compared_from_one_start(tab):
    runs = [{"solver": "gd"}, {"solver": "gd", "learning_rate": 0.05}, {"solver": "lbfgs"}]
    assert tab.ask("compare", runs=runs, iterations=40).header["comparing"]
    message = tab.until("compare", lambda header: header["done"])
    assert [run["k"] for run in message.header["runs"]] == [40, 40, 40]
    starts = [message.arrays[f"J_{i}"][0] for i in range(3)]
    assert starts == pytest.approx([starts[0]] * 3, rel=1e-14)  # lbfgs has another engine
    assert message.arrays["J_0"][-1] < message.arrays["J_1"][-1]
    for i in range(3):
        assert message.arrays[f"s_{i}"][0] == 0.0
        assert np.all(np.diff(message.arrays[f"s_{i}"]) > 0)
    assert not tab.until("state").header["comparing"]
    too_many = tab.ask("compare", runs=[{"solver": "gd"}] * 7).header
    assert too_many["code"] == "bad_value"
    wrong = tab.ask("compare", runs=[{"solver": "lbfgs", "momentum": 0.5}]).header
    assert wrong["code"] == "not_a_knob"


def test_a_comparison_can_be_stopped(tab):
    tab.ask("compare", runs=[{"solver": "adam"}], seconds=60)
    assert tab.ask("stop_compare").header["comparing"] is False


def test_a_table_comes_up_the_socket(tab):
    csv = "height,weight,kind\n" + "\n".join(f"{i},{i % 7},{'ab'[i > 20]}" for i in range(40))
    told = tab.upload("mine.csv", csv.encode()).header
    assert (told["type"], told["target"], told["rows"]) == ("table", "kind", 40)
    roles = {"height": "number", "weight": "number"}
    state = tab.ask("use_table", target="kind", roles=roles).header
    assert (state["inputs"], state["classes"]) == (["height", "weight"], ["a", "b"])
    assert state["settings"]["source"] == "table"
    tab.ask("play", iterations=5)
    assert tab.ask("set", settings={"source": "toy"}).header["inputs"] == ["x1", "x2"]
    assert tab.ask("set", settings={"source": "table"}).header["inputs"] == ["height", "weight"]
    refused = tab.upload("mine.csv", b"\x00\x01").header
    assert refused["type"] == "error"
    assert refused["text"].startswith("mine.csv")


def test_exports_come_down_the_socket(tab):
    for what in ("numpy", "trilayer", "model", "npz", "json", "latex"):
        message = tab.ask("export", what=what)
        assert message.header["type"] == "export"
        assert message.arrays["bytes"].size > 100
    assert tab.ask("export", what="pdf").header["code"] == "bad_value"


# ---- frames and credits ---------------------------------------------------------------------


def test_frames_wait_for_credits_and_iterations_do_not(served):
    with served.connect() as socket:
        tab = Page(socket, paints=False)
        tab.until("frame")
        tab.ask("play")
        tab.until("frame")
        # Two are under way, none is painted: no more come, however far training goes.
        states = [tab.ask("pause").header["k"]]
        assert tab.seen[-1].header["type"] == "state"
        for _ in range(3):
            tab.ask("play")
            time.sleep(0.05)
            states.append(tab.ask("pause").header["k"])
        assert states == sorted(set(states))
        assert [m.header["type"] for m in tab.seen].count("frame") == 2
        tab.say(do="painted")
        assert tab.until("frame").header["k"] == states[-1]


def test_painting_what_was_not_sent_gives_no_credit(served):
    with served.connect() as socket:
        tab = Page(socket, paints=False)
        tab.until("frame")
        for _ in range(50):
            tab.say(do="painted")
        tab.ask("play")
        time.sleep(0.3)
        tab.ask("pause")
        assert [m.header["type"] for m in tab.seen].count("frame") <= 3


def test_sessions_are_apart(served):
    with served.connect() as one, served.connect() as two:
        first, second = Page(one), Page(two)
        first.ask("set", settings={"hidden": 3})
        first.ask("play", iterations=9)
        first.until("state", lambda header: not header["running"])
        assert second.ask("pause").header["k"] == 0
        assert second.ask("pause").header["sizes"]["n2"] == 8


def test_a_link_is_followed_in_another_tab(served):
    with served.connect() as one, served.connect() as two:
        first, second = Page(one), Page(two)
        first.ask("set", settings={"toy": "moons", "hidden": 3, "solver": "adam"})
        first.ask("add_point", x=0.0, y=0.5, label=1)
        first.ask("play", iterations=8)
        first.until("state", lambda header: not header["running"])
        link = first.ask("pause").header["link"]
        state = second.ask("restore", link=link).header
        assert state["link"] == link
        assert state["k"] == 8
        assert np.array_equal(theta(second.ask("trace").arrays), theta(first.ask("trace").arrays))


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "trilayer-lab"]


def until(holds):
    waited = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < waited
        time.sleep(0.01)


@pytest.mark.parametrize("how", ["closed", "torn"])
def test_a_closed_tab_frees_its_thread(served, how):
    until(lambda: not threads())
    with served.connect() as socket:
        tab = Page(socket)
        tab.ask("set", settings={"hidden": 16})
        tab.ask("play")
        assert len(threads()) == 1
        if how == "torn":
            socket.socket.shutdown(SHUT_RDWR)
        else:
            socket.close()
        until(lambda: not threads())


def test_no_more_sessions_than_the_limit(served, monkeypatch):
    until(lambda: not threads())
    monkeypatch.setattr(limits, "SESSIONS", 2)
    with served.connect() as one, served.connect() as two:
        for socket in (one, two):
            Page(socket).until("state")
        with served.connect() as three, pytest.raises(ConnectionClosed):
            three.recv(timeout=PATIENCE)
        assert three.close_code == 4000
    until(lambda: not threads())
    with served.connect() as four:
        Page(four).until("state")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_closes_the_session_and_no_other(served, monkeypatch):
    until(lambda: not threads())
    with served.connect() as one, served.connect() as two:
        first, second = Page(one), Page(two)
        first.until("frame")
        second.until("frame")
        monkeypatch.setitem(COMMANDS, "pause", lambda lab, command: 1 / 0)
        with pytest.raises(ConnectionClosed):
            first.ask("pause")
        monkeypatch.undo()
        until(lambda: len(threads()) == 1)  # what it died of is reported within this test
        assert one.close_code == 1011
        assert second.ask("pause").header["type"] == "state"


# ---- what nobody should send ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code"),
    [("nonsense", "bad_message"), ("[1]", "bad_message"), (b"\xff\xff\xff\xff", "bad_message"),
     ('{"do": "fly"}', "unknown_command"), ("{}", "unknown_command"),
     ('{"do": ["set"]}', "unknown_command"), ('{"do": "set"}', "missing"),
     ('{"do": "trace", "k": -1}', "bad_value"), ('{"do": "trace", "k": 1}', "no_iteration"),
     ('{"do": "trace", "columns": [0]}', "bad_value"), ('{"do": "play", "iterations": 0}',
     "bad_value"), ('{"do": "use_table", "target": "a"}', "no_table"),
     ('{"do": "upload", "name": "a"}', "missing"), ('{"do": "restore", "link": {}}', "no_link")],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_the_session_lives(tab, sent, code):
    tab.socket.send(sent)
    assert tab.until("error").header["code"] == code
    assert tab.ask("pause").header["type"] == "state"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
likely = st.sampled_from(
    [0, 1, 2, -1, 0.5, None, "W1", "dW1", "gd", "R11", "numpy", [0, 5], {"hidden": 2}, {}, True]
)
parameters = st.dictionaries(
    st.sampled_from(
        ["settings", "x", "y", "label", "index", "iterations", "k", "columns", "matrix", "row",
         "column", "h", "misprint", "runs", "seconds", "name", "target", "roles", "what", "link"]
    ),
    likely | anything,
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), parameters), max_size=4))
def test_any_command_is_answered(commands):
    lab = Lab()
    lab.change({**lab.settings, "points": 12, "hidden": 2})
    try:
        for do, given_ in commands:
            made = answer(lab, Message({"do": do, "id": 1, **given_}, {}))
            encode(made)
            assert made.header["re"] == 1
            if made.header["type"] == "error":
                assert made.header["code"] in CODES
                assert "\n" not in made.header["text"]
            encode(state(lab))
            encode(frame(lab))
            encode(data(lab))
    finally:
        lab.close()


# ---- the protocol's page --------------------------------------------------------------------


def test_every_command_and_code_is_in_the_protocol():
    for name in [*COMMANDS, "painted"]:
        assert f"| `{name}` |" in PROTOCOL
    for code in CODES:
        assert f"| `{code}` |" in PROTOCOL
    listed = PROTOCOL.split("### Errors")[1].split("###")[0]
    documented = {line.split("`")[1] for line in listed.splitlines() if line.startswith("| `")}
    assert documented == CODES


def test_every_code_is_used_somewhere():
    files = [path for path in (ROOT / "src/trilayer/lab").rglob("*.py") if path.name != "faults.py"]
    code_alone = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for code in CODES - {"said"}:
        assert f'"{code}"' in code_alone
