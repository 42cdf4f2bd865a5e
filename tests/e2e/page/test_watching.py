"""Watching: lines appear, the reader decides, hostile text does nothing."""

from pathlib import Path

from playwright.sync_api import expect

from doubles.browser import BOUND_MS, Visit
from doubles.programs import append

REQUEST = (
    '1.2.3.4 - - [23/Nov/2026:09:{:02}:{:02} +0000] "GET /{} HTTP/1.1" {} 7 "-" "curl"'
    ' request_id="{}"'
)
PHP = "[23-Nov-2026 09:00:00 UTC] PHP Warning:  {} in /a.php on line 3"


def request(path: str, *, status: int = 200, at: int = 0, request_id: str = "r-1") -> str:
    return REQUEST.format(at // 60, at % 60, path, status, request_id)


def begin(visit: Visit) -> None:
    visit.sign_in()
    visit.until_live()


def test_lines_written_before_and_now_are_there(visit: Visit, access: Path, php: Path) -> None:
    append(access, request("before"))
    begin(visit)
    visit.until_seen("/before")
    append(php, PHP.format("now"))
    visit.until_seen("Warning:  now")
    visit.keep("live")


def test_a_paused_reader_is_told_how_much_is_unseen_and_finds_the_way_back(
    visit: Visit, access: Path
) -> None:
    append(access, request("first"))
    begin(visit)
    visit.until_seen("/first")
    visit.press("=")
    expect(visit.lamp).to_contain_text("paused")
    append(access, *(request(f"later-{i}") for i in range(3)))
    expect(visit.page.get_by_test_id("back")).to_have_text("3 new lines", timeout=BOUND_MS)
    visit.keep("paused")
    visit.page.get_by_test_id("back").click()
    expect(visit.lamp).to_have_text("Live")
    visit.until_seen("/later-2")


def test_scrolling_up_pauses_and_loads_history_to_its_beginning_without_a_seam(
    visit: Visit, access: Path
) -> None:
    lines = 3_000
    append(access, *(request(f"line-{i:05}", at=i) for i in range(lines)))
    begin(visit)
    visit.until_seen(f"line-{lines - 1:05}")
    box = visit.page.get_by_test_id("lines")
    box.hover()
    visit.page.mouse.wheel(0, -300)
    expect(visit.lamp).to_contain_text("paused")
    edge = visit.page.get_by_test_id("edge-top")
    for _ in range(300):
        visit.page.mouse.wheel(0, -20_000)
        if "begin here" in "".join(edge.all_inner_texts()):
            break
        visit.page.wait_for_function("() => new Promise(requestAnimationFrame).then(() => true)")
    expect(edge).to_contain_text("begin here", timeout=BOUND_MS)
    visit.press("g")
    visit.until_seen("line-00000")
    shown = visit.page.get_by_test_id("status").inner_text()
    assert f"{lines:,} lines loaded" in shown


def test_filter_exclude_and_highlight_are_three_things(visit: Visit, access: Path) -> None:
    append(access, request("apple"), request("pear"), request("plum", status=500))
    begin(visit)
    visit.until_seen("/plum")
    visit.seek("Exclude", "pear")
    visit.until_gone("/pear")
    visit.seek("Highlight", "appl.", regex=True)
    expect(visit.page.locator("mark").first).to_have_text("apple")
    visit.until_seen("/plum")
    visit.seek("Filter", "apple")
    visit.until_gone("/plum")
    visit.keep("filtered")


def test_a_wrong_expression_is_shown_as_such(visit: Visit) -> None:
    begin(visit)
    visit.seek("Filter", "a(b", regex=True)
    expect(visit.page.get_by_role("alert")).to_be_visible()
    expect(visit.page.locator(".chip")).to_have_count(0)


def test_status_classes_and_clicked_values_filter(visit: Visit, access: Path, php: Path) -> None:
    append(access, request("fine"), request("broken", status=503))
    append(php, PHP.format("odd"))
    begin(visit)
    visit.until_seen("/broken")
    visit.until_seen("odd")
    visit.page.get_by_role("button", name="5xx").click()
    visit.until_gone("/fine")
    visit.until_seen("/broken")
    visit.page.get_by_role("button", name="Remove status").click()
    visit.until_seen("/fine")
    visit.row("odd").get_by_role("button", name="php-error").click()
    visit.page.get_by_role("menuitem", name="Exclude").click()
    visit.until_gone("odd")


def test_the_details_tell_everything_and_link_to_the_line(visit: Visit, access: Path) -> None:
    append(access, *(request(f"line-{i}", request_id=f"r-{i}") for i in range(30)))
    begin(visit)
    visit.until_seen("/line-29")
    visit.row("/line-27").locator(".text").click()
    details = visit.page.get_by_test_id("details")
    expect(details).to_contain_text("r-27")
    visit.keep("details")
    visit.page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; }")
    details.get_by_role("button", name="Link").click()
    visit.page.wait_for_function("() => window.copied !== undefined")
    link = visit.page.evaluate("window.copied")
    assert "line=" in link
    visit.page.goto("about:blank")
    visit.page.goto(link)
    expect(visit.page.get_by_test_id("mode")).to_contain_text("context", timeout=BOUND_MS)
    expect(visit.page.locator(".row.selected")).to_contain_text("/line-27", timeout=BOUND_MS)
    visit.until_seen("/line-26")
    visit.keep("context")


def test_the_story_of_a_request_has_its_lines_from_all_logs(
    visit: Visit, access: Path, php: Path
) -> None:
    append(access, request("a", request_id="r-7"), request("b", request_id="r-8"))
    append(php, PHP.format("in") + ' request_id="r-7"')
    begin(visit)
    visit.until_seen("/a")
    visit.until_seen("Warning:  in")
    visit.row("GET /a").locator(".text").click()
    visit.page.get_by_test_id("details").get_by_role("button", name="Request", exact=True).click()
    story = visit.page.get_by_role("dialog", name="One request")
    expect(story.get_by_role("listitem")).to_have_count(2)
    visit.keep("story")


def test_a_search_goes_back_in_history_and_says_how_far(visit: Visit, access: Path) -> None:
    append(access, request("needle"), *(request(f"hay-{i}", at=i) for i in range(5_000)))
    begin(visit)
    visit.seek("Filter", "needle")
    visit.page.get_by_role("button", name="Search history").click()
    mode = visit.page.get_by_test_id("mode")
    expect(mode).to_contain_text("Searched all history", timeout=BOUND_MS)
    expect(mode).to_contain_text("1 found")
    visit.until_seen("/needle")
    visit.keep("searched")


def test_hostile_text_is_only_looked_at(visit: Visit, access: Path, php: Path) -> None:
    hostile = "<img src=x onerror=alert(1)><script>window.hit=1</script>\x1b[31m\u202eevil"
    append(php, PHP.format(hostile), PHP.format("x" * 1_000_000), PHP.format("after"))
    begin(visit)
    visit.until_seen("after")
    row = visit.row("<script>").first
    expect(row).to_contain_text("<ESC>[31m<U+202E>evil")
    assert visit.page.evaluate("window.hit") is None
    assert visit.page.locator("img[src=x]").count() == 0
    visit.row("<script>").first.locator(".text").click()
    expect(visit.page.get_by_test_id("details")).to_contain_text("<U+202E>evil")
    visit.keep("hostile")


def test_what_is_filtered_can_be_taken_away(visit: Visit, access: Path) -> None:
    append(access, request("one"), request("two"))
    begin(visit)
    visit.until_seen("/two")
    visit.seek("Filter", "one")
    visit.until_gone("/two")
    for name, ending in (("Text", ".log"), ("JSON lines", ".jsonl"), ("CSV", ".csv")):
        visit.page.get_by_role("button", name="Download what is listed").click()
        with visit.page.expect_download() as download:
            visit.page.get_by_role("button", name=name, exact=True).click()
        assert download.value.suggested_filename.endswith(ending)
        content = Path(download.value.path()).read_text()
        assert "/one" in content
        assert "/two" not in content


def test_the_keys_move_and_the_sheet_tells_them(visit: Visit, access: Path) -> None:
    append(access, *(request(f"line-{i}", status=500 if i == 3 else 200) for i in range(9)))
    begin(visit)
    visit.until_seen("/line-8")
    visit.press("g")
    expect(visit.page.locator(".row.selected")).to_contain_text("/line-0")
    visit.press("j")
    expect(visit.page.locator(".row.selected")).to_contain_text("/line-1")
    visit.press("e")
    expect(visit.page.locator(".row.selected")).to_contain_text("/line-3")
    visit.press("k")
    expect(visit.page.locator(".row.selected")).to_contain_text("/line-2")
    visit.press("m")
    expect(visit.page.locator(".row.marked")).to_have_count(1)
    visit.press("?")
    expect(visit.page.get_by_role("dialog", name="Keys")).to_be_visible()
    visit.keep("keys")
    visit.page.keyboard.press("Escape")
    visit.press("G")
    expect(visit.lamp).to_have_text("Live")


def test_a_stack_trace_is_one_line_until_it_is_unfolded(visit: Visit, php: Path) -> None:
    append(
        php, PHP.format("thrown"), "Stack trace:", "#0 /a.php(3): f()", "#1 {main}", PHP.format("z")
    )
    begin(visit)
    visit.until_seen("Warning:  z")
    row = visit.row("thrown")
    expect(row).not_to_contain_text("#1 {main}")
    row.get_by_role("button", name="+3 lines").click()
    expect(row).to_contain_text("#1 {main}")


def test_only_my_requests_are_shown(visit: Visit, access: Path) -> None:
    append(access, request("theirs"))
    begin(visit)
    visit.until_seen("/theirs")
    visit.page.get_by_role("button", name="Only mine").click()
    visit.page.get_by_label("Show only lines of my own requests").check()
    header = visit.page.locator("code", has_text="X-Request-ID").inner_text()
    request_id = header.removeprefix("X-Request-ID: ")
    assert request_id.startswith("ac-ls-")
    visit.until_gone("/theirs")
    append(access, request("mine", request_id=request_id))
    visit.until_seen("/mine")
