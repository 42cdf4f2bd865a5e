import gzip
from pathlib import Path

import pytest

from doubles.cloud_api import HUB_URL
from logstream.api.page import Page, content_security_policy
from logstream.api.refusal import Refusal


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>" * 100)
    (tmp_path / "assets" / "index-8f3a.js").write_text("let a;" * 100)
    return Page([HUB_URL, HUB_URL, "ws://127.0.0.1:8081/x"], tmp_path)


def test_the_page_may_reach_nothing_but_its_service_and_the_hubs() -> None:
    policy = content_security_policy([HUB_URL, HUB_URL, "ws://127.0.0.1:8081/x"])
    assert "connect-src 'self' wss://hub.example.com ws://127.0.0.1:8081;" in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy


def test_the_page_is_asked_for_each_time_and_its_assets_are_kept(page: Page) -> None:
    index, asset = page.answer("index.html", ""), page.answer("assets/index-8f3a.js", "")
    assert index.headers["Cache-Control"] == "no-cache"
    assert index.headers["Content-Security-Policy"] == page.policy
    assert index.headers["Referrer-Policy"] == "no-referrer"
    assert "immutable" in asset.headers["Cache-Control"]
    assert asset.media_type == "text/javascript"


def test_what_takes_gzip_is_given_it(page: Page) -> None:
    plain, packed = page.answer("index.html", ""), page.answer("index.html", "br, GZIP")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content


@pytest.mark.parametrize("name", ["", "assets", "assets/../index.html", "/etc/passwd", "x"])
def test_only_the_pages_files_are_there(page: Page, name: str) -> None:
    with pytest.raises(Refusal) as raised:
        page.answer(name, "")
    assert raised.value.status == 404


def test_an_installation_without_the_page_says_so(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="make ui"):
        Page([HUB_URL], tmp_path / "none").answer("index.html", "")
