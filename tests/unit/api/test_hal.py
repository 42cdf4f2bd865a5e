import pytest

from logstream.api.hal import Address, Link, address_of
from logstream.api.refusal import Refusal

BOUND = ("127.0.0.1", 8080)


def root(
    *, public_url: str | None = None, scheme: str = "http", host: str | None = None, at: str = ""
) -> str:
    bound = (at, 8080) if at else BOUND
    return address_of(
        public_url=public_url, base_path="/api", scheme=scheme, host=host, bound=bound
    ).root


def test_links_begin_with_the_configured_address() -> None:
    assert root(public_url="https://logs.example.com/", host="evil.example") == (
        "https://logs.example.com/api"
    )


def test_links_begin_with_the_requests_host_where_none_is_configured() -> None:
    assert root(host="localhost:8080") == "http://localhost:8080/api"
    assert root(host="[::1]:8080", scheme="https") == "https://[::1]:8080/api"


def test_links_begin_with_the_bound_address_where_the_request_names_none() -> None:
    assert root() == "http://127.0.0.1:8080/api"
    assert root(at="::1") == "http://[::1]:8080/api"


@pytest.mark.parametrize("host", ["", "a b", "a/b", "a@b", "a:b:c", "[", "a:", "-a", '"', "é"])
def test_a_host_that_cannot_stand_in_a_link_is_refused(host: str) -> None:
    with pytest.raises(Refusal, match="Host"):
        root(host=host)


def test_a_forwarded_scheme_is_one_of_two() -> None:
    with pytest.raises(Refusal, match="X-Forwarded-Proto"):
        root(scheme="javascript", host="a")


def test_an_address_makes_links_and_templates() -> None:
    address = Address("http://a/api")
    assert address.href() == "http://a/api"
    assert address.link("/x y/é", {"filter": "name=@*a&b*"}) == Link(
        href="http://a/api/x%20y/%C3%A9?filter=name%3D%40%2Aa%26b%2A"
    )
    assert address.template("/x", "sort") == Link(href="http://a/api/x{?sort}", templated=True)
