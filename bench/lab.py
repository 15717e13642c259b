"""How smoothly the lab's page follows the training: frames painted, iterations meanwhile.

Trains 2-8-1 by gradient descent on 400 points, the page in headless chromium, server and
browser on this machine. Run it with the packages of the test group: ``python bench/lab.py``.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
from itertools import pairwise

from playwright.sync_api import Page, sync_playwright

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SETTINGS = {"source": "toy", "toy": "flower", "points": 400, "held_out": 0, "hidden": 8}

# Each frame is acknowledged once it is painted: the gaps between those messages are the page's.
WATCH = """() => {
  window.painted = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    if (text === '{"do":"painted"}') window.painted.push(performance.now());
    return send.call(this, text);
  };
}"""


def measure(page: Page, seconds: float) -> tuple[list[float], float]:
    """Return the gaps between painted frames, ms, and the iterations a second."""
    page.evaluate(
        "async s => (await import('/static/js/link.js')).ask('set', { settings: s })", SETTINGS
    )
    page.locator('[data-do="play"]').click()
    page.wait_for_timeout(2000)
    reading = "async () => (await import('/static/js/state.js')).frame.value.k"
    start = page.evaluate("() => { painted.length = 0; return performance.now(); }")
    k = page.evaluate(reading)
    page.wait_for_timeout(1000 * seconds)
    took = page.evaluate("() => performance.now()") - start
    done = page.evaluate(reading) - k
    times = page.evaluate("() => painted")
    page.locator('[data-do="play"]').click()
    return [b - a for a, b in pairwise(times)], 1000 * done / took


def main() -> int:
    """Print median and slowest gaps, and iterations a second; 1 if too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--screen", default="train", choices=["train", "step"])
    chosen = parser.parse_args()
    command = [sys.executable, "-m", "trilayer", "lab", "--no-browser"]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as lab,
        sync_playwright() as playwright,
    ):
        address = ""
        while not (found := re.search(r"http://\S+", address)):
            address += lab.stdout.readline() if lab.stdout else ""
        chromium = shutil.which("chromium") or sys.exit("chromium is needed")
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{found[0]}#view={chosen.screen}&lang=en&theme=light")
        page.wait_for_selector(".screen")
        page.evaluate(WATCH)
        gaps, rate = measure(page, chosen.seconds)
        browser.close()
        lab.terminate()
    median = statistics.median(gaps)
    slow = statistics.quantiles(gaps, n=20)[-1]
    print(f"{len(gaps) + 1} frames painted in {chosen.seconds:g} s on the screen {chosen.screen!r}")
    print(f"gap between frames: median {median:.1f} ms, 95% within {slow:.1f} ms (goal: 40 ms)")
    print(f"meanwhile {rate:,.0f} iterations a second (goal: 20,000)")
    return int(median > 40 or rate < 20_000)


if __name__ == "__main__":
    sys.exit(main())
