"""Training, one's own points and tables, exports, links, lessons: what a person does."""

import json
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from lab.browser import told


def pixels(page: Page, selector: str) -> str:
    return str(page.locator(selector).evaluate("canvas => canvas.toDataURL()"))


def test_xor_is_learnt_and_rewind_starts_the_same_again(open_lab):
    page = open_lab("train")
    told.choose(page, "toy", "xor")
    told.choose(page, "learning_rate", "5")
    start, picture = told.cost(page), pixels(page, ".boundary canvas")
    page.locator('[data-do="play"]').click()
    told.until(lambda: told.cost(page) < 0.3)
    page.locator('[data-do="play"]').click()
    expect(page.locator('[data-do="step"]')).to_be_enabled()
    assert pixels(page, ".boundary canvas") != picture
    page.locator('[data-do="rewind"]').click()
    expect(page.locator('[data-field="k"]')).to_have_text("0")
    assert told.cost(page) == start
    page.locator('[data-do="reseed"]').click()
    told.until(lambda: told.cost(page) != start)


def test_alt_p_plays_and_pauses(open_lab):
    page = open_lab("train")
    page.keyboard.press("Alt+p")
    expect(page.locator('[data-do="play"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Alt+p")
    expect(page.locator('[data-do="play"]')).to_have_attribute("aria-pressed", "false")


def count(page: Page) -> int:
    return int(
        page.evaluate(
            "async () => (await import('/static/js/state.js')).samples.value.arrays.x.data.length"
        )
    )


def test_points_come_and_go_by_click_and_by_key(open_lab):
    page = open_lab("train")
    before = count(page)
    page.locator('[name="tool"][value="add1"]').check()
    page.locator(".boundary canvas").click(position={"x": 200, "y": 150})
    told.until(lambda: count(page) == before + 1)
    page.locator('[name="tool"][value="add0"]').check()
    page.locator(".boundary .focusable").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    told.until(lambda: count(page) == before + 2)
    page.locator('[name="tool"][value="remove"]').check()
    page.locator(".boundary canvas").click(position={"x": 200, "y": 150})
    told.until(lambda: count(page) == before + 1)
    page.get_by_role("button", name="Undo all").click()
    told.until(lambda: count(page) == before)


def test_a_stop_rule_stops(open_lab):
    page = open_lab("train")
    page.get_by_text("Stop by itself").click()
    told.choose(page, "stop_iteration", "50")
    page.locator('[data-do="play"]').click()
    expect(page.locator('[data-field="k"]')).to_have_text("50")
    expect(page.locator(".readout")).to_contain_text("stopped at the iteration set")


def test_a_table_of_ones_own(open_lab, tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{a},{b},{c},{'yes' if a + b > 0 else 'no'}" for a, b, c in rng.normal(size=(60, 3))]
    file = tmp_path / "own.csv"
    file.write_text("\n".join(["height,width,depth,sold", *rows]))
    page = open_lab("train")
    page.get_by_text("Your own table").click()
    page.locator('[name="file"]').set_input_files(file)
    page.locator('[name="target"]').select_option("sold")
    page.get_by_label("Role of depth").select_option("ignore")
    page.locator('[data-do="use-table"]').click()
    expect(page.locator(".network h2")).to_contain_text("2-8-1")
    page.get_by_label("Role of depth").select_option("number")
    page.locator('[data-do="use-table"]').click()
    expect(page.locator(".network h2")).to_contain_text("3-8-1")
    told.choose(page, "axis_y", "2")
    sold = sum("yes" in row for row in rows)
    expect(page.locator(".boundary canvas")).to_have_attribute(
        "aria-label",
        "Probability of class 1 over height and depth,"
        f" with {60 - sold} samples of class 0 (discs) and {sold} of class 1 (squares)",
    )


def test_a_bad_table_is_one_sentence_and_loses_nothing(open_lab, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_bytes(b"\x00\xff\x00not a table")
    page = open_lab("train")
    k = told.cost(page)
    page.get_by_text("Your own table").click()
    page.locator('[name="file"]').set_input_files(file)
    expect(page.locator('[role="alert"] p')).to_be_visible()
    assert told.cost(page) == k
    page.keyboard.press("Escape")
    expect(page.locator('[role="alert"] p')).to_have_count(0)


def test_an_impossible_value_is_said_in_the_page_s_language(open_lab):
    page = open_lab("train", lang="zh")
    field = page.locator('[name="learning_rate"]')
    field.fill("-1")
    field.press("Enter")
    expect(page.locator('[role="alert"]')).to_contain_text("学习率 η 不能是 -1。")


def saved(page: Page, selector: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.locator(selector).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_pictures_are_saved_as_svg_and_png(open_lab):
    page = open_lab("train")
    told.iterate(page, 20)
    page.locator('[data-do="export"]').click()
    for name in ("boundary", "network", "units", "curves"):
        _, svg = saved(page, f'[data-picture="{name}.svg"]')
        assert len(ElementTree.fromstring(svg)) > 4
        _, png = saved(page, f'[data-picture="{name}.png"]')
        assert png.startswith(b"\x89PNG")


def test_files_are_saved(open_lab):
    page = open_lab("train")
    told.iterate(page, 20)
    page.locator('[data-do="export"]').click()
    for what in ("numpy", "trilayer"):
        _, script = saved(page, f'[data-export="{what}"]')
        compile(script, what, "exec")
    _, npz = saved(page, '[data-export="npz"]')
    J = np.load(BytesIO(npz))["J"].item()
    # The page's J is the engine's, the file's the trace's: the last digit may differ.
    assert pytest.approx(told.cost(page), rel=1e-14) == J
    _, text = saved(page, '[data-export="json"]')
    assert json.loads(text)["iteration"] == 20
    _, latex = saved(page, '[data-export="latex"]')
    assert b"\\begin{document}" in latex
    _, model = saved(page, '[data-export="model"]')
    assert b"__metadata__" in model


def test_a_link_leads_back_to_the_same_numbers(open_lab):
    page = open_lab("train")
    told.choose(page, "toy", "moons")
    told.choose(page, "hidden", "5")
    told.iterate(page, 37)
    J = told.cost(page)
    told.until(lambda: "&s=" in page.url)
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator('[data-field="k"]')).to_have_text("37", timeout=20_000)
    told.until(lambda: told.cost(page) == J)
    assert told.setting(page, "toy") == "moons"


def test_many_hidden_units_are_summarised(open_lab):
    page = open_lab("train")
    told.choose(page, "hidden", "40")
    expect(page.locator(".units")).to_contain_text("The 16 of 40 units")


@pytest.mark.parametrize("lesson", range(6))
def test_every_button_of_a_lesson_works(open_lab, lesson):
    page = open_lab("guide")
    page.locator(".lessons button").nth(lesson).click()
    tries = page.locator(".tries button")
    for i in range(tries.count()):
        tries.nth(i).click()
        screen = page.locator('[data-screen][aria-current="page"]').get_attribute("data-screen")
        if screen != "guide":
            page.wait_for_selector(".matrix .chosen, [data-misprint]")
            page.locator('[data-screen="guide"]').click()
            continue
        expect(page.locator('[data-do="step"]')).to_be_enabled(timeout=20_000)
    expect(page.locator('[role="alert"] p')).to_have_count(0)


def test_the_first_lesson_is_true(open_lab):
    page = open_lab("guide")
    page.locator('[data-try="hidden.without"]').click()
    expect(page.locator('[data-field="k"]')).to_have_text(told.spaced(3000), timeout=20_000)
    assert told.cost(page) > 0.65
    page.locator('[data-try="hidden.with"]').click()
    told.until(lambda: told.cost(page) < 0.01)


def test_from_zero_weights_all_units_stay_the_same(open_lab):
    page = open_lab("guide")
    page.locator('[data-lesson="rate"]').click()
    page.locator('[data-try="rate.zero"]').click()
    expect(page.locator('[data-field="k"]')).to_have_text(told.spaced(500), timeout=20_000)
    page.locator('[data-screen="step"]').click()
    W1 = told.read(page, "W1")
    assert np.all(W1 == W1[:, :1])


def test_solvers_are_compared(open_lab):
    page = open_lab("compare")
    page.locator('[data-do="compare"]').click()
    told.until(lambda: page.locator("[data-run]").count() == 4)
    expect(page.locator('[data-do="compare"]')).to_be_visible(timeout=30_000)
    assert page.get_by_text("done", exact=True).count() == 4
    page.get_by_label("seconds", exact=True).check()
    page.wait_for_selector('.chart[aria-label="J of 4 runs"]')


def test_the_gradient_check_makes_a_v(open_lab):
    page = open_lab("check")
    page.wait_for_selector(".elements td")
    page.locator("#epsilon").evaluate(
        "e => { e.value = -6; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(page.locator('[data-field="h"]')).to_have_text("0.000001")
    first = page.locator(".elements tbody tr").first.locator("td")
    analytic, numerical = (float(first.nth(i).get_attribute("data-value") or "nan") for i in (0, 1))
    assert abs(analytic - numerical) < 1e-7 * abs(analytic)


def test_believing_a_misprint(open_lab):
    page = open_lab("check")
    assert page.locator("[data-misprint]").count() in (0, 15)
    page.wait_for_selector("[data-misprint=R15]")
    assert page.locator('[data-misprint][data-fails="true"]').count() == 15
    expect(page.locator("[data-misprint=R10] dd.fails")).to_contain_text("no such product")
    page.locator('[data-misprint=R11] [data-do="believe"]').click()
    expect(page.locator("[data-misprint=R11] .belief")).to_contain_text("300 times as long")


def test_without_its_token_the_page_asks(open_lab, address):
    page = open_lab("train")
    page.evaluate("sessionStorage.clear()")
    page.goto(address.partition("?")[0])
    page.reload()
    page.locator("#token").fill(address.partition("token=")[2])
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector(".screen")
