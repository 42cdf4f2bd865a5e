from pathlib import Path

import pytest

from doubles.cloud_api import CloudApi, cloud_api
from logstream.api.hal import Address
from logstream.api.refusal import Refusal
from logstream.api.session_token import COOKIE
from logstream.api.visitor import Visitor


def visitor(api: CloudApi, key_id: str) -> Visitor:
    key = api.store.find_key(key_id)
    assert key is not None
    return Visitor(key, Address("http://h/api"), api.office)


def test_a_visitor_sees_what_its_key_is_granted(api: CloudApi) -> None:
    jane = visitor(api, "jane")
    assert jane.applications() == [api.application]
    assert jane.environments() == [api.dev, api.prod]
    assert jane.application(api.application.uuid.upper()) == api.application
    assert jane.environment(api.dev.id) == api.dev


def test_what_is_not_granted_does_not_exist(api: CloudApi) -> None:
    jane = visitor(api, "jane")
    messages = set()
    for identity in (api.other.id, "9-none", "", "\0"):
        with pytest.raises(Refusal) as raised:
            jane.environment(identity)
        assert raised.value.status == 404
        messages.add(raised.value.message)
    assert len(messages) == 1
    with pytest.raises(Refusal):
        jane.application(api.other.application.uuid)


async def test_a_revoked_key_is_refused_at_the_next_request(fresh_api: CloudApi) -> None:
    assert (await fresh_api.ask("/api/account", key="jane")).status == 200
    fresh_api.store.revoke_key("jane")
    answer = await fresh_api.ask("/api/account", key="jane")
    assert answer.status == 401
    assert "revoked" in answer.json["message"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic amFuZTp4", "x", "Bearer é"])
async def test_only_a_bearer_token_is_taken(api: CloudApi, header: str) -> None:
    answer = await api.ask("/api/account", headers={"authorization": header})
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_scheme_may_be_written_in_any_case(api: CloudApi) -> None:
    token = api.office.tokens.issue("jane")
    answer = await api.ask("/api/account", headers={"authorization": f"bEARER  {token} "})
    assert answer.status == 200


async def test_a_session_stands_for_an_access_token(api: CloudApi) -> None:
    held = {"cookie": f"{COOKIE}={api.office.sessions.issue('jane')}"}
    assert (await api.ask("/api/account", headers=held)).status == 200
    assert (await api.ask(f"/api/environments/{api.other.id}", headers=held)).status == 404
    forged = {"cookie": f"{COOKIE}={api.office.tokens.issue('jane')}"}
    assert (await api.ask("/api/account", headers=forged)).status == 401


async def test_a_wrong_access_token_is_not_mended_by_a_session(api: CloudApi) -> None:
    held = {"cookie": f"{COOKIE}={api.office.sessions.issue('jane')}", "authorization": "Bearer x"}
    assert (await api.ask("/api/account", headers=held)).status == 401


def test_people_are_given_each_hub_in_turn(tmp_path: Path) -> None:
    urls = ["ws://one.example/x", "ws://two.example/x"]
    with cloud_api(tmp_path, hub_urls=urls) as api:
        assert [api.office.next_hub_url() for _ in range(4)] == urls * 2


FORWARDED = {"x-forwarded-proto": "https, http", "x-forwarded-host": "logs.example.com, inner"}


async def self_link(api: CloudApi) -> str:
    answer = await api.ask("/api/account", key="jane", headers=FORWARDED)
    link: str = answer.json["_links"]["self"]["href"]
    return link


async def test_a_proxys_word_counts_only_where_it_is_trusted(api: CloudApi, tmp_path: Path) -> None:
    assert await self_link(api) == "http://api.example.com/api/account"
    with cloud_api(tmp_path, trust_forwarded=True) as trusting:
        assert await self_link(trusting) == "https://logs.example.com/api/account"
