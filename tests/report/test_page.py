"""The files: whole, self-contained, and proof against what tables and models may be called."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from cli.conftest import type_in
from report.conftest import FAST, customers

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "__proto__",
    "a|b`c`*d*[e](javascript:alert(1))",
    "\u202eevil\x1b[31m",
    "{say}",
)


@pytest.fixture(scope="module")
def page(world):
    path = world.folder / "page.html"
    said = type_in("report", world.model, world.csv, "--by", "town", "-o", path)
    assert said.code == 0, said.err
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A table whose columns, levels and labels would all be markup, and its reports."""
    folder = tmp_path_factory.mktemp("hostile")
    frame = customers(400)
    frame.columns = [*HOSTILE[:5], "<i>answer</i>"]
    frame[HOSTILE[1]] = frame[HOSTILE[1]].map(
        {"Ulm": HOSTILE[0], "Köln": HOSTILE[2], "<b>Rom</b>": HOSTILE[4]}
    )
    frame["<i>answer</i>"] = frame["<i>answer</i>"].map({"yes": "<script>", "no": "| `no`"})
    frame.to_csv(folder / "<b>.csv", index=False)
    model = folder / "<b>.safetensors"
    said = type_in("train", folder / "<b>.csv", "--target", "<i>answer</i>", *FAST, "-o", model)
    assert said.code == 0, said.err
    for form in ("html", "md", "json"):
        words = ("--by", HOSTILE[1], "-o", folder / f"r.{form}")
        assert type_in("report", model, folder / "<b>.csv", *words).code == 0
    return folder


class Tags(HTMLParser):
    """What a browser would make of it: tags with their attributes, scripts with their text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.styles, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.open and self.open[-1] in {"script", "style"}:
            getattr(self, f"{self.open[-1]}s").append(data)


def joined_scripts(text):
    return re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)


def test_the_page_asks_for_nothing(page):
    tags = Tags(page).tags
    asked = [(t, a) for t, a in tags if {"src", "href", "action", "srcset"} & a.keys()]
    assert all(tag == "a" and a["href"].startswith("#") for tag, a in asked)
    assert not [a for _, a in tags if any(name.startswith("on") or name == "style" for name in a)]
    assert not re.search(r"@import|url\(", page)


def test_its_policy_names_its_script_and_its_style_and_nothing_else(page):
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1])
    assert policy.startswith("default-src 'none'; ")
    data, script = joined_scripts(page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    for text in (script, style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert json.loads(data)["report"]["format"] == 1


def test_every_link_leads_to_a_section_of_its_own(page):
    tags = Tags(page).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for tag, a in tags if tag == "a"} <= set(ids)


def test_nothing_of_a_hostile_table_becomes_markup(hostile, page):
    text = (hostile / "r.html").read_text(encoding="utf-8")
    assert len(joined_scripts(text)) == 2
    tags = {tag for tag, _ in Tags(text).tags}
    assert tags <= {tag for tag, _ in Tags(page).tags}
    assert "\x1b" not in text
    assert "\u202e" not in text
    data = json.loads(joined_scripts(text)[0])
    assert data["report"]["card"]["positive"] == "| `no`"
    assert {each["column"] for each in data["controls"]} == set(HOSTILE[:5])


def test_nor_does_it_in_markdown(hostile):
    text = (hostile / "r.md").read_text(encoding="utf-8")
    assert "\x1b" not in text
    body, _, _ = text.partition("    trilayer train")
    assert not re.search(r"(?<!\\)[<`]", body)
    heads = [line.count("|") - line.count("\\|") for line in body.splitlines() if line[:1] == "|"]
    assert min(heads) >= 3


def test_json_is_the_same_in_a_file_as_on_standard_output(world):
    path = world.folder / "r.json"
    said = type_in("report", world.model, world.csv, "--json", "-o", path)
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(said.out)


def test_train_writes_the_report_of_its_rows_held_out(tmp_path):
    customers(400).to_csv(tmp_path / "t.csv", index=False)
    words = ("--target", "buys", *FAST, "-o", tmp_path / "m.safetensors")
    said = type_in("train", tmp_path / "t.csv", *words, "--report", tmp_path / "r.md", "--json")
    assert said.code == 0, said.err
    trained, text = json.loads(said.out), (tmp_path / "r.md").read_text(encoding="utf-8")
    assert f"| {trained['network']['auc']:.4f} |" in text
    assert f"{trained['rows']['held_out']} rows" in text


def test_and_of_another_table_where_that_judges(tmp_path):
    customers(400).to_csv(tmp_path / "t.csv", index=False)
    customers(200, seed=1).to_csv(tmp_path / "v.csv", index=False)
    words = ("--target", "buys", *FAST, "-o", tmp_path / "m.safetensors", "--json")
    said = type_in(
        "train", tmp_path / "t.csv", "--valid", tmp_path / "v.csv", *words,
        "--report", tmp_path / "r.json",
    )  # fmt: skip
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["data"]["which"] == "new"
    assert report["scores"]["confusion"] == json.loads(said.out)["network"]["confusion"]


def test_a_model_of_plain_numbers_has_a_report_too(tmp_path):
    from trilayer import TriLayerClassifier, save

    frame = customers(300)
    X = pd.DataFrame({"age": frame.age.fillna(40), "noise": frame.noise})
    clf = TriLayerClassifier(2, max_iter=50, tol=0, random_state=0).fit(X, frame.buys)
    save(clf, tmp_path / "m.safetensors")
    X.assign(buys=frame.buys).to_csv(tmp_path / "t.csv", index=False)
    words = ("--target", "buys", "--lang", "zh", "-o", tmp_path / "r.html")
    said = type_in("report", tmp_path / "m.safetensors", tmp_path / "t.csv", *words)
    assert said.code == 0, said.err
    assert '<html lang="zh-CN"' in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "r.pdf"), "a report is .html, .md or .json"),
        (("--by", "twon"), "did you mean 'town'?"),
        (("--by", "buys"), "this is the target column"),
        (("--target", "age"), "is an input of the model, so not its target"),
        (("--lang", "fr"), "--lang"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(world, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    done = type_in("report", world.model, world.csv, *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_pipe_is_refused_and_a_file_is_not_replaced(world, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "more than once" in type_in("report", world.model, "-", "--json").err
    (tmp_path / "r.md").write_text("mine")
    done = type_in("report", world.model, world.csv, "-o", "r.md")
    assert done.code == 2
    assert "--force" in done.err
    assert (tmp_path / "r.md").read_text() == "mine"
