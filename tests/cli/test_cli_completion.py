"""``completion``, and the examples below every ``--help``."""

import shlex
import shutil
import subprocess

import pytest

from trilayer.cli import app
from trilayer.cli.examples import EXAMPLES
from trilayer.cli.shell import COMMANDS, options


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_commands_and_options(trilayer, shell, tmp_path):
    said = trilayer("completion", shell)
    assert (said.code, said.err) == (0, "")
    for command in COMMANDS:
        assert command in said.out
    for option in options("train"):
        if option.startswith("--"):
            assert option.removeprefix("--") in said.out
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(said.out)
        subprocess.run([shell, "-n", script], check=True)


def completed(script, *words):
    """What bash offers for the last word."""
    line = (
        f'source "$1"; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; '
        '_trilayer; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "-c", line, "bash", str(script)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes(trilayer, tmp_path):
    script = tmp_path / "script"
    script.write_text(trilayer("completion", "bash").out)
    assert completed(script, "trilayer", "tr") == ["train", "trace"]
    assert completed(script, "trilayer", "train", "--hid") == ["--hidden"]
    assert completed(script, "trilayer", "completion", "f") == ["fish"]


def test_another_shell_is_refused(refused):
    assert "bash" in refused("completion", "csh")


def test_every_command_has_examples(trilayer):
    assert EXAMPLES.keys() == COMMANDS.keys()
    for command, lines in EXAMPLES.items():
        said = trilayer(command, "--help").out
        assert all(f"  {line}\n" in said for line in lines)


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_examples_are_commands(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "adult.toml").write_text("data = 'adult.csv.gz'\ntarget = 'income'\n")
    words = shlex.split(line.rpartition("| ")[2].partition(" > ")[0])
    assert words[0] == "trilayer"
    app.parse_args(words[1:], exit_on_error=False, print_error=False)
