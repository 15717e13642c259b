"""Two languages with the same keys, and every key that is said exists."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "src/trilayer/report"
EN, ZH = (json.loads((ROOT / f"static/i18n/{name}.json").read_text()) for name in ("en", "zh"))
PYTHON = "\n".join(path.read_text() for path in sorted(ROOT.glob("*.py")))
SCRIPT = "\n".join(path.read_text() for path in sorted((ROOT / "static/js").glob("*.js")))
CODES = set(re.findall(r'Finding\("([\w]+)"', PYTHON))
# Codes that are made, and what they are made of.
MADE = {
    *(f"unfair_{name}_rate" for name in ("true_positive", "false_positive")),
    "unfair_selected", "unfair_precision", "calls_none", "calls_all",
    *(f"stopped_{reason}" for reason in ("interrupted", "diverged", "max_seconds")),
    "too_high", "too_low", "too_sure", "unsure", "miscalibrated", "slice_wrong", "slice_hard",
}  # fmt: skip


def test_both_languages_have_the_same_keys():
    assert EN.keys() == ZH.keys()


@pytest.mark.parametrize("key", sorted(EN))
def test_both_languages_fill_in_the_same(key):
    names = [set(re.findall(r"\{(\w+)\}", words[key])) for words in (EN, ZH)]
    assert names[0] == names[1]


def test_chinese_is_chinese():
    same = {key for key in EN if EN[key] == ZH[key]}
    words = {key for key in same if re.search(r"[a-z]{4}", re.sub(r"\{\w+\}", "", EN[key]))}
    assert words <= {"whatif.logit"}


def test_every_finding_has_its_sentence_and_every_sentence_its_finding():
    told = {key.partition(".")[2] for key in EN if key.startswith("finding.")}
    assert told == CODES | MADE


def test_every_finding_is_documented():
    page = (ROOT.parents[2] / "docs/report.md").read_text(encoding="utf-8")
    missing = {code for code in CODES | MADE if f"`{code}`" not in page}
    assert not missing


def test_every_key_that_the_script_says_exists():
    said = set(re.findall(r'say\("([\w.]+)"', SCRIPT))
    assert said <= EN.keys()
    assert len(said) > 30
    from trilayer.report.page import _SPOKEN

    assert all(key.startswith(_SPOKEN) for key in said)


def test_every_key_that_exists_is_said():
    text = PYTHON + SCRIPT
    patterns = [
        re.compile(re.sub(r"(?:\\\$)?\\\{.*?\\\}", r"[\\w.]+", re.escape(key)))
        for key in re.findall(r'[`"]([\w.]+\.\$?\{[^}]+\}[\w.]*)[`"]', text)
    ]
    unused = {
        key
        for key in EN
        if not re.search(rf"""["']{re.escape(key)}["']""", text)
        and not any(each.fullmatch(key) for each in patterns)
    }
    assert not unused
