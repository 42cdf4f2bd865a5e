"""A person before the browser page: what they do, and what they see."""

import re
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from doubles.programs import Running

BOUND_MS = 30_000
EXPECTED = re.compile(r"status of 40[134]|WebSocket connection|ERR_CONNECTION|status of 0")
"""What Chromium itself says of answers and connections that tests refuse or cut on purpose."""


class Visit:
    """One tab.

    Attributes:
        page: Playwright's.
        complaints: Errors of scripts, and what the Content-Security-Policy stopped.
    """

    def __init__(self, page: Page, service: Running) -> None:
        self.page = page
        self.ready = service.ready
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and EXPECTED.search(message.text) is None:
            self.complaints.append(message.text)

    def sign_in_with_link(self) -> None:
        """Open the one-time link; with one environment, its page follows at once."""
        self.page.goto(self.ready["page_link"])

    def sign_in(self, secret: str | None = None) -> None:
        """Sign in with the key."""
        self.page.goto(self.ready["page_url"])
        self.page.get_by_label("Key").fill(self.ready["api_key"])
        self.page.get_by_label("Secret").fill(secret or self.ready["api_secret"])
        self.page.get_by_role("button", name="Sign in").click()

    @property
    def lamp(self) -> Locator:
        return self.page.get_by_test_id("lamp")

    @property
    def rows(self) -> Locator:
        return self.page.locator(".row")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def until_live(self) -> None:
        expect(self.lamp).to_contain_text("Live", timeout=BOUND_MS)

    def until_seen(self, text: str) -> None:
        expect(self.row(text).first).to_be_visible(timeout=BOUND_MS)

    def until_gone(self, text: str) -> None:
        expect(self.row(text)).to_have_count(0, timeout=BOUND_MS)

    def seek(self, kind: str, text: str, *, regex: bool = False) -> None:
        """Filter, exclude or highlight."""
        self.page.get_by_label("What to do with the expression").select_option(label=kind)
        toggle = self.page.get_by_role("button", name="Regular expression")
        if (toggle.get_attribute("aria-pressed") == "true") != regex:
            toggle.click()
        box = self.page.get_by_role("textbox", name="Text or regular expression")
        box.fill(text)
        box.press("Enter")

    def press(self, key: str) -> None:
        """Press a key where the list has the focus."""
        self.page.get_by_test_id("lines").focus()
        self.page.keyboard.press(key)

    def keep(self, name: str, directory: Path = Path("artefacts/page")) -> None:
        """Keep a screenshot."""
        directory.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=directory / f"{name}.png")
