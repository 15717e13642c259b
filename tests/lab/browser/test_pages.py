"""Every screen in both languages and both themes: accessible, within its width, by keyboard."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from lab.browser import told

SCREENS = ("train", "step", "check", "compare", "guide")
READY = {"step": '[data-matrix="Z1"]', "check": "[data-misprint=R15]"}
LOUD = ("serious", "critical")
FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select, summary, [tabindex='0']"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_serious_and_nothing_overflows(open_lab, axe, screen, lang, theme):
    page = open_lab(screen, lang, theme)
    page.wait_for_selector(READY.get(screen, ".screen .card"))
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [v for v in found if v["impact"] in LOUD]
    assert not serious, json.dumps(serious, indent=1)[:2000]
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    chinese = re.search(r"[\u4e00-\u9fff]", page.locator(".screen").inner_text())
    assert bool(chinese) == (lang == "zh")
    for width in (390, 768, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("screen", SCREENS)
def test_no_text_is_a_bare_key(open_lab, screen):
    page = open_lab(screen)
    page.wait_for_selector(READY.get(screen, ".screen .card"))
    keys = page.evaluate(
        "async () => Object.keys(await (await fetch('static/i18n/en.json')).json())"
    )
    prefixes = "|".join({re.escape(key.partition(".")[0]) for key in keys})
    text = page.locator("body").inner_text()
    assert not re.findall(rf"(?:^|\s)(?:{prefixes})\.[a-z_.]+(?=\s|$)", text)


@pytest.mark.parametrize("screen", SCREENS)
def test_the_tab_key_reaches_everything(open_lab, screen):
    page = open_lab(screen)
    page.wait_for_selector(READY.get(screen, ".screen .card"))
    # Of radio buttons that belong together the chosen one is reached, the others by arrows.
    unreached = (
        "all => all.filter(e => e.checkVisibility() && !(e.type === 'radio' && !e.checked)"
        " && !e.dataset.reached).map(e => e.outerHTML)"
    )
    page.evaluate("document.activeElement.blur()")
    left = page.locator(FOCUSABLE).evaluate_all(unreached)
    for _ in range(2 * len(left) + 40):  # what a cell feeds is listed anew where one is reached
        page.keyboard.press("Tab")
        page.evaluate("document.activeElement.dataset.reached = 'yes'")
        left = page.locator(FOCUSABLE).evaluate_all(unreached)
        if not left:
            break
    assert not left


def test_the_grid_is_walked_with_arrows(open_lab):
    page = open_lab("step")
    first = page.locator('[data-matrix="X"] [data-row="0"][data-column="0"]')
    first.focus()
    for key, place in [
        ("ArrowDown", "1,0"), ("ArrowRight", "1,1"), ("End", "1,299"), ("Control+Home", "0,0"),
        ("PageDown", "0,8"), ("ArrowUp", "0,8"), ("Home", "0,0"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        told.until(lambda place=place: _focus(page) == place)
    assert page.locator('[data-matrix="X"] [tabindex="0"]').count() == 1


def _focus(page: Page) -> str:
    where = "(({ row, column }) => `${row},${column}`)(document.activeElement.dataset)"
    return str(page.evaluate(where))


def test_a_grid_says_what_it_is(open_lab):
    page = open_lab("step")
    grid = page.locator('[data-matrix="Z1"] [role="grid"]')
    expect(grid).to_have_attribute("aria-rowcount", "8")
    expect(grid).to_have_attribute("aria-colcount", "300")
    expect(grid).to_have_attribute("aria-label", "Matrix Z1, n2 × m = 8 × 300")
    cell = grid.locator('[data-row="2"][data-column="4"]')
    expect(cell).to_have_attribute("aria-colindex", "5")
    expect(cell).to_have_attribute("aria-label", re.compile(r"^Z1 row 3 column 5: \S+$"))
    told.show(page, "A1")
    told.point(page, "A1", 2, 4)
    source = page.locator('[data-matrix="Z1"] [data-row="2"][data-column="4"]')
    expect(source).to_have_attribute("aria-label", re.compile("goes into the element pointed at$"))


def test_language_and_theme_are_a_button_away(open_lab):
    page = open_lab("train")
    page.locator('[data-do="language"]').click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator('[data-do="play"]')).to_contain_text("运行")
    page.locator('[data-do="theme"]').click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator('[data-do="play"]')).to_contain_text("运行")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
