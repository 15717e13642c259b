"""A lab of its own, a Chromium, and a page that may say nothing wrong."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from chromium import MISSING, chromium

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "build/lab/node_modules/axe-core/axe.min.js"
QUIET = [
    "--no-sandbox",  # root has no other way, and the page is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# The plugin keeps one browser for the whole session, and with it an event loop that runs in this
# thread: no other test could start one. Here it ends with the module.


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = chromium(playwright)
    if path is None:
        pytest.fail(MISSING)
    launched = playwright.chromium.launch(executable_path=path, args=QUIET)
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def browser_context_args() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        pytest.fail("axe is missing: make build/lab/stamp")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A running `trilayer lab`; gives its address with the token."""
    command = [sys.executable, "-m", "trilayer", "lab", "--no-browser"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"},
        # A shell's background jobs ignore Ctrl-C, and their children after them.
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509  nothing else runs yet
            signal.SIGINT, signal.default_int_handler
        ),
    ) as lab:
        try:
            told = ""
            while not (found := re.search(r"http://\S+", told)):
                line = lab.stdout.readline() if lab.stdout else ""
                assert line, f"trilayer lab ended: {told}"
                told += line
            yield found[0]
        finally:
            lab.send_signal(signal.SIGINT)
            lab.communicate(timeout=10)


Opener = Callable[..., Page]


@pytest.fixture
def open_lab(context: BrowserContext, address: str) -> Iterator[Opener]:
    """Open the lab on a screen; afterwards nothing may have gone wrong or left the machine."""
    page = context.new_page()
    wrong: list[str] = []
    outside: list[str] = []
    home = address.partition("?")[0]
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda r: outside.append(r.url) if not r.url.startswith((home, "data:", "blob:")) else None,
    )

    def opened(
        view: str = "train", lang: str = "en", theme: str = "light", width: int = 1400
    ) -> Page:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}#view={view}&lang={lang}&theme={theme}")
        page.wait_for_selector(f'[data-screen="{view}"][aria-current="page"]')
        page.wait_for_selector(".screen")
        return page

    yield opened
    assert not wrong
    assert not outside
