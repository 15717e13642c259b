"""Find a Chromium for the lab's tests, or get one: on PATH, Playwright's own, or Debian's.

As a script it prints the path of one that starts, and installs one where it can; if it cannot it
says what is missing. The tests themselves only look.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

from playwright.sync_api import Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "the lab's tests drive a browser, and there is none: install Chromium or Google Chrome so that "
    "one of the names " + ", ".join(NAMES) + " is on PATH (on Debian: apt-get install chromium)"
)
# Playwright itself would try for minutes to reach what cannot be reached; a slow line may load.
CONNECT_MS, LOAD_S = "10000", 600


def starts(path: str) -> bool:
    """Tell whether it runs: it may lack libraries, or be a stub that only says what to install."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def chromium(playwright: Playwright) -> str | None:
    """Return the path of a browser that starts: one on PATH before Playwright's own."""
    for name in (*NAMES, playwright.chromium.executable_path):
        path = shutil.which(name)
        if path and starts(path):
            return path
    return None


def tell(words: str) -> None:
    """Write a line for who waits; standard output is for the path."""
    print(words, file=sys.stderr, flush=True)


def look() -> None:
    """Take what there is."""


def load() -> None:
    """Let Playwright load its own, into a place that all projects of a user share."""
    words = ["playwright", "install", "--no-shell", "chromium"]
    patience = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": CONNECT_MS}
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        env=patience | os.environ,
        stdout=sys.stderr,  # how far it is
        stderr=subprocess.DEVNULL,  # five traces of one error
        start_new_session=True,  # for it starts others, that would go on without it
    ) as loading:
        try:
            if loading.wait(LOAD_S):
                tell(f"{' '.join(words)} failed")
        except subprocess.TimeoutExpired:
            tell(f"{' '.join(words)} took more than {LOAD_S} s")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(loading.pid, signal.SIGKILL)


def install() -> None:
    """Let apt install Debian's, if this is root."""
    if os.geteuid() or not shutil.which("apt-get"):
        return
    tell("apt-get install chromium")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in ("update -qq", "install -qq --yes --no-install-recommends chromium"):
        command = ["apt-get", *words.split()]
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    """Try one way after another, each once."""
    ways: tuple[Callable[[], None], ...] = (look, load, install)
    with sync_playwright() as playwright:
        for way in ways:
            way()
            if found := chromium(playwright):
                print(found)
                return 0
    tell(MISSING)
    return 1


if __name__ == "__main__":
    sys.exit(main())
