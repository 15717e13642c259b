"""The page in both languages and themes: accessible, within its width, by keyboard, on paper."""

import json
import math
import re

import pytest
from playwright.sync_api import expect

from report.conftest import FAST, customers

LOUD = ("serious", "critical")
FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select, [tabindex='0']"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_axe_finds_nothing_serious_and_nothing_overflows(open_page, pages, axe, lang, theme):
    page = open_page(pages[lang], theme)
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [v for v in found if v["impact"] in LOUD]
    assert not serious, json.dumps(serious, indent=1)[:2000]
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    heads = " ".join(page.locator("h2").all_inner_texts())
    assert bool(re.search(r"[\u4e00-\u9fff]", heads)) == (lang == "zh")
    for width in (390, 768, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_every_picture_is_drawn_and_named(open_page, pages):
    page = open_page(pages["en"])
    figures = page.locator("figure[data-chart]").count()
    assert figures >= 7
    assert page.locator("figure canvas").count() == figures
    assert all(page.locator("figure [role=img]").nth(i).get_attribute("aria-label")
               for i in range(figures))  # fmt: skip


def test_the_threshold_moves_and_counts_right(open_page, pages, held_out):
    page = open_page(pages["en"])
    steps = held_out["scores"]["steps"]
    box = page.get_by_label("Threshold").last
    cells = page.locator(".confusion tbody td")
    for place in (0, len(steps["threshold"]) // 2, len(steps["threshold"]) - 1):
        box.fill(repr(steps["threshold"][place]))
        box.dispatch_event("change")
        tn, fp, fn, tp = (int(text.replace(",", "")) for text in cells.all_inner_texts())
        assert (tp, fp) == (steps["true_positive"][place], steps["false_positive"][place])
        assert (tn, fn) == (steps["negatives"] - fp, steps["positives"] - tp)


def test_costs_move_it_to_the_optimum(open_page, pages, held_out):
    page = open_page(pages["en"])
    steps = held_out["scores"]["steps"]
    page.get_by_label("Cost of a false yes").fill("5")
    page.get_by_text("Move to the least cost").click()
    _, fp, fn, _ = (
        int(text.replace(",", "")) for text in page.locator(".confusion tbody td").all_inner_texts()
    )
    costs = [
        5 * f + steps["positives"] - t
        for t, f in zip(steps["true_positive"], steps["false_positive"], strict=True)
    ]
    assert 5 * fp + fn == min([*costs, steps["positives"]])


def test_a_row_is_explained_as_python_says(open_page, pages, world, held_out):
    """Click a row: its probability is the model's, and the moves add up to its logit."""
    page = open_page(pages["en"])
    row = page.locator(".judged tbody tr").nth(3)
    told = float(row.locator("td").first.inner_text())
    row.get_by_role("button").click()
    assert page.locator("#whatif output").inner_text() == f"{100 * told:.1f}%"
    found = page.evaluate(
        "() => [...document.querySelectorAll('.moves tbody tr')].map(r =>"
        " [r.children[0].textContent, r.children[1].textContent.replace('−', '-')])"
    )
    *moves, (_, total) = [(name, float(value)) for name, value in found]
    assert sum(value for _, value in moves) == pytest.approx(total, abs=1e-3)
    assert 1 / (1 + math.exp(-total)) == pytest.approx(told, abs=1e-3)
    assert {name for name, _ in moves[1:]} == {
        each["column"] for each in held_out["importance"]["columns"]
    }


def test_what_if_a_value_were_another(open_page, pages):
    page = open_page(pages["en"])
    said = page.locator("#whatif output")
    age = page.locator("#whatif input[type=number]").first
    before = said.inner_text()
    age.fill("80")
    assert float(said.inner_text()[:-1]) > float(before[:-1])
    age.fill("")  # missing
    expect(page.locator(".refused")).to_have_text("")
    page.get_by_role("button", name="Typical row").click()
    expect(said).to_have_text(before)


def test_rows_are_sorted_and_mistakes_picked(open_page, pages):
    page = open_page(pages["en"])
    page.locator(".judged thead").get_by_role("button", name="Probability").click()
    column = page.locator(".judged tbody tr td:nth-child(2)")
    values = [float(text) for text in column.all_inner_texts()]
    assert values == sorted(values, reverse=True)
    page.get_by_label("Rows shown").first.select_option(index=1)
    for row in page.locator(".judged tbody tr").all()[:10]:
        probability, truth = row.locator("td").all_inner_texts()[:2]
        assert (float(probability) >= 0.5) != (truth == "yes")


def test_the_tab_key_reaches_everything(open_page, pages):
    page = open_page(pages["en"], width=768)
    unreached = "all => all.filter(e => e.checkVisibility() && !e.dataset.reached).length"
    for _ in range(page.locator(FOCUSABLE).count() + 20):
        page.keyboard.press("Tab")
        page.evaluate("document.activeElement.dataset.reached = 'yes'")
    assert page.locator(FOCUSABLE).evaluate_all(unreached) == 0


def test_it_prints_in_light_and_goes_back(open_page, pages, tmp_path):
    page = open_page(pages["zh"], "dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    made = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert made.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) >= 3


def test_hostile_names_do_nothing_but_show(open_page, trilayer_hostile):
    page = open_page(trilayer_hostile)
    assert page.evaluate("window.stolen") is None
    row = page.locator(".judged tbody tr").first
    row.get_by_role("button").click()
    expect(page.locator(".refused")).to_have_text("")
    assert "<img src=x" in page.locator(".moves").inner_text()


@pytest.fixture
def trilayer_hostile(tmp_path):
    from cli.conftest import type_in

    names = ['<img src=x onerror="window.stolen=1">', "</script><script>window.stolen=1</script>",
             "__proto__", "constructor", "toString"]  # fmt: skip
    frame = customers(300)
    frame.columns = [*names, "buys"]
    frame[names[1]] = frame[names[1]].map({"Ulm": "__proto__", "Köln": "hasOwnProperty"})
    frame.to_csv(tmp_path / "t.csv", index=False)
    model, page = tmp_path / "m.safetensors", tmp_path / "r.html"
    words = ("--target", "buys", *FAST, "-o", model, "--report", page)
    assert type_in("train", tmp_path / "t.csv", *words).code == 0
    return page
