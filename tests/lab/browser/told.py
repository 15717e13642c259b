"""What a test does with the page, in words: settings, running, reading numbers."""

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

Floats = np.ndarray[Any, np.dtype[np.float64]]


def setting(page: Page, name: str) -> Any:
    """Return one of the settings that the server holds, as the page knows them."""
    return page.evaluate(
        "async name => (await import('/static/js/state.js')).settings.value[name]", name
    )


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds; fail when it does not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def choose(page: Page, name: str, value: str) -> None:
    """Pick an option or type a number, and wait until the server has taken it."""
    field = page.locator(f'[name="{name}"]').first
    if field.evaluate("e => e.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
        field.press("Enter")
    until(lambda: str(setting(page, name)) == value)


def small(page: Page, toy: str = "xor", points: int = 12, hidden: int = 3) -> None:
    """Few samples, none held out, so that every number fits on the page."""
    choose(page, "toy", toy)
    choose(page, "points", str(points))
    slide(page, "held_out", 0.0)
    choose(page, "hidden", str(hidden))


def slide(page: Page, name: str, value: float) -> None:
    """Move a slider to a value."""
    page.locator(f'[name="{name}"]').evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('change', { bubbles: true })); }", value
    )
    until(lambda: setting(page, name) == value)


def iterate(page: Page, count: int) -> None:
    """Let it run a number of iterations and wait for its end."""
    before = iteration(page)
    page.locator("#run-count").fill(str(count))
    page.locator('[data-do="steps"]').click()
    expect(page.locator('[data-field="k"]')).to_have_text(spaced(before + count), timeout=20_000)
    expect(page.locator('[data-do="step"]')).to_be_enabled()


def iteration(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator('[data-field="k"]').inner_text()))


def spaced(k: int) -> re.Pattern[str]:
    return re.compile(r"^\D*" + r"\D?".join(str(k)) + r"\D*$")


def cost(page: Page) -> float:
    return float(page.locator('[data-field="J"]').get_attribute("data-value") or "nan")


def show(page: Page, step: str) -> None:
    """Go to a row of the rail."""
    page.locator(f'[data-step="{step}"]').click()
    page.wait_for_selector(f'[data-step="{step}"][aria-current="step"]')


def read(page: Page, name: str) -> Floats:
    """Read a whole matrix off the page, turning its pages."""
    figure = page.locator(f'[data-matrix="{name}"]')
    size = [int(figure.get_attribute(f"data-{what}") or 0) for what in ("rows", "columns")]
    found = np.full(size, np.nan)
    later = figure.locator(".pager button").last
    while True:
        for row, column, value in figure.locator(".cell").evaluate_all(
            "cells => cells.map(c => [+c.dataset.row, +c.dataset.column, c.dataset.value])"
        ):
            found[row, column] = float(value)
        if not later.count() or later.is_disabled():
            break
        first = figure.get_attribute("data-first")
        later.click()
        expect(figure).not_to_have_attribute("data-first", first or "")
    earlier = figure.locator(".pager button").first
    while earlier.count() and earlier.is_enabled():
        earlier.click()
    assert not np.isnan(found).any()
    return found


def ringed(page: Page) -> set[tuple[str, int, int]]:
    """Return the elements that wear a ring, on all pages of the samples."""
    found = _rings(page)
    later = page.locator(".pager button:last-child").first
    while later.count() and later.is_enabled():
        later.click()
        found |= _rings(page)
    return found


def _rings(page: Page) -> set[tuple[str, int, int]]:
    cells = page.locator(".cell.ring").evaluate_all(
        "cells => cells.map(c => [c.closest('[data-matrix]').dataset.matrix,"
        " +c.dataset.row, +c.dataset.column])"
    )
    return {(name, row, column) for name, row, column in cells}


def point(page: Page, name: str, row: int, column: int) -> None:
    """Point at an element and wait for the inspector to have it."""
    earlier = page.locator(".pager button:first-child").first
    while earlier.count() and earlier.is_enabled():
        earlier.click()
    cell = f'[data-matrix="{name}"] [data-row="{row}"][data-column="{column}"]'
    page.locator(cell).hover()
    page.wait_for_selector(f'.inspector[data-element="{name},{row},{column}"]')
