from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstream.api.hal import Address
from logstream.api.listing import Page, Wanted, page
from logstream.api.refusal import Refusal
from logstream.model.limits import API_CONDITIONS_MAX, API_QUERY_MAX_CHARS, LIST_ITEMS_MAX


class Owner(msgspec.Struct):
    uuid: str


class Hosting(msgspec.Struct):
    id: str
    type: str


class Item(msgspec.Struct, rename={"links": "_links"}):
    name: str
    weight: int | None
    hosting: Hosting
    owner: Owner
    flags: dict[str, bool]
    domains: list[str]
    links: dict[str, str]


def item(name: str, weight: int | None, site: str, *, production: bool = False) -> Item:
    return Item(
        name=name,
        weight=weight,
        hosting=Hosting(id=site, type="unknown"),
        owner=Owner(uuid="u-1"),
        flags={"production": production},
        domains=["a"],
        links={"self": "x"},
    )


ITEMS = [
    item("Beta, the second; or so", 10, "devcloud:beta"),
    item("alpha", 9, "devcloud:alpha", production=True),
    item("Gamma", None, "prodcloud:alpha2"),
]


def made(**query: str) -> Page:
    return page(ITEMS, Wanted(**query), address=Address("http://h/api"), path="/things", parent="/")


def names(**query: str) -> list[str]:
    return [found.name[:5] for found in made(**query).items]


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("name=alpha", ["alpha"]),
        ("name=Alpha", []),
        ("name=alph", []),
        ("name=@alph", ["alpha"]),
        ("name=@*alph*", ["alpha"]),
        ("name=@*ALPH*", ["alpha"]),
        ("name=@*a*a", ["alpha", "Gamma"]),
        ("name=@", ["Beta,", "alpha", "Gamma"]),
        ("hosting=devcloud:alpha", ["alpha"]),
        ("hosting=@*:alpha", ["alpha", "Gamma"]),
        ("hosting.id=devcloud:alpha", ["alpha"]),
        ("owner=u-1", ["Beta,", "alpha", "Gamma"]),
        ("weight=9", ["alpha"]),
        ("weight=", ["Gamma"]),
        ("flags.production=true", ["alpha"]),
        ("name=alpha,name=Gamma", ["alpha", "Gamma"]),
        ("name=@a;weight=9", ["alpha"]),
        ("name=Gamma,name=@a;weight=9", ["alpha", "Gamma"]),
        ("name=Beta, the second; or so", ["Beta,"]),
    ],
)
def test_a_filter_keeps_what_passes(filter_: str, found: list[str]) -> None:
    assert names(filter=filter_) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("name", ["alpha", "Beta,", "Gamma"]),
        ("-name", ["Gamma", "Beta,", "alpha"]),
        ("weight", ["Gamma", "alpha", "Beta,"]),
        ("-weight", ["Beta,", "alpha", "Gamma"]),
        ("hosting.type,-name", ["Gamma", "Beta,", "alpha"]),
        ("-hosting", ["Gamma", "Beta,", "alpha"]),
    ],
)
def test_a_sort_orders_numbers_as_numbers_and_text_as_people_do(
    sort: str, found: list[str]
) -> None:
    assert names(sort=sort) == found


def test_a_page_knows_its_neighbours() -> None:
    middle = made(limit="1", offset="1", sort="name", filter="name=@a")
    assert [found.name[:5] for found in middle.items] == ["Beta,"]
    assert msgspec.to_builtins(middle.pagination) == {"total": 3, "limit": 1, "offset": 1}
    query = "?filter=name%3D%40a&sort=name&limit=1&offset="
    links = {name: link.href for name, link in middle.links.items()}
    assert links == {
        "self": f"http://h/api/things{query}1",
        "sort": "http://h/api/things{?sort}",
        "filter": "http://h/api/things{?filter}",
        "limit": "http://h/api/things{?limit}",
        "offset": "http://h/api/things{?offset}",
        "next": f"http://h/api/things{query}2",
        "prev": f"http://h/api/things{query}0",
        "parent": "http://h/api/",
    }


def test_a_list_that_fits_has_no_neighbours() -> None:
    whole = made()
    assert not {"next", "prev"} & set(whole.links)
    assert whole.pagination.limit == LIST_ITEMS_MAX
    assert whole.links["self"].href == "http://h/api/things"


def test_beyond_the_end_there_is_nothing_but_a_way_back() -> None:
    beyond = made(offset="100", limit="2")
    assert beyond.items == []
    assert beyond.links["prev"].href == "http://h/api/things?limit=2&offset=1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", value) for value in ("0", "-1", "", "x", "1.0", "١", "1001", "9" * 30)],
        *[("offset", value) for value in ("-1", "", "x", "1e3", "9" * 30)],
        *[("sort", value) for value in ("", ",", "name,", "--name", "nothing", "_links")],
        *[("filter", value) for value in ("", "name", "=", "nothing=1", "na me=1", "domains=a")],
        ("sort", ",".join(["name"] * (API_CONDITIONS_MAX + 1))),
        ("filter", ",".join(["name=a"] * (API_CONDITIONS_MAX + 1))),
        ("filter", "name=" + "a" * API_QUERY_MAX_CHARS),
        ("sort", "a" * (API_QUERY_MAX_CHARS + 1)),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(Refusal, match=name) as raised:
        made(**{name: value})
    assert raised.value.status == 400


def test_an_unknown_field_is_answered_with_those_there_are() -> None:
    with pytest.raises(Refusal, match="hosting, name, owner, weight"):
        made(sort="nothing")


def test_an_empty_list_may_be_asked_anything() -> None:
    empty = page(
        [],
        Wanted(filter="any=thing", sort="-any"),
        address=Address("http://h"),
        path="/x",
        parent="/",
    )
    assert empty.pagination.total == 0


@given(
    st.fixed_dictionaries(
        {}, optional={name: st.text(max_size=30) for name in Wanted.__struct_fields__}
    )
)
def test_any_query_gives_a_page_or_a_refusal(query: dict[str, Any]) -> None:
    try:
        found = made(**query)
    except Refusal as refusal:
        status = refusal.status
    else:
        status = 200
        assert len(found.items) <= found.pagination.total
    assert status in {200, 400}
