"""The parts of the command line that no command shows by itself."""

import io
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trilayer.cli
from trilayer.cli.output import counted, listed, say, score, show, soften, table
from trilayer.cli.progress import progress_bar, reading_bar
from trilayer.errors import InputError
from trilayer.fit.loop import Progress
from trilayer.metrics.scores import losses, prior_log_loss, prior_logit, scores, verdict
from trilayer.tables.targets import learn_target


class Terminal(io.StringIO):
    """Says that it is one."""

    encoding = "utf-8"

    def isatty(self):
        return True


def drawn(monkeypatch, *steps, **environment):
    """Draw the bar of a run on a terminal; pytest sets its own streams before each test."""
    screen = Terminal()
    for name, value in ({"TERM": "xterm-256color", "COLUMNS": "120"} | environment).items():
        monkeypatch.setenv(name, value)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", screen)
        with progress_bar("network", 20) as told:
            assert not any(told.step(step) for step in steps)
    return screen.getvalue()


def step(k, validation):
    return Progress(k, 20, 0.5, 0.1, validation, 1.0, np.zeros(1))


COLOUR = "\x1b[3"


def test_the_bar_shows_losses_on_a_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "7/20 loss 0.5000" in drawn(monkeypatch, step(5, 0.625), step(7, None))
    text = drawn(monkeypatch, step(5, 0.625))
    assert "network" in text
    assert "5/20 loss 0.5000  validation 0.6250" in text
    assert COLOUR in text


def test_no_color_is_honoured(monkeypatch):
    text = drawn(monkeypatch, step(5, 0.625), NO_COLOR="1")
    assert "5/20" in text
    assert COLOUR not in text
    assert "\x1b[1m" not in text


@pytest.mark.parametrize("words", [("--help",), ("check",)])
def test_with_no_color_a_terminal_gets_no_escape_codes(monkeypatch, words):
    screen = Terminal()
    for name, value in {"NO_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "60"}.items():
        monkeypatch.setenv(name, value)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        assert trilayer.cli.main(words) == 0
    assert "\x1b" not in screen.getvalue()


def test_a_narrow_terminal_folds_cells(monkeypatch):
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", "30")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        show(table(("name", "value"), [("x" * 50, "y" * 50)]))
    assert screen.getvalue().count("x") == screen.getvalue().count("y") == 50


def test_no_bar_without_a_terminal(capsys):
    with progress_bar("network", 20) as told:
        assert told == (None, None)
    assert capsys.readouterr() == ("", "")


def test_markup_in_data_is_data(capsys):
    show(table(("[bold]", ":smile:"), [("[red]x[/red]", ":tada:")]), "[link]")
    out = capsys.readouterr().out
    for text in ("[bold]", ":smile:", "[red]x[/red]", ":tada:", "[link]"):
        assert text in out


def test_wide_tables_are_not_cut_in_a_pipe(capsys):
    show(table(("a",), [("x" * 500,)]))
    assert "x" * 500 in capsys.readouterr().out


def test_a_poor_encoding_is_no_error(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", stream)
    soften(stream, io.StringIO())
    say("σ ≥ 0")
    assert stream.buffer.getvalue() == b"\\u03c3 \\u2265 0\n"


def test_words_that_nobody_reads_are_no_error(monkeypatch):
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    assert trilayer.cli.main(["nonsense"]) == 2


def test_words_for_numbers():
    assert counted(1, "row") == "1 row"
    assert counted(2000, "row") == "2,000 rows"
    assert listed(range(3)) == "0, 1, 2"
    assert listed(range(1013), 2) == "0, 1 and 1,011 more"
    assert score(None) == "–"
    assert score(0.98765) == "0.9877"


def test_there_is_an_app_and_nothing_else():
    assert "train" in list(trilayer.cli.app)
    with pytest.raises(AttributeError, match="nonsense"):
        trilayer.cli.nonsense  # noqa: B018


def test_main_takes_the_words_of_the_process(monkeypatch, capsys):
    from trilayer import __version__

    monkeypatch.setattr(sys, "argv", ["trilayer", "--version"])
    assert trilayer.cli.main() == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_no_command_shows_the_help(capsys):
    assert trilayer.cli.main([]) == 0
    assert "Usage: trilayer COMMAND" in capsys.readouterr().out


def test_a_pipe_that_closes_in_process_is_quiet(capsys, monkeypatch):
    def closed(_):
        raise BrokenPipeError

    from trilayer.cli import shell

    monkeypatch.setattr(shell, "run", closed)
    assert trilayer.cli.main(["check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_bar_of_a_table_that_is_read(monkeypatch, capsys):
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm-256color")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", screen)
        with reading_bar("encoding the rows", 2000) as on_rows:
            on_rows(1000)
    assert "encoding the rows" in screen.getvalue()
    assert "50%" in screen.getvalue()
    with reading_bar("encoding the rows", 2000) as on_rows:
        assert on_rows(1000) is None
    assert capsys.readouterr() == ("", "")


# ---- scores ---------------------------------------------------------------------------

LOGITS = st.lists(st.floats(-800, 800), min_size=2, max_size=30)


@given(LOGITS, st.data())
def test_scores_are_finite_and_mirror_each_other(Z, data):
    """Swapping what is positive swaps the confusion matrix and keeps the losses."""
    Z = np.array(Z)
    truth = np.array(data.draw(st.lists(st.booleans(), min_size=len(Z), max_size=len(Z))))
    one, other = scores(Z, truth, 0.5), scores(-Z, ~truth, 0.5)
    assert np.isfinite([one.log_loss, one.brier, one.ece, one.accuracy]).all()
    assert one.log_loss == pytest.approx(other.log_loss)
    assert one.brier == pytest.approx(other.brier)
    assert one.auc == (None if other.auc is None else pytest.approx(other.auc))
    assert sum(one.confusion.values()) == one.rows == len(Z)
    right = one.confusion["true_positive"] + one.confusion["true_negative"]
    assert one.accuracy == pytest.approx(right / len(Z))


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.floats(-5, 5))
def test_no_constant_beats_the_prior(truth, z):
    truth = np.array(truth)
    assert prior_log_loss(truth.mean()) <= losses(np.full(len(truth), z), truth).mean() + 1e-12


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_the_prior_has_a_logit(rate):
    assert 1 / (1 + np.exp(-prior_logit(rate))) == pytest.approx(rate)


def test_the_verdict_needs_more_than_chance():
    rng = np.random.default_rng(0)
    base = rng.random(200)
    noise = rng.normal(0, 0.1, 200)
    assert verdict(base - 0.1 + noise, base)[0]
    assert "earns its place" in verdict(base - 0.1 + noise, base)[1]
    assert "does not earn its place" in verdict(base + 0.1 + noise, base)[1]
    assert "no clear difference" in verdict(base + noise - noise.mean(), base)[1]
    assert "no clear difference" in verdict(base[:1] - 1, base[:1])[1]


# ---- the target -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "written", "positive"),
    [
        ([True, False], None, True),
        ([True, False], "FALSE", False),
        ([0, 1], "0.0", 0),
        ([0, 1], "1", 1),
        (["a", "b"], None, "b"),
        (["a", "b"], "a", "a"),
    ],
)
def test_the_positive_label_is_found_as_written(values, written, positive):
    target, labels = learn_target(pa.chunked_array([values]), "y", written)
    assert target.positive == positive
    assert {target.positive, target.negative} == set(values)
    assert target.positive_is_second == (positive == sorted(values)[1])
    known, answers = target.answers(pa.array([*values, None]))
    np.testing.assert_array_equal(known, [True, True, False])
    np.testing.assert_array_equal(answers[:2], labels == positive)


@pytest.mark.parametrize("written", ["x", "A", "2"])
def test_a_label_that_is_not_there(written):
    for values in ([True, False], [0, 1], ["a", "b"]):
        with pytest.raises(InputError, match="the labels of target column 'y' are"):
            learn_target(pa.chunked_array([values]), "y", written)
