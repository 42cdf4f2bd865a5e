"""Who gets in, and how it ends."""

from playwright.sync_api import BrowserContext, expect

from doubles.browser import BOUND_MS, Visit
from doubles.programs import Running


def test_the_printed_link_signs_in_once_and_leaves_no_token_behind(
    visit: Visit, context: BrowserContext, service: Running
) -> None:
    visit.sign_in_with_link()
    visit.until_live()
    assert "token" not in visit.page.url
    context.clear_cookies()
    other = Visit(context.new_page(), service)
    other.sign_in_with_link()
    expect(other.page.get_by_role("alert")).to_contain_text("used before", timeout=BOUND_MS)


def test_a_key_with_its_secret_signs_in_and_out(visit: Visit, context: BrowserContext) -> None:
    visit.sign_in()
    visit.until_live()
    [cookie] = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    visit.page.get_by_role("button", name="Account").click()
    visit.page.get_by_role("button", name="Sign out").click()
    expect(visit.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert context.cookies() == []


def test_a_wrong_secret_is_told_so(visit: Visit) -> None:
    visit.sign_in(secret="wrong")
    expect(visit.page.get_by_role("alert")).to_contain_text("not right")


def test_the_view_is_in_the_address_and_survives_a_reload(visit: Visit) -> None:
    visit.sign_in()
    visit.until_live()
    visit.seek("Filter", "needle")
    expect(visit.page.locator(".chip", has_text="needle")).to_be_visible()
    assert "filter=needle" in visit.page.url
    visit.page.reload()
    visit.until_live()
    expect(visit.page.locator(".chip", has_text="needle")).to_be_visible()


def test_a_session_that_is_over_asks_to_sign_in_again(
    visit: Visit, context: BrowserContext
) -> None:
    visit.sign_in()
    visit.until_live()
    context.clear_cookies()
    visit.page.reload()
    expect(visit.page.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_environment_that_is_not_mine_is_not_there(visit: Visit) -> None:
    visit.sign_in()
    visit.until_live()
    visit.page.goto(visit.ready["page_url"] + "#app=x&env=99-x")
    expect(visit.page.get_by_role("heading", name="Nothing to watch here")).to_be_visible()


def test_the_page_asks_nobody_but_its_service(visit: Visit) -> None:
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.sign_in()
    visit.until_live()
    assert asked
    assert [url for url in asked if not url.startswith(visit.ready["page_url"])] == []


def test_the_secrets_are_in_no_store_of_the_browser(visit: Visit) -> None:
    visit.sign_in()
    visit.until_live()
    kept = visit.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert visit.ready["api_secret"] not in kept + visit.page.url
