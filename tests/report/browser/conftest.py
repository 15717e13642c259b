"""The report as a file in Chromium, which may ask for nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from cli.conftest import type_in
from lab.browser.conftest import axe, browser, browser_context_args, playwright

__all__ = ["axe", "browser", "browser_context_args", "playwright"]

Opener = Callable[..., Page]


@pytest.fixture(scope="session")
def pages(world) -> dict[str, Path]:
    """The report in each language."""
    made = {}
    for lang in ("en", "zh"):
        path = made[lang] = world.folder / f"browser-{lang}.html"
        words = ("--by", "town", "--lang", lang, "-o", path, "--force")
        assert type_in("report", world.model, world.csv, *words).code == 0
    return made


@pytest.fixture
def open_page(context: BrowserContext) -> Iterator[Opener]:
    """Open a report; afterwards nothing may have gone wrong, or been asked for."""
    page = context.new_page()
    wrong: list[str] = []
    asked: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    def opened(path: Path, theme: str = "light", width: int = 1400) -> Page:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_selector(".judged tbody tr")
        return page

    yield opened
    assert not wrong
    assert all(url.startswith("file:") for url in asked)
    assert len({url.partition("#")[0] for url in asked}) <= 1
