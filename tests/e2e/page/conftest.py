"""A real Chromium before a real service, for the tests of the browser page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from doubles.browser import Visit
from doubles.programs import Running, up

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "src" / "logstream" / "api" / "page" / "index.html"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    if not PAGE.exists():
        pytest.skip("the browser page is not built: make ui")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="UTC")
    made.set_default_timeout(30_000)
    yield made
    made.close()


@contextmanager
def watching(context: BrowserContext, service: Running) -> Iterator[Visit]:
    """Open the page with its one-time link; fails on errors that the page did not expect."""
    page: Page = context.new_page()
    visit = Visit(page, service)
    yield visit
    assert visit.complaints == []


@pytest.fixture
def access(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def php(tmp_path: Path) -> Path:
    return tmp_path / "php_errors.log"


@pytest.fixture
def service(tmp_path: Path, access: Path, php: Path) -> Iterator[Running]:
    access.touch()
    given = (f"apache-request={access}", f"php-error={php}", "--server", "srv-6")
    with up(tmp_path, *given) as started:
        yield started


@pytest.fixture
def visit(context: BrowserContext, service: Running) -> Iterator[Visit]:
    with watching(context, service) as made:
        yield made
