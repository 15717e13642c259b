"""What only a process of its own can show: imports, signals, pipes, terminals."""

import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from trilayer import load

TRILAYER = (sys.executable, "-m", "trilayer")


def test_help_is_quick_and_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from trilayer.cli import main\n"
        "assert main(['--help']) == 0\n"
        "assert main(['train', '--help']) == 0\n"
        "heavy = {'numpy', 'sklearn', 'pyarrow', 'scipy', 'safetensors'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for words in [
        "train",
        "predict",
        "evaluate",
        "inspect",
        "check",
        "trace",
        "lab",
        "demo",
        "130",
    ]:
        assert words in done.stdout


def test_ctrl_c_writes_the_best_model_so_far(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 8))
    frame = pd.DataFrame(X, columns=list("abcdefgh")).assign(y=(X[:, 0] > 0).astype(int))
    frame.to_csv(tmp_path / "x.csv", index=False)
    words = ("--target", "y", "--solver", "gd", "--learning-rate", "1e-4", "--max-iter", "10000000",
             "--l2", "1", "--starts", "1")  # fmt: skip
    child = subprocess.Popen(
        (*TRILAYER, "train", "x.csv", *words), cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell's background jobs ignore Ctrl-C, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    while "learning from" not in child.stderr.readline():
        assert child.poll() is None
    time.sleep(0.7)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert re.search(r"network: interrupted after [\d,]+ iterations", err)
    assert "Traceback" not in err
    assert "class prior" in out
    assert load(tmp_path / "x.safetensors").predict(frame).shape == (4000,)


def test_a_closed_pipe_is_quiet(people):
    many = [str(people.csv)] * 60  # more than a pipe holds
    child = subprocess.Popen(
        (*TRILAYER, "predict", str(people.model), *many),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout.readline() == b"logit,probability,label\n"
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait(60) == 0
