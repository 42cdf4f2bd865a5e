"""The browser page at full rate: how soon it answers, what it holds, and that nothing is lost.

    python benchmarks/page.py [--seconds 600] [--rate 10000] [--history 1000000]

A real service follows a file that is written at the rate; a real Chromium shows it. Clicks go
through the browser's input, as a person's do; what is measured is the time to the frame that shows
their effect. At the end, lines in the page and lines that it says it let go must be those written.
Then a file of the given number of lines is scrolled through, from its end to its beginning.

Needs Chromium (Debian: ``apt-get install chromium``) and the built page (``make ui``).
"""

import argparse
import gzip
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

LINE = '192.0.2.{} - - [{}] "GET /node/{} HTTP/1.1" {} 1234 "-" "curl/8.5" request_id="v-{}"\n'
STATUSES = (200, 200, 200, 301, 404, 200, 200, 500)
TURNS_A_SECOND = 20
CLICK = """() => new Promise((done) => {
  const button = document.querySelector('[data-testid=pause]');
  button.addEventListener('click', (event) => {
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - event.timeStamp)));
  }, { once: true, capture: true });
})"""


def main() -> None:
    """Measure, and print a table."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seconds", type=float, default=600)
    given.add_argument("--rate", type=int, default=10_000)
    given.add_argument("--history", type=int, default=1_000_000)
    options = given.parse_args()
    program = shutil.which("chromium")
    if program is None:
        sys.exit("there is no Chromium: apt-get install chromium")
    print(f"initial load: {first_load_bytes() / 1000:.0f} kB compressed")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        measure_live(browser.new_page(), Path(folder) / "live", options.rate, options.seconds)
        measure_history(browser.new_page(), Path(folder) / "history", options.history)
        browser.close()


def first_load_bytes() -> int:
    """Give the compressed size of what the page loads at first."""
    page = Path(__file__).parents[1] / "src/logstream/api/page"
    return sum(len(gzip.compress(path.read_bytes())) for path in page.rglob("*") if path.is_file())


def lines(first: int, count: int) -> str:
    """Make ``count`` lines; their numbers are in them."""
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    return "".join(
        LINE.format(i % 250, stamp, i, STATUSES[i % 8], i) for i in range(first, first + count)
    )


@contextmanager
def serving(folder: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """Run a service over a file; gives its ready file's content, and the file."""
    folder.mkdir()
    log, ready = folder / "access.log", folder / "ready.json"
    log.touch()
    words = [sys.executable, "-m", "logstream", "up", f"apache-request={log}"]
    words += ["--api-port", "0", "--stream-port", "0"]
    words += ["--state-dir", str(folder / "state"), "--ready-file", str(ready)]
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(words, stdout=output, stderr=output) as up,
    ):
        try:
            while not ready.exists():
                if up.poll() is not None:
                    sys.exit("the service did not start")
                time.sleep(0.05)
            yield json.loads(ready.read_text()), log
        finally:
            up.terminate()


def measure_live(page: Page, folder: Path, rate: int, seconds: float) -> None:
    """Write at the rate; click, and count."""
    with serving(folder) as (ready, log), log.open("a") as file:
        page.goto(ready["page_link"])
        page.get_by_test_id("lamp").get_by_text("Live").wait_for()
        written, answered_ms, heaps = 0, list[float](), list[int]()
        began = time.monotonic()
        while (passed_s := time.monotonic() - began) < seconds:
            due = int(passed_s * rate) - written
            file.write(lines(written, due))
            file.flush()
            written += due
            if int(passed_s * TURNS_A_SECOND) % (2 * TURNS_A_SECOND) == 0:
                answered_ms += [click(page), click(page)]  # pause, and go on
                heaps.append(page.evaluate("performance.memory.usedJSHeapSize"))
            time.sleep(1 / TURNS_A_SECOND)
        held = settle(page, written)
        slowest = sorted(answered_ms)
        print(
            f"{rate} lines/s for {seconds:.0f} s: {written:,} written, {held:,} accounted for;"
            f" click to frame p50 {statistics.median(slowest):.0f} ms,"
            f" p99 {slowest[int(len(slowest) * 0.99)]:.0f} ms, max {slowest[-1]:.0f} ms;"
            f" heap at most {max(heaps) / 1e6:.0f} MB, at the end {heaps[-1] / 1e6:.0f} MB"
        )


def click(page: Page) -> float:
    """Click the pause button; gives the milliseconds from the click to the frame after it."""
    page.evaluate(f"window.answered = ({CLICK})(); undefined")
    page.get_by_test_id("pause").click()
    answered: float = page.evaluate("window.answered")
    return answered


def settle(page: Page, written: int, within_s: float = 60) -> int:
    """Wait until the page accounts for all lines; gives how many it does account for."""
    until = time.monotonic() + within_s
    held = 0
    while time.monotonic() < until:
        held = accounted(page)
        if held >= written:
            break
        time.sleep(0.2)
    return held


def accounted(page: Page) -> int:
    """Add what the page holds to what it says it let go."""
    said = page.get_by_test_id("status").inner_text()
    total = 0
    for pattern in (r"([\d,]+) lines? loaded", r"([\d,]+) older lines", r"([\d,]+) newer lines"):
        if found := re.search(pattern, said):
            total += int(found[1].replace(",", ""))
    return total


def measure_history(page: Page, folder: Path, count: int) -> None:
    """Scroll from the end of a long log to its beginning."""
    with serving(folder) as (ready, log):
        with log.open("a") as file:
            for first in range(0, count, 50_000):
                file.write(lines(first, min(50_000, count - first)))
        page.goto(ready["page_link"])
        page.locator(".row").first.wait_for()
        page.evaluate(
            "window.stalls = [];"
            "new PerformanceObserver((list) => {"
            "  for (const entry of list.getEntries()) window.stalls.push(entry.duration);"
            "}).observe({ type: 'longtask' });"
        )
        page.get_by_test_id("lines").hover()
        began = time.monotonic()
        edge = page.get_by_test_id("edge-top")
        while "begin here" not in "".join(edge.all_inner_texts()):
            page.mouse.wheel(0, -50_000)
            if time.monotonic() - began > 600:
                break
        took_s = time.monotonic() - began
        stalls = page.evaluate("window.stalls")
        print(
            f"{count:,} lines of history scrolled in {took_s:.0f} s,"
            f" longest stall {max(stalls, default=0):.0f} ms,"
            f" heap {page.evaluate('performance.memory.usedJSHeapSize') / 1e6:.0f} MB"
        )


if __name__ == "__main__":
    main()
