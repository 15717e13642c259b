"""Two languages with the same keys, and every key that the page says exists."""

import json
import re
from pathlib import Path

import pytest

from trilayer.derivation.misprints import MISPRINTS
from trilayer.derivation.trace import NETWORK
from trilayer.lab.faults import CODES

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src/trilayer/lab/static"
EN, ZH = (json.loads((STATIC / f"i18n/{name}.json").read_text()) for name in ("en", "zh"))
SOURCE = "\n".join(path.read_text() for path in sorted((STATIC / "js").glob("*.js")))

# t("key"), t(on ? "key" : "other") and t(`start.${of}.end`)
CALLS = re.compile(r"\b(?:t|has)\(((?:[^()`]|`[^`]*`)*?)[,)]", re.DOTALL)


def said() -> set[str]:
    """Keys written out in the source."""
    return {key for call in CALLS.findall(SOURCE) for key in re.findall(r'"([\w.-]+)"', call)}


def patterns() -> list[re.Pattern[str]]:
    """Keys made of a part that varies."""
    made = {key for call in CALLS.findall(SOURCE) for key in re.findall(r"`([^`]+)`", call)}
    return [
        re.compile(re.sub(r"\\\$\\\{.*?\\\}", r"[\\w-]+", re.escape(key))) for key in sorted(made)
    ]


def test_both_languages_have_the_same_keys():
    assert EN.keys() == ZH.keys()


@pytest.mark.parametrize("key", sorted(EN))
def test_both_languages_fill_in_the_same(key):
    names = [set(re.findall(r"\{(\w+)\}", words[key])) for words in (EN, ZH)]
    assert names[0] == names[1]


def test_every_key_that_is_said_exists():
    missing = said() - EN.keys()
    assert not missing
    assert len(said()) > 100


def test_every_key_that_exists_is_said():
    made = patterns()
    unused = {key for key in EN.keys() - said() if not any(p.fullmatch(key) for p in made)}
    assert not unused


@pytest.mark.parametrize("pattern", patterns(), ids=lambda p: p.pattern)
def test_every_pattern_has_a_key(pattern):
    assert any(pattern.fullmatch(key) for key in EN)


def test_chinese_is_chinese():
    # Names, symbols and numbers are the same in both; words are not.
    same = {key for key in EN if EN[key] == ZH[key]}
    words = {key for key in same if re.search(r"[a-z]{4}", re.sub(r"\{\w+\}", "", EN[key]))}
    assert not words


def test_every_error_of_the_server_has_its_sentence():
    assert {f"error.{code}" for code in CODES} <= EN.keys()


def test_every_matrix_has_its_name():
    assert {f"matrix.{equation.target}" for equation in NETWORK} <= EN.keys()


def test_the_misprints_are_those_of_the_documents():
    told = json.loads((STATIC / "i18n/misprints.zh.json").read_text())
    assert list(told) == [misprint.id for misprint in MISPRINTS]
    for document, fields in [
        ("derivation.zh-CN.md", ("where", "printed", "corrected", "why", "check")),
        ("derivation.md", (None, "printed", "corrected", None, None)),
    ]:
        text = (ROOT / "docs" / document).read_text()
        rows = re.findall(r"^\| (R\d+ \|.*) \|$", text, re.MULTILINE)
        assert len(rows) == len(told)
        for row in rows:
            name, *cells = row.split(" | ")
            for field, cell in zip(fields, cells, strict=False):
                assert field is None or told[name][field] == cell
