"""docs/cli.md names every command, option, exit code and JSON key."""

import json
import re
from pathlib import Path

import pytest

from trilayer.cli import app, exits

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
COMMANDS = [name for name in app if not name.startswith("-")]


def keys(value):
    """All names in a JSON value, but for those that are data."""
    if isinstance(value, list):
        return set().union(*map(keys, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    data = ("hyper_parameters", "training", "summary", "fingerprint", "versions")
    return set(value) | set().union(
        *(keys(inner) for name, inner in value.items() if name not in data), set()
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(trilayer, command):
    own_help = trilayer(command, "--help").out.partition("Data go to")[0]
    options = set(re.findall(r"(?<=[ │])--[a-z0-9-]+", own_help))
    prose = re.sub(r"^```.*?^```", "", SECTIONS[command], flags=re.MULTILINE | re.DOTALL)
    documented = set(re.findall(r"(?<=`)--[a-z0-9-]+", prose))
    assert options or command == "completion"  # which takes a word alone
    assert documented == options


@pytest.mark.parametrize("command", ["train", "evaluate", "inspect", "export", "check", "trace"])
def test_every_json_key_is_documented(trilayer, people, tmp_path, command):
    words = {
        "train": (people.csv, "--target", "buys", "-o", tmp_path / "m", "--max-iter", 2),
        "evaluate": (people.model, people.csv),
        "inspect": (people.model,),
        "export": (people.model, "--to", "python", "-o", tmp_path / "m.py", "--check", people.csv),
        "check": (people.model,),
        "trace": (people.model, people.csv),
    }[command]
    printed = json.loads(trilayer(command, *words, "--json").out)
    documented = SECTIONS[command].split("**JSON**")[1]
    missing = {key for key in keys(printed) if f"`{key}`" not in documented}
    assert not missing


def test_every_exit_code_is_documented():
    for code in (exits.OK, exits.FAILED, exits.BAD_INPUT, exits.INTERRUPTED):
        assert f"\n| {code} | " in PAGE
        assert f"{code} " in exits.EPILOGUE
