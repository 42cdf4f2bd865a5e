"""What the page says when something is wrong, and how it looks in each state."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from doubles.browser import BOUND_MS, Visit
from doubles.programs import Running, append, up

REQUEST = '1.2.3.4 - - [23/Nov/2026:09:00:00 +0000] "GET /{} HTTP/1.1" {} 7 "-" "curl"'


def test_a_service_that_goes_is_told_and_comes_back_by_itself(
    visit: Visit, service: Running, access: Path, tmp_path: Path
) -> None:
    append(access, REQUEST.format("before", 200))
    visit.sign_in()
    visit.until_live()
    visit.until_seen("/before")
    ports = [
        url.rsplit(":", 1)[1].split("/")[0]
        for url in (service.ready["page_url"], service.ready["stream_url"])
    ]
    service.program.kill()
    expect(visit.lamp).to_contain_text("Reconnecting", timeout=BOUND_MS)
    visit.keep("reconnecting")
    append(access, REQUEST.format("meanwhile", 200))
    again = (
        f"apache-request={access}",
        "--server",
        "srv-6",
        "--api-port",
        ports[0],
        "--stream-port",
        ports[1],
    )
    with up(tmp_path, *again):
        expect(visit.lamp).to_have_text("Live", timeout=60_000)
        visit.until_seen("/meanwhile")
        expect(visit.page.locator(".event", has_text="Reconnected")).to_be_visible()
        assert visit.row("/before").count() == 1


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 380])
def test_every_width_and_theme_shows_lines_and_reaches_all(
    browser: Browser, service: Running, access: Path, theme: str, width: int
) -> None:
    append(access, *(REQUEST.format(f"page-{i}", (200, 301, 404, 500)[i % 4]) for i in range(60)))
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if theme == "dark" else "light",
    )
    visit = Visit(context.new_page(), service)
    visit.sign_in()
    visit.until_live()
    visit.until_seen("/page-59")
    visit.keep(f"watch-{theme}-{width}")
    wide = visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide, "the page does not scroll sideways"
    for name in ("View", "Only mine", "Download what is listed"):
        visit.page.get_by_role("button", name=name, exact=True).click()
        expect(visit.page.get_by_role("group", name=name)).to_be_in_viewport()
        visit.keep(f"{name.split()[0].lower()}-{theme}-{width}")
        visit.page.keyboard.press("Escape")
    context.close()
    assert visit.complaints == []
