import pytest

from doubles.cloud_api import HUB_URL, NOW_S, SECRET, CloudApi
from logstream.model.ticket import Role, Ticket, verify


async def test_a_person_gets_a_ticket_that_a_hub_takes(api: CloudApi) -> None:
    answer = await api.ask(f"/api/environments/{api.dev.id}/logstream", key="jane")
    assert answer.status == 200
    details = answer.json["logstream"]
    assert details["url"] == answer.json["_links"]["wss"]["href"] == HUB_URL
    assert details["commands"] == ["stream-environment", "enable", "disable"]
    assert details["protocols"] == ["logstream.batch.zstd.v1", "logstream.batch.v1"]
    params = details["params"]
    assert set(params) == {"t", "hmac", "environment", "site"}
    assert params["t"] == NOW_S
    claimed = Ticket(
        role=Role.STREAM, site=params["site"], env=params["environment"], t=params["t"]
    )
    ticket = verify(claimed, params["hmac"], secret=SECRET, now_s=NOW_S)
    assert (ticket.subject, ticket.site, ticket.env) == ("jane", "devcloud:sample", "dev")


@pytest.mark.parametrize("key", ["srv-6", "hub"])
async def test_who_offers_may_not_watch(api: CloudApi, key: str) -> None:
    answer = await api.ask(f"/api/environments/{api.dev.id}/logstream", key=key)
    assert (answer.status, answer.json["error"]) == (403, "forbidden")
    assert "hmac" not in answer.body.decode()
