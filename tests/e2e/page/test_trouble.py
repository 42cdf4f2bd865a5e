"""What the page says when something is wrong, and how it looks in each state."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from doubles.browser import BOUND_MS, Visit
from doubles.cloud_api import API_SECRET, cloud_api, served
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


def test_a_tab_that_was_asleep_goes_on_without_a_gap(visit: Visit, access: Path) -> None:
    append(access, REQUEST.format("before", 200))
    visit.sign_in()
    visit.until_live()
    visit.until_seen("/before")
    browser_side = visit.page.context.new_cdp_session(visit.page)
    browser_side.send("Page.setWebLifecycleState", {"state": "frozen"})
    append(access, *(REQUEST.format(f"asleep-{i}", 200) for i in range(5)))
    browser_side.send("Page.setWebLifecycleState", {"state": "active"})
    for i in range(5):
        visit.until_seen(f"/asleep-{i}")
        assert visit.row(f"/asleep-{i}").count() == 1


def test_the_page_works_below_a_path(context: BrowserContext, tmp_path: Path) -> None:
    with cloud_api(tmp_path, base_path="/deep/logs/api") as api, served(api) as port:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/deep/logs/")
        page.get_by_label("Key").fill("jane")
        page.get_by_label("Secret").fill(API_SECRET)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Sample")).to_be_visible(timeout=BOUND_MS)
        [cookie] = context.cookies()
        assert cookie["path"] == "/deep/logs/"


def test_an_environment_without_lines_says_so(context: BrowserContext, tmp_path: Path) -> None:
    php = tmp_path / "none.log"
    with up(tmp_path, f"php-error={php}", "--server", "srv-6") as service:
        visit = Visit(context.new_page(), service)
        visit.sign_in()
        visit.until_live()
        expect(visit.page.get_by_role("heading", name="Waiting for lines")).to_be_visible()
        visit.keep("waiting")
