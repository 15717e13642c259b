"""What the READMEs show is run."""

import re

import pytest

from conftest import ROOT

READMES = ("README.md", "README.zh-CN.md")


def blocks(readme, language):
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("readme", READMES)
def test_the_python_example_runs(readme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in blocks(readme, "python"):
        exec(code, names)
    assert names["t"].sources("dW1", 0, 2)[0] == "E31"
    assert (tmp_path / "model.safetensors").exists()


def test_both_readmes_show_the_same_code():
    def without_comments(readme):
        return [re.sub(r"\s*#.*", "", code) for code in blocks(readme, "(?:python)?")]

    assert without_comments(READMES[0]) == without_comments(READMES[1])
