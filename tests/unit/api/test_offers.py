import pytest

from doubles.cloud_api import HUB_URL, NOW_S, SECRET, CloudApi
from logstream.model.ticket import Role, Ticket, verify


@pytest.mark.parametrize(
    ("key", "server", "environments"),
    [
        ("srv-6", "srv-6", [("devcloud:sample", "dev"), ("devcloud:sample", "prod")]),
        ("hub", "*", [("devcloud:sample", "dev"), ("devcloud:other", "dev")]),
    ],
)
async def test_who_offers_gets_a_ticket_for_each_environment(
    api: CloudApi, key: str, server: str, environments: list[tuple[str, str]]
) -> None:
    shown = (await api.ask("/api/offers", key=key)).json
    items = shown["_embedded"]["items"]
    assert shown["total"] == len(items)
    assert [(item["site"], item["environment"]) for item in items] == environments
    for item in items:
        assert item["hubs"] == [HUB_URL]
        assert item["protocols"] == ["logstream.batch.zstd.v1", "logstream.batch.v1"]
        claimed = Ticket(
            role=Role.OFFER,
            site=item["site"],
            env=item["environment"],
            server=item["server"],
            t=item["t"],
        )
        ticket = verify(claimed, item["hmac"], secret=SECRET, now_s=NOW_S)
        assert (ticket.subject, ticket.server) == (key, server)


async def test_a_person_may_not_offer(api: CloudApi) -> None:
    answer = await api.ask("/api/offers", key="jane")
    assert (answer.status, answer.json["error"]) == (403, "forbidden")
